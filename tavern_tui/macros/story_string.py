"""Story strings: the Handlebars subset that context templates are written in.

Simple tags, `#if` / `else` / `else if`, `#unless`, `#with`, `#each`, `lookup`, comments, the
white-space control `~`, escapes, and the rule that a block tag alone on its line takes the whole
line with it. A simple tag that is no parameter is handed to the macro engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tavern_tui.core.errors import PromptError
from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.evaluate import substitute_new

MAX_DEPTH = 50


class TemplateError(PromptError):
    """A story string that cannot be read. Says where."""

    hint = "Correct the story string of the context template, or choose another template."


_TAG = re.compile(
    r"\\?\{\{(?:!--.*?--~?\}\}|![^}]*\}\}|(~)?\{([^{}]*)\}(~)?\}\}|(~)?((?:[^{}~]|~(?!\}\}))*)(~)?\}\})",
    re.DOTALL,
)
_IDENTIFIER = re.compile(r"[^\s!\"#%&'()*+,./;<=>@\[\\\]^`{|}~]+")
_BLANK_BEFORE = re.compile(r"(?:\A|\n)[ \t]*\Z")
_BLANK_AFTER = re.compile(r"[ \t]*(?:\r?\n|\Z)")


@dataclass(frozen=True, slots=True)
class _Tag:
    kind: str
    """`text`, `value`, `open`, `else`, `close`, `comment`."""
    text: str
    """The words of a text, or what stands between the braces."""
    at: int = 0
    strip_left: bool = False
    strip_right: bool = False


@dataclass(slots=True)
class _Block:
    helper: str
    argument: str
    at: int
    inner: list[_Tag | _Block] = field(default_factory=list)
    otherwise: list[_Tag | _Block] = field(default_factory=list)
    in_else: bool = False
    chained: bool = False
    """Opened by `else if`: its parent's closing tag closes it, too."""

    @property
    def current(self) -> list[_Tag | _Block]:
        return self.otherwise if self.in_else else self.inner


def render(template: str, params: Mapping[str, str], context: MacroContext) -> str:
    """The template filled in, and then the macros of the whole resolved.

    Raises TemplateError."""
    filled = _Render(params, context).all(_parse(template).inner)
    return substitute_new(filled, context)


# --- parsing


def _parse(template: str) -> _Block:
    tags = _control_white_space(_tags(template))
    stack = [_Block("", "", 0)]
    for tag in tags:
        match tag.kind:
            case "open":
                helper, argument = _helper_of(tag, template)
                if len(stack) > MAX_DEPTH:
                    raise _error("blocks are nested too deeply", tag.at, template)
                stack.append(_Block(helper, argument, tag.at))
            case "else":
                _else(stack, tag, template)
            case "close":
                _close(stack, tag, template)
            case "comment":
                pass
            case _:
                stack[-1].current.append(tag)
    if len(stack) > 1:
        raise _error(f"{{{{#{stack[-1].helper}}}}} is never closed", stack[-1].at, template)
    return stack[0]


def _tags(template: str) -> list[_Tag]:
    found: list[_Tag] = []
    at = 0
    for match in _TAG.finditer(template):
        if match.start() > at:
            found.append(_Tag("text", template[at : match.start()], at))
        at = match.end()
        found.append(_tag(match, template))
    rest = template[at:]
    if "{{" in rest:
        raise _error("a tag is not closed", at + rest.index("{{"), template)
    if rest:
        found.append(_Tag("text", rest, at))
    return found


def _tag(match: re.Match[str], template: str) -> _Tag:
    whole, place = match.group(), match.start()
    if whole.startswith("\\"):
        return _Tag("text", whole[1:], place)
    if whole.startswith("{{!"):
        return _Tag("comment", "", place, strip_right=whole.endswith("~}}"))
    triple = match.group(2) is not None
    left, inner, right = (match.group(1), match.group(2), match.group(3)) if triple else match.group(4, 5, 6)
    words = (inner or "").strip()
    left_strip, right_strip = bool(left), bool(right)
    kind = "value"
    if triple:
        kind = "value"
    elif words.startswith("#"):
        kind, words = "open", words[1:].strip()
    elif words.startswith("/"):
        kind, words = "close", words[1:].strip()
    elif words == "else" or words.startswith("else ") or words == "^":
        kind, words = "else", words.removeprefix("else").removeprefix("^").strip()
    elif words.startswith("&"):
        words = words[1:].strip()
    if kind == "value":
        _check_value(words, place, template)
    return _Tag(kind, words, place, left_strip, right_strip)


def _check_value(words: str, place: int, template: str) -> None:
    """A simple tag is a name, perhaps with arguments that are passed over."""
    match = _IDENTIFIER.match(words)
    if match is None:
        raise _error(f'"{{{{{words}}}}}" is not a name', place, template)
    rest = words[match.end() :]
    if rest and not rest[0].isspace():
        raise _error(f'"{{{{{words}}}}}" is not a name', place + match.end(), template)
    if re.search(r"[,/%;]", rest):
        raise _error(f'"{{{{{words}}}}}" cannot be read', place, template)


