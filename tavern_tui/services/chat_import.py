"""Takes over chats of SillyTavern and of other programs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tavern_tui.core.chat import Chat
from tavern_tui.core.errors import DataError, UsageError
from tavern_tui.storage.atomic import write_bytes
from tavern_tui.storage.catalogue import list_characters
from tavern_tui.storage.chats import ChatFile, LoadedChat, read_chat
from tavern_tui.storage.chats.listing import humanised
from tavern_tui.storage.chats.moving import chat_file_bytes
from tavern_tui.storage.chats_import import Format, messages_of
from tavern_tui.storage.chats_import.lines import ForeignChat, Json
from tavern_tui.storage.folders import Folders, free_name, safe_name
from tavern_tui.storage.groups import list_groups, save_group
from tavern_tui.storage.personas import read_personas

ENDING = ".jsonl"

Outcome = tuple[str, str, str]
"""What it was, under which name it is kept, and a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose an imported chat becomes."""

    name: str
    folder: Path
    group: str = ""
    """The group's id."""

    def keep(self, folders: Folders, title: str) -> None:
        """Let a group know its new chat. Raises WriteFailed."""
        for group in list_groups(folders) if self.group else ():
            if group.id == self.group and title not in group.chats:
                save_group(folders, replace(group, chats=(*group.chats, title)))


def import_chat(folders: Folders, path: Path, character: str | None, warnings: list[str]) -> Outcome:
    """A chat as SillyTavern writes it. Raises UsageError, DataError, UnreadableFile, WriteFailed."""
    loaded = read_chat(path)
    if not isinstance(loaded, LoadedChat) or not loaded.chat.messages:
        raise DataError(f"{path.name} holds no messages.")
    warnings += loaded.warnings
    speaker = next((one.name for one in loaded.chat.messages if not one.is_user), "")
    owner = find_owner(folders, character or speaker, path, is_sure=character is not None)
    title = free_name(owner.folder, path.stem, ENDING)
    write_bytes(owner.folder / f"{title}{ENDING}", chat_file_bytes(path))
    owner.keep(folders, title)
    return "chat", title, f"{path.name}: a chat of {owner.name} with {len(loaded.chat.messages)} messages."


def import_foreign(
    folders: Folders, path: Path, value: Json, format: Format, character: str | None, warnings: list[str]
) -> Outcome:
    """The chats of another program's file. Raises UsageError, DataError, WriteFailed."""
    chats = [chat for chat in format.read(value, warnings) if chat.lines]
    if not chats:
        raise DataError(f"{path.name} is of {format.title}, but holds no messages.")
    said = character or next((chat.character or _speaker(chat) for chat in chats), "")
    owner = find_owner(folders, said, path, is_sure=character is not None)
    titles = [_keep(folders, chat, owner) for chat in chats]
    count = sum(len(chat.lines) for chat in chats)
    what = "a chat" if len(chats) == 1 else f"{len(chats)} chats"
    sentence = f"{path.name}: {what} of {owner.name} from {format.title} with {count} messages."
    return "chat", titles[0], sentence


def find_owner(folders: Folders, wanted: str, path: Path, *, is_sure: bool) -> Owner:
    """The character, or else the group, of this name or file. Raises UsageError.

    `is_sure`: the user said so, not the file."""
    if not wanted.strip():
        raise UsageError(f"{path.name} does not say whose chat it is.", hint="Add --character NAME.")
    characters = list_characters(folders)
    for one in characters:
        if one.file == wanted:
            return Owner(name=one.name, folder=folders.chats_of(one.file))
    groups = [one for one in list_groups(folders) if wanted in (one.id, one.name)] if is_sure else []
    found = [one for one in characters if one.name.casefold() == wanted.casefold()]
    if not found and len(groups) == 1:
        return Owner(name=groups[0].name, folder=folders.group_chats, group=groups[0].id)
    if len(found) == 1:
        return Owner(name=found[0].name, folder=folders.chats_of(found[0].file))
    if found or groups:
        files = ", ".join([one.file for one in found] + [one.id for one in groups])
        raise UsageError(f'Several are called "{wanted[:80]}".', hint=f"Say which with --character: {files}.")
    raise UsageError(
        f'{path.name} is a chat of "{wanted[:80]}", and there is no such character.',
        hint="Import the card first, or add --character NAME.",
    )


def _speaker(chat: ForeignChat) -> str:
    return next((line.name for line in chat.lines if not line.is_user and line.name), "")


def _keep(folders: Folders, chat: ForeignChat, owner: Owner) -> str:
    stamp = humanised(datetime.now().astimezone())
    title = free_name(owner.folder, f"{safe_name(owner.name)} - {stamp} imported", ENDING)
    messages = messages_of(chat, owner.name, _user_name(folders))
    ChatFile(owner.folder / f"{title}{ENDING}").rewrite(Chat(title=title, messages=messages))
    owner.keep(folders, title)
    return title


def _user_name(folders: Folders) -> str:
    """Who the user is in chats that do not say: the usual persona."""
    personas = read_personas(folders)
    return next((one.name for one in personas.all if one.file == personas.default), "User")
