"""The sequences of the instruct template and the other template texts."""

from __future__ import annotations

from collections.abc import Callable

from tavern_tui.core.template import InstructTemplate
from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.registry import Call, macro

Words = tuple[str, ...]
Read = Callable[[InstructTemplate], str]

SEQUENCES: tuple[tuple[str, tuple[str, ...], str, Read], ...] = (
    ("instructUserPrefix", ("instructInput",), "before your messages", lambda t: t.input_sequence),
    ("instructUserSuffix", (), "after your messages", lambda t: t.input_suffix),
    (
        "instructAssistantPrefix",
        ("instructOutput",),
        "before the character's messages",
        lambda t: t.output_sequence,
    ),
    (
        "instructAssistantSuffix",
        ("instructSeparator",),
        "after the character's messages",
        lambda t: t.output_suffix,
    ),
    ("instructSystemPrefix", (), "before system messages", lambda t: t.system_sequence),
    ("instructSystemSuffix", (), "after system messages", lambda t: t.system_suffix),
    (
        "instructFirstAssistantPrefix",
        ("instructFirstOutputPrefix",),
        "before the character's first message",
        lambda t: t.first_output_sequence or t.output_sequence,
    ),
    (
        "instructLastAssistantPrefix",
        ("instructLastOutputPrefix",),
        "before the reply that is asked for",
        lambda t: t.last_output_sequence or t.output_sequence,
    ),
    (
        "instructFirstUserPrefix",
        ("instructFirstInput",),
        "before your first message",
        lambda t: t.first_input_sequence or t.input_sequence,
    ),
    (
        "instructLastUserPrefix",
        ("instructLastInput",),
        "before your last message",
        lambda t: t.last_input_sequence or t.input_sequence,
    ),
    ("instructStop", (), "that ends a reply", lambda t: t.stop_sequence),
    (
        "instructUserFiller",
        (),
        "that stands in for a missing first message",
        lambda t: t.user_alignment_message,
    ),
    (
        "instructSystemInstructionPrefix",
        (),
        "before instructions at the end of the prompt",
        lambda t: t.last_system_sequence,
    ),
    ("instructStoryStringPrefix", (), "before the story string", lambda t: t.story_string_prefix),
    ("instructStoryStringSuffix", (), "after the story string", lambda t: t.story_string_suffix),
)


def _reader(read: Read) -> Callable[[MacroContext, Call, Words], str]:
    def sequence(context: MacroContext, call: Call, words: Words) -> str:
        return read(context.instruct) if context.instruct is not None else ""

    return sequence


for _name, _aliases, _where, _read in SEQUENCES:
    macro(
        _name, f"The instruct template's sequence {_where}; empty while instruct is off.", aliases=_aliases
    )(_reader(_read))


@macro("systemPrompt", "The system prompt in use, macros inside not resolved.")
def system_prompt(context: MacroContext, call: Call, words: Words) -> str:
    if not context.system_prompt.enabled:
        return ""
    if context.prefer_character_prompt and context.card.system:
        return context.card.system
    return context.system_prompt.content


@macro(
    "defaultSystemPrompt",
    "The system prompt without a card's override.",
    aliases=("instructSystem", "instructSystemPrompt"),
)
def default_system_prompt(context: MacroContext, call: Call, words: Words) -> str:
    return context.system_prompt.content if context.system_prompt.enabled else ""


@macro("exampleSeparator", "What stands before an example dialogue.", aliases=("chatSeparator",))
def example_separator(context: MacroContext, call: Call, words: Words) -> str:
    return context.context.example_separator


@macro("chatStart", "What stands before the chat.")
def chat_start(context: MacroContext, call: Call, words: Words) -> str:
    return context.context.chat_start
