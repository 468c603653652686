"""Groups: who is in them, in which order, and who may speak."""

from __future__ import annotations

from collections.abc import Callable

from tavern_tui.core.errors import UsageError
from tavern_tui.services.slash.members import files_of, group_of, member_of
from tavern_tui.services.slash.registry import Call, Run, Slash


def on_member(change: Callable[[Call, str, str], object]) -> Run:
    async def run(call: Call) -> object:
        group, file = group_of(call), member_of(call)
        change(call, group.id, file)
        return file

    return run


def moved(step: int) -> Run:
    def change(call: Call, group: str, file: str) -> None:
        place = files_of(group_of(call)).index(file) + step
        call.tavern.groups.move_member(group, file, max(0, place))

    return on_member(change)


async def add(call: Call) -> object:
    character = call.tavern.library.find(call.unnamed.strip())
    call.tavern.groups.add_member(group_of(call).id, character.file)
    return character.name


async def peek(call: Call) -> object:
    character = call.tavern.library.character(member_of(call))
    texts = (character.description, character.personality, character.scenario)
    await call.front.show("\n\n".join([character.name, *filter(None, texts)]))
    return ""


async def count(call: Call) -> object:
    return str(len(group_of(call).members))


async def get(call: Call) -> object:
    """Name, place, picture or file of a member."""
    file = member_of(call)
    cast = call.session.cast
    name = next((one.name for one in cast.members if one.file == file), file) if cast is not None else file
    index = files_of(group_of(call)).index(file)
    fields = {"name": name, "index": str(index), "avatar": f"{file}.png", "id": file}
    wanted = call.text("field", "name")
    if wanted not in fields:
        raise UsageError(f'A member has no field "{wanted[:40]}".', hint=f"Fields: {', '.join(fields)}.")
    return fields[wanted]


COMMANDS = (
    Slash(
        name="member-add",
        aliases=("addmember", "memberadd"),
        run=add,
        help="Add a member.",
        usage="NAME",
    ),
    Slash(
        name="member-remove",
        aliases=("removemember", "memberremove"),
        run=on_member(lambda call, id, file: call.tavern.groups.remove_member(id, file)),
        help="Take a member out.",
        usage="NAME|N",
    ),
    Slash(
        name="member-disable",
        aliases=("disable", "disablemember", "memberdisable"),
        run=on_member(lambda call, id, file: call.tavern.groups.mute(id, file, True)),
        help="Mute a member.",
        usage="NAME|N",
    ),
    Slash(
        name="member-enable",
        aliases=("enable", "enablemember", "memberenable"),
        run=on_member(lambda call, id, file: call.tavern.groups.mute(id, file, False)),
        help="Let a member speak again.",
        usage="NAME|N",
    ),
    Slash(
        name="member-up",
        aliases=("upmember", "memberup"),
        run=moved(-1),
        help="Move a member up.",
        usage="NAME|N",
    ),
    Slash(
        name="member-down",
        aliases=("downmember", "memberdown"),
        run=moved(1),
        help="Move a member down.",
        usage="NAME|N",
    ),
    Slash(
        name="member-peek",
        aliases=("peek", "memberpeek", "peekmember"),
        run=peek,
        help="Show a member's card.",
        usage="NAME|N",
    ),
    Slash(
        name="member-count",
        aliases=("countmember", "membercount"),
        run=count,
        help="How many members.",
    ),
    Slash(
        name="member-get",
        aliases=("getmember", "memberget"),
        run=get,
        help="A member's name, number or card.",
        usage="[field=name|index|avatar|id] NAME|N",
    ),
)
