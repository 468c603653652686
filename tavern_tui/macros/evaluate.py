"""The new macro engine: nodes and a context -> text. Results are not looked at again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from tavern_tui.macros.builtin.values import is_true
from tavern_tui.macros.builtin.variables import apply_operator, read_variable
from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.lexer import MAX_DEPTH
from tavern_tui.macros.nodes import Closing, Macro, Nodes, Text, Unknown, Variable
from tavern_tui.macros.parser import parse
from tavern_tui.macros.registry import (
    COMMENT,
    TOO_MUCH,
    Call,
    MacroInfo,
    NotNow,
    Substitution,
    find_macro,
)

_TRIM_MARK = "{{trim}}"

_LEGACY_TIME = re.compile(r"\{\{time_(UTC[+-]\d+)\}\}", re.IGNORECASE)
_ANGLE = re.compile(r"<(USER|BOT|CHAR|GROUP|CHARIFNOTGROUP)>", re.IGNORECASE)
_ANGLE_NAMES = {
    "user": "{{user}}",
    "bot": "{{char}}",
    "char": "{{char}}",
    "group": "{{group}}",
    "charifnotgroup": "{{charIfNotGroup}}",
}
_TRIM = re.compile(r"\{\{trim\}\}", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([{}])")
_LONGEST_CACHED = 20_000

Resolved = Mapping[int, str]
"""What braces came to, by the identity of their nodes."""


def substitute_new(
    text: str,
    context: MacroContext,
    *,
    original: str | None = None,
    extra: Mapping[str, str] | None = None,
    card_fields: bool = True,
) -> str:
    """`text` with its macros replaced. Never raises; what cannot be evaluated stays as it is."""
    prepared = _ANGLE.sub(_named, text) if "<" in text else text
    if "{{" not in prepared:
        return _ESCAPED.sub(r"\1", prepared)
    prepared = _LEGACY_TIME.sub(r"{{time::\1}}", prepared)
    document = _parse(prepared) if len(prepared) <= _LONGEST_CACHED else parse(prepared)
    run = _Run(
        context=context,
        extra=lower_names(context.extra, extra or {}),
        original=original,
        card_fields=card_fields,
        text=Substitution(text),
    )
    if document.is_cut:
        run.warn(f"Macros are nested more than {MAX_DEPTH} deep; the innermost were left as they are.")
    return remove_trim_marks(_ESCAPED.sub(r"\1", run.words(document.nodes)))


_parse = lru_cache(maxsize=512)(parse)


def _named(match: re.Match[str]) -> str:
    return _ANGLE_NAMES[match.group(1).lower()]


def lower_names(*mappings: Mapping[str, str]) -> Mapping[str, str]:
    """The mappings as one, names in lower case; later ones win."""
    return {name.lower(): value for mapping in mappings for name, value in mapping.items()}


def remove_trim_marks(text: str) -> str:
    """The text without `{{trim}}` and the line breaks around it."""
    first, *rest = _TRIM.split(text)
    if not rest:
        return text
    *middle, last = rest
    return "".join((first.rstrip("\n"), *(piece.strip("\n") for piece in middle), last.lstrip("\n")))


@dataclass(slots=True, kw_only=True)
class _Run:
    """One substitution. Every pair of braces is evaluated at most once."""

    context: MacroContext
    extra: Mapping[str, str]
    original: str | None
    card_fields: bool
    text: Substitution
    _warned: set[str] = field(default_factory=set)

    def words(self, nodes: Nodes) -> str:
        return "".join([node.text if isinstance(node, Text) else self.braces(node) for node in nodes])

    def braces(self, node: Macro | Closing | Variable | Unknown) -> str:
        match node:
            case Macro():
                return self.macro(node)
            case Variable():
                return self.variable(node)
            case _:
                return self.literal(node.source)

    def resolved(self, nodes: Nodes) -> Resolved:
        """What the braces among the nodes come to, from left to right."""
        return {id(node): self.braces(node) for node in nodes if not isinstance(node, Text)}

    # --- macros

    def macro(self, node: Macro) -> str:
        if self.text.is_exhausted:
            self.warn(TOO_MUCH)
            return self.kept(node)
        if not node.arguments:
            if node.name in self.extra:
                return self.spent(self.extra[node.name]) + self.after_opening(node)
            if node.name == "original" and self.original is not None:
                value, self.original = self.original, ""
                return self.spent(value) + self.after_opening(node)
            if node.name == "trim" and node.content is None:
                return _TRIM_MARK
        if node.name == "if" and (chosen := self.condition(node)) is not None:
            return chosen
        return self.call(node)

    def call(self, node: Macro) -> str:
        info = find_macro(node.name)
        if info is None:
            return self.kept(node)
        if info.name == COMMENT and (node.arguments or node.content is not None):
            return ""
        inside = self.resolved(node.source)
        content = None if node.content is None else self.words(node.content)
        arguments = [_filled(argument, inside) for argument in node.arguments]
        if content is not None:
            arguments.append(content if node.keeps_space else dedented(content))
        try:
            return self.spent(self.evaluated(info, node.offset, tuple(arguments)))
        except NotNow as error:
            if str(error):
                self.warn(f"{{{{{info.name}}}}}: {error}; it was left as it is.")
        opening = _literal(node.source, inside)
        return opening if content is None else opening + content + self.literal(node.closing)

    def evaluated(self, info: MacroInfo, offset: int, arguments: tuple[str, ...]) -> str:
        if not info.accepts(len(arguments)):
            raise NotNow(f"it takes {_how_many(info)}, not {len(arguments)}")
        if info.card_field and not self.card_fields:
            return ""
        return info.evaluate(self.context, Call(offset, self.text), arguments)

    def spent(self, text: str) -> str:
        self.text.spend(len(text))
        return text

    def kept(self, node: Macro) -> str:
        """The macro's own text, with what is inside resolved."""
        return self.literal(node.source) + self.after_opening(node)

    def after_opening(self, node: Macro) -> str:
        """Content and closing tag of a macro that has no use for them."""
        return "" if node.content is None else self.words(node.content) + self.literal(node.closing)

    def literal(self, source: Nodes) -> str:
        return _literal(source, self.resolved(source))

    def warn(self, sentence: str) -> None:
        if sentence not in self._warned and len(self.context.warnings) < 100:
            self._warned.add(sentence)
            self.context.warnings.append(sentence)

    # --- conditions

    def condition(self, node: Macro) -> str | None:
        """The chosen branch of an `if`, or None if it is not well formed."""
        if node.content is not None and len(node.arguments) == 1:
            branches = node.content
        elif node.content is None and len(node.arguments) == 2:
            branches = node.arguments[1]
        else:
            return None
        yes, no = _branches(branches)
        chosen = self.words(yes if self.holds(node.arguments[0]) else no)
        return chosen if node.keeps_space else dedented(chosen)

    def holds(self, condition: Nodes) -> bool:
        """Whether a condition is true: a text, a variable's name or a macro's name, perhaps after
        a `!`."""
        text = self.words(condition).strip()
        negated = text.startswith("!")
        text = text[1:].strip() if negated else text
        if text[:1] in (".", "$") and len(text) > 1:
            text = read_variable(self.context, text[1:], everywhere=text[0] == "$")
        elif text.lower() in self.extra or ((info := find_macro(text)) is not None and info.accepts(0)):
            text = self.macro(Macro((Text(text),), 1, text.lower(), (), 0))
        return is_true(text) != negated

    def variable(self, node: Variable) -> str:
        inside: dict[int, str] = {}

        def value() -> str:
            inside.update(self.resolved(node.source))
            return _filled(node.value, inside)

        if self.text.is_exhausted:
            self.warn(TOO_MUCH)
            return self.literal(node.source)
        try:
            return self.spent(apply_operator(self.context, self.text, node, value))
        except NotNow as error:
            self.warn(f"{{{{{'$' if node.everywhere else '.'}{node.name}}}}}: {error}; it was left as it is.")
            return _literal(node.source, inside or self.resolved(node.source))


