"""ChatFile: the one place that writes a chat's file."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tavern_tui.core.chat import Chat, Message
from tavern_tui.core.errors import DataError
from tavern_tui.storage.atomic import append_bytes, write_bytes
from tavern_tui.storage.chats.continued import Continued, continued
from tavern_tui.storage.chats.layout import (
    BOM,
    Layout,
    Stamp,
    header_bytes,
    lay_out,
    parse_unread,
    stamp_of,
)
from tavern_tui.storage.chats.messages import message_json
from tavern_tui.storage.chats.tail import finish, recovered, replace_tail
from tavern_tui.storage.json_keep import as_object, compact_json, parse_object, read_file

MAX_CHAT = 1024 * 2**20


class ChangedOnDisk(DataError):
    """Another program wrote or removed the chat's file since we last looked."""

    hint = "Open the chat anew to see the other version, or save yours as a branch."


@dataclass(frozen=True, slots=True)
class NewChat:
    """There is no file yet, or an empty one."""

    chat: Chat
    layout: Layout
    stamp: Stamp | None = None
    complete: bool = True

    @property
    def warnings(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class LoadedChat:
    """A chat as far as it was read. `layout` is for the ChatFile that goes on writing it."""

    chat: Chat
    layout: Layout
    stamp: Stamp

    @property
    def complete(self) -> bool:
        """Whether all lines were looked at; False while `read_rest` has more."""
        return self.layout.unread == 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each oddity so far, naming file and line."""
        return tuple(self.layout.warnings)


def read_chat(path: Path) -> LoadedChat | NewChat:
    """The chat in a file. Raises UnreadableFile if it exists and is no chat or cannot be read."""
    return _load(path, None)


def read_tail(path: Path, count: int) -> LoadedChat | NewChat:
    """The header and the last `count` messages; `read_rest` reads what comes before them."""
    return _load(path, count)


def read_rest(loaded: LoadedChat | NewChat, slice_size: int = 500) -> Iterator[list[Message]]:
    """Older messages in slices, the newest slice first; each belongs in front of the chat so far."""
    while loaded.layout.unread:
        yield parse_unread(loaded.layout, slice_size)


def _load(path: Path, newest: int | None) -> LoadedChat | NewChat:
    stamp = stamp_of(path)
    on_disk = read_file(path, MAX_CHAT) if stamp is not None else b""
    data = recovered(path, on_disk)
    if stamp is None or not data.removeprefix(BOM).strip(b" \t\r\n\0"):
        return NewChat(chat=Chat(title=path.stem), layout=Layout(path=path), stamp=stamp)
    layout, chat = lay_out(path, data, newest)
    layout.torn |= data is not on_disk
    return LoadedChat(chat=chat, layout=layout, stamp=(stamp[0], len(on_disk)))


class ChatFile:
    """Writes one chat's file. Lines of messages that did not change are written back as they were.

    A message is "the same" if it is the same object that was read or written last."""

    def __init__(self, path: Path, loaded: LoadedChat | NewChat | None = None) -> None:
        """`loaded`: what `read_chat` gave for this path; without it the file is read when needed."""
        self.path = path
        self._layout = loaded.layout if loaded is not None else None
        self._stamp = loaded.stamp if loaded is not None else None

    @property
    def stamp(self) -> Stamp | None:
        """The file as we last saw it; None: it was not there."""
        return self._stamp

    def follow(self, path: Path) -> None:
        """The file has this name now."""
        self.path = path
        if self._layout is not None:
            self._layout.path = path

    def read(self) -> LoadedChat | NewChat:
        """Read the file anew. Raises UnreadableFile."""
        loaded = read_chat(self.path)
        self._layout, self._stamp = loaded.layout, loaded.stamp
        return loaded

    def changed_on_disk(self) -> bool:
        """Whether another program wrote or removed the file since we last read or wrote it."""
        return self._layout is not None and stamp_of(self.path) != self._stamp

    @property
    def is_read(self) -> bool:
        """Whether we know what is in the file."""
        return self._layout is not None

    def continued(self) -> Continued | None:
        """How the file goes on from what we know of it; None: it does not. Raises UnreadableFile."""
        loaded = read_chat(self.path)
        if self._layout is None or not isinstance(loaded, LoadedChat):
            return None
        return continued(self._layout, loaded.layout, loaded.stamp)

    def accept(self, theirs: Continued) -> None:
        """From now on the file is as another program left it."""
        mine = self._ready()
        other = {id(after) for _, after in theirs.respelled}
        theirs.layout.messages[: len(mine.messages)] = [
            after if id(after) in other else before
            for before, after in zip(mine.messages, theirs.layout.messages, strict=False)
        ]
        mine.become(theirs.layout)
        self._stamp = theirs.stamp

    def append(self, message: Message, chat: Chat | None = None) -> None:
        """Write one more message at the end of the file, durably; nothing else is touched.

        With the `chat` it ends, a file that is new or lacks more than this message is made to
        hold all of it. Raises ChangedOnDisk, UnreadableFile, WriteFailed."""
        layout = self._ready()
        if _is_new(layout) or layout.torn or (chat and not layout.lacks_only_last(len(chat.messages))):
            self.rewrite(chat or self._chat_with([*layout.known(), message]))
            return
        line = compact_json(message_json(message))
        self._check()
        size = self._size()
        between = b"" if layout.ends_with_newline else b"\n"
        with self._stamping():
            append_bytes(self.path, between + line)
        layout.add(message, size + len(between), len(line))
        layout.ends_with_newline = False

    def update_last(self, message: Message, chat: Chat | None = None) -> None:
        """Put `message` in the place of the file's last one (a reply that grew, a swipe).

        Cheap, however long the chat is; `chat` as for `append`. Raises ChangedOnDisk,
        UnreadableFile, WriteFailed."""
        layout = self._ready()
        in_step = layout.ends_with_message(len(chat.messages) if chat else layout.count)
        if layout.torn or not in_step:
            self.rewrite(chat or self._chat_with([*layout.known()[:-1], message]))
            return
        line = compact_json(message_json(message))
        self._check()
        start = layout.starts[-1]
        layout.torn = True  # until we know better: a full disk can stop us half-way
        with self._stamping():
            replace_tail(self.path, start, line)
        layout.torn = False
        layout.remove_last()
        layout.add(message, start, len(line))
        layout.ends_with_newline = False

    def save_partial(self, chat: Chat, index: int) -> None:
        """Keep a message that is still growing, or has changed. Cheap for the last one.

        Raises ChangedOnDisk, UnreadableFile, WriteFailed."""
        if index != len(chat.messages) - 1:
            self.rewrite(chat)
        elif self._ready().lacks_only_last(len(chat.messages)):
            self.append(chat.messages[index], chat)
        else:
            self.update_last(chat.messages[index], chat)

    def rewrite(self, chat: Chat, *, force: bool = False) -> None:
        """Make the file hold this chat. The old file or the new one survives a crash, whole.

        A new chat is given an `integrity`. A file that already holds just this is left alone.
        `force` writes over another program's changes. Raises ChangedOnDisk, UnreadableFile,
        WriteFailed."""
        if force:
            self._layout, self._stamp = Layout(path=self.path), stamp_of(self.path)
        layout = self._ready()
        if _is_new(layout):
            chat.metadata.setdefault("integrity", str(uuid.uuid4()))
        header = None
        if layout.header is not None or chat.metadata:
            header = header_bytes(chat, layout.header_keys)
        self._write(header, chat.messages)

    def _chat_with(self, messages: list[Message]) -> Chat:
        """The file's chat with these messages."""
        layout = self._ready()
        if layout.header is None:
            return Chat(title=self.path.stem, messages=messages)
        header = parse_object(layout.header_as_read, str(self.path))
        metadata = header.pop("chat_metadata")
        return Chat(
            title=self.path.stem, messages=messages, metadata=dict(as_object(metadata)), source=header
        )

    def _ready(self) -> Layout:
        if self._layout is None:
            self.read()
        assert self._layout is not None
        return self._layout

    def _check(self) -> None:
        now = stamp_of(self.path)
        if now != self._stamp:
            what = "was removed" if now is None else "was changed"
            raise ChangedOnDisk(f"{self.path} {what} by another program; nothing was written.")

    @contextmanager
    def _stamping(self) -> Iterator[None]:
        """Around a write: whatever became of it, the file's state is ours."""
        try:
            yield
        finally:
            self._stamp = stamp_of(self.path)

    def _size(self) -> int:
        return self._stamp[1] if self._stamp is not None else 0

    def _write(self, header: bytes | None, messages: Sequence[Message]) -> None:
        """Replace the file, taking unchanged lines from the old one."""
        layout = self._ready()
        self._check()
        on_disk = read_file(self.path, MAX_CHAT) if self._stamp is not None else b""
        old = recovered(self.path, on_disk)
        composed = _compose(layout, old, header, messages)
        if composed.data != on_disk or self._stamp is None:
            with self._stamping():
                write_bytes(self.path, composed.data)
        finish(self.path)
        layout.become(composed.layout)
        layout.data = composed.data if layout.unread else b""


def chat_bytes(chat: Chat) -> bytes:
    """What a new file with this chat would hold."""
    return b"\n".join((header_bytes(chat), *(compact_json(message_json(one)) for one in chat.messages)))


def _is_new(layout: Layout) -> bool:
    return layout.header is None and not layout.starts


@dataclass(frozen=True, slots=True)
class _Composed:
    data: bytes
    layout: Layout


def _compose(layout: Layout, old: bytes, header: bytes | None, messages: Sequence[Message]) -> _Composed:
    """The file's new bytes and where everything lies in them."""
    fresh = Layout(
        path=layout.path,
        header_keys=layout.header_keys,
        header_as_read=header or b"",
        warnings=layout.warnings,
        unread=layout.unread,
        ends_with_newline=layout.ends_with_newline,
    )
    pieces: list[bytes] = []
    at = 0

    def add(line: bytes) -> tuple[int, int]:
        nonlocal at
        if pieces:
            pieces.append(b"\n")
            at += 1
        pieces.append(line)
        at += len(line)
        return at - len(line), at

    if header is not None:
        kept = layout.header is not None and header == layout.header_as_read and not _header_torn(layout)
        span = layout.header if kept else None
        fresh.header = add(old[span[0] : span[1]] if span is not None else header)
    for message, row in _order(layout, messages):
        unchanged = row is not None and not (layout.torn and row == len(layout.starts) - 1)
        if unchanged and row is not None:
            line = old[layout.starts[row] : layout.ends[row]]
        elif message is None:
            continue
        else:
            line = compact_json(message_json(message))
        start, end = add(line)
        fresh.add(message, start, end - start)
    if layout.ends_with_newline:
        pieces.append(b"\n")
    return _Composed(b"".join(pieces), fresh)


def _header_torn(layout: Layout) -> bool:
    return layout.torn and not layout.starts


def _order(layout: Layout, messages: Sequence[Message]) -> Iterator[tuple[Message | None, int | None]]:
    """What to write, in order: messages with the row that already holds them, and kept rows.

    A row without a message follows the message it followed before, or the nearest one left."""
    rows = {id(message): row for row, message in enumerate(layout.messages) if message is not None}
    place = {id(message): at for at, message in enumerate(messages)}
    in_step = len(rows) == len(messages)
    followers: dict[int, list[int]] = {}
    anchor = seen = -1
    for row, message in enumerate(layout.messages):
        if message is not None:
            seen += 1
            anchor = seen if in_step else place.get(id(message), anchor)
        else:
            followers.setdefault(anchor, []).append(row)
    yield from ((None, row) for row in followers.get(-1, ()))
    for at, message in enumerate(messages):
        yield message, rows.get(id(message))
        yield from ((None, row) for row in followers.get(at, ()))
