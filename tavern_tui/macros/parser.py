"""Braces -> macros, variables and scoped blocks.

Works upwards from the innermost braces with a stack of its own, so a text of any depth is read in
one pass and without recursion."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tavern_tui.macros.lexer import MAX_DEPTH, Kind, tokens, wide_characters
from tavern_tui.macros.nodes import Closing, Document, Macro, Node, Nodes, Text, Unknown, Variable
from tavern_tui.macros.registry import COMMENT, find_macro

# Possessive repetition (`*+`) throughout: a mile of blanks or dashes must not be tried twice.
_CLOSING_COMMENT = re.compile(r"\s*+/\s*+//\s*+")
_HEAD = re.compile(r"\s*+((?:[!?~>#/]\s*+)*?)(//|[A-Za-z][A-Za-z0-9_-]*+)")
_VARIABLE = re.compile(
    r"\s*+(?:[!?~>#/]\s*+)*+([.$])([A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)\s*+"
    r"(\+\+|--|\+=|-=|\|\|=|\?\?=|\|\||\?\?|==|!=|>=|<=|>|<|=|\Z)"
)
_OPERATORS_WITHOUT_VALUE = frozenset(("", "++", "--"))


@dataclass(slots=True)
class _Open:
    """Braces whose `}}` has not come yet."""

    at: int
    """Where the `{{` stands, in units of UTF-16."""
    items: list[Node] = field(default_factory=list)


def parse(text: str) -> Document:
    """The nodes of a text, scoped blocks already joined. Never raises."""
    stack = [_Open(-1)]
    is_cut = False
    wide = 0
    for token in tokens(text):
        match token.kind:
            case Kind.WORDS:
                stack[-1].items.append(Text(token.text))
                wide += wide_characters(token.text)
                is_cut |= len(stack) > MAX_DEPTH and "{{" in token.text
            case Kind.OPEN:
                stack.append(_Open(token.at + wide))
            case Kind.CLOSE:
                closed = stack.pop()
                source, was_cut = _joined(closed.items)
                meaning = _interpreted(source, closed.at)
                stack[-1].items += meaning
                is_cut |= was_cut or len(meaning) > 1
    while len(stack) > 1:
        unfinished = stack.pop()
        stack[-1].items += (Text("{{"), *unfinished.items)
    nodes, was_cut = _joined(stack[0].items)
    return Document(nodes, is_cut or was_cut)


def _interpreted(source: Nodes, at: int) -> Nodes:
    """What a pair of braces means, judged by the text it begins with: one node, or the braces as
    words if there is too much nested in them."""
    height = 1 + _height(source)
    if height > MAX_DEPTH:
        return (Text("{{"), *source, Text("}}"))
    first = source[0].text if source and isinstance(source[0], Text) else ""
    if len(source) == 1 and _CLOSING_COMMENT.fullmatch(first):
        return (Closing(source, height, COMMENT),)
    if variable := _variable(source, first, height):
        return (variable,)
    head = _HEAD.match(first)
    if head is None:
        return (Unknown(source, height),)
    flags, name = head.group(1), head.group(2).lower()
    rest = (Text(first[head.end() :]), *source[1:])
    if "/" in flags:
        return (Closing(source, height, name) if _is_blank(rest) else Unknown(source, height),)
    return (Macro(source, height, name, _arguments(name, rest), at, keeps_space="#" in flags),)


def _variable(source: Nodes, first: str, height: int) -> Variable | None:
    match = _VARIABLE.match(first)
    if match is None:
        return None
    sigil, name, operator = match.groups()
    rest = (Text(first[match.end() :]), *source[1:])
    if operator in _OPERATORS_WITHOUT_VALUE and not _is_blank(rest):
        return None
    return Variable(source, height, name, sigil == "$", operator, _trimmed(rest))


def _arguments(name: str, rest: Nodes) -> tuple[Nodes, ...]:
    if _is_blank(rest):
        return ()
    first = rest[0].text if isinstance(rest[0], Text) else ""
    if name in (COMMENT, "comment"):
        return (_trimmed(rest),)
    stripped = first.lstrip()
    if stripped.startswith("::"):
        return tuple(_trimmed(piece) for piece in _split((Text(stripped[2:]), *rest[1:])))
    if stripped.startswith(":"):
        return (_trimmed((Text(stripped[1:]), *rest[1:])),)
    if first and not first[0].isspace():
        return ()  # a stray character after the name: what follows it is passed over
    return (_trimmed(rest),)


def _split(nodes: Nodes) -> list[list[Node]]:
    """The pieces between `::`."""
    pieces: list[list[Node]] = [[]]
    for node in nodes:
        if isinstance(node, Text):
            head, *tails = node.text.split("::")
            pieces[-1].append(Text(head))
            pieces += [[Text(tail)] for tail in tails]
        else:
            pieces[-1].append(node)
    return pieces


def _trimmed(nodes: Sequence[Node]) -> Nodes:
    """The nodes of an argument without the white space at its ends."""
    start, end = 0, len(nodes)
    while start < end and _is_blank((nodes[start],)):
        start += 1
    while end > start and _is_blank((nodes[end - 1],)):
        end -= 1
    kept = list(nodes[start:end])
    if kept and isinstance(kept[0], Text):
        kept[0] = Text(kept[0].text.lstrip())
    if kept and isinstance(kept[-1], Text):
        kept[-1] = Text(kept[-1].text.rstrip())
    return tuple(kept)


def _is_blank(nodes: Iterable[Node]) -> bool:
    return all(isinstance(node, Text) and not node.text.strip() for node in nodes)


def _height(nodes: Iterable[Node]) -> int:
    return max((node.height for node in nodes if not isinstance(node, Text)), default=0)


# --- blocks


def _joined(nodes: Sequence[Node]) -> tuple[Nodes, bool]:
    """Give each opening tag the content up to its closing tag; lone closing tags stay.

    Also says whether a block was left open because it would be nested too deeply."""
    if not any(isinstance(node, Closing) for node in nodes):
        return tuple(nodes), False
    done: list[Node] = []
    openers = _Openers()
    is_cut = False
    for node in nodes:
        if isinstance(node, Closing) and (at := openers.close(node.name)) is not None:
            block = _block(done, at, node)
            if block is not None:
                done[at:] = [block]
                continue
            is_cut = True
            openers = _Openers()  # whatever stands around it would be deeper still
        elif isinstance(node, Macro) and _takes_content(node):
            openers.open(node.name, len(done))
        done.append(node)
    return tuple(done), is_cut


def _block(done: Sequence[Node], at: int, closing: Closing) -> Macro | None:
    """The tag at `at` with what follows it as content; None if it is too deep."""
    opener, content = done[at], tuple(done[at + 1 :])
    height = 1 + _height(content)
    if not isinstance(opener, Macro) or height > MAX_DEPTH:
        return None
    return replace(opener, content=content, closing=closing.source, height=max(opener.height, height))


def _takes_content(node: Macro) -> bool:
    """Whether the macro would accept one more argument."""
    info = find_macro(node.name)
    return info is not None and not info.is_list and info.accepts(len(node.arguments) + 1)


class _Openers:
    """The opening tags that wait for their closing tags."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, int]] = []
        self._counts: dict[str, int] = {}

    def open(self, name: str, at: int) -> None:
        self._waiting.append((name, at))
        self._counts[name] = self._counts.get(name, 0) + 1

    def close(self, name: str) -> int | None:
        """Where the last tag of this name stands; those after it wait no longer."""
        if not self._counts.get(name):
            return None
        while True:
            other, at = self._waiting.pop()
            self._counts[other] -= 1
            if other == name:
                return at
