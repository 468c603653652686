"""Group files: who takes part in a group chat."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tavern_tui.core.character import Group, GroupMode, GroupStrategy
from tavern_tui.core.errors import DataError
from tavern_tui.storage.atomic import write_json
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.json_keep import (
    KeyPath,
    KeyTable,
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
    key("chat_id", "chat_id"),
    key("chats", "chats", texts),
)


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
    """The group of a file named after `id`."""
    values = GROUP.read(group, f"Group {id}", warnings)
    values["id"] = values["id"] or id
    return Group(source=group, **values)


def group_json(group: Group) -> dict[str, object]:
    """The group's object, foreign keys kept."""
    before: dict[KeyPath, object] = (
        GROUP.values(group_from_json(group.source, group.id)) if group.source else {}
    )
    return lay_over(group.source, before, GROUP.values(group))


def save_group(folders: Folders, group: Group) -> Path:
    """Write a group's file. Raises DataError, WriteFailed."""
    path = path_in(folders.groups, group.id, ENDING)
    write_json(path, group_json(group))
    return path
