"""The table of macros: what there is, what each takes, one line of help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tavern_tui.macros.context import MacroContext


class NotNow(Exception):
    """The macro cannot be evaluated here; its text is kept as it is."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a macro may know about where it stands."""

    offset: int = 0
    """Position of its `{{` in the text."""
    whole: str = ""
    """The whole text being substituted, before anything was replaced."""


Evaluate = Callable[[MacroContext, Call, tuple[str, ...]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MacroInfo:
    """One row of the table."""

    name: str
    aliases: tuple[str, ...]
    help: str
    least: int
    """Arguments it needs."""
    most: int | None
    """Arguments it takes at most; None: any number."""
    example: str
    group: str
    evaluate: Evaluate
    card_field: bool = False
    """Its value is a field of the card, which is empty while the card's fields are made ready."""

    @property
    def is_list(self) -> bool:
        return self.most is None

    def accepts(self, count: int) -> bool:
        """Whether it takes this many arguments."""
        return count >= self.least and (self.most is None or count <= self.most)


_TABLE: dict[str, MacroInfo] = {}
_BY_NAME: dict[str, MacroInfo] = {}


def macro(
    name: str,
    help: str,
    *,
    aliases: tuple[str, ...] = (),
    takes: int | tuple[int, int | None] = 0,
    example: str = "",
    group: str = "",
    card_field: bool = False,
) -> Callable[[Evaluate], Evaluate]:
    """Put a function into the table. `takes`: how many arguments, or (least, most)."""
    least, most = (takes, takes) if isinstance(takes, int) else takes

    def enter(evaluate: Evaluate) -> Evaluate:
        info = MacroInfo(
            name=name,
            aliases=aliases,
            help=help,
            least=least,
            most=most,
            example=example or f"{{{{{name}}}}}",
            group=group or evaluate.__module__.rpartition(".")[2],
            evaluate=evaluate,
            card_field=card_field,
        )
        _TABLE[name] = info
        for one in (name, *aliases):
            _BY_NAME[one.lower()] = info
        return evaluate

    return enter


def find_macro(name: str) -> MacroInfo | None:
    """The macro of this name or alias, in any case."""
    return _macros().get(name.lower())


def all_macros() -> tuple[MacroInfo, ...]:
    """Every macro once, in the order of the table; for help and completion."""
    _macros()
    return tuple(_TABLE.values())


def _macros() -> Mapping[str, MacroInfo]:
    if "user" not in _BY_NAME:
        from tavern_tui.macros import builtin  # the rows need this module first

        builtin.load()
    return _BY_NAME
