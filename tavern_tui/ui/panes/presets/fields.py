"""The forms of the prompt manager: what a prompt, the preset's texts, settings and samplers consist of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tavern_tui.core.generation import GenerationType
from tavern_tui.core.preset import ChatPreset, ManagedPrompt
from tavern_tui.core.samplers import SAMPLERS, SamplerKind, SamplerSpec
from tavern_tui.services.preset_edit import (
    LENGTH_KEYS,
    PromptRow,
    length_values,
    sampler_values,
    with_length,
    with_sampler,
)
from tavern_tui.services.suggest import Suggestion
from tavern_tui.ui.widgets.form import Row, Value

TRIGGERS = tuple(one.value for one in GenerationType)
ROLES = (("system", "System"), ("user", "User"), ("assistant", "Assistant"))
PLACES = (("0", "In the list's order"), ("1", "In the chat, at a depth"))
NAMES = (
    ("0", "Where it would be unclear"),
    ("-1", "Never"),
    ("1", "In the message's name field"),
    ("2", "Before each text"),
)
POSTFIXES = (("", "Nothing"), (" ", "A space"), ("\n", "A line break"), ("\n\n", "A blank line"))


def suggest_triggers(text: str, cursor: int) -> Sequence[Suggestion]:
    """The occasions that begin like the word before the cursor."""
    start = max(text.rfind(",", 0, cursor), text.rfind(" ", 0, cursor)) + 1
    typed = text[start:cursor].casefold()
    found = [one for one in TRIGGERS if typed and one.startswith(typed) and one != typed]
    return [Suggestion(start=start, insert=one, title=one, help=_OCCASIONS.get(one, "")) for one in found]


_OCCASIONS = {
    "normal": "you send a message",
    "continue": "the last message goes on",
    "regenerate": "the last reply is written anew",
    "swipe": "another version of it",
    "impersonate": "your turn is written for you",
    "quiet": "behind the scenes",
}


def _heading(id: str, label: str) -> Row:
    return Row(id=f"heading-{id}", label=label, kind="heading")


PROMPT_ROWS = (
    Row(id="name", label="Name", help="How you call it; the model never sees it."),
    Row(id="role", label="Role", kind="choice", choices=ROLES, help="Who says it to the model."),
    Row(id="content", label="Text", kind="text", macros=True, lines=10,
        help="What is sent. {{ offers macros; e in the list writes on the whole screen."),
    Row(id="injection_position", label="Where", kind="choice", choices=PLACES,
        help="At its place in the list, or among the last messages."),
    Row(id="injection_depth", label="Depth", kind="integer", least=0, most=10_000,
        help="In the chat: how many messages come after it; 0 is the very end."),
    Row(id="injection_order", label="Order", kind="integer", least=-10_000, most=10_000,
        help="Prompts of one depth: the higher, the nearer to the end. Notes and lore have 100."),
    Row(id="injection_trigger", label="Only for", macros=True, suggest=suggest_triggers,
        blank="every reply",
        help=f"Occasions, with commas between them: {', '.join(TRIGGERS)}. Empty: always."),
    Row(id="forbid_overrides", label="Not by cards", kind="switch",
        help="A card's own text may not take the place of this one."),
    Row(id="enabled", label="Sent", kind="switch", help="Whether it takes part. Space in the list."),
    _heading("rare", "For SillyTavern"),
    Row(id="identifier", label="Identifier",
        help="What orders and other programs know it by. Those of built-in prompts must stay."),
    Row(id="system_prompt", label="Belongs to all presets", kind="switch",
        help="SillyTavern does not let such prompts be deleted."),
    Row(id="marker", label="Marks a place", kind="switch",
        help="SillyTavern shows no text for it. The program fills the places it knows."),
)  # fmt: skip
PROMPT_FIELDS = tuple(row.id for row in PROMPT_ROWS if row.kind != "heading")
WRITTEN_ROWS = ("content",)
DEPTH_ROWS = ("injection_depth", "injection_order")
"""Rows that mean something in the chat only."""


def _text(id: str, label: str, help: str, lines: int = 2) -> Row:
    return Row(id=id, label=label, kind="text", macros=True, lines=lines, help=help)


TEXT_ROWS = (
    _heading("chat", "Around the chat"),
    _text("new_chat_prompt", "Before the chat", "A system message where the chat begins."),
    _text("new_group_chat_prompt", "Before a group's chat", "The same in groups."),
    _text("new_example_chat_prompt", "Before each example", "A system message above each example."),
    _text("group_nudge_prompt", "Whose turn it is", "In groups, after the chat: who is to answer."),
    _heading("asked", "What is asked for"),
    _text("impersonation_prompt", "Write my turn", "Asks the model to write your next message.", 3),
    _text("continue_nudge_prompt", "Go on", "Asks for more; {{lastChatMessage}} is what there is.", 3),
    _text("send_if_empty", "Instead of nothing", "Sent as yours where the chat ends with a reply."),
    _heading("forms", "How the card is wrapped"),
    _text("wi_format", "Lorebook entries", "{0} stands for the entries; empty: as they are."),
    _text("scenario_format", "Scenario", "{{scenario}} stands for it."),
    _text("personality_format", "Personality", "{{personality}} stands for it."),
    _heading("reply", "How the reply begins"),
    _text("assistant_prefill", "Reply begins with", "The model goes on from these words, where it can."),
    _text("assistant_impersonation", "Your turn begins with", "The same when it writes your turn."),
)  # fmt: skip

SETTING_ROWS = (
    _heading("lengths", "Lengths"),
    Row(id="max_context", label="Context, tokens", kind="integer", least=1, most=100_000_000,
        blank="left to the connection",
        help="What the whole prompt may take. Connections that took it from here follow."),
    Row(id="max_tokens", label="Reply, tokens", kind="integer", least=1, most=10_000_000,
        blank="left to the connection",
        help="What the reply may take. Connections that took it from here follow."),
    Row(id="max_context_unlocked", label="No limit in SillyTavern", kind="switch",
        help="Lets SillyTavern's slider go past the usual context sizes."),
    _heading("messages", "Messages"),
    Row(id="names_behavior", label="Who speaks", kind="choice", choices=NAMES,
        help="Where messages say whose they are."),
    Row(id="squash_system_messages", label="Join system messages", kind="switch",
        help="Neighbouring system messages become one."),
    Row(id="use_sysprompt", label="System prompt apart", kind="switch",
        help="Claude: what stands before the chat goes out as the system prompt."),
    _heading("continue", "Going on with a message"),
    Row(id="continue_prefill", label="As its beginning", kind="switch",
        help="The message goes out last, to be gone on with, instead of a request."),
    Row(id="continue_postfix", label="Between the parts", kind="choice", choices=POSTFIXES,
        help="What stands between a message and what the model adds."),
)  # fmt: skip


def _sampler_row(spec: SamplerSpec) -> Row:
    return Row(
        id=spec.id,
        label=spec.title,
        kind="integer" if spec.kind is SamplerKind.INT else "number",
        help=spec.help,
        least=spec.low,
        most=spec.high,
        blank="left to the server",
    )


SAMPLER_ROWS = tuple(
    _sampler_row(SAMPLERS[name])
    for name in sampler_values(ChatPreset())
    if SAMPLERS[name].kind in (SamplerKind.FLOAT, SamplerKind.INT)
)

PAGES: Mapping[str, tuple[str, tuple[Row, ...]]] = {
    "texts": ("Texts around them", TEXT_ROWS),
    "settings": ("Lengths and switches", SETTING_ROWS),
    "samplers": ("Samplers", SAMPLER_ROWS),
}
"""What a preset has besides prompts: page -> its title and rows."""

_AS_CHOICE = frozenset(("names_behavior", "injection_position"))


def prompt_values(row: PromptRow) -> dict[str, Value]:
    """A prompt as its form has it."""
    prompt = row.prompt or ManagedPrompt(identifier=row.identifier)
    found = _values(prompt, (name for name in PROMPT_FIELDS if name not in ("enabled", "name")))
    found["injection_trigger"] = ", ".join(prompt.injection_trigger)
    return found | {"name": row.title, "enabled": row.listed and row.enabled}


def with_prompt_value(prompt: ManagedPrompt, field: str, value: Any) -> ManagedPrompt:
    """The prompt with what the user put into one field."""
    if field == "injection_trigger":
        words = (word.strip() for word in str(value).split(","))
        value = tuple(word for word in words if word)
    return replace(prompt, **_as_field(field, value))


def page_values(preset: ChatPreset, page: str) -> dict[str, Value]:
    """A page of the preset as its form has it."""
    if page == "samplers":
        found = sampler_values(preset)
        return {row.id: _plain(found[row.id]) for row in SAMPLER_ROWS}
    values = _values(preset, (row.id for row in PAGES[page][1] if row.kind != "heading"))
    if page == "settings":
        values.update(length_values(preset))
    return values


def with_page_value(preset: ChatPreset, page: str, field: str, value: Any) -> ChatPreset:
    """The preset with what the user put into one field of a page."""
    if page == "samplers":
        return with_sampler(preset, field, value)
    if field in LENGTH_KEYS:
        return with_length(preset, field, value)
    return replace(preset, **_as_field(field, value))


def _values(made: object, names: Iterable[str]) -> dict[str, Value]:
    found = {name: getattr(made, name) for name in names}
    return {name: str(value) if name in _AS_CHOICE else value for name, value in found.items()}


def _as_field(field: str, value: Any) -> dict[str, Any]:
    return {field: int(value) if field in _AS_CHOICE else value}


def _plain(value: object) -> Value:
    return value if isinstance(value, str | int | float | bool) else None
