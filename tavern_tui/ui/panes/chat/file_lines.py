"""What the transcript says of the pictures and other files in a message, a line for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

MOST = 12
"""Files of a message that have a line of their own."""
LONGEST_NAME = 60
WORDS = {"image": "picture", "video": "film", "audio": "sound", "document": "PDF"}
"""What each kind of file is called."""


def file_lines(extra: Mapping[str, object]) -> tuple[str, ...]:
    """`mill.png  picture  41 KiB`: the name, the kind, and the size where the chat knows it."""
    if "media" not in extra and "documents" not in extra:
        return ()
    entries = list(file_entries(extra))
    lines = [_line(kind, entry) for kind, entry in entries[:MOST]]
    return (*lines, f"and {len(entries) - MOST} more") if len(entries) > MOST else tuple(lines)


def file_entries(extra: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The kind of each file of a message, and what the chat says of it."""
    for name in ("media", "documents"):
        found = extra.get(name)
        for entry in found if isinstance(found, list) else []:
            if isinstance(entry, Mapping):
                kind = "document" if name == "documents" else entry.get("type")
                yield (kind if isinstance(kind, str) and kind in WORDS else "image"), entry


def file_name(entry: Mapping[str, object]) -> str:
    """What a file is called: its own name, else the end of its address."""
    name, url = entry.get("name"), entry.get("url")
    if isinstance(name, str) and name.strip():
        return name[:LONGEST_NAME]
    if not isinstance(url, str) or url.startswith("data:"):
        return "without a name"
    try:
        path = urlsplit(url[:2000]).path
    except ValueError:
        path = url
    return unquote(path.rstrip("/").rpartition("/")[2])[-LONGEST_NAME:] or "without a name"


def in_bytes(count: int) -> str:
    """`312 bytes`, `41 KiB`, `1.2 MiB`."""
    if count < 1024:
        return f"{count} byte{'' if count == 1 else 's'}"
    return f"{count / 1024:.0f} KiB" if count < 1024**2 else f"{count / 1024**2:.1f} MiB"


def _line(kind: str, entry: Mapping[str, object]) -> str:
    size = entry.get("size")
    known = in_bytes(size) if isinstance(size, int) and not isinstance(size, bool) and size > 0 else ""
    return "  ".join(filter(None, (file_name(entry), WORDS[kind], known)))
