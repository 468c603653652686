"""Keeps one chat on disk: every finished change at once, a growing reply now and then."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path

from tavern_tui.core.chat import Chat
from tavern_tui.core.errors import TavernError
from tavern_tui.storage.atomic import write_quickly
from tavern_tui.storage.chats import ChatFile


class ChatStore:
    """The file of a chat and the draft that belongs to it. Without a file, nothing is kept."""

    def __init__(
        self,
        file: ChatFile | None,
        *,
        drafts: Path | None = None,
        readonly_reason: str = "",
        back_up: Callable[[Path], None] | None = None,
        begin: Callable[[], object] | None = None,
    ) -> None:
        """`back_up` is called with the file before it is replaced by another version; `begin`
        once, before a chat that has no file yet gets one."""
        self._file = file
        self._begin = begin
        self._drafts = drafts
        self._draft: str | None = None
        self._back_up = back_up
        self.readonly_reason = readonly_reason
        """Why the chat cannot be written; empty: it can."""
        self.header_changed = False
        """The chat's metadata changed since it was written."""
        self.header_aged = False
        """The metadata changed in a way that can wait until the file is written anew or closed."""

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
        self.draft = draft

    def append(self, chat: Chat) -> None:
        """Keep the last message, which is new. Durable when this returns. Raises WriteFailed."""
        if self._file is None:
            return
        if self.header_changed or len(chat.messages) <= 2 or self._begin is not None:
            self.rewrite(chat)
        else:
            self._file.append(chat.messages[-1], chat)

    def update(self, chat: Chat, index: int) -> None:
        """Keep a changed message, whether it is finished or still growing. Cheap for the last one.

        Raises WriteFailed."""
        if self._file is None:
            return
        if self.header_changed or self._begin is not None:
            self.rewrite(chat)
        else:
            self._file.save_partial(chat, index)

    def rewrite(self, chat: Chat) -> None:
        """Keep the chat as it is now. Durable when this returns. Raises WriteFailed."""
        if self._file is None:
            return
        if self._begin is not None:
            self._begin()
            self._begin = None
        self._keep_copy(self._file.path)
        self._file.rewrite(chat)
        self.header_changed = self.header_aged = False

    def _keep_copy(self, path: Path) -> None:
        if self._back_up is not None and path.exists():
            with contextlib.suppress(TavernError):  # no room for copies is no reason not to save
                self._back_up(path)

    def close(self, chat: Chat) -> None:
        """Write what is not written yet. Raises WriteFailed."""
        if self.readonly_reason:
            return
        if self.header_changed:
            self.rewrite(chat)
        elif self.header_aged:
            with contextlib.suppress(TavernError):  # worth a write, but not a complaint
                self.rewrite(chat)

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
        path = self._draft_path()
        if path is None:
            return
        try:
            if text:
                write_quickly(path, text)
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
