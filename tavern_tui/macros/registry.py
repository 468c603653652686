"""The table of macros: what there is, what each takes, one line of help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tavern_tui.core.hashing import cyrb53
from tavern_tui.macros.context import MacroContext

COMMENT = "//"
"""The name of the macro whose argument is for human eyes only."""

MOST_CHARACTERS = 2_000_000
"""What the macros of one text may write or read together; the rest of them stay as they are. A text
that sets a variable to twice itself thirty times would otherwise fill the memory."""

TOO_MUCH = f"The macros of one text wrote more than {MOST_CHARACTERS:,} characters; the rest were left."


class NotNow(Exception):
    """The macro cannot be evaluated here; its text is kept as it is.

    Its words, if any, are the warning: what is wrong, without a full stop."""


@dataclass(slots=True)
class Substitution:
    """One text whose macros are being replaced."""

    whole: str = ""
    """The text before anything was replaced."""
    left: int = MOST_CHARACTERS
    """Characters its macros may still write; below 0 when there was too much."""
    _hash: int | None = None

    def hash(self) -> int:
        """The hash of the whole text, taken once."""
        if self._hash is None:
            self._hash = cyrb53(self.whole)
        return self._hash

    def spend(self, characters: int) -> None:
        """Note work of so many characters."""
        self.left -= characters

    @property
    def is_exhausted(self) -> bool:
        """Whether its macros have written more than one text may."""
        return self.left < 0


@dataclass(frozen=True, slots=True)
class Call:
    """What a macro may know about where it stands."""

    offset: int
    """Position of its `{{` in the text, in units of UTF-16."""
    text: Substitution


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
    """Its topic: one of `builtin.TOPICS`."""
    evaluate: Evaluate
    card_field: bool = False
    """Its value is a field of the card, which is empty while the card's fields are made ready."""

    @property
    def names(self) -> tuple[str, ...]:
        """The name and then the aliases."""
        return (self.name, *self.aliases)

    @property
    def is_list(self) -> bool:
        """Whether it takes any number of arguments."""
        return self.most is None

    def accepts(self, count: int) -> bool:
        """Whether it takes this many arguments."""
        return count >= self.least and (self.most is None or count <= self.most)


_TABLE: list[MacroInfo] = []
_BY_NAME: dict[str, MacroInfo] = {}
_is_complete = False


def macro(
    name: str,
    help: str,
    *,
    aliases: tuple[str, ...] = (),
    takes: int | tuple[int, int | None] = 0,
    example: str = "",
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
            group=evaluate.__module__.rpartition(".")[2],
            evaluate=evaluate,
            card_field=card_field,
        )
        _TABLE.append(info)
        _BY_NAME.update((one.lower(), info) for one in info.names)
        return evaluate

    return enter


def find_macro(name: str) -> MacroInfo | None:
    """The macro of this name or alias, in any case."""
    return _complete_table().get(name.lower())


def all_macros() -> tuple[MacroInfo, ...]:
    """Every macro once, topic by topic; for help and completion."""
    from tavern_tui.macros.builtin import TOPICS  # the topics need this module first

    _complete_table()
    return tuple(sorted(_TABLE, key=lambda info: TOPICS.index(info.group)))


def _complete_table() -> Mapping[str, MacroInfo]:
    """The rows of all topics, however few were imported before."""
    global _is_complete
    if not _is_complete:
        from tavern_tui.macros import builtin  # the topics need this module first

        builtin.load()
        _is_complete = True
    return _BY_NAME
