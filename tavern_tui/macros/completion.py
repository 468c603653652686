"""Which macros may be meant by what is being typed."""

from __future__ import annotations

import re

from tavern_tui.macros.registry import MacroInfo, all_macros

_BEGUN = re.compile(r"\{\{\s*+(?:[!?~>#]\s*+)*+([A-Za-z][A-Za-z0-9_-]*+|/{0,2})\Z")
_LONGEST = 100
"""Characters looked at before the cursor."""


def complete(text: str, cursor: int) -> list[MacroInfo]:
    """The macros whose name may be completed at `cursor`: after `{{` and perhaps the first letters
    of a name or an alias. Those whose own name begins so come first; none elsewhere."""
    cursor = max(0, min(cursor, len(text)))
    begun = _BEGUN.search(text, max(0, cursor - _LONGEST), cursor)
    if begun is None:
        return []
    start = begun.group(1).lower()
    found = [info for info in all_macros() if any(name.lower().startswith(start) for name in info.names)]
    return sorted(found, key=lambda info: not info.name.lower().startswith(start))
