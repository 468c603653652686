"""Pictures and other files: attached, listed, looked at, put into words."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tavern_tui.core.errors import UsageError
from tavern_tui.services.attachments import entries_of
from tavern_tui.services.slash.commands.generating import said
from tavern_tui.services.slash.registry import Call, Slash
from tavern_tui.services.slash.values import needed_number
from tavern_tui.services.viewer import open_outside, viewing

CAPTION = "Say in one or two plain sentences what this picture shows, and nothing else."
"""What `/caption` asks for where no prompt is given."""
ATTACH, LEAVE = "Attach it", "Leave it"


async def attach(call: Call) -> object:
    """Let a file go out with the next message. Asks first: a script may be somebody else's."""
    words = call.unnamed.strip().strip("\"'")
    if not words:
        raise UsageError("This needs the path of a file.", hint="/attach ~/pictures/mill.png")
    path = await asyncio.to_thread(Path(words).expanduser)
    if await call.front.choose(f"Send {path} with the next message?", [LEAVE, ATTACH]) != ATTACH:
        return ""
    return (await call.session.attach(path)).url


async def list_gallery(call: Call) -> object:
    """The addresses of somebody's pictures."""
    owner = call.first_text("char", "group") or call.session.name
    return json.dumps(call.tavern.attachments.gallery(owner), ensure_ascii=False)


async def show_gallery(call: Call) -> object:
    """Pick one of the pictures of this chat's character and see it."""
    found = call.tavern.attachments.gallery(call.session.name)
    if not found:
        raise UsageError(f"There are no pictures of {call.session.name}.")
    url = await call.front.choose("Which picture?", found)
    if url is not None:
        what = await asyncio.to_thread(viewing, call.tavern.attachments, {"url": url})
        if what.path is not None:
            await asyncio.to_thread(open_outside, what.path)
    return ""


async def caption(call: Call) -> object:
    """Have the model say what a picture of a message shows."""
    messages = call.session.chat.messages
    if "mesId" in call.named:
        index = int(needed_number(call.text("mesId"), "mesId="))
    else:
        with_files = [at for at, message in enumerate(messages) if entries_of(message.extra)]
        index = with_files[-1] if with_files else -1
    number = int(needed_number(call.text("index", "0"), "index="))
    entries = entries_of(messages[index].extra) if 0 <= index < len(messages) else []
    if not 0 <= number < len(entries):
        raise UsageError("There is no such picture in the chat.", hint="/caption mesId=3 index=0")
    prompt = call.unnamed.strip() or CAPTION
    return await said(call, call.session.look_at(str(entries[number].get("url") or ""), prompt))


COMMANDS = (
    Slash(name="attach", run=attach, help="Let a file go out with the next message.", usage="PATH"),
    Slash(
        name="list-gallery",
        aliases=("lg",),
        run=list_gallery,
        help="The addresses of somebody's pictures, as a list.",
        usage="[char=NAME|group=NAME]",
    ),
    Slash(name="show-gallery", aliases=("sg",), run=show_gallery, help="Pick a picture and see it."),
    Slash(
        name="caption",
        run=caption,
        help="Have the model say what a picture of a message shows.",
        usage="[mesId=N] [index=N] [PROMPT]",
    ),
)
