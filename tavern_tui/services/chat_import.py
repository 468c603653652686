"""Takes over chats of SillyTavern and of other programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from tavern_tui.core.character import Group
from tavern_tui.core.chat import Chat, Message
from tavern_tui.core.errors import DataError, UsageError
from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.services.group_turns import signed
from tavern_tui.storage.atomic import write_bytes
from tavern_tui.storage.catalogue import list_characters
from tavern_tui.storage.chats import ChatFile, LoadedChat, read_chat
from tavern_tui.storage.chats.listing import humanised
from tavern_tui.storage.chats.moving import chat_file_bytes
from tavern_tui.storage.chats_import import Format, messages_of
from tavern_tui.storage.chats_import.lines import ForeignChat, Json
from tavern_tui.storage.folders import Folders, free_name, safe_name
from tavern_tui.storage.groups import card_file, list_groups, save_group
from tavern_tui.storage.personas import read_personas

ENDING = ".jsonl"

Whose = ChatOwner | str | None
"""Whose an imported chat is: exactly; as the user names it; or as the file says."""
Outcome = tuple[str, str, str]
"""What it was, under which name it is kept, and a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose an imported chat becomes."""

    name: str
    folder: Path
    group: str = ""
    """The group's id."""
    members: Mapping[str, str] = field(default_factory=dict)
    """Of a group: name -> card file."""

    def speaker_of(self, chat: ForeignChat) -> str:
        """Who says the lines that do not say it: in a group one of its members."""
        if not self.group:
            return self.name
        return chat.character or next(iter(self.members), self.name)

    def guesses(self, chat: ForeignChat) -> bool:
        """Whether `speaker_of` is one of several."""
        nameless = any(not line.is_user and not line.name for line in chat.lines)
        return len(self.members) > 1 and not chat.character and nameless

    def signed(self, message: Message) -> Message:
        """In a group, a message says by which card its speaker is known."""
        file = self.members.get(message.name)
        return message if message.is_user or file is None else signed(message, file)

    def keep(self, folders: Folders, title: str) -> None:
        """Let a group know its new chat. Raises WriteFailed."""
        for group in list_groups(folders) if self.group else ():
            if group.id == self.group and title not in group.chats:
                save_group(folders, replace(group, chats=(*group.chats, title)))


def import_chat(folders: Folders, path: Path, whose: Whose, warnings: list[str]) -> Outcome:
    """A chat as SillyTavern writes it. Raises UsageError, DataError, UnreadableFile, WriteFailed."""
    loaded = read_chat(path)
    if not isinstance(loaded, LoadedChat) or not loaded.chat.messages:
        raise DataError(f"{path.name} holds no messages.")
    warnings += loaded.warnings
    speaker = next((one.name for one in loaded.chat.messages if not one.is_user), "")
    owner = find_owner(folders, whose, speaker, path)
    title = free_name(owner.folder, path.stem, ENDING)
    write_bytes(owner.folder / f"{title}{ENDING}", chat_file_bytes(path))
    owner.keep(folders, title)
    return "chat", title, f"{path.name}: a chat of {owner.name} with {len(loaded.chat.messages)} messages."


def import_foreign(
    folders: Folders, path: Path, value: Json, format: Format, whose: Whose, warnings: list[str]
) -> Outcome:
    """The chats of another program's file. Raises UsageError, DataError, WriteFailed."""
    chats = [chat for chat in format.read(value, warnings) if chat.lines]
    if not chats:
        raise DataError(f"{path.name} is of {format.title}, but holds no messages.")
    owner = find_owner(folders, whose, next((chat.character or _speaker(chat) for chat in chats), ""), path)
    titles = [_keep(folders, chat, owner) for chat in chats]
    count = sum(len(chat.lines) for chat in chats)
    guessed = next((owner.speaker_of(chat) for chat in chats if owner.guesses(chat)), "")
    if guessed:
        warnings.append(f"{path.name} does not say which of {owner.name} spoke; {guessed} stands for them.")
    what = "a chat" if len(chats) == 1 else f"{len(chats)} chats"
    sentence = f"{path.name}: {what} of {owner.name} from {format.title} with {count} messages."
    return "chat", titles[0], sentence


def find_owner(folders: Folders, whose: Whose, said: str, path: Path) -> Owner:
    """Whose the chat becomes: as the user says, or else whom the file names. Raises UsageError."""
    if isinstance(whose, ChatOwner) and whose.id:
        return _exact(folders, whose)
    return _named(folders, whose if isinstance(whose, str) else "", said, path)


def _exact(folders: Folders, whose: ChatOwner) -> Owner:
    for group in list_groups(folders) if whose.is_group else ():
        if group.id == whose.id:
            return _group(folders, group)
    if whose.is_group:
        raise UsageError(f'There is no group "{whose.id[:80]}".')
    name = next((one.name for one in list_characters(folders) if one.file == whose.id), whose.id)
    return Owner(name=name, folder=folders.chats_of(whose.id))


def _group(folders: Folders, group: Group) -> Owner:
    names = {one.file: one.name for one in list_characters(folders)}
    files = [card_file(avatar) for avatar in group.members]
    members = {names[file]: file for file in reversed(files) if file in names}  # the first of a name counts
    return Owner(
        name=group.name,
        folder=folders.group_chats,
        group=group.id,
        members=dict(reversed(members.items())),
    )


def _named(folders: Folders, by_user: str, by_file: str, path: Path) -> Owner:
    """The character, or else, where the user said so, the group of this name or file."""
    wanted = by_user or by_file
    if not wanted.strip():
        raise UsageError(f"{path.name} does not say whose chat it is.", hint="Add --character NAME.")
    characters = list_characters(folders)
    for one in characters:
        if one.file == wanted:
            return Owner(name=one.name, folder=folders.chats_of(one.file))
    groups = [one for one in list_groups(folders) if wanted in (one.id, one.name)] if by_user else []
    found = [one for one in characters if one.name.casefold() == wanted.casefold()]
    if not found and len(groups) == 1:
        return _group(folders, groups[0])
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
    lines = messages_of(chat, owner.speaker_of(chat), _user_name(folders))
    messages = [owner.signed(message) for message in lines]
    ChatFile(owner.folder / f"{title}{ENDING}").rewrite(Chat(title=title, messages=messages))
    owner.keep(folders, title)
    return title


def _user_name(folders: Folders) -> str:
    """Who the user is in chats that do not say: the usual persona."""
    personas = read_personas(folders)
    return next((one.name for one in personas.all if one.file == personas.default), "User")
