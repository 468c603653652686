"""The parts of a text with macros, as the parser leaves them for the evaluator."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Words that stay as they are."""

    text: str


@dataclass(frozen=True, slots=True)
class Macro:
    """`{{name::argument::argument}}`, perhaps with the content up to its closing tag."""

    name: str
    """In lower case."""
    arguments: tuple[Nodes, ...]
    offset: int
    """Where its `{{` stands in the text."""
    source: Nodes
    """What stood between the braces, for when it cannot be evaluated."""
    keeps_space: bool = False
    """`#`: scoped content is not trimmed."""
    content: Nodes | None = None
    """What stood between opening and closing tag."""
    closing: Nodes = ()
    """What stood between the braces of the closing tag."""


@dataclass(frozen=True, slots=True)
class Closing:
    """`{{/name}}`, before it has found its opening tag."""

    name: str
    source: Nodes


@dataclass(frozen=True, slots=True)
class Variable:
    """`{{.name}}`, `{{$name += 1}}`: the short forms for variables."""

    name: str
    everywhere: bool
    """`$`: a global variable; `.`: one of the chat."""
    operator: str
    value: Nodes
    source: Nodes


@dataclass(frozen=True, slots=True)
class Unknown:
    """Braces around something that is no macro; what is inside may still hold macros."""

    source: Nodes


Node = Text | Macro | Closing | Variable | Unknown
Nodes = tuple[Node, ...]
