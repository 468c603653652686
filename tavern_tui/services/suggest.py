"""What could be meant by what is being typed: the macros after `{{`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One way to finish the word at the cursor."""

    title: str
    """What the list shows."""
    help: str
    insert: str
    """What stands in the text afterwards, from `start` to the cursor."""
    start: int
    """Offset in the text where the replaced part begins."""


Suggest = Callable[[str, int], Sequence[Suggestion]]
"""Text and cursor offset -> what may be meant; empty: nothing to suggest here."""

FAR = 100
"""Characters before the cursor in which a macro may have begun."""


def suggest_macros(text: str, cursor: int) -> Sequence[Suggestion]:
    """The macros that may be meant at `cursor`, with what they do."""
    if "{{" not in text[max(0, cursor - FAR) : cursor]:
        return ()
    from tavern_tui.macros.completion import complete  # the table of macros is not needed to start

    found = complete(text, cursor)
    if not found:
        return ()
    start = text.rfind("{{", 0, cursor)
    return [
        Suggestion(
            title=info.example if info.example.startswith("{{") else "{{" + info.name + "}}",
            help=info.help,
            insert="{{" + info.name + ("::" if info.least else "}}"),
            start=start,
        )
        for info in found
    ]
