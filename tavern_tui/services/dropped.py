"""Files dropped on a terminal: it types or pastes their paths, each in its own spelling."""

from __future__ import annotations

import re
import shlex
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

LONGEST = 4096
"""Characters of a text that may be paths."""
MOST = 10
"""Paths in one text."""

_ROOTED = re.compile(r"""["']?(/|~/|file:/|[A-Za-z]:[\\/]|\\\\)""")
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def dropped_paths(text: str) -> list[Path]:
    """The paths a pasted text consists of, whether they exist or not; empty: it holds other words.

    Quoted, with escaped blanks, as file:// addresses, several on a line or one on each."""
    text = text.strip("\r\n\t \0")
    if not text or len(text) > LONGEST or not _ROOTED.match(text):
        return []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [path for line in lines for path in _line(line)]
    return found if 0 < len(found) <= MOST and all(path.suffix for path in found) else []


def _line(line: str) -> list[Path]:
    """The paths of a line; a single empty one where a part of it is none."""
    whole = _path(line.strip("\"'"))
    if whole is not None and whole.suffix and _is_one(line):
        return [whole]
    try:
        words = shlex.split(line, posix=not _WINDOWS.match(line.lstrip("\"'")))
    except ValueError:  # an apostrophe in a name that nobody quoted
        words = [line]
    return [_path(word.strip("\"'")) or Path() for word in words]


def _is_one(line: str) -> bool:
    """Whether a line is a path as it stands: it is quoted whole, or nothing in it is escaped and no other
    path begins in it."""
    if line[0] in "\"'":
        return line.endswith(line[0]) and line.count(line[0]) == 2
    if _WINDOWS.match(line):
        return not re.search(r"\s[A-Za-z]:[\\/]", line)
    return "\\" not in line and not re.search(r"""\s["']?(/|~/|file:/)""", line)


def _path(word: str) -> Path | None:
    """The path a word means; None: it means none."""
    if word.lower().startswith("file:"):
        return _of_address(word)
    if _WINDOWS.match(word):
        return Path(word)
    if word.startswith("~/"):
        return Path(word).expanduser()
    return Path(PurePosixPath(word)) if word.startswith("/") and "\0" not in word else None


def _of_address(word: str) -> Path | None:
    """The file of this machine that a file:// address means."""
    try:
        parts = urlsplit(word)
    except ValueError:
        return None
    name = unquote(parts.path)
    if parts.netloc not in ("", "localhost") or not name.startswith("/") or "\0" in name:
        return None
    return Path(name[1:] if re.match(r"/[A-Za-z]:/", name) else name)