def _literal(source: Nodes, inside: Resolved) -> str:
    return "{{" + _filled(source, inside) + "}}"


def _filled(nodes: Nodes, inside: Resolved) -> str:
    return "".join([node.text if isinstance(node, Text) else inside[id(node)] for node in nodes])


def _how_many(info: MacroInfo) -> str:
    """`no arguments`, `1 argument`, `1 to 2 arguments`."""
    if info.most is None:
        return f"at least {info.least} argument{'s' if info.least != 1 else ''}"
    if info.most == 0:
        return "no arguments"
    count = str(info.most) if info.least == info.most else f"{info.least} to {info.most}"
    return f"{count} argument{'s' if info.most != 1 else ''}"


def _branches(nodes: Nodes) -> tuple[Nodes, Nodes]:
    for at, node in enumerate(nodes):
        if isinstance(node, Macro) and node.name == "else" and not node.arguments and node.content is None:
            return nodes[:at], nodes[at + 1 :]
    return nodes, ()


def dedented(text: str) -> str:
    """Trimmed, and with the indentation of the first line that has words taken off each line."""
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    indent = len(first) - len(first.lstrip(" \t"))
    if indent:
        lines = [line[min(indent, len(line) - len(line.lstrip(" \t"))) :] for line in lines]
    return "\n".join(lines).strip()
