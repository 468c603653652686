"""Chats: begun, opened, looked at; what they are called."""

from __future__ import annotations

from tavern_tui.core.errors import UsageError
from tavern_tui.services.slash.registry import Call, Slash
from tavern_tui.services.slash.values import needed_number


async def new(call: Call) -> object:
    await call.tavern.new_chat()
    return ""


async def name(call: Call) -> object:
    return call.session.chat.title


async def open_(call: Call) -> object:
    """Open another chat of whoever is open."""
    wanted = call.unnamed.strip()
    titles = [one.title for one in call.tavern.chats()]
    if not wanted:
        picked = await call.front.choose("Which chat?", titles)
        if picked is None:
            return ""
        wanted = picked
    if wanted not in titles:
        raise UsageError(f'There is no chat "{wanted[:60]}".')
    await call.tavern.switch_chat(wanted)
    return wanted


async def reload(call: Call) -> object:
    await call.tavern.switch_chat(call.session.chat.title)
    return ""


async def jump(call: Call) -> object:
    index = int(needed_number(call.unnamed, "/chat-jump"))
    count = len(call.session.chat.messages)
    index = index if index >= 0 else count + index
    if not 0 <= index < count:
        raise UsageError(f"There is no message {index}; the chat has {count}.")
    call.front.jump(index)
    return ""


async def save(call: Call) -> object:
    call.session.store.rewrite(call.session.chat)
    return ""


async def undo(call: Call) -> object:
    undone = call.session.undo()
    call.front.say(f"Taken back: {undone}." if undone else "There is nothing to take back.")
    return undone


COMMANDS = (
    Slash(name="newchat", run=new, help="Begin a new chat; this one is kept."),
    Slash(name="getchatname", run=name, help="What this chat is called."),
    Slash(
        name="chat-manager",
        aliases=("chat-history", "manage-chats", "openchat"),
        run=open_,
        help="Open another chat of whoever is open.",
        usage="[TITLE]",
    ),
    Slash(name="chat-reload", run=reload, help="Read the chat from its file again."),
    Slash(
        name="chat-jump",
        aliases=("chat-scrollto", "floor-teleport"),
        run=jump,
        help="Go to a message.",
        usage="N",
    ),
    Slash(name="forcesave", run=save, help="Write the whole chat now."),
    Slash(name="undo", run=undo, help="Take back the last change by hand."),
)
