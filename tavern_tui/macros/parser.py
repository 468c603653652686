"""Groups of braces -> macros, variables and scoped blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tavern_tui.macros.lexer import Group, group_braces
from tavern_tui.macros.nodes import Closing, Macro, Node, Nodes, Text, Unknown, Variable
from tavern_tui.macros.registry import MacroInfo, find_macro

_HEAD = re.compile(r"\s*((?:[!?~>#/]\s*)*?)(//|[A-Za-z][A-Za-z0-9_-]*)")
_CLOSING_COMMENT = re.compile(r"\s*/\s*//\s*$")
_VARIABLE = re.compile(
    r"\s*[!?~>#]*\s*([.$])([A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)\s*"
    r"(\+\+|--|\+=|-=|\|\|=|\?\?=|\|\||\?\?|==|!=|>=|<=|>|<|=|$)(.*)$",
    re.DOTALL,
)
_OPERATOR_WITHOUT_VALUE = frozenset(("", "++", "--"))


def parse(text: str) -> Nodes:
    """The nodes of a text, scoped blocks already joined. Never raises."""
    return _join_blocks([_node(item) for item in group_braces(text)])


def _node(item: str | Group) -> Node:
    return Text(item) if isinstance(item, str) else _interpret(item)


def _interpret(group: Group) -> Node:
    """What a group means, judged by the text it begins with."""
    items = group.items
    source = _join_blocks([_node(item) for item in items])
    first = items[0] if items and isinstance(items[0], str) else ""
    if len(items) == 1 and _CLOSING_COMMENT.fullmatch(first):
        return Closing("//", source)
    if variable := _variable(items, first, source):
        return variable
    head = _HEAD.match(first)
    if head is None:
        return Unknown(source)
    flags, name = head.group(1), head.group(2).lower()
    rest: list[str | Group] = [first[head.end() :], *items[1:]]
    if "/" in flags:
        return Closing(name, source) if _is_blank(rest) else Unknown(source)
    arguments = () if name == "//" and _is_blank(rest) else _arguments(name, rest)
    return Macro(name, arguments, group.start, source, keeps_space="#" in flags)


def _variable(items: Sequence[str | Group], first: str, source: Nodes) -> Variable | None:
    match = _VARIABLE.match(first)
    if match is None:
        return None
    sigil, name, operator, value = match.groups()
    rest: list[str | Group] = [value, *items[1:]]
    if operator in _OPERATOR_WITHOUT_VALUE and not _is_blank(rest):
        return None
    return Variable(name, sigil == "$", operator, _trimmed(rest), source)


def _arguments(name: str, rest: list[str | Group]) -> tuple[Nodes, ...]:
    first = rest[0] if isinstance(rest[0], str) else ""
    if name == "//":
        return (_trimmed(rest),)
    stripped = first.lstrip()
    if stripped.startswith("::"):
        return tuple(_trimmed(piece) for piece in _split([stripped[2:], *rest[1:]]))
    if stripped.startswith(":"):
        return (_trimmed([stripped[1:], *rest[1:]]),)
    if first and not first[0].isspace():
        return ()  # a stray character after the name: what follows it is passed over
    return () if _is_blank(rest) else (_trimmed(rest),)


def _split(rest: Sequence[str | Group]) -> list[list[str | Group]]:
    """The pieces between `::`."""
    pieces: list[list[str | Group]] = [[]]
    for item in rest:
        if isinstance(item, str):
            head, *tails = item.split("::")
            pieces[-1].append(head)
            pieces += [[tail] for tail in tails]
        else:
            pieces[-1].append(item)
    return pieces


def _trimmed(items: Sequence[str | Group]) -> Nodes:
    """The nodes of an argument without the white space at its ends."""
    kept = [item for item in items if item != ""]
    while kept and isinstance(kept[0], str) and not kept[0].strip():
        kept.pop(0)
    while kept and isinstance(kept[-1], str) and not kept[-1].strip():
        kept.pop()
    if kept and isinstance(kept[0], str):
        kept[0] = kept[0].lstrip()
    if kept and isinstance(kept[-1], str):
        kept[-1] = kept[-1].rstrip()
    return _join_blocks([_node(item) for item in kept])


def _is_blank(items: Sequence[str | Group]) -> bool:
    return all(isinstance(item, str) and not item.strip() for item in items)


def _join_blocks(nodes: list[Node]) -> Nodes:
    """Give each opening tag the content up to its closing tag; lone closing tags stay."""
    done: list[Node] = []
    openers: dict[str, list[int]] = {}
    for node in nodes:
        if isinstance(node, Closing) and openers.get(node.name):
            at = openers[node.name].pop()
            opener = done[at]
            assert isinstance(opener, Macro)
            content = tuple(done[at + 1 :])
            del done[at + 1 :]
            done[at] = replace(opener, content=content, closing=node.source)
            for places in openers.values():
                while places and places[-1] >= at:
                    places.pop()
            continue
        if isinstance(node, Macro) and _takes_content(node):
            openers.setdefault(node.name, []).append(len(done))
        done.append(node)
    return tuple(done)


def _takes_content(node: Macro) -> bool:
    """Whether the macro would accept one more argument."""
    info: MacroInfo | None = find_macro(node.name)
    if info is None or info.is_list:
        return False
    return info.accepts(len(node.arguments) + 1)
