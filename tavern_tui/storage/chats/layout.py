"""How a chat lies in its file: which bytes are the header, which message stands on which line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from tavern_tui.core.chat import Chat, Message
from tavern_tui.core.errors import DataError, UnreadableFile
from tavern_tui.storage.chats.mend import mend
from tavern_tui.storage.chats.messages import message_from_json
from tavern_tui.storage.json_keep import compact_json, kind_of, parse_json

Stamp = tuple[int, int]
"""A file's time of change (ns) and size: another program wrote it when this differs."""
BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Layout:
    """The lines of a chat file. Rows are lines after the header, in order.

    A row without a message is kept as it is whenever the file is written: a line that is not
    JSON, a blank one, one that was not looked at yet."""

    path: Path
    header: tuple[int, int] | None = None
    """First and last byte of the header's line."""
    header_keys: tuple[str, ...] = ()
    """The header's keys in their order."""
    header_as_read: bytes = b""
    """The header in our spelling, to see whether it changed since."""
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    messages: list[Message | None] = field(default_factory=list)
    ends_with_newline: bool = False
    torn: bool = False
    """The last line was cut off: the next write has to write it anew."""
    unread: int = 0
    """Rows at the beginning that were not looked at yet."""
    data: bytes = b""
    """The file's bytes, as long as there are unread rows."""
    warnings: list[str] = field(default_factory=list)

    count: int = 0
    """Messages among the rows that were read."""

    def lacks_only_last(self, messages: int) -> bool:
        """Whether a chat of so many messages has just one more than the file."""
        return self.count == messages - 1

    def known(self) -> list[Message]:
        """The messages of the rows that were read."""
        return [message for message in self.messages if message is not None]

    def add(self, message: Message | None, start: int, length: int) -> None:
        """One more row."""
        self.starts.append(start)
        self.ends.append(start + length)
        self.messages.append(message)
        self.count += message is not None

    def ends_with_message(self, messages: int) -> bool:
        """Whether the file has so many messages and ends with the last of them."""
        return self.count == messages and bool(self.messages) and self.messages[-1] is not None

    def remove_last(self) -> None:
        """Forget the last row."""
        self.starts.pop()
        self.ends.pop()
        self.count -= self.messages.pop() is not None

    def become(self, other: Layout) -> None:
        """Take over everything; whoever holds this layout sees the file as it is now."""
        for one in fields(self):
            setattr(self, one.name, getattr(other, one.name))


def stamp_of(path: Path) -> Stamp | None:
    """The file's stamp, or None if it is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116  # called before every write; Path.stat is the same, slower
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableFile(f"{path} could not be read: {error.strerror or error}.") from error
    return found.st_mtime_ns, found.st_size


def lay_out(path: Path, data: bytes, newest: int | None = None) -> tuple[Layout, Chat]:
    """The layout and the chat in a file's bytes; only the last `newest` rows are parsed if given.

    Raises UnreadableFile if the bytes are no chat at all."""
    layout = Layout(path=path, data=data)
    chat = Chat(title=path.stem)
    _split(layout, data)
    _take_header(layout, chat, data)
    layout.unread = 0 if newest is None else max(0, len(layout.starts) - newest)
    chat.messages = _parse(layout, layout.unread, len(layout.starts))
    if not chat.messages and layout.header is None:
        raise UnreadableFile(f"{path} is not a chat: no line of it holds a header or a message.")
    if not layout.unread:
        layout.data = b""
    return layout, chat


def parse_unread(layout: Layout, count: int) -> list[Message]:
    """Read the last `count` rows that are still unread; their messages in order."""
    end = layout.unread
    layout.unread = max(0, end - count)
    messages = _parse(layout, layout.unread, end)
    if not layout.unread:
        layout.data = b""
    return messages


def header_bytes(chat: Chat, keys: tuple[str, ...] = ()) -> bytes:
    """The header's line as the chat is now, its keys in this order, others behind them."""
    known = chat.source or {"user_name": "unused", "character_name": "unused"}
    header = {"chat_metadata": chat.metadata, **known}
    ordered = {name: header[name] for name in keys if name in header} | header
    return compact_json(ordered)


