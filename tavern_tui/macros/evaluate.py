"""The new macro engine: nodes and a context -> text. Results are not looked at again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from tavern_tui.macros.builtin.variables import apply_operator, read_variable
from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.nodes import Closing, Macro, Node, Nodes, Text, Unknown, Variable
from tavern_tui.macros.parser import parse
from tavern_tui.macros.registry import Call, NotNow, find_macro

FALSE_WORDS = frozenset(("", "off", "false", "0"))
TRIM = "{{trim}}"

_LEGACY_TIME = re.compile(r"\{\{time_(UTC[+-]\d+)\}\}", re.IGNORECASE)
_ANGLE = re.compile(r"<(USER|BOT|CHAR|GROUP|CHARIFNOTGROUP)>", re.IGNORECASE)
_ANGLE_NAMES = {
    "user": "{{user}}",
    "bot": "{{char}}",
    "char": "{{char}}",
    "group": "{{group}}",
    "charifnotgroup": "{{charIfNotGroup}}",
}
_TRIM = re.compile(r"\n*\{\{trim\}\}\n*", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([{}])")

_parse = lru_cache(maxsize=2048)(parse)


def needs_work(text: str) -> bool:
    """Whether substitution could change the text at all."""
    return "{{" in text or "<" in text or "\\{" in text or "\\}" in text


def substitute_new(
    text: str,
    context: MacroContext,
    *,
    original: str | None = None,
    extra: Mapping[str, str] | None = None,
    card_fields: bool = True,
) -> str:
    """`text` with its macros replaced. Never raises; what cannot be evaluated stays as it is."""
    if not needs_work(text):
        return text
    prepared = _LEGACY_TIME.sub(r"{{time::\1}}", text)
    prepared = _ANGLE.sub(lambda match: _ANGLE_NAMES[match.group(1).lower()], prepared)
    nodes = _parse(prepared) if len(prepared) < 100_000 else parse(prepared)
    run = _Run(
        context=context,
        extra={name.lower(): value for name, value in {**context.extra, **(extra or {})}.items()},
        original=original,
        card_fields=card_fields,
        whole=text,
    )
    result = run.all(nodes)
    result = _ESCAPED.sub(r"\1", result)
    return _TRIM.sub("", result) if "{{" in result else result


@dataclass(slots=True, kw_only=True)
class _Run:
    """One substitution."""

    context: MacroContext
    extra: Mapping[str, str]
    original: str | None
    card_fields: bool
    whole: str
    _warned: set[str] = field(default_factory=set)

    def all(self, nodes: Nodes) -> str:
        return "".join([self.one(node) for node in nodes])

    def one(self, node: Node) -> str:
        match node:
            case Text(text):
                return text
            case Macro():
                return self.macro(node)
            case Variable():
                return self.variable(node)
            case Unknown(source) | Closing(source=source):
                return self.literal(source)

    def literal(self, source: Nodes) -> str:
        return "{{" + self.all(source) + "}}"

    def macro(self, node: Macro) -> str:
        if node.name == "if" and (node.arguments or node.content):
            chosen = self.condition(node)
            if chosen is not None:
                return chosen
        elif node.name == "original" and not node.arguments:
            if self.original is not None:
                value, self.original = self.original, ""
                return value
            return self.kept(node)
        elif node.name in self.extra and not node.arguments and node.content is None:
            return self.extra[node.name]
        elif node.name == "trim" and node.content is None and not node.arguments:
            return TRIM
        return self.call(node)

    def call(self, node: Macro) -> str:
        info = find_macro(node.name)
        count = len(node.arguments) + (node.content is not None)
        if info is None:
            return self.kept(node)
        if not info.accepts(count):
            self.warn(f"{{{{{info.name}}}}} does not take {count} arguments; it was left as it is.")
            return self.kept(node)
        if info.name == "//":
            return ""
        arguments = [self.all(argument) for argument in node.arguments]
        if node.content is not None:
            content = self.all(node.content)
            arguments.append(content if node.keeps_space else dedented(content))
        if info.card_field and not self.card_fields:
            return ""
        try:
            return info.evaluate(self.context, Call(node.offset, self.whole), tuple(arguments))
        except (NotNow, ValueError, OverflowError, ArithmeticError, LookupError, TypeError) as error:
            if str(error):
                self.warn(f"{{{{{info.name}}}}}: {error}; it was left as it is.")
            return self.kept(node)

    def kept(self, node: Macro) -> str:
        """The macro's own text, with what is inside resolved."""
        opening = self.literal(node.source)
        if node.content is None:
            return opening
        return opening + self.all(node.content) + self.literal(node.closing)

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
        chosen = self.all(yes if self.is_true(node.arguments[0]) else no)
        return chosen if node.keeps_space else dedented(chosen)

    def is_true(self, condition: Nodes) -> bool:
        text = self.all(condition).strip()
        negated = text.startswith("!")
        text = text[1:].strip() if negated else text
        if text[:1] in (".", "$") and len(text) > 1:
            text = read_variable(self.context, text[1:], everywhere=text[0] == "$")
        elif (info := find_macro(text)) is not None and info.accepts(0):
            text = self.call(Macro(info.name.lower(), (), 0, (Text(text),)))
        elif text.lower() in self.extra:
            text = self.extra[text.lower()]
        return is_true_word(text) != negated

    def variable(self, node: Variable) -> str:
        try:
            return apply_operator(
                self.context,
                node.name,
                node.operator,
                lambda: self.all(node.value),
                everywhere=node.everywhere,
            )
        except NotNow:
            return self.literal(node.source)


def is_true_word(text: str) -> bool:
    """Everything is true but the empty text and `off`, `false`, `0`."""
    return text.strip().lower() not in FALSE_WORDS


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
