"""Messages: put in, taken out, changed."""

from __future__ import annotations

import json
from collections.abc import Callable

from tavern_tui.core.chat import Message, Role
from tavern_tui.core.errors import UsageError
from tavern_tui.services.editing import Said
from tavern_tui.services.slash.registry import Call, Run, Slash
from tavern_tui.services.slash.values import as_number, is_on, needed_number, read_range


def _at(call: Call) -> int | None:
    """Where `at=` puts a message; negative numbers count from the end."""
    text = call.first_text("at")
    if not text:
        return None
    at = int(needed_number(text, "at="))
    return at if at >= 0 else max(0, len(call.session.chat.messages) + at)


def adding(kind: Said, *, named: bool = False) -> Run:
    """A command that puts a message of this kind into the chat."""

    async def run(call: Call) -> object:
        name = call.text("name")
        if named and not name:
            raise UsageError("This needs name=.")
        call.session.add(kind, call.unnamed, at=_at(call), name=name)
        return call.unnamed if call.text("return") == "pipe" else ""

    return run


async def narrator_name(call: Call) -> object:
    """Who narrates in this chat; without a name, the usual one again."""
    call.session.change_metadata({"narrator_name": call.unnamed.strip() or None})
    return ""


async def set_input(call: Call) -> object:
    call.front.set_input(call.unnamed)
    return call.unnamed


def _meant(call: Call, otherwise: str = "") -> list[int]:
    """The messages of a range; without one, the last message."""
    count = len(call.session.chat.messages)
    if not count:
        raise UsageError("The chat is empty.")
    text = call.unnamed.strip() or otherwise
    return read_range(text, count) if text else [count - 1]


async def read(call: Call) -> object:
    names, hidden = is_on(call.text("names")), is_on(call.text("hidden", "on"), otherwise=True)
    role = call.text("role")
    found: list[str] = []
    for index in _meant(call, "0-"):
        message = call.session.chat.messages[index]
        if (message.hidden and not hidden) or (role and message.role != role):
            continue
        text = call.session.shown_text(index)
        found.append(f"{message.name}: {text}" if names else text)
    return "\n\n".join(found)


def _one(call: Call) -> int:
    at = _at(call)
    index = len(call.session.chat.messages) - 1 if at is None else at
    if not 0 <= index < len(call.session.chat.messages):
        raise UsageError("There is no such message.")
    return index


async def author(call: Call) -> object:
    index = _one(call)
    if call.unnamed.strip():
        call.session.rename_author(index, call.unnamed)
    return call.session.chat.messages[index].name


async def role(call: Call) -> object:
    index = _one(call)
    wanted = call.unnamed.strip().lower()
    if wanted:
        if wanted not in ("system", "user", "assistant"):
            raise UsageError(f'"{wanted[:20]}" is no role.', hint="Roles: system, user, assistant.")
        call.session.change_role(index, Role(wanted))
    return str(call.session.chat.messages[index].role)


def hiding(hidden: bool) -> Run:
    async def run(call: Call) -> object:
        meant = _meant(call)
        name = call.text("name")
        if name:
            meant = [index for index in meant if call.session.chat.messages[index].name == name]
        call.session.hide_all(meant, hidden)
        return ""

    return run


async def cut(call: Call) -> object:
    """Take messages out; their text is the result."""
    indexes: set[int] = set()
    for word in call.unnamed.split() or [""]:
        indexes |= set(read_range(word, len(call.session.chat.messages)) if word else _meant(call))
    texts = [call.session.chat.messages[index].text for index in sorted(indexes)]
    call.session.delete_all(indexes)
    return "\n\n".join(texts)


async def delete(call: Call) -> object:
    """Take the last messages out."""
    number = as_number(call.unnamed)
    if number is None:
        raise UsageError("Say how many.", hint="In the chat, Space marks messages and d deletes them.")
    count = len(call.session.chat.messages)
    call.session.delete_all(range(max(0, count - int(number)), count))
    return ""


async def delete_name(call: Call) -> object:
    name = call.unnamed.strip()
    call.session.delete_all(_indexes_where(call, lambda message: message.name == name))
    return ""


def _indexes_where(call: Call, holds: Callable[[Message], bool]) -> list[int]:
    return [index for index, message in enumerate(call.session.chat.messages) if holds(message)]


async def add_swipe(call: Call) -> object:
    session = call.session
    shown = session.chat.messages[-1].shown if session.chat.messages else 0
    session.add_swipe(-1, call.unnamed)
    if not is_on(call.text("switch", "on"), otherwise=True):
        session.show_swipe(-1, shown)
    return str(len(session.chat.messages[-1].swipes))


