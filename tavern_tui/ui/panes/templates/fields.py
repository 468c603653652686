"""The fields of templates as rows of a form, and the way from a template to them and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tavern_tui.services.story_suggest import suggest_story
from tavern_tui.services.templates import Template, TemplateKind
from tavern_tui.ui.widgets.form import Row, Value

NAMES = (
    ("none", "Never"),
    ("force", "Groups and past personas"),
    ("always", "Always"),
)
POSITIONS = (("0", "Top of the prompt"), ("1", "In the chat, at a depth"))
ROLES = (("0", "System"), ("1", "User"), ("2", "Assistant"))


def _heading(id: str, label: str) -> Row:
    return Row(id=f"h-{id}", label=label, kind="heading")


def _sequence(id: str, label: str, help: str) -> Row:
    return Row(id=id, label=label, kind="sequence", macros=True, help=rf"{help} \n is a line break.")


INSTRUCT_ROWS = (
    _heading("input", "Your messages"),
    _sequence("input_sequence", "Before", "Stands before each of your messages."),
    _sequence("input_suffix", "After", "Stands after each of your messages."),
    _sequence("first_input_sequence", "Before the first", "Instead, if it is the oldest; empty: as usual."),
    _sequence("last_input_sequence", "Before the last", "Instead, before your newest; empty: as usual."),
    _heading("output", "The character's messages"),
    _sequence("output_sequence", "Before", "Stands before each reply, and opens the one asked for."),
    _sequence("output_suffix", "After", "Stands after each reply."),
    _sequence("first_output_sequence", "Before the first", "Instead, if it is the oldest; empty: as usual."),
    _sequence("last_output_sequence", "Opens the reply", "Instead, where the reply begins; empty: as usual."),
    _heading("system", "Narrator and system messages"),
    _sequence("system_sequence", "Before", "Stands before each message of the narrator."),
    _sequence("system_suffix", "After", "Stands after each message of the narrator."),
    _sequence("last_system_sequence", "Opens a quiet reply", "Where a reply behind the scenes begins."),
    Row(id="system_same_as_user", label="As yours", kind="switch",
        help="The narrator gets what stands around your messages."),
    _heading("story", "Story string"),
    _sequence("story_string_prefix", "Before", "Stands before the story string at the top."),
    _sequence("story_string_suffix", "After", "Stands after the story string at the top."),
    _heading("stop", "Where the model stops"),
    _sequence("stop_sequence", "Stop sequence", "The model has written enough when it writes this."),
    Row(id="sequences_as_stop_strings", label="All sequences stop it", kind="switch",
        help="What stands before messages stops the model, too."),
    _heading("how", "How they are put together"),
    Row(id="wrap", label="On lines of their own", kind="switch",
        help="A line break between a sequence and the text."),
    Row(id="macro", label="Macros in sequences", kind="switch",
        help="Macros in the sequences are resolved; {{name}} is who speaks."),
    Row(id="names_behavior", label="Names before messages", kind="choice", choices=NAMES,
        help="Whether `Name: ` stands before what is said."),
    Row(id="skip_examples", label="Examples as they are", kind="switch",
        help="The card's examples get no sequences around their lines."),
    _sequence("user_alignment_message", "User alignment",
              "A message of yours for chats that do not begin with one; empty: none."),
    _heading("auto", "Picked by itself"),
    Row(id="activation_regex", label="Model name pattern", blank="never by the name",
        help="A pattern such as /qwen|hermes/i: models whose name it matches get this template on auto."),
)  # fmt: skip

CONTEXT_ROWS = (
    Row(id="story_string", label="Story string", kind="text", macros=True, suggest=suggest_story, lines=14,
        help="What stands before the chat. {{ offers its fields, blocks and macros."),
    _sequence("example_separator", "Example separator", "The line above each example of dialogue."),
    _sequence("chat_start", "Chat start", "The line above the chat itself."),
    _heading("place", "Where it stands"),
    Row(id="story_string_position", label="Where", kind="choice", choices=POSITIONS,
        help="At the top, or among the last messages, where it weighs more."),
    Row(id="story_string_depth", label="Depth", kind="integer", least=0, most=10_000,
        help="In the chat: messages after it; 0 is the very end."),
    Row(id="story_string_role", label="Role", kind="choice", choices=ROLES,
        help="In the chat: who says it."),
    _heading("stop", "Where the model stops"),
    Row(id="names_as_stop_strings", label="Names stop it", kind="switch",
        help="The model has written enough when it begins a line with a name."),
    Row(id="use_stop_strings", label="Separators stop it", kind="switch",
        help="So do the chat start and the example separator."),
    Row(id="single_line", label="One line only", kind="switch",
        help="Replies end with their first line. Choosing this template sets it for all chats."),
    _heading("reply", "The reply"),
    Row(id="always_force_name2", label="Name opens the reply", kind="switch",
        help="Plain text: `Name:` opens the reply. Choosing this template sets it for all chats."),
    Row(id="trim_sentences", label="Trim sentences", kind="switch",
        help="An unfinished last sentence is cut off. Choosing this template sets it for all chats."),
)  # fmt: skip

SYSTEM_ROWS = (
    Row(id="content", label="System prompt", kind="text", macros=True, lines=12,
        help="What the model is told to do; {{system}} in story strings. A card may have its own."),
    Row(id="post_history", label="After the chat", kind="text", macros=True, lines=6,
        help="Instructions that stand after the last message. A card may have its own."),
)  # fmt: skip

ROWS: Mapping[TemplateKind, tuple[Row, ...]] = {
    TemplateKind.INSTRUCT: INSTRUCT_ROWS,
    TemplateKind.CONTEXT: CONTEXT_ROWS,
    TemplateKind.SYSTEM: SYSTEM_ROWS,
}

_NUMBERS_AS_CHOICE = frozenset(("story_string_position", "story_string_role"))


def values_of(kind: TemplateKind, template: Template) -> dict[str, Value]:
    """A template as its form has it."""
    found: dict[str, Value] = {}
    for row in ROWS[kind]:
        if row.kind != "heading":
            value = getattr(template, row.id)
            found[row.id] = str(value) if row.id in _NUMBERS_AS_CHOICE else value
    return found


def with_values(template: Template, values: Mapping[str, Any]) -> Template:
    """The template with what the form says."""
    fields: dict[str, Any] = {
        name: int(value) if name in _NUMBERS_AS_CHOICE else value for name, value in values.items()
    }
    return replace(template, **fields)
