"""Whom of a group a command means."""

from __future__ import annotations

from tavern_tui.core.character import Group
from tavern_tui.core.errors import UsageError
from tavern_tui.services.slash.registry import Call
from tavern_tui.services.slash.values import as_number
from tavern_tui.storage.groups import card_file


def group_of(call: Call) -> Group:
    """The group the chat is with. Raises UsageError."""
    group = call.session.group
    if group is None:
        raise UsageError("This chat is not with a group.")
    return group


def files_of(group: Group) -> list[str]:
    """The members' cards, in order."""
    return [card_file(avatar) for avatar in group.members]


def member_of(call: Call) -> str:
    """The card of the member that is named by place (from 0), name or card, also one whose card is
    missing. Raises UsageError."""
    group, wanted = group_of(call), call.unnamed.strip()
    files, number = files_of(group), as_number(wanted)
    if number is not None and 0 <= int(number) < len(files):
        return files[int(number)]
    for member in call.session.cast.members if call.session.cast is not None else ():
        if wanted.casefold() == member.name.casefold():
            return member.file
    for file in files:
        if card_file(wanted).casefold() == file.casefold():
            return file
    raise UsageError(
        f'"{wanted[:40]}" is not in the group {group.name}.',
        hint=f"In it: {', '.join(files)}." if files else "/member-add takes somebody in.",
    )
