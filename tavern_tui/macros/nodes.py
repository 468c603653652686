"""The parts of a text with macros, as the parser leaves them for the evaluator.

What stood between braces is kept twice, without copies: as `source`, for when it cannot be
evaluated, and divided into arguments. Both hold the same nodes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Words that stay as they are."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Braces:
    """Something between `{{` and `}}`."""

    source: Nodes
    """What stood between the braces."""
    height: int
    """How many braces and blocks are nested here at most, these included."""


@dataclass(frozen=True, slots=True, eq=False)
class Macro(Braces):
    """`{{name::argument::argument}}`, perhaps with the content up to its closing tag."""

    name: str
    """In lower case."""
    arguments: tuple[Nodes, ...]
    offset: int
    """Where its `{{` stands in the text, in units of UTF-16."""
    keeps_space: bool = False
    """`#`: scoped content is not trimmed."""
    content: Nodes | None = None
    """What stood between opening and closing tag."""
    closing: Nodes = ()
    """What stood between the braces of the closing tag."""


@dataclass(frozen=True, slots=True, eq=False)
class Closing(Braces):
    """`{{/name}}`, before it has found its opening tag."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Variable(Braces):
    """`{{.name}}`, `{{$name += 1}}`: the short forms for variables."""

    name: str
    everywhere: bool
    """`$`: a global variable; `.`: one of the chat."""
    operator: str
    value: Nodes


@dataclass(frozen=True, slots=True, eq=False)
class Unknown(Braces):
    """Braces around something that is no macro; what is inside may still hold macros."""


Node = Text | Macro | Closing | Variable | Unknown
Nodes = tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text."""

    nodes: Nodes
    is_cut: bool = False
    """Something was nested so deeply that it was taken for words."""
