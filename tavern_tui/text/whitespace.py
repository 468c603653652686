"""Whitespace as JavaScript's `trim` sees it."""

from __future__ import annotations

SPACES = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""Every character `trim` takes away. `str.strip()` without it would also take control characters
and leave the byte-order mark."""


def js_trim(text: str) -> str:
    """`text` without white space at both ends."""
    return text.strip(SPACES)
