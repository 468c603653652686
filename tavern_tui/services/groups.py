"""Groups: made, changed, deleted, and whose cards take part in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tavern_tui.core.character import Character, Group
from tavern_tui.core.errors import DataError, UsageError
from tavern_tui.prompt.inputs import GroupCast
from tavern_tui.services.library import Library
from tavern_tui.services.signal import Signal
from tavern_tui.storage.chats import ChatListing, list_chats
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.groups import (
    CARD_ENDING,
    GroupSummary,
    card_file,
    chat_paths,
    group_path,
    new_group_id,
    read_group,
    save_group,
)
from tavern_tui.storage.json_keep import as_object
from tavern_tui.storage.trash import Trashed, move_to_trash, restore

PAST = "past_metadata"
"""Where group files of old keep the metadata of chats, by title."""


class GroupService:
    """All groups. What changes one raises UsageError, UnreadableFile, WriteFailed.

    Members are named by their card's file, with or without its ending."""

    def __init__(
        self,
        folders: Folders,
        library: Library,
        warn: Callable[[str], None],
        now: Callable[[], datetime],
    ) -> None:
        self._folders = folders
        self._library = library
        self._warn = warn
        self._now = now
        self.changed: Signal[Group] = Signal()
        """A group as it is now, whenever one was made or changed."""

    # --- what there is

    def all(self) -> list[GroupSummary]:
        """By name."""
        return self._library.groups()

    def has(self, id: str) -> bool:
        """Whether there is a group with this id."""
        try:
            return bool(id) and group_path(self._folders, id).is_file()
        except DataError:
            return False

    def get(self, id: str) -> Group:
        """A group by its id. Raises UsageError, UnreadableFile."""
        if not self.has(id):
            raise UsageError(f'There is no group "{id}".')
        warnings: list[str] = []
        group = read_group(group_path(self._folders, id), warnings)
        for sentence in warnings:
            self._warn(sentence)
        return group

    def find(self, name: str) -> Group:
        """A group by its id or, if that is unique, by its name. Raises UsageError, UnreadableFile."""
        if self.has(name):
            return self.get(name)
        same = [one for one in self.all() if one.name.casefold() == name.casefold()]
        if len(same) == 1:
            return self.get(same[0].id)
        if same:
            ids = ", ".join(one.id for one in same)
            raise UsageError(f'Several groups are called "{name}".', hint=f"Say which: {ids}.")
        known = ", ".join(one.name for one in self.all())
        raise UsageError(f'There is no group "{name}".', hint=f"Known: {known}." if known else None)

    def cast(self, group: Group) -> GroupCast:
        """The group with its members' cards. Members whose card is missing or broken sit out,
        with a notice."""
        members: list[Character] = []
        for avatar in group.members:
            file = card_file(avatar)
            try:
                if self._library.has(file):
                    members.append(self._library.character(file))
                    continue
                self._warn(f'The card of "{file}", a member of the group {group.name}, is missing.')
            except DataError as error:
                self._warn(f"{error} {error.hint}".strip())
        return GroupCast(group=group, members=tuple(members))

    def chats(self, id: str) -> list[ChatListing]:
        """The chats of a group, the one changed last first. Raises UsageError, UnreadableFile."""
        paths = chat_paths(self._folders, self.get(id))
        return list_chats(self._folders.group_chats, {path.name for path in paths})

    # --- making and deleting

    def create(self, name: str, members: Sequence[str] = ()) -> Group:
        """A new group with these members."""
        group = Group(
            id=new_group_id(self._folders, self._now()),
            name=_checked_name(name),
            members=tuple(dict.fromkeys(self._avatar(file) for file in members)),
        )
        return self._keep(group)

    def delete(self, id: str) -> Trashed:
        """Move a group and its chats to the trash; `restore` brings them back."""
        group = self.get(id)
        paths = [group_path(self._folders, id), *chat_paths(self._folders, group)]
        moved = move_to_trash(self._folders, *paths, title=f"Group {group.name}")
        self._library.changed.send(None)
        return moved

    def restore(self, trashed: Trashed) -> None:
        """Bring back a deleted group with its chats. Raises DataError, WriteFailed."""
        restore(self._folders, trashed)
        self._library.changed.send(None)

    # --- changing

    def change(self, id: str, **fields: Any) -> Group:
        """Set fields of `core.character.Group`, but neither its id nor its source."""
        group = self.get(id)
        if "name" in fields:
            fields["name"] = _checked_name(fields["name"])
        if fields.get("auto_mode_delay", 0) < 0:
            raise UsageError("The delay of auto mode cannot be negative.")
        changed = replace(group, **fields)
        if changed == group:
            return group
        return self._keep(changed)

    def rename(self, id: str, name: str) -> Group:
        """Call the group something else."""
        return self.change(id, name=name)

    def add_member(self, id: str, file: str) -> Group:
        """Take a character in, as the last one. Who is in it already stays where they are."""
        group = self.get(id)
        avatar = self._avatar(file)
        if _position(group.members, file) is not None:
            return group
        return self.change(id, members=(*group.members, avatar))

    def remove_member(self, id: str, file: str) -> Group:
        """Let a member go; what they said stays in the chats."""
        group = self.get(id)
        self._place(group, file)
        return self.change(id, members=_without(group.members, file), disabled=_without(group.disabled, file))

    def move_member(self, id: str, file: str, place: int) -> Group:
        """Put a member at this place of the order; 0 is the first, places past the end mean the last."""
        group = self.get(id)
        avatar = group.members[self._place(group, file)]
        others = _without(group.members, file)
        place = min(max(place, 0), len(others))
        return self.change(id, members=(*others[:place], avatar, *others[place:]))

    def mute(self, id: str, file: str, muted: bool = True) -> Group:
        """Keep a member from speaking unless asked to, or let them speak again."""
        group = self.get(id)
        avatar = group.members[self._place(group, file)]
        others = _without(group.disabled, file)
        return self.change(id, disabled=(*others, avatar) if muted else others)

    def set_talkativeness(self, file: str, share: float) -> None:
        """How readily a character speaks by themselves, 0 to 1. It is kept in their card, and so
        holds in all groups. Raises also DataError."""
        if not 0 <= share <= 1:
            raise UsageError("Talkativeness goes from 0 to 100 percent.")
        character = self._library.character(card_file(file))
        if character.talkativeness != share:
            self._library.keep_card(replace(character, talkativeness=share))

    def keep_chat(self, id: str, title: str) -> Group:
        """This is the chat that is open in the group now."""
        group = self.get(id)
        chats = group.chats if title in group.chats else (*group.chats, title)
        return self.change(id, chat_id=title, chats=chats)

    def add_chat(self, id: str, title: str) -> Group:
        """One more chat of the group, which is not open now."""
        group = self.get(id)
        return group if title in group.chats else self.change(id, chats=(*group.chats, title))

    def rename_chat(self, id: str, old: str, new: str) -> Group:
        """A chat of the group has another name."""
        group = self.get(id)
        past = dict(as_object(group.source.get(PAST)))
        if old in past:
            past[new] = past.pop(old)
            group = replace(group, source={**group.source, PAST: past})
        chats = tuple(new if title == old else title for title in group.chats)
        return self._keep(replace(group, chats=chats, chat_id=new if group.chat_id == old else group.chat_id))

    def forget_chat(self, id: str, title: str) -> Group:
        """A chat of the group is gone."""
        group = self.get(id)
        chats = tuple(one for one in group.chats if one != title)
        return self.change(id, chats=chats, chat_id="" if group.chat_id == title else group.chat_id)

    # --- inside

    def _keep(self, group: Group) -> Group:
        path = save_group(self._folders, group)
        kept = read_group(path)
        self.changed.send(kept)
        self._library.changed.send(None)
        return kept

    def _avatar(self, file: str) -> str:
        if not self._library.has(card_file(file)):
            raise UsageError(f'There is no character "{card_file(file)}" to take into the group.')
        return f"{card_file(file)}{CARD_ENDING}"

    def _place(self, group: Group, file: str) -> int:
        place = _position(group.members, file)
        if place is None:
            raise UsageError(f'"{card_file(file)}" is not in the group {group.name}.')
        return place


def _checked_name(name: str) -> str:
    if not name.strip():
        raise UsageError("A group needs a name.")
    return name.strip()


def _position(avatars: Sequence[str], file: str) -> int | None:
    return next((at for at, one in enumerate(avatars) if card_file(one) == card_file(file)), None)


def _without(avatars: Iterable[str], file: str) -> tuple[str, ...]:
    return tuple(one for one in avatars if card_file(one) != card_file(file))
