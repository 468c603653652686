"""`@@activate` and `@@dont_activate` at the top of an entry's content."""

from __future__ import annotations

from dataclasses import dataclass

_ACTIVATE = "@@activate"
_STAY_OUT = "@@dont_activate"


@dataclass(frozen=True, slots=True)
class Decorated:
    """An entry's content without its decorators, and what they say."""

    content: str
    activates: bool = False
    stays_out: bool = False


def split_decorators(content: str) -> Decorated:
    """Take the leading `@@` lines off. Only the two known ones have a meaning."""
    if not content.startswith("@@"):
        return Decorated(content)
    lines = content.split("\n")
    count = next((index for index, line in enumerate(lines) if not line.startswith("@@")), None)
    if count is None:
        # Nothing but decorators: SillyTavern then takes the content as it stands.
        return Decorated(content, *_meaning(lines))
    return Decorated("\n".join(lines[count:]), *_meaning(lines[:count]))


def _meaning(lines: list[str]) -> tuple[bool, bool]:
    known: set[str] = set()
    previous_unknown = False
    for line in lines:
        # `@@@x` is a second choice for a decorator that was not known.
        fallback = line.startswith("@@@")
        if fallback and not previous_unknown:
            continue
        name = line[1:] if fallback else line
        previous_unknown = not name.startswith((_ACTIVATE, _STAY_OUT))
        # The whole line counts: with anything behind it, a decorator has no effect.
        known.add(name)
    return _ACTIVATE in known, _STAY_OUT in known
