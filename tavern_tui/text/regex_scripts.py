"""The user's find-and-replace rules (SillyTavern's regex scripts), by placement and context."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from tavern_tui.core.errors import DataError
from tavern_tui.core.preset import RegexScript
from tavern_tui.text.js_regex import BadPattern, JsMatch, JsRegex, compile_js


class Placement(IntEnum):
    """What kind of text a script may change."""

    USER_INPUT = 1
    AI_OUTPUT = 2
    SLASH_COMMAND = 3
    LORE = 5
    REASONING = 6


class ScriptContext(StrEnum):
    """What the text is prepared for."""

    PROMPT = "prompt"
    DISPLAY = "display"
    STORE = "store"
    EDIT = "edit"
    """Stored again after the user edited it."""


def apply_scripts(
    text: str,
    scripts: Sequence[RegexScript],
    *,
    placement: int,
    context: ScriptContext | str,
    depth: int | None,
    substitute: Callable[[str], str],
    warnings: list[str] | None = None,
) -> str:
    """`text` after every script that counts here, each fed by the one before.

    `depth` is the message's distance from the newest (0); None: depth limits do not count.
    A script that is not valid or takes too long is skipped, with one sentence in `warnings`.
    """
    for script in scripts:
        if not script.find or not text or not counts_here(script, placement, context, depth):
            continue
        try:
            text = _run(text, script, substitute)
        except DataError as error:
            _warn(warnings, f'Regex script "{script.name}" was skipped. {error}')
    return text


def counts_here(script: RegexScript, placement: int, context: ScriptContext | str, depth: int | None) -> bool:
    """Whether `script` changes texts of this placement, context and depth."""
    if script.disabled or placement not in script.placement:
        return False
    if context == ScriptContext.EDIT and not script.run_on_edit:
        return False
    if context == ScriptContext.PROMPT:
        wanted = script.prompt_only
    elif context == ScriptContext.DISPLAY:
        wanted = script.markdown_only
    else:
        wanted = not (script.prompt_only or script.markdown_only)
    return wanted and _depth_fits(script, depth)


def _depth_fits(script: RegexScript, depth: int | None) -> bool:
    if depth is None:
        return True
    if script.min_depth is not None and script.min_depth >= -1 and depth < script.min_depth:
        return False
    return script.max_depth is None or script.max_depth < 0 or depth <= script.max_depth


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptMatch:
    """One place where a script found something."""

    start: int
    """Offset in the text the script was given; `end` likewise."""
    end: int
    groups: tuple[str, ...]
    """What its capture groups hold, the first group first."""
    replacement: str


def run_script(
    text: str, script: RegexScript, substitute: Callable[[str], str]
) -> tuple[str, list[ScriptMatch]]:
    """`text` after this script alone, whatever it is meant for, and what it replaced.

    Raises BadPattern, TooSlow."""
    found: list[ScriptMatch] = []
    if not script.find or not text:
        return text, found

    def hear(match: JsMatch, groups: int, replacement: str) -> None:
        held = tuple(match.group(number) or "" for number in range(1, groups + 1))
        found.append(ScriptMatch(start=match.start(), end=match.end(), groups=held, replacement=replacement))

    return _run(text, script, substitute, hear), found


def _run(
    text: str,
    script: RegexScript,
    substitute: Callable[[str], str],
    hear: Callable[[JsMatch, int, str], None] | None = None,
) -> str:
    finder = _finder(_find_pattern(script, substitute))
    template = _MATCH_MACRO.sub("$0", script.replace)
    trims = [trim for trim in map(substitute, script.trim_strings) if trim]

    def replacement(match: JsMatch) -> str:
        filled = _REFERENCE.sub(lambda reference: _group_text(reference, match, finder, trims), template)
        words = substitute(filled) if "{" in filled or "<" in filled else filled
        if hear is not None:
            hear(match, finder.groups, words)
        return words

    return finder.sub(replacement, text)


_MATCH_MACRO = re.compile(r"\{\{match\}\}", re.IGNORECASE)
_REFERENCE = re.compile(r"\$(\d+)|\$<([^>]+)>")


def _group_text(reference: re.Match[str], match: JsMatch, finder: JsRegex, trims: Sequence[str]) -> str:
    number = finder.names.get(reference[2], -1) if reference[2] else int(reference[1][:6])
    value = (match.group(number) if 0 <= number <= finder.groups else None) or ""
    for trim in trims:
        value = value.replace(trim, "")
    return value


# As SillyTavern reads it: an opening slash, the longest text up to a last slash, letters.
# A dot that crosses lines lets patterns of several lines be whole.
_LITERAL = re.compile(r"(/?)(.+)\1([a-zA-Z]*)", re.DOTALL)
_FLAGS = frozenset("gmixXsuUAJ")


def _finder(find: str) -> JsRegex:
    literal = _LITERAL.match(find)
    if literal is None or not literal[1]:
        return compile_js(find)
    flags = literal[3]
    if not _FLAGS.issuperset(flags):
        raise BadPattern(f'Its pattern has flags a regex script cannot have: "{flags[:20]}".')
    return compile_js(literal[2], flags)


def _find_pattern(script: RegexScript, substitute: Callable[[str], str]) -> str:
    if script.substitute == 1:
        return substitute(script.find)
    if script.substitute == 2:
        return _with_escaped_macros(script.find, substitute)
    return script.find


_SPECIAL = re.compile(r"[\\^$.*+?()\[\]{}|/-]")
_LEGACY_MACRO = re.compile(r"<(?:user|bot|char|group|charifnotgroup)>", re.IGNORECASE)


def _with_escaped_macros(find: str, substitute: Callable[[str], str]) -> str:
    """`find` with every macro replaced by its value, taken literally by the pattern."""
    pieces: list[str] = []
    done = 0
    for start, end in _macro_spans(find):
        value = substitute(find[start:end])
        pieces += (find[done:start], _SPECIAL.sub(r"\\\g<0>", value))
        done = end
    return "".join((*pieces, find[done:]))


def _macro_spans(text: str) -> list[tuple[int, int]]:
    """Outermost `{{...}}` and `<user>`-like spans, in order."""
    spans: list[tuple[int, int]] = []
    open_at, level = 0, 0
    for token in re.finditer(r"\{\{|\}\}|<[a-zA-Z]+>", text):
        if token[0] == "{{":
            open_at = open_at if level else token.start()
            level += 1
        elif token[0] == "}}" and level:
            level -= 1
            if not level:
                spans.append((open_at, token.end()))
        elif not level and _LEGACY_MACRO.fullmatch(token[0]):
            spans.append(token.span())
    return spans


def _warn(warnings: list[str] | None, sentence: str) -> None:
    if warnings is not None and sentence not in warnings:
        warnings.append(sentence)
