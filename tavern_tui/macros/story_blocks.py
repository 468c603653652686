"""The blocks of a story string: tags -> a tree of words, values and blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from tavern_tui.macros.story_tags import Kind, Tag, read_tags, template_error

MAX_DEPTH = 50
"""Blocks nested deeper than this are refused."""

HELPERS = ("if", "unless", "with", "each")

_WORD = re.compile(r"""\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s!"#%&'()*+,;<=>@\[\\\]^`{|}~]++))(?=\s|\Z)""")
_PATH = re.compile(r"(?:\.\./)*+(?:\.\.?|(?:\./|this[./])?[^./]++(?:[./][^./]++)*+)")


@dataclass(frozen=True, slots=True)
class Operand:
    """A word of a tag."""

    text: str
    is_quoted: bool = False
    """A text of its own; else the path of a field."""


@dataclass(frozen=True, slots=True)
class Value:
    """`{{name}}`, perhaps with words after it."""

    path: str
    operands: tuple[Operand, ...]


@dataclass(slots=True)
class Block:
    """`{{#helper operand}} inner {{else}} otherwise {{/helper}}`."""

    helper: str
    operand: Operand
    at: int
    inner: list[Part] = field(default_factory=list)
    otherwise: list[Part] = field(default_factory=list)
    in_else: bool = False
    is_chained: bool = False
    """Opened by `else if`: its parent's closing tag closes it, too."""

    @property
    def current(self) -> list[Part]:
        """Where the next part goes."""
        return self.otherwise if self.in_else else self.inner


Part = str | Value | Block


@lru_cache(maxsize=32)
def parse_story(template: str) -> list[Part]:
    """The parts of a template. Raises TemplateError."""
    stack = [Block("", Operand(""), 0)]
    for tag in read_tags(template):
        match tag.kind:
            case Kind.WORDS:
                stack[-1].current.append(tag.text)
            case Kind.VALUE:
                stack[-1].current.append(_value(tag, template))
            case Kind.OPEN:
                _open(stack, tag, template)
            case Kind.ELSE:
                _else(stack, tag, template)
            case Kind.CLOSE:
                _close(stack, tag, template)
            case Kind.COMMENT:
                pass
    if len(stack) > 1:
        raise template_error(f"{{{{#{stack[-1].helper}}}}} is never closed", stack[-1].at, template)
    return stack[0].inner


def _open(stack: list[Block], tag: Tag, template: str, *, is_chained: bool = False) -> None:
    helper, *operands = _operands(tag, template)
    if helper.is_quoted or helper.text not in HELPERS:
        raise template_error(f"{{{{#{helper.text[:80]}}}}} is not known here", tag.at, template)
    if len(operands) != 1:
        raise template_error(f"{{{{#{helper.text}}}}} needs exactly one name", tag.at, template)
    if len(stack) > MAX_DEPTH:
        raise template_error("blocks are nested too deeply", tag.at, template)
    stack.append(Block(helper.text, operands[0], tag.at, is_chained=is_chained))


def _else(stack: list[Block], tag: Tag, template: str) -> None:
    block = stack[-1]
    if len(stack) == 1 or block.in_else:
        raise template_error("an {{else}} stands outside of a block", tag.at, template)
    block.in_else = True
    if tag.text:
        _open(stack, tag, template, is_chained=True)


def _close(stack: list[Block], tag: Tag, template: str) -> None:
    while len(stack) > 1 and stack[-1].is_chained:
        _leave(stack)
    if len(stack) == 1 or stack[-1].helper != tag.text:
        raise template_error(f"{{{{/{tag.text[:80]}}}}} closes nothing", tag.at, template)
    _leave(stack)


def _leave(stack: list[Block]) -> None:
    block = stack.pop()
    stack[-1].current.append(block)


def _value(tag: Tag, template: str) -> Value:
    first, *rest = _operands(tag, template)
    if first.is_quoted:
        raise template_error(f'"{first.text[:80]}" is not a name', tag.at, template)
    return Value(first.text, tuple(rest))


def _operands(tag: Tag, template: str) -> list[Operand]:
    """The words of a tag: at least one."""
    found: list[Operand] = []
    at = 0
    while match := _WORD.match(tag.text, at):
        double, single, path = match.groups()
        if path is not None and not _PATH.fullmatch(path):
            break
        quoted = double if double is not None else single
        found.append(Operand(path) if path is not None else Operand(quoted or "", is_quoted=True))
        at = match.end()
    if tag.text[at:].strip() or not found:
        raise template_error(f'"{{{{{tag.text[:80]}}}}}" is not a name', tag.at, template)
    return found