def _split(layout: Layout, data: bytes) -> None:
    """Find the lines. CR stays part of its line, so that a rewrite keeps it."""
    start = 0
    for end in _newlines(data):
        layout.starts.append(start)
        layout.ends.append(end)
        start = end + 1
    if start < len(data):
        layout.starts.append(start)
        layout.ends.append(len(data))
    layout.messages = [None] * len(layout.starts)
    layout.ends_with_newline = data.endswith(b"\n")


def _newlines(data: bytes) -> Iterator[int]:
    at = data.find(b"\n")
    while at >= 0:
        yield at
        at = data.find(b"\n", at + 1)


def _take_header(layout: Layout, chat: Chat, data: bytes) -> None:
    """Take the first row for the header if it is one; group chats of old begin with a message."""
    if not layout.starts:
        return
    try:
        found = parse_json(data[layout.starts[0] : layout.ends[0]], "header")
    except DataError:
        found = mend(data.decode("utf-8-sig", "ignore")) if len(layout.starts) == 1 else None
        layout.torn = found is not None
    if not isinstance(found, dict) or not _is_header(found):
        layout.torn = False
        return
    metadata = found.get("chat_metadata")
    if isinstance(metadata, dict):
        chat.metadata = metadata
    elif metadata is not None:
        layout.warnings.append(
            f"{layout.path.name}, line 1: the chat's metadata should be an object, "
            f"but is {kind_of(metadata)}."
        )
    chat.source = {name: value for name, value in found.items() if name != "chat_metadata"}
    layout.header_keys = tuple(found)
    layout.header = (layout.starts.pop(0), layout.ends.pop(0))
    layout.messages.pop(0)
    layout.header_as_read = header_bytes(chat, layout.header_keys)


def _is_header(found: Mapping[str, object]) -> bool:
    if "chat_metadata" in found or "user_name" in found:
        return True
    return "name" in found and "mes" not in found


def _parse(layout: Layout, first: int, end: int) -> list[Message]:
    """Read these rows into the layout; returns their messages."""
    decode = json.JSONDecoder(parse_constant=lambda _: None).decode
    data, starts, ends, warnings = layout.data, layout.starts, layout.ends, layout.warnings
    number = 1 if layout.header is None else 2
    found: list[Message] = []
    for row in range(first, end):
        where = f"{layout.path.name}, line {row + number}"
        raw = data[starts[row] : ends[row]]
        try:
            line = decode(raw.decode("utf-8-sig" if row == 0 else "utf-8"))
        except (ValueError, RecursionError):
            message = _patient(layout, row, raw, where)
        else:
            if isinstance(line, dict):
                message = message_from_json(line, where, warnings)
            else:
                warnings.append(f"{where}: a message should be an object, but this is {kind_of(line)}.")
                message = None
        if message is not None:
            layout.messages[row] = message
            layout.count += 1
            found.append(message)
    return found


def _patient(layout: Layout, row: int, raw: bytes, where: str) -> Message | None:
    """A line that is not plain JSON: blank, cut off, or with bytes that are no UTF-8."""
    is_last = row == len(layout.starts) - 1
    stripped = raw.strip(b" \t\r\0")
    if not stripped:
        # A power loss can leave zeros where the last line should be.
        layout.torn |= is_last and b"\0" in raw
        return None
    raw = stripped
    try:
        line = parse_json(raw.decode("utf-8", "replace"), where)
    except DataError as error:
        if not is_last or layout.ends_with_newline:
            layout.warnings.append(f"{error} It is kept in the file, but not shown.")
            return None
        return _torn(layout, raw, where)
    layout.warnings.append(f"{where}: some bytes are not UTF-8 text and are shown as \ufffd.")
    return message_from_json(line, where, layout.warnings) if isinstance(line, dict) else None


def _torn(layout: Layout, raw: bytes, where: str) -> Message | None:
    mended = mend(raw.decode("utf-8", "ignore"))
    message = message_from_json(mended, where, []) if mended is not None else None
    if message is None:
        layout.warnings.append(f"{where}: the line was cut off; it is kept in the file, but not shown.")
    else:
        layout.torn = True
        layout.warnings.append(f"{where}: the line was cut off; what was left of it is shown.")
    return message
