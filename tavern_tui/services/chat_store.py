"""Keeps one chat on disk: every finished change at once, a growing reply now and then."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tavern_tui.core.chat import Chat
from tavern_tui.core.errors import TavernError, UnreadableFile
from tavern_tui.services.chat_join import Joined, join
from tavern_tui.services.signal import Signal
from tavern_tui.storage.atomic import write_bytes, write_quickly
from tavern_tui.storage.chat_guard import ChatGuard, Holder
from tavern_tui.storage.chats import ChatFile
from tavern_tui.storage.chats.moving import chat_file_bytes

DRAFT_EVERY = 0.5
"""Seconds between two writes of a draft that is being typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatChangedElsewhere:
    """Another program changed or removed the file of the open chat, and the user has to choose:
    `keep_mine` or `take_theirs`."""

    path: Path
    removed: bool
    kept: Path
    """Where our version is kept meanwhile, up to date."""

    def __str__(self) -> str:
        what = "removed" if self.removed else "changed"
        return (
            f"{self.path.name} was {what} by another program. "
            f"Your version is kept in {self.kept} until you choose between the two."
        )


class ChatStore:
    """The file of a chat and the draft that belongs to it. Without a file, nothing is kept.

    Before each write it looks whether another program wrote the file: what it added joins the chat,
    other changes are set against ours (`elsewhere`)."""

    def __init__(
        self,
        file: ChatFile | None,
        *,
        drafts: Path | None = None,
        readonly_reason: str = "",
        back_up: Callable[[Path], None] | None = None,
        begin: Callable[[], object] | None = None,
        guard: ChatGuard | None = None,
        aside: Callable[[], Path] | None = None,
    ) -> None:
        """`back_up` is called with the file before it is replaced by another version; `begin`
        once, before a chat that has no file yet gets one; `aside` names a free place for a version
        that cannot be in the file now. Without it, a file that was changed elsewhere cannot be
        written."""
        self._file = file
        self._begin = begin
        self._drafts = drafts
        self._draft: str | None = None
        self._draft_timer: asyncio.TimerHandle | None = None
        self._back_up = back_up
        self._guard = guard
        self._find_aside = aside
        self._aside: ChatFile | None = None
        self.readonly_reason = readonly_reason
        """Why the chat cannot be written; empty: it can."""
        self.header_changed = False
        """The chat's metadata changed since it was written."""
        self.header_aged = False
        """The metadata changed in a way that can wait until the file is written anew or closed."""
        self.elsewhere: ChatChangedElsewhere | None = None
        """Another program changed the file; None: it did not, or that is settled."""
        self.joined: Signal[Joined] = Signal()
        self.changed_elsewhere: Signal[ChatChangedElsewhere] = Signal()

    @property
    def path(self) -> Path | None:
        """Where the chat is kept; None: nowhere."""
        return self._file.path if self._file is not None else None

    def follow(self, path: Path) -> None:
        """The chat's file has this name now; the draft goes with it."""
        if self._file is None:
            return
        draft, self.draft = self.draft, ""
        self._file.follow(path)
        if self._guard is not None:
            self._guard.follow(path)
        self.draft = draft

    def hold(self) -> list[Holder]:
        """Say that we have the chat open, until it is closed; returns who else has."""
        return self._guard.hold() if self._guard is not None else []

    # --- writing

    def append(self, chat: Chat) -> None:
        """Keep the last message, which is new. Durable when this returns. Raises WriteFailed."""
        with self._writing(chat, new=1) as file:
            if file is None:
                return
            if self.header_changed or len(chat.messages) <= 2 or self._begin is not None:
                self._rewrite(file, chat)
            else:
                file.append(chat.messages[-1], chat)

    def update(self, chat: Chat, index: int) -> None:
        """Keep a changed message, whether it is finished or still growing. Cheap for the last one.

        Raises WriteFailed."""
        with self._writing(chat) as file:
            if file is None:
                return
            if self.header_changed or self._begin is not None:
                self._rewrite(file, chat)
            else:
                file.save_partial(chat, index)

    def rewrite(self, chat: Chat) -> None:
        """Keep the chat as it is now. Durable when this returns. Raises WriteFailed."""
        with self._writing(chat) as file:
            if file is not None:
                self._rewrite(file, chat)

    def _rewrite(self, file: ChatFile, chat: Chat) -> None:
        if file is self._file:
            if self._begin is not None:
                self._begin()
                self._begin = None
            self._keep_copy(file.path)
        file.rewrite(chat)
        self.header_changed = self.header_aged = False

    def _keep_copy(self, path: Path) -> None:
        if self._back_up is not None and path.exists():
            with contextlib.suppress(TavernError):  # no room for copies is no reason not to save
                self._back_up(path)

    def close(self, chat: Chat) -> None:
        """Write what is not written yet. Raises WriteFailed."""
        if self._draft_timer is not None:
            self._keep_draft()
        if self._guard is not None:
            self._guard.release()
        if self.readonly_reason:
            return
        if self.header_changed:
            self.rewrite(chat)
        elif self.header_aged:
            with contextlib.suppress(TavernError):  # worth a write, but not a complaint
                self.rewrite(chat)

    # --- other programs

    def look(self, chat: Chat) -> bool:
        """Take in what another program wrote; whether the file is still ours to write. For moments in
        which no reply is on its way. Raises UnreadableFile."""
        if self._file is not None and self._file.is_read:
            with self._writing(chat):
                pass
        return self.elsewhere is None

    def keep_mine(self, chat: Chat) -> Path | None:
        """Settle `elsewhere`: our version becomes the file. The other one is kept as a copy, whose
        place is returned (None: it had been removed). Raises WriteFailed; nothing is settled then."""
        if self._file is None or self._find_aside is None or self.elsewhere is None:
            return None
        copy: Path | None = None
        with self._guarded():
            if self._file.path.exists():
                copy = self._find_aside()
                write_bytes(copy, chat_file_bytes(self._file.path))
            self._file.rewrite(chat, force=True)
        self.header_changed = self.header_aged = False
        if self._aside is not None:
            with contextlib.suppress(OSError):
                self._aside.path.unlink(missing_ok=True)
        self._aside = self.elsewhere = None
        return copy

    def take_theirs(self, chat: Chat) -> Path | None:
        """Settle `elsewhere`: nothing is written any more, and the chat is to be opened anew. Our version
        stays as a copy, whose place is returned. Raises WriteFailed; nothing is settled then."""
        if self.elsewhere is None or self._aside is None:
            return None
        if self._draft_timer is not None:
            self._keep_draft()
        self._aside.rewrite(chat)
        kept = self._aside.path
        self._file = self._aside = self.elsewhere = None
        self.header_changed = self.header_aged = False
        return kept

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        with self._guard.writing() if self._guard is not None else contextlib.nullcontext():
            yield

    @contextmanager
    def _writing(self, chat: Chat, *, new: int = 0) -> Iterator[ChatFile | None]:
        """Which file to write; what is new there has joined the chat. `new`: how many messages at the
        chat's end nobody has seen yet; theirs come before them."""
        if self._file is None:
            yield None
            return
        with self._guarded():
            if self.elsewhere is None and self._differs(self._file):
                self._take_in(self._file, chat, new)
            yield self._aside or self._file

    def _differs(self, file: ChatFile) -> bool:
        return file.changed_on_disk() if file.is_read else file.path.exists()

    def _take_in(self, file: ChatFile, chat: Chat, new: int) -> None:
        try:
            theirs = file.continued()
        except UnreadableFile:
            theirs = None
        joined = join(chat, theirs, new) if theirs is not None else None
        if theirs is None or joined is None:
            self._set_aside(file.path)
            return
        file.accept(theirs)
        self.header_changed |= chat.metadata != theirs.after
        if joined.messages or joined.respelled:
            self.joined.send(joined)

    def _set_aside(self, path: Path) -> None:
        if self._find_aside is None:
            return  # whoever writes the file is told why that cannot be
        kept = self._find_aside()
        self._aside = ChatFile(kept)
        self.elsewhere = ChatChangedElsewhere(path=path, removed=not path.exists(), kept=kept)
        self.changed_elsewhere.send(self.elsewhere)

    # --- the draft

    @property
    def draft(self) -> str:
        """What stood in the composer."""
        if self._draft is None:
            self._draft = self._read_draft()
        return self._draft

    @draft.setter
    def draft(self, text: str) -> None:
        if text == self.draft:
            return
        self._draft = text
        if text:
            self._keep_draft_soon()
        else:
            self._keep_draft()

    def _keep_draft_soon(self) -> None:
        """Not with every key: a write takes longer than the key's echo may."""
        if self._draft_timer is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._keep_draft()
        else:
            self._draft_timer = loop.call_later(DRAFT_EVERY, self._keep_draft)

    def _keep_draft(self) -> None:
        if self._draft_timer is not None:
            self._draft_timer.cancel()
            self._draft_timer = None
        path = self._draft_path()
        if path is None:
            return
        try:
            if self._draft:
                write_quickly(path, self._draft)
            else:
                path.unlink(missing_ok=True)
        except OSError:
            return  # a draft that cannot be kept is no reason to disturb the typing

    def _read_draft(self) -> str:
        path = self._draft_path()
        try:
            return path.read_text(encoding="utf-8") if path is not None else ""
        except (OSError, ValueError):
            return ""

    def _draft_path(self) -> Path | None:
        if self._drafts is None or self._file is None:
            return None
        name = hashlib.sha256(str(self._file.path.absolute()).encode()).hexdigest()[:32]
        return self._drafts / f"{name}.txt"
