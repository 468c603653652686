"""SillyTavern's old macro engine: one replacement after the other, each over the whole text.

Results are visible to the rules that come later; there is no nesting. Kept for users whose
settings switch the new engine off."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from tavern_tui.macros.builtin.dice import pick_as_legacy
from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.evaluate import lower_names, remove_trim_marks
from tavern_tui.macros.lexer import wide_characters
from tavern_tui.macros.registry import TOO_MUCH, Call, Evaluate, NotNow, Substitution, find_macro

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
_EXTENSIONS = (
    "authorsNote", "charAuthorsNote", "defaultAuthorsNote", "reasoningPrefix", "reasoningSuffix",
    "reasoningSeparator", "summary", "lastExpression", "defaultExpression", "availableExpressions",
    "charPrefix", "charNegativePrefix",
)  # fmt: skip
_LATE = (
    "maxPrompt", "maxPromptTokens", "maxContext", "maxContextTokens", "maxResponse",
    "maxResponseTokens", "lastMessage", "lastMessageId", "lastUserMessage", "lastCharMessage",
    "firstIncludedMessageId", "firstDisplayedMessageId", "lastSwipeId", "currentSwipeId",
    "allChatRange", "lastGenerationType", "isMobile",
)  # fmt: skip
_CLOCK = ("time", "date", "weekday", "isotime", "isodate", "idle_duration")

Replace = Callable[[str, int], str | None]
"""An argument and the offset of its macro (units of UTF-16) -> what comes there; None: it stays."""


def substitute_legacy(
    text: str,
    context: MacroContext,
    *,
    original: str | None = None,
    extra: Mapping[str, str] | None = None,
    card_fields: bool = True,
) -> str:
    """`text` with its macros replaced in the old engine's order. Never raises."""
    run = _Legacy(text, context, original, lower_names(context.extra, extra or {}), card_fields)
    run.angles()
    if "{{" in run.text:
        run.before_names()
        run.names_and_fields()
        run.after_names()
    return run.text


