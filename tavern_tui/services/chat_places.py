"""ChatPlaces: whose chats there are, and in which files they lie."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.errors import DataError, UsageError
from tavern_tui.services.groups import GroupService
from tavern_tui.services.library import Library
from tavern_tui.storage.chats import ChatListing, list_chats
from tavern_tui.storage.folders import Folders, inside, safe_name
from tavern_tui.storage.groups import chat_path, chat_paths

if TYPE_CHECKING:
    from tavern_tui.services.session import ChatSession

ENDING = ".jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOwner:
    """Whom chats are with: a character or a group."""

    id: str
    """The card's file name without its ending, or the group's id."""
    is_group: bool = False

    @property
    def key(self) -> str:
        """As one word, for files of ours."""
        return f"{'group' if self.is_group else 'character'}:{self.id}"

    @classmethod
    def of_key(cls, key: str) -> ChatOwner | None:
        """The owner that `key` names; None for other words."""
        kind, colon, id = key.partition(":")
        if not colon or not id or kind not in ("group", "character"):
            return None
        return cls(id=id, is_group=kind == "group")

    @classmethod
    def of_session(cls, session: ChatSession) -> ChatOwner:
        """Whom an open chat is with."""
        if session.group is not None:
            return cls(id=session.group.id, is_group=True)
        return cls(id=session.character.file)


class ChatPlaces:
    """Finds chats. Nothing here writes."""

    def __init__(self, folders: Folders, library: Library, groups: GroupService) -> None:
        self._folders = folders
        self._library = library
        self._groups = groups

    def folder(self, owner: ChatOwner) -> Path:
        """Where the owner's chats lie. Raises DataError."""
        return self._folders.group_chats if owner.is_group else self._folders.chats_of(owner.id)

    def path(self, owner: ChatOwner, title: str) -> Path:
        """The file a chat of this title has, or would have. Raises DataError."""
        if owner.is_group:
            return chat_path(self._folders, title)
        return inside(self._folders.chats_of(owner.id), f"{title}{ENDING}")

    def existing(self, owner: ChatOwner, title: str) -> Path:
        """The file of a chat. Raises UsageError if there is none, DataError."""
        path = self.path(owner, title)
        if not path.is_file():
            raise UsageError(f'There is no chat "{title[:80]}".')
        return path

    def chats(self, owner: ChatOwner) -> list[ChatListing]:
        """The owner's chats, the one changed last first. Raises UsageError, DataError."""
        return (
            self._groups.chats(owner.id) if owner.is_group else list_chats(self._folders.chats_of(owner.id))
        )

    def paths(self, owner: ChatOwner) -> list[Path]:
        """The files of the owner's chats, in no particular order. Raises UsageError, DataError."""
        if owner.is_group:
            return chat_paths(self._folders, self._groups.get(owner.id))
        return _chats_in(self._folders.chats_of(owner.id))

    def name(self, owner: ChatOwner) -> str:
        """The name of the character or group, as far as it is known."""
        return self.names().get(owner, owner.id)

    def names(self) -> dict[ChatOwner, str]:
        """Everybody with a card or a group file, by name."""
        found = {ChatOwner(id=one.file): one.name for one in self._library.characters()}
        return found | {ChatOwner(id=one.id, is_group=True): one.name for one in self._groups.all()}

    def owners(self) -> Iterator[ChatOwner]:
        """Everybody who has chats: characters (also those whose card is gone), then groups."""
        try:
            folders = sorted(one.name for one in os.scandir(self._folders.chats) if one.is_dir())
        except OSError:
            folders = []
        for folder in folders:
            owner = ChatOwner(id=folder)
            try:
                if _chats_in(self._folders.chats_of(folder)):
                    yield owner
            except DataError:
                continue
        for group in self._groups.all():
            yield ChatOwner(id=group.id, is_group=True)

    def find(self, name: str) -> ChatOwner:
        """A character or, failing that, a group, by file, id or name. Raises UsageError."""
        try:
            return ChatOwner(id=self._library.find(name).file)
        except UsageError as nobody:
            if self._has_chats(name):
                return ChatOwner(id=name)
            try:
                return ChatOwner(id=self._groups.find(name).id, is_group=True)
            except UsageError:
                raise nobody from None

    def _has_chats(self, name: str) -> bool:
        """Whether there are chats of a character who has no card any more."""
        try:
            return bool(_chats_in(self._folders.chats_of(name)))
        except DataError:
            return False


def checked_title(title: str) -> str:
    """`title` if a chat can be called that on every system. Raises UsageError."""
    wanted = title.strip()
    if not wanted:
        raise UsageError("A chat needs a name.")
    if wanted.startswith("."):
        raise UsageError("A chat's name cannot begin with a dot.")
    safe = safe_name(wanted)
    if safe == wanted:
        return wanted
    if wanted.startswith(safe) and len(wanted.encode("utf-8", "replace")) > len(safe.encode()) > 190:
        raise UsageError("This name is too long for a file.")
    raise UsageError(
        f'"{wanted[:80]}" cannot be the name of a file.', hint=f'"{safe}" could be, for instance.'
    )


def _chats_in(folder: Path) -> list[Path]:
    try:
        return [Path(one.path) for one in os.scandir(folder) if one.name.endswith(ENDING) and one.is_file()]
    except OSError:
        return []
