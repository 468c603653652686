"""The sequences of the instruct template and the other template texts."""

from __future__ import annotations

from collections.abc import Callable

from tavern_tui.core.template import InstructTemplate
from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.registry import Call, macro

Words = tuple[str, ...]
Read = Callable[[InstructTemplate], str]

SEQUENCES: tuple[tuple[str, tuple[str, ...], Read], ...] = (
    ("instructUserPrefix", ("instructInput",), lambda t: t.input_sequence),
    ("instructUserSuffix", (), lambda t: t.input_suffix),
    ("instructAssistantPrefix", ("instructOutput",), lambda t: t.output_sequence),
    ("instructAssistantSuffix", ("instructSeparator",), lambda t: t.output_suffix),
    ("instructSystemPrefix", (), lambda t: t.system_sequence),
    ("instructSystemSuffix", (), lambda t: t.system_suffix),
    (
        "instructFirstAssistantPrefix",
        ("instructFirstOutputPrefix",),
        lambda t: t.first_output_sequence or t.output_sequence,
    ),
    (
        "instructLastAssistantPrefix",
        ("instructLastOutputPrefix",),
        lambda t: t.last_output_sequence or t.output_sequence,
    ),
    (
        "instructFirstUserPrefix",
        ("instructFirstInput",),
        lambda t: t.first_input_sequence or t.input_sequence,
    ),
    ("instructLastUserPrefix", ("instructLastInput",), lambda t: t.last_input_sequence or t.input_sequence),
    ("instructStop", (), lambda t: t.stop_sequence),
    ("instructUserFiller", (), lambda t: t.user_alignment_message),
    ("instructSystemInstructionPrefix", (), lambda t: t.last_system_sequence),
    ("instructStoryStringPrefix", (), lambda t: t.story_string_prefix),
    ("instructStoryStringSuffix", (), lambda t: t.story_string_suffix),
)


def _enter(name: str, aliases: tuple[str, ...], read: Read) -> None:
    @macro(name, "A sequence of the instruct template; empty while instruct is off.", aliases=aliases)
    def sequence(context: MacroContext, call: Call, words: Words) -> str:
        return read(context.instruct) if context.instruct is not None else ""


for _name, _aliases, _read in SEQUENCES:
    _enter(_name, _aliases, _read)


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
