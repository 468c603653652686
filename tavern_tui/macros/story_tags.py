"""The tags of a story string: template text -> words and tags, white space taken care of.

White space as in Handlebars: `~` eats what is beside a tag, and a block tag, `else` or comment
alone on its line takes the whole line with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from tavern_tui.core.errors import PromptError


class TemplateError(PromptError):
    """A story string that cannot be read. Says where."""

    hint = "Correct the story string of the context template, or choose another template."


class Kind(Enum):
    """What a piece of a template is."""

    WORDS = "words"
    VALUE = "value"
    OPEN = "open"
    ELSE = "else"
    CLOSE = "close"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Tag:
    """A piece of a template."""

    kind: Kind
    text: str
    """The words, or what stands between the braces."""
    at: int
    strip_left: bool = False
    strip_right: bool = False


_OPENING = re.compile(r"\{\{(~?)(!?)")
_TRIPLE = re.compile(r"\{\{(~?)\{([^{}]*+)\}(~?)\}\}")
_PLAIN = re.compile(r"\{\{(~?)((?:[^{}~]|~(?!\}\}))*+)(~?)\}\}")
_COMMENT_END = re.compile(r"(~?)\}\}")
_LONG_COMMENT_END = re.compile(r"--(~?)\}\}")
_MARKS = {"#": Kind.OPEN, "/": Kind.CLOSE, "&": Kind.VALUE}


def read_tags(template: str) -> list[Tag]:
    """The template as words and tags, in order. Raises TemplateError."""
    return _control_white_space(_scan(template))


def template_error(what: str, at: int, template: str) -> TemplateError:
    """The error for something at this place of the template."""
    line = template.count("\n", 0, at) + 1
    return TemplateError(f"The story string cannot be read: {what} (line {line}).")


# --- reading


def _scan(template: str) -> list[Tag]:
    tags: list[Tag] = []
    words: list[str] = []
    at = words_at = 0
    while (place := template.find("{{", at)) >= 0:
        before = template[at:place]
        is_escaped = before.endswith("\\") and not before.endswith("\\\\")
        words.append(before[:-1] if before.endswith("\\") else before)
        if is_escaped:
            words.append("{{")
            at = place + 2
            continue
        tag, at = _tag(template, place)
        if any(words):
            tags.append(Tag(Kind.WORDS, "".join(words), words_at))
        tags.append(tag)
        words, words_at = [], at
    words.append(template[at:])
    if any(words):
        tags.append(Tag(Kind.WORDS, "".join(words), words_at))
    return tags


def _tag(template: str, at: int) -> tuple[Tag, int]:
    """The tag that begins here, and where it ends."""
    opening = _OPENING.match(template, at)
    if opening is not None and opening.group(2):
        return _comment(template, at, opening)
    if match := _TRIPLE.match(template, at):
        left, inner, right = match.groups()
        return Tag(Kind.VALUE, inner.strip(), at, bool(left), bool(right)), match.end()
    if match := _PLAIN.match(template, at):
        left, inner, right = match.groups()
        kind, words = _kind_of(inner.strip())
        return Tag(kind, words, at, bool(left), bool(right)), match.end()
    is_closed = template.find("}}", at) >= 0
    raise template_error("a tag has braces inside" if is_closed else "a tag is not closed", at, template)


def _comment(template: str, at: int, opening: re.Match[str]) -> tuple[Tag, int]:
    is_long = template.startswith("--", opening.end())
    end = (_LONG_COMMENT_END if is_long else _COMMENT_END).search(template, opening.end())
    if end is None:
        raise template_error("a comment is not closed", at, template)
    return Tag(Kind.COMMENT, "", at, bool(opening.group(1)), bool(end.group(1))), end.end()


def _kind_of(words: str) -> tuple[Kind, str]:
    if words[:1] in _MARKS:
        return _MARKS[words[:1]], words[1:].strip()
    if words == "^":
        return Kind.ELSE, ""
    if words.split(maxsplit=1)[:1] == ["else"]:
        return Kind.ELSE, words[len("else") :].strip()
    return Kind.VALUE, words


# --- white space


def _control_white_space(tags: Sequence[Tag]) -> list[Tag]:
    result = list(tags)
    for at, tag in enumerate(tags):
        if tag.kind is Kind.WORDS:
            continue
        if _is_standalone(tags, at):
            _change(result, at - 1, lambda text: text.rstrip(" \t"))
            _change(result, at + 1, _without_line_end)
        if tag.strip_left:
            _change(result, at - 1, str.rstrip)
        if tag.strip_right:
            _change(result, at + 1, str.lstrip)
    return result


def _change(tags: list[Tag], at: int, change: Callable[[str], str]) -> None:
    if 0 <= at < len(tags) and tags[at].kind is Kind.WORDS:
        tags[at] = replace(tags[at], text=change(tags[at].text))


def _without_line_end(text: str) -> str:
    text = text.lstrip(" \t")
    return text.removeprefix("\r\n") if text.startswith("\r\n") else text.removeprefix("\n")


def _is_standalone(tags: Sequence[Tag], at: int) -> bool:
    """Whether a block tag or comment stands alone on its line."""
    if tags[at].kind in (Kind.WORDS, Kind.VALUE):
        return False
    return _begins_line(tags, at) and _ends_line(tags, at)


def _begins_line(tags: Sequence[Tag], at: int) -> bool:
    if at == 0:
        return True
    if tags[at - 1].kind is not Kind.WORDS:
        return False
    left = tags[at - 1].text.rstrip(" \t")
    return left.endswith("\n") or (not left and at == 1)


def _ends_line(tags: Sequence[Tag], at: int) -> bool:
    if at == len(tags) - 1:
        return True
    if tags[at + 1].kind is not Kind.WORDS:
        return False
    right = tags[at + 1].text.lstrip(" \t")
    return right.startswith(("\n", "\r\n")) or (not right and at + 1 == len(tags) - 1)
