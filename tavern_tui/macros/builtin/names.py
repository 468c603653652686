"""Who is who: user, character, group."""

from __future__ import annotations

from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.registry import Call, macro

Words = tuple[str, ...]


@macro("user", "The name you play under.")
def user(context: MacroContext, call: Call, words: Words) -> str:
    return context.user


@macro("char", "The character's name.")
def char(context: MacroContext, call: Call, words: Words) -> str:
    return context.char


@macro("group", "All members of the group; outside groups the character.", aliases=("charIfNotGroup",))
def group(context: MacroContext, call: Call, words: Words) -> str:
    return ", ".join(context.members) or context.char


@macro("groupNotMuted", "The members of the group that are not muted; outside groups the character.")
def group_not_muted(context: MacroContext, call: Call, words: Words) -> str:
    return ", ".join(context.enabled_members) if context.members else context.char


@macro("notChar", "The other members of the group that are not muted; outside groups you.")
def not_char(context: MacroContext, call: Call, words: Words) -> str:
    if not context.members:
        return context.user
    return ", ".join(name for name in context.enabled_members if name != context.char)


@macro("model", "The id of the model that answers.")
def model(context: MacroContext, call: Call, words: Words) -> str:
    return context.model


@macro("isMobile", "`true` on a phone's browser; here always `false`.")
def is_mobile(context: MacroContext, call: Call, words: Words) -> str:
    return "false"


@macro(
    "hasExtension",
    "Whether an extension of SillyTavern is there; here always `false`.",
    takes=1,
    example="{{hasExtension::vectors}}",
)
def has_extension(context: MacroContext, call: Call, words: Words) -> str:
    return "false"


@macro("maxPrompt", "How many tokens the prompt may have.", aliases=("maxPromptTokens",))
def max_prompt(context: MacroContext, call: Call, words: Words) -> str:
    return str(context.max_context - context.max_response)


@macro("maxContext", "How many tokens the context has.", aliases=("maxContextTokens",))
def max_context(context: MacroContext, call: Call, words: Words) -> str:
    return str(context.max_context)


@macro("maxResponse", "How many tokens the reply may have.", aliases=("maxResponseTokens",))
def max_response(context: MacroContext, call: Call, words: Words) -> str:
    return str(context.max_response)
