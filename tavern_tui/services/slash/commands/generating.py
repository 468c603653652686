"""Replies: asked for, continued, stopped; and texts written aside."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tavern_tui.core.errors import UsageError
from tavern_tui.services.events import ReplyEnded, SessionEvent
from tavern_tui.services.slash.members import member_of
from tavern_tui.services.slash.registry import Call, Slash
from tavern_tui.services.slash.values import as_json, as_text, is_on, needed_number
from tavern_tui.text.trim import trim_sentences


async def trigger(call: Call) -> object:
    asked = bool(call.unnamed.strip()) and call.session.group is not None
    stream = call.session.speak(member_of(call)) if asked else call.session.send("")
    await call.front.follow(call.session, stream)
    return ""


async def continue_(call: Call) -> object:
    await call.front.follow(call.session, call.session.continue_())
    return ""


async def impersonate(call: Call) -> object:
    text = await said(call, call.session.impersonate(call.unnamed))
    call.front.set_input(text)
    return text


async def regenerate(call: Call) -> object:
    await call.front.follow(call.session, call.session.regenerate())
    return ""


async def stop(call: Call) -> object:
    call.session.stop()
    return ""


async def said(call: Call, stream: AsyncGenerator[SessionEvent, None]) -> str:
    """The text of a reply that is not written into the chat."""
    text = ""

    async def listened() -> AsyncGenerator[SessionEvent, None]:
        nonlocal text
        async with aclosing(stream) as events:
            async for event in events:
                if isinstance(event, ReplyEnded):
                    text = event.text
                yield event

    await call.front.follow(call.session, listened())
    return text


async def generate(call: Call) -> object:
    """Answer a prompt with the chat before it."""
    if not call.unnamed.strip():
        raise UsageError("This needs a prompt.")
    text = await said(call, call.session.quietly(call.unnamed))
    return trim_sentences(text) if is_on(call.text("trim")) else text


async def narrate(call: Call) -> object:
    """Have the narrator's next message written."""
    from tavern_tui.services.editing import Said

    text = await said(call, call.session.quietly(call.unnamed))
    text = trim_sentences(text) if is_on(call.text("trim")) else text
    if text.strip():
        at = call.first_text("at")
        where = int(needed_number(at, "at=")) if at else None
        call.session.add(Said.NARRATOR, text, at=where, name=call.text("name"))
    return text


async def generate_raw(call: Call) -> object:
    """Answer a bare prompt: no chat, no card."""
    if not call.unnamed.strip():
        raise UsageError("This needs a prompt.")
    stops = as_json(call.text("stop", "[]"))
    length = call.first_text("length")
    stream = call.session.bare(
        call.unnamed,
        system=call.text("system"),
        prefill=call.text("prefill"),
        stop=tuple(as_text(one) for one in stops) if isinstance(stops, list) else (),
        max_tokens=int(needed_number(length, "length=")) if length else 0,
        instruct=is_on(call.text("instruct", "on"), otherwise=True),
    )
    text = await said(call, stream)
    return trim_sentences(text) if is_on(call.text("trim", "on"), otherwise=True) else text


PLACES = ("before", "after", "chat", "none")


async def inject(call: Call) -> object:
    """Put a text into every prompt of this chat."""
    id = call.text("id") or f"inject-{len(call.session.chat.metadata.get('script_injects') or {}) + 1}"  # type: ignore[arg-type]  # a mapping where it is set
    position = call.text("position", "after")
    if position not in PLACES:
        raise UsageError(f'"{position[:20]}" is no place.', hint=f"Places: {', '.join(PLACES)}.")
    if "filter" in call.named:
        raise UsageError("/inject knows no filter here.", hint="Use /if around it, and take it out again.")
    held = call.session.chat.metadata.get("script_injects")
    injects = dict(held) if isinstance(held, dict) else {}
    if call.unnamed:
        if is_on(call.text("ephemeral")):
            call.session.passing.add(id)
        roles = {"system": 0, "user": 1, "assistant": 2}
        injects[id] = {
            "value": call.unnamed,
            "position": {"none": -1, "after": 0, "chat": 1, "before": 2}[position],
            "depth": int(needed_number(call.text("depth", "4"), "depth=")),
            "scan": is_on(call.text("scan")),
            "role": roles.get(call.text("role", "system"), 0),
        }
    else:
        injects.pop(id, None)
    call.session.change_metadata({"script_injects": injects or None})
    return ""


async def list_injects(call: Call) -> object:
    held = call.session.chat.metadata.get("script_injects")
    injects = held if isinstance(held, dict) else {}
    if call.text("return") not in ("object", "none"):
        lines = [f"{id}: {as_text(record)}" for id, record in injects.items()]
        await call.front.show("\n".join(lines) or "Nothing is injected into this chat.")
    return injects


async def flush_inject(call: Call) -> object:
    held = call.session.chat.metadata.get("script_injects")
    injects = dict(held) if isinstance(held, dict) else {}
    id = call.unnamed.strip()
    if id:
        injects.pop(id, None)
    call.session.change_metadata({"script_injects": injects if id and injects else None})
    return ""


COMMANDS = (
    Slash(name="trigger", run=trigger, help="Ask for a reply; in a group, of a member.", usage="[NAME|N]"),
    Slash(name="continue", aliases=("cont",), run=continue_, help="Let the last message go on."),
    Slash(
        name="impersonate",
        aliases=("imp",),
        run=impersonate,
        help="Have your next message drafted.",
        usage="[PROMPT]",
    ),
    Slash(name="regenerate", aliases=("regen",), run=regenerate, help="Write the last reply anew."),
    Slash(name="stop", aliases=("generate-stop",), run=stop, help="Stop the reply."),
    Slash(name="gen", run=generate, help="Answer a prompt that knows the chat.", usage="[trim=on] PROMPT"),
    Slash(
        name="genraw",
        run=generate_raw,
        help="Answer a bare prompt.",
        usage="[system=S] [prefill=P] [stop=[…]] [length=N] [instruct=on] PROMPT",
    ),
    Slash(
        name="sysgen",
        run=narrate,
        help="Have the narrator's next message written.",
        usage="[trim=on] [at=N] [name=N] PROMPT",
    ),
    Slash(
        name="inject",
        run=inject,
        help="Put a text into every prompt of this chat; without a text, take it out.",
        usage="[id=ID] [position=before|after|chat|none] [depth=4] [role=system] [ephemeral=false] TEXT",
    ),
    Slash(name="listinjects", run=list_injects, help="What is injected into this chat."),
    Slash(
        name="flushinject",
        aliases=("flushinjects",),
        run=flush_inject,
        help="Take one injected text out, or all.",
        usage="[ID]",
    ),
)
