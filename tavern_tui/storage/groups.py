"""Group files: who takes part in a group chat, and which chats the group has."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tavern_tui.core.character import Group, GroupMode, GroupStrategy
from tavern_tui.core.errors import DataError
from tavern_tui.storage.atomic import write_json
from tavern_tui.storage.catalogue import CharacterSummary
from tavern_tui.storage.folders import Folders, inside
from tavern_tui.storage.json_keep import (
    KeyPath,
    KeyTable,
    as_object,
    choice,
    flag,
    key,
    lay_over,
    number,
    read_object,
    texts,
)
from tavern_tui.storage.named_files import names_in, path_in

ENDING = ".json"
CHAT_ENDING = ".jsonl"
CARD_ENDING = ".png"

GROUP = KeyTable(
    Group,
    key("id", "id"),
    key("name", "name"),
    key("members", "members", texts),
    key("disabled", "disabled_members", texts),
    key("strategy", "activation_strategy", choice(GroupStrategy)),
    key("mode", "generation_mode", choice(GroupMode)),
    key("join_prefix", "generation_mode_join_prefix"),
    key("join_suffix", "generation_mode_join_suffix"),
    key("allow_self_responses", "allow_self_responses", flag),
    key("auto_mode_delay", "auto_mode_delay", number),
    key("favourite", "fav", flag),
    key("avatar_url", "avatar_url"),
    key("hide_muted_sprites", "hideMutedSprites", flag),
    key("chat_id", "chat_id"),
    key("chats", "chats", texts),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSummary:
    """One group of the list."""

    id: str
    """The group file's name without its ending."""
    name: str
    members: tuple[str, ...]
    """Names of the members, in order; the card's file name where there is no card."""
    files: tuple[str, ...]
    """Their cards' files without ending."""
    muted: tuple[str, ...]
    """Card files of those who do not speak by themselves."""
    talkativeness: tuple[float | None, ...]
    """How readily each member speaks, 0 to 1; None where there is no card."""
    favourite: bool
    modified: datetime
    """When the group or one of its chats was written last. Local time, aware."""


def summarise(folders: Folders, group: Group, characters: Mapping[str, CharacterSummary]) -> GroupSummary:
    """A group for the list; `characters` are all there are, by card file."""
    files = tuple(card_file(avatar) for avatar in group.members)
    return GroupSummary(
        id=group.id,
        name=group.name,
        members=tuple(characters[file].name if file in characters else file for file in files),
        files=files,
        muted=tuple(card_file(avatar) for avatar in group.disabled),
        talkativeness=tuple(characters[file].talkativeness if file in characters else None for file in files),
        favourite=group.favourite,
        modified=last_change(folders, group),
    )


def card_file(avatar: str) -> str:
    """The card a member's avatar key names: its file without the ending."""
    return avatar[: -len(CARD_ENDING)] if avatar.lower().endswith(CARD_ENDING) else avatar


def list_groups(folders: Folders, warnings: list[str] | None = None) -> list[Group]:
    """All groups, by name. Broken files are left out, with a warning each."""
    found: list[Group] = []
    for id in names_in(folders.groups, ENDING):
        try:
            found.append(read_group(path_in(folders.groups, id, ENDING), warnings))
        except DataError as error:
            if warnings is not None:
                warnings.append(str(error))
    return sorted(found, key=lambda group: group.name.casefold())


def read_group(path: Path, warnings: list[str] | None = None) -> Group:
    """A group file. Raises UnreadableFile."""
    return group_from_json(read_object(path), path.name.removesuffix(ENDING), warnings)


def group_from_json(group: Mapping[str, object], id: str, warnings: list[str] | None = None) -> Group:
    """The group of a file named after `id`, which is its id whatever the file says."""
    values = GROUP.read(group, f"Group {id}", warnings)
    return Group(source=group, **{**values, "id": id})


def group_json(group: Group) -> dict[str, object]:
    """The group's object, foreign keys kept."""
    before: dict[KeyPath, object] = (
        GROUP.values(group_from_json(group.source, group.id)) if group.source else {}
    )
    return lay_over(
        group.source, before, {path: _whole(value) for path, value in GROUP.values(group).items()}
    )


def _whole(value: object) -> object:
    """5 and not 5.0, as other programs write it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def group_path(folders: Folders, id: str) -> Path:
    """The file of the group with this id. Raises DataError."""
    return path_in(folders.groups, id, ENDING)


def new_group_id(folders: Folders, now: datetime) -> str:
    """An id no group has yet: the time in milliseconds."""
    number = int(now.timestamp() * 1000)
    while group_path(folders, str(number)).exists():
        number += 1
    return str(number)


def chat_path(folders: Folders, title: str) -> Path:
    """The file of a group chat. Raises DataError."""
    return inside(folders.group_chats, f"{title}{CHAT_ENDING}")


def chat_paths(folders: Folders, group: Group) -> list[Path]:
    """The chats of a group that have a file. Names that leave the folder are passed over."""
    found: list[Path] = []
    for title in dict.fromkeys((*group.chats, *([group.chat_id] if group.chat_id else []))):
        with contextlib.suppress(DataError):
            path = chat_path(folders, title)
            if path.is_file():
                found.append(path)
    return found


def old_metadata(group: Group, title: str) -> Mapping[str, object]:
    """What groups from before SillyTavern 1.19 keep of a chat that has no header."""
    past = as_object(as_object(group.source.get("past_metadata")).get(title))
    current = as_object(group.source.get("chat_metadata")) if title == group.chat_id else {}
    return past or current


def last_change(folders: Folders, group: Group) -> datetime:
    """When the group or one of its chats was written last; local time."""
    return datetime.fromtimestamp(
        max(
            (_mtime(path) for path in (group_path(folders, group.id), *chat_paths(folders, group))), default=0
        )
    ).astimezone()


def _mtime(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def save_group(folders: Folders, group: Group) -> Path:
    """Write a group's file. Raises DataError, WriteFailed."""
    path = group_path(folders, group.id)
    write_json(path, group_json(group))
    return path