async def delete_swipe(call: Call) -> object:
    number = as_number(call.unnamed)
    call.session.delete_swipe(-1, None if number is None else int(number) - 1)
    return str(call.session.chat.messages[-1].shown + 1)


async def swipe(call: Call) -> object:
    if call.text("direction", "right") == "left":
        call.session.swipe_left(-1)
    else:
        await call.front.follow(call.session, call.session.swipe_right(-1))
    return ""


async def reasoning(call: Call) -> object:
    return call.session.chat.messages[_meant(call)[0]].reasoning


async def set_reasoning(call: Call) -> object:
    call.session.edit_reasoning(_one(call), call.unnamed)
    return call.unnamed


def folding(folded: bool | None) -> Run:
    async def run(call: Call) -> object:
        call.front.fold(_meant(call), folded)
        return ""

    return run


async def tell(call: Call) -> object:
    """What is known of a message, as a dictionary."""
    message = call.session.chat.messages[_meant(call)[0]]
    return json.dumps(
        {
            "name": message.name,
            "is_user": message.is_user,
            "is_system": message.hidden,
            "mes": message.text,
            "swipe_id": message.shown,
            "swipes": len(message.swipes),
        },
        ensure_ascii=False,
    )


ADD = "[at=N] [name=NAME] TEXT"
COMMANDS = (
    Slash(name="send", run=adding(Said.USER), help="Add your words without asking for a reply.", usage=ADD),
    Slash(
        name="sendas",
        run=adding(Said.CHARACTER, named=True),
        help="Add a character's words.",
        usage="name=NAME [at=N] TEXT",
    ),
    Slash(
        name="sys", aliases=("nar",), run=adding(Said.NARRATOR), help="Add the narrator's words.", usage=ADD
    ),
    Slash(name="sysname", run=narrator_name, help="Who narrates in this chat.", usage="[NAME]"),
    Slash(name="comment", run=adding(Said.COMMENT), help="Add a note the model never sees.", usage=ADD),
    Slash(name="setinput", run=set_input, help="Put a text where you write.", usage="TEXT"),
    Slash(
        name="messages",
        aliases=("message", "mes"),
        run=read,
        help="Read messages.",
        usage="[names=on] [hidden=off] [role=user] 3-7",
    ),
    Slash(name="message-name", run=author, help="Who said a message.", usage="[at=N] [NAME]"),
    Slash(name="message-role", run=role, help="A message's role.", usage="[at=N] [system|user|assistant]"),
    Slash(name="message-info", run=tell, help="What is known of a message.", usage="[N]"),
    Slash(name="hide", run=hiding(True), help="Keep messages from the model.", usage="[name=N] [3-7]"),
    Slash(name="unhide", run=hiding(False), help="Show them to it again.", usage="[name=N] [3-7]"),
    Slash(name="cut", run=cut, help="Take messages out; their text is the result.", usage="3-7"),
    Slash(name="del", aliases=("delete", "delmode"), run=delete, help="Delete the last N.", usage="N"),
    Slash(
        name="delname", aliases=("cancel",), run=delete_name, help="Delete all of one speaker.", usage="NAME"
    ),
    Slash(
        name="addswipe",
        aliases=("swipeadd",),
        run=add_swipe,
        help="Add a version of your own to the last message.",
        usage="[switch=on] TEXT",
    ),
    Slash(
        name="delswipe",
        aliases=("swipedel",),
        run=delete_swipe,
        help="Delete a version of the last message.",
        usage="[N]",
    ),
    Slash(name="swipe", run=swipe, help="The last message's next version.", usage="[direction=left|right]"),
    Slash(
        name="reasoning-get",
        aliases=("get-reasoning",),
        run=reasoning,
        help="What the model thought.",
        usage="[N]",
    ),
    Slash(
        name="reasoning-toggle",
        aliases=("toggle-reasoning",),
        run=folding(None),
        help="Show what the model thought, or hide it.",
        usage="[3-7]",
    ),
    Slash(
        name="reasoning-expand",
        aliases=("expand-reasoning",),
        run=folding(False),
        help="Show what the model thought.",
        usage="[3-7]",
    ),
    Slash(
        name="reasoning-collapse",
        aliases=("collapse-reasoning",),
        run=folding(True),
        help="Hide what the model thought.",
        usage="[3-7]",
    ),
    Slash(
        name="reasoning-set",
        aliases=("set-reasoning",),
        run=set_reasoning,
        help="Change what the model thought.",
        usage="[at=N] TEXT",
    ),
)