def _helper_of(tag: _Tag, template: str) -> tuple[str, str]:
    helper, _, argument = tag.text.partition(" ")
    if helper not in ("if", "unless", "with", "each"):
        raise _error(f"{{{{#{helper}}}}} is not known here", tag.at, template)
    if not argument.strip():
        raise _error(f"{{{{#{helper}}}}} needs a name", tag.at, template)
    return helper, argument.strip()


def _else(stack: list[_Block], tag: _Tag, template: str) -> None:
    block = stack[-1]
    if len(stack) == 1 or block.in_else:
        raise _error("an {{else}} stands outside of a block", tag.at, template)
    block.in_else = True
    if tag.text:
        helper, argument = _helper_of(tag, template)
        stack.append(_Block(helper, argument, tag.at, chained=True))


def _close(stack: list[_Block], tag: _Tag, template: str) -> None:
    while len(stack) > 1 and stack[-1].chained:
        inner = stack.pop()
        stack[-1].current.append(inner)
    if len(stack) == 1 or stack[-1].helper != tag.text:
        raise _error(f"{{{{/{tag.text}}}}} closes nothing", tag.at, template)
    block = stack.pop()
    stack[-1].current.append(block)


def _error(what: str, at: int, template: str) -> TemplateError:
    line = template.count("\n", 0, at) + 1
    return TemplateError(f"The story string cannot be read: {what} (line {line}).")


def _control_white_space(tags: list[_Tag]) -> list[_Tag]:
    """`~` and tags alone on their line take white space away from the texts beside them."""
    result = list(tags)
    standalone = [_is_standalone(tags, at) for at in range(len(tags))]
    for at, tag in enumerate(tags):
        if tag.kind == "text":
            continue
        if standalone[at]:
            _change(result, at - 1, lambda text: re.sub(r"[ \t]+\Z", "", text))
            _change(result, at + 1, lambda text: re.sub(r"^[ \t]*\r?\n?", "", text, count=1))
        if tag.strip_left:
            _change(result, at - 1, str.rstrip)
        if tag.strip_right:
            _change(result, at + 1, str.lstrip)
    return result


def _change(tags: list[_Tag], at: int, change: object) -> None:
    if 0 <= at < len(tags) and tags[at].kind == "text" and callable(change):
        tags[at] = replace(tags[at], text=change(tags[at].text))


def _is_standalone(tags: list[_Tag], at: int) -> bool:
    """Whether a block tag or comment stands alone on its line."""
    tag = tags[at]
    if tag.kind not in ("open", "else", "close", "comment"):
        return False
    return _blank_to_line_start(tags, at) and _blank_to_line_end(tags, at)


def _blank_to_line_start(tags: list[_Tag], at: int) -> bool:
    if at == 0:
        return True
    before = tags[at - 1]
    if before.kind != "text":
        return False
    match = _BLANK_BEFORE.search(before.text)
    return match is not None and (match.group().startswith("\n") or at == 1)


def _blank_to_line_end(tags: list[_Tag], at: int) -> bool:
    if at == len(tags) - 1:
        return True
    after = tags[at + 1]
    if after.kind != "text":
        return False
    match = _BLANK_AFTER.match(after.text)
    return match is not None and (match.group().endswith("\n") or at + 1 == len(tags) - 1)


# --- rendering


class _Render:
    def __init__(self, params: Mapping[str, str], context: MacroContext) -> None:
        self._params = params
        self._context = context
        self._this: list[str] = []

    def all(self, nodes: list[_Tag | _Block]) -> str:
        return "".join(self.block(node) if isinstance(node, _Block) else self.tag(node) for node in nodes)

    def tag(self, tag: _Tag) -> str:
        return tag.text if tag.kind == "text" else self.value(tag.text)

    def value(self, words: str) -> str:
        name = words.split()[0]
        if name == "lookup":
            return self.looked_up(words)
        known = self.field(name)
        if known is not None:
            return known
        if name.lower() == "trim":
            return "{{trim}}"
        return substitute_new("{{" + name + "}}", self._context)

    def looked_up(self, words: str) -> str:
        parts = [part.strip("\"'") for part in words.split()[1:]]
        return (self.field(parts[-1]) or "") if parts else ""

    def field(self, name: str) -> str | None:
        """A parameter's text; None if there is none of that name."""
        if name in ("this", ".") and self._this:
            return self._this[-1]
        return self._params.get(name.removeprefix("this."))

    def block(self, block: _Block) -> str:
        value = self.field(block.argument.strip("\"'")) or ""
        if block.helper == "unless":
            return self.all(block.otherwise if value else block.inner)
        if not value:
            return self.all(block.otherwise)
        if block.helper == "if":
            return self.all(block.inner)
        if block.helper == "each":
            return ""  # parameters are texts, which have no items
        self._this.append(value)
        try:
            return self.all(block.inner)
        finally:
            self._this.pop()