class _Legacy:
    """One text on its way through the rules. What cannot be evaluated stays as it is."""

    def __init__(
        self,
        text: str,
        context: MacroContext,
        original: str | None,
        extra: Mapping[str, str],
        card_fields: bool,
    ) -> None:
        self.text = text
        self._context = context
        self._original = original
        self._extra = extra
        self._card_fields = card_fields
        self._substitution = Substitution(text)

    # --- the rules, in their order

    def angles(self) -> None:
        if "<" in self.text:
            for word, name in (("USER", "user"), ("BOT", "char"), ("CHAR", "char")):
                self._replace(f"<{word}>", self._plain(name))
            for word in ("CHARIFNOTGROUP", "GROUP"):
                self._replace(f"<{word}>", self._plain("group"))

    def before_names(self) -> None:
        self._arguments(r"\{\{roll[ :]", self._with_argument("roll"), stop="}")
        self._simple(*_EARLY)
        for name in _VARIABLES:
            self._arguments(rf"\{{\{{{name}::", self._variable(name), stop="}")
        self._replace(r"\{\{newline\}\}", lambda: "\n")
        self.text = remove_trim_marks(self.text)
        self._replace(r"\{\{noop\}\}", lambda: "")
        self._simple("input")

    def names_and_fields(self) -> None:
        if self._original is not None:
            once = [self._original]
            self._replace(r"\{\{original\}\}", lambda: once.pop() if once else "")
        self._simple(*_FIELDS, *_NAMES, *_EXTENSIONS)
        known = {name.lower() for name in (*_FIELDS, *_NAMES, *_EXTENSIONS)}
        self._simple(*(name for name in self._extra if name not in known))

    def after_names(self) -> None:
        self._simple(*_LATE)
        self._arguments(r"\{\{reverse:", lambda word, at: word[::-1] or None, one_line=True)
        self._arguments(r"\{\{//", lambda word, at: "")
        self._simple(*_CLOCK)
        self._arguments(r"\{\{datetimeformat +", self._with_argument("datetimeformat"), stop="}")
        self._arguments(r"\{\{time_(?=UTC[-+][0-9]+\}\})", self._with_argument("time"))
        self._arguments(r"\{\{outlet::", self._with_argument("outlet"), one_line=True)
        self._arguments(r"\{\{timeDiff::", self._time_diff, one_line=True)
        self._arguments(r'\{\{banned "', self._banned, stop='"}}', one_line=True)
        self._arguments(r"\{\{random\s?::?", self._with_argument("random"), stop="}")
        self._arguments(r"\{\{pick\s?::?", self._pick, stop="}")

    # --- what the names stand for

    def _plain(self, name: str) -> Callable[[], str | None]:
        return lambda: self._value(name, ())

    def _with_argument(self, name: str) -> Replace:
        return lambda word, at: self._value(name, (word.strip(),), at) if word else None

    def _banned(self, word: str, at: int) -> str | None:
        return self._value("banned", (word,), at)

    def _variable(self, name: str) -> Replace:
        takes_value = name.startswith(("set", "add"))

        def replace(argument: str, at: int) -> str | None:
            key, divider, value = argument.partition("::")
            if not argument or takes_value != bool(divider):
                return None
            return self._value(name, (key.strip(), value) if takes_value else (key.strip(),), at)

        return replace

    def _time_diff(self, argument: str, at: int) -> str | None:
        first, divider, second = argument.partition("::")
        return self._value("timeDiff", (first, second), at) if divider else None

    def _pick(self, argument: str, at: int) -> str | None:
        return self._evaluated("pick", pick_as_legacy, (argument.strip(),), at) if argument else None

    def _value(self, name: str, words: tuple[str, ...], at: int = 0) -> str | None:
        if not words and name.lower() in self._extra:
            return self._extra[name.lower()]
        info = find_macro(name)
        if info is None or (name == "notChar" and self._context.members):
            return self._not_char() if info else None
        if info.card_field and not self._card_fields:
            return ""
        return self._evaluated(info.name, info.evaluate, words, at)

    def _evaluated(self, name: str, evaluate: Evaluate, words: tuple[str, ...], at: int) -> str | None:
        try:
            return evaluate(self._context, Call(at, self._substitution), words)
        except NotNow as error:
            if str(error):
                self._warn(f"{{{{{name}}}}}: {error}; it was left as it is.")
            return None

    def _not_char(self) -> str:
        """Unlike the new engine, the old one counts the user among the others."""
        others = [name for name in self._context.enabled_members if name != self._context.char]
        return ", ".join((*others, self._context.user))

    # --- replacing

    def _simple(self, *names: str) -> None:
        for name in names:
            self._replace(rf"\{{\{{{re.escape(name)}\}}\}}", self._plain(name))

    def _replace(self, pattern: str, value: Callable[[], str | None]) -> None:
        self.text = re.sub(pattern, lambda match: self._spent(value, match), self.text, flags=re.I)

    def _spent(self, value: Callable[[], str | None], match: re.Match[str]) -> str:
        return self._limited(value, match.group())

    def _limited(self, value: Callable[[], str | None], source: str) -> str:
        """The value, or the source if there is none or the text's macros wrote too much."""
        if self._substitution.is_exhausted:
            self._warn(TOO_MUCH)
            return source
        result = value()
        self._substitution.spend(len(result or ""))
        return source if result is None else result

    def _arguments(self, opener: str, replace: Replace, *, stop: str = "}}", one_line: bool = False) -> None:
        """Replace macros that begin with `opener` and end where `stop` and the braces are.

        By hand, because a pattern such as `{{roll ([^}]+)}}` looks through the rest of the text at
        each of a million openers that nothing closes."""
        text, pattern, end = self.text, re.compile(opener, re.IGNORECASE), -1
        closing = stop if stop.endswith("}}") else "}}"
        pieces: list[str] = []
        at = position = wide = 0
        while (match := pattern.search(text, position)) is not None:
            start = match.end()
            end = text.find(stop, start) if end < start else end
            if end < 0:
                break
            line_end = text.find("\n", start, end) if one_line else -1
            if line_end >= 0 or not text.startswith(closing, end):
                position = line_end if line_end >= 0 else end
                continue
            position = end + len(closing)
            source = text[match.start() : position]
            before = text[at : match.start()]
            wide += wide_characters(before)
            value = partial(replace, text[start:end], match.start() + wide)
            pieces += before, self._limited(value, source)
            wide += wide_characters(source)
            at = position
        self.text = "".join((*pieces, text[at:]))

    def _warn(self, sentence: str) -> None:
        if sentence not in self._context.warnings and len(self._context.warnings) < 100:
            self._context.warnings.append(sentence)
