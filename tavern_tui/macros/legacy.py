"""SillyTavern's old macro engine: one replacement after the other, each over the whole text.

Results are visible to the rules that come later; there is no nesting. Kept for users whose
settings switch the new engine off."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.registry import Call, NotNow, find_macro

Replace = Callable[[re.Match[str]], str]

_EARLY = (
    "instructUserPrefix", "instructInput", "instructUserSuffix", "instructAssistantPrefix",
    "instructOutput", "instructAssistantSuffix", "instructSeparator", "instructSystemPrefix",
    "instructSystemSuffix", "instructFirstAssistantPrefix", "instructFirstOutputPrefix",
    "instructLastAssistantPrefix", "instructLastOutputPrefix", "instructFirstUserPrefix",
    "instructFirstInput", "instructLastUserPrefix", "instructLastInput", "instructStop",
    "instructUserFiller", "instructSystemInstructionPrefix", "instructStoryStringPrefix",
    "instructStoryStringSuffix", "systemPrompt", "defaultSystemPrompt", "instructSystem",
    "instructSystemPrompt", "chatSeparator", "chatStart",
)  # fmt: skip
_VARIABLES = tuple(
    f"{verb}{kind}var" for kind in ("", "global") for verb in ("set", "add", "inc", "dec", "get")
)
_FIELDS = (
    "charPrompt", "charInstruction", "charJailbreak", "description", "personality", "scenario",
    "persona", "mesExamples", "mesExamplesRaw", "charVersion", "char_version", "charDepthPrompt",
    "creatorNotes",
)  # fmt: skip
_NAMES = ("user", "char", "group", "charIfNotGroup", "groupNotMuted", "notChar", "model")
_LATE = (
    "maxPrompt", "lastMessage", "lastMessageId", "lastUserMessage", "lastCharMessage",
    "firstIncludedMessageId", "firstDisplayedMessageId", "lastSwipeId", "currentSwipeId",
    "allChatRange", "lastGenerationType", "isMobile",
)  # fmt: skip
_CLOCK = ("time", "date", "weekday", "isotime", "isodate", "idle_duration")


def substitute_legacy(
    text: str,
    context: MacroContext,
    *,
    original: str | None = None,
    extra: Mapping[str, str] | None = None,
    card_fields: bool = True,
) -> str:
    """`text` with its macros replaced in the old engine's order. Never raises."""
    if "{{" not in text and "<" not in text:
        return text
    run = _Legacy(context, text)
    for word, name in (("USER", "user"), ("BOT", "char"), ("CHAR", "char")):
        text = _sub(rf"<{word}>", text, _always(run.value(name)))
    for word in ("CHARIFNOTGROUP", "GROUP"):
        text = _sub(rf"<{word}>", text, lambda _: run.value("group"))
    text = _sub(r"\{\{roll[ : ]([^}]+)\}\}", text, lambda match: run.value("roll", match.group(1)))
    for name in _EARLY:
        text = run.simple(name, text)
    for name in _VARIABLES:
        text = _sub(rf"\{{\{{{name}::([^}}]+)\}}\}}", text, run.variable(name))
    text = _sub(r"\{\{newline\}\}", text, lambda _: "\n")
    text = _sub(r"\n*\{\{trim\}\}\n*", text, lambda _: "")
    text = _sub(r"\{\{noop\}\}", text, lambda _: "")
    text = run.simple("input", text)
    if original is not None:
        once = [original]
        text = _sub(r"\{\{original\}\}", text, lambda _: once.pop() if once else "")
    for name in _FIELDS:
        text = run.simple(name, text) if card_fields else _sub(rf"\{{\{{{name}\}}\}}", text, lambda _: "")
    for name in _NAMES:
        text = run.simple(name, text)
    for name, value in {**context.extra, **(extra or {})}.items():
        text = _sub(rf"\{{\{{{re.escape(name)}\}}\}}", text, _always(value))
    for name in _LATE:
        text = run.simple(name, text)
    text = _sub(r"\{\{reverse:(.+?)\}\}", text, lambda match: match.group(1)[::-1])
    text = _sub(r"\{\{//[\s\S]*?\}\}", text, lambda _: "")
    for name in _CLOCK:
        text = run.simple(name, text)
    text = _sub(r"\{\{datetimeformat +([^}]*)\}\}", text, lambda match: run.value("datetimeformat", match[1]))
    text = _sub(r"\{\{time_(UTC[-+]\d+)\}\}", text, lambda match: run.value("time", match[1]))
    text = _sub(r"\{\{outlet::(.+?)\}\}", text, lambda match: run.value("outlet", match[1]))
    text = _sub(
        r"\{\{timeDiff::(.*?)::(.*?)\}\}", text, lambda match: run.value("timeDiff", match[1], match[2])
    )
    text = _sub(r'\{\{banned "(.*)"\}\}', text, lambda match: run.value("banned", match[1]))
    text = _sub(r"\{\{random\s?::?([^}]+)\}\}", text, lambda match: run.value("random", match[1]))
    return _sub(
        r"\{\{pick\s?::?([^}]+)\}\}", text, lambda match: run.value("pick", match[1], at=match.start())
    )


def _always(value: str) -> Replace:
    return lambda match: value


def _sub(pattern: str, text: str, replace: Replace) -> str:
    return re.sub(pattern, replace, text, flags=re.IGNORECASE)


class _Legacy:
    """Asks the table for values; what fails stays as it is."""

    def __init__(self, context: MacroContext, whole: str) -> None:
        self._context = context
        self._whole = whole

    def value(self, name: str, *arguments: str, at: int = 0) -> str:
        info = find_macro(name)
        if info is None:
            return ""
        try:
            words = tuple(argument.strip() for argument in arguments)
            return info.evaluate(self._context, Call(at, self._whole), words)
        except (NotNow, ValueError, OverflowError, ArithmeticError, LookupError, TypeError):
            return "{{" + "::".join((name, *arguments)) + "}}"

    def simple(self, name: str, text: str) -> str:
        pattern = rf"\{{\{{{name}\}}\}}"
        return _sub(pattern, text, lambda _: self.value(name))

    def variable(self, name: str) -> Replace:
        takes_value = name.startswith(("set", "add"))

        def replace(match: re.Match[str]) -> str:
            key, divider, value = match.group(1).partition("::")
            if takes_value != bool(divider):
                return match.group()
            return self.value(name, key, value) if takes_value else self.value(name, key)

        return replace
