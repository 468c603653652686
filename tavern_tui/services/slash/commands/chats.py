"""Chats: begun, opened, looked at; what they are called."""

from __future__ import annotations

from tavern_tui.core.errors import UsageError
from tavern_tui.services.slash.registry import Call, Run, Slash
from tavern_tui.services.slash.values import as_number, as_text, is_on, needed_number


async def new(call: Call) -> object:
    owner, old = call.tavern.chat_files.owner(), call.session.chat.title
    await call.tavern.new_chat()
    if is_on(call.text("delete")):
        await call.tavern.chat_files.delete(owner, old)
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


def styled(style: str) -> Run:
    """A command that shows messages in this style."""

    async def run(call: Call) -> object:
        call.tavern.change_settings(message_style=style)
        return style

    return run


async def close(call: Call) -> object:
    await call.tavern.close_tab()
    return ""


async def temporary(call: Call) -> object:
    await call.tavern.temporary_chat()
    return ""


async def render(call: Call) -> object:
    """SillyTavern shows older messages with it; here all of them are there already."""
    return ""


async def reroll(call: Call) -> object:
    """Have all {{pick}}s of this chat pick anew."""
    held = as_number(as_text(call.session.chat.metadata.get("pick_reroll_seed") or "0")) or 0
    seed = int(needed_number(call.unnamed, "/reroll-pick")) if call.unnamed.strip() else int(held) + 1
    call.session.change_metadata({"pick_reroll_seed": seed})
    return str(seed)


async def save(call: Call) -> object:
    call.session.store.rewrite(call.session.chat)
    return ""


async def undo(call: Call) -> object:
    undone = call.session.undo()
    call.front.say(f"Taken back: {undone}." if undone else "There is nothing to take back.")
    return undone


async def delete_chat(call: Call) -> object:
    files = call.tavern.chat_files
    await files.delete(files.owner(), call.session.chat.title)
    return ""


async def rename_chat(call: Call) -> object:
    files = call.tavern.chat_files
    wanted = call.unnamed.strip()
    if not wanted:
        raise UsageError("This needs a title.")
    return await files.rename(files.owner(), call.session.chat.title, wanted)


def _index(call: Call, text: str) -> int:
    """The message of a number; without one, the last."""
    index = int(needed_number(text, "The message")) if text.strip() else -1
    count = len(call.session.chat.messages)
    if not -count <= index < count:
        raise UsageError(f"There is no message {index}; the chat has {count}.")
    return index % count


async def branch(call: Call) -> object:
    return await call.tavern.branches.branch(_index(call, call.unnamed))


async def checkpoint(call: Call) -> object:
    return await call.tavern.branches.checkpoint(_index(call, call.text("mesId")), call.unnamed.strip())


async def checkpoint_go(call: Call) -> object:
    session = await call.tavern.branches.go(_index(call, call.unnamed))
    return session.chat.title


async def checkpoint_exit(call: Call) -> object:
    session = await call.tavern.branches.back()
    return session.chat.title


async def checkpoint_parent(call: Call) -> object:
    return call.tavern.branches.parent()


async def checkpoint_get(call: Call) -> object:
    return call.tavern.branches.checkpoint_of(_index(call, call.unnamed))


async def checkpoint_list(call: Call) -> object:
    found = call.tavern.branches.checkpoints()
    if is_on(call.text("links")):
        return [one.title for one in found]
    return [one.index for one in found]


COMMANDS = (
    Slash(name="delchat", in_view=True, run=delete_chat, help="Move this chat to the trash."),
    Slash(
        name="renamechat", in_view=True, run=rename_chat, help="Give this chat another title.", usage="TITLE"
    ),
    Slash(
        name="branch-create",
        in_view=True,
        run=branch,
        help="Branch at a message and go on there.",
        usage="[N]",
    ),
    Slash(
        name="checkpoint-create",
        in_view=True,
        run=checkpoint,
        help="Keep the chat up to a message under a title.",
        usage="[mesId=N] [TITLE]",
    ),
    Slash(
        name="checkpoint-go",
        in_view=True,
        run=checkpoint_go,
        help="Open a message's checkpoint.",
        usage="[N]",
    ),
    Slash(name="checkpoint-exit", in_view=True, run=checkpoint_exit, help="Back to the parent chat."),
    Slash(
        name="checkpoint-parent", in_view=True, run=checkpoint_parent, help="What the parent chat is called."
    ),
    Slash(
        name="checkpoint-get", in_view=True, run=checkpoint_get, help="A message's checkpoint.", usage="[N]"
    ),
    Slash(
        name="checkpoint-list",
        in_view=True,
        run=checkpoint_list,
        help="The messages with checkpoints.",
        usage="[links=true]",
    ),
    Slash(
        name="newchat",
        in_view=True,
        run=new,
        help="Begin a new chat.",
        usage="[delete=false: this one goes to the trash]",
    ),
    Slash(name="getchatname", run=name, help="What this chat is called."),
    Slash(
        name="chat-manager",
        aliases=("chat-history", "manage-chats", "openchat"),
        in_view=True,
        run=open_,
        help="Open another chat of whoever is open.",
        usage="[TITLE]",
    ),
    Slash(name="chat-reload", in_view=True, run=reload, help="Read the chat from its file again."),
    Slash(
        name="chat-jump",
        aliases=("chat-scrollto", "floor-teleport"),
        run=jump,
        help="Go to a message.",
        usage="N",
    ),
    Slash(name="bubble", aliases=("bubbles",), run=styled("bubble"), help="Show messages in bubbles."),
    Slash(name="flat", aliases=("default",), run=styled("flat"), help="Show messages flat."),
    Slash(name="single", aliases=("story",), run=styled("document"), help="Show messages as a document."),
    Slash(name="closechat", in_view=True, run=close, help="Close this chat's tab."),
    Slash(name="tempchat", in_view=True, run=temporary, help="Begin a chat that is kept nowhere."),
    Slash(name="chat-render", run=render, help="All messages are shown already."),
    Slash(name="reroll-pick", run=reroll, help="Have every {{pick}} of this chat pick anew.", usage="[N]"),
    Slash(name="forcesave", run=save, help="Write the whole chat now."),
    Slash(name="undo", run=undo, help="Take back the last change by hand."),
)
