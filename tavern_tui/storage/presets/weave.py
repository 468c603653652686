"""Lists of a file that hold more than we understand: what we keep in order, the rest where it stood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence


def weave(
    raw: Sequence[object], used: Collection[int], made: Iterable[tuple[int | None, object]]
) -> list[object]:
    """`made` in its order, with the members of `raw` that are not `used` behind those they stood behind.

    Each of `made` says which member of `raw` it comes from (None: it is new)."""
    behind: defaultdict[int, list[object]] = defaultdict(list)
    anchor = -1
    for at, one in enumerate(raw):
        if at in used:
            anchor = at
        else:
            behind[anchor].append(one)
    woven = behind.pop(-1, [])
    for origin, value in made:
        woven.append(value)
        if origin is not None:
            woven += behind.pop(origin, [])
    for left in behind.values():
        woven += left
    return woven
