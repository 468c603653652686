"""What command may be meant while one is typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from tavern_tui.services.slash.commands import all_commands
from tavern_tui.services.slash.registry import Registry
from tavern_tui.services.suggest import Suggestion

BEGUN = re.compile(r"(?:^|[|:]\s*)(/)([a-z?-]*)$", re.IGNORECASE)
"""A command's name up to the cursor, at the beginning of a script or after a bar."""
MOST = 200


@cache
def the_commands() -> Registry:
    """All commands, put together once."""
    return all_commands()


def suggest_commands(text: str, cursor: int) -> Sequence[Suggestion]:
    """The commands that may be meant at the cursor; none once a name is complete."""
    found = BEGUN.search(text[:cursor]) if text.startswith("/") else None
    if found is None:
        return ()
    begun = found.group(2).lower()
    known = the_commands().starting_with(begun)
    if any(begun in (one.name, *one.aliases) for one in known):
        return ()
    return [
        Suggestion(title=f"/{one.name}", help=one.help, insert=f"/{one.name} ", start=found.start(1))
        for one in known[:MOST]
    ]
