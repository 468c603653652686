"""Models asked for something beside the chat: characters, summaries, other connections, tools."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

from tavern_tui.core.chat_options import Tool
from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.services.slash.commands.generating import said
from tavern_tui.services.slash.registry import Call, Slash
from tavern_tui.services.slash.values import as_json, as_text, needed_number
from tavern_tui.services.tools import Arguments, ToolCall, ToolContext, ToolEntry, ToolFailed

SUMMARY = (
    "Leave the scene for a moment. Sum up what has happened so far: who is there, where, what they did and "
    "said that matters, and what is still open. Write plain sentences and nothing else."
)
"""What `/summarize` asks for where no prompt is given."""


async def ask(call: Call) -> object:
    """Have a character answer, whether or not the chat is with them."""
    who = call.text("name")
    if not who:
        raise UsageError("This needs name=.")
    found = call.tavern.library.find(who)
    character = call.tavern.library.character(found.file)
    return await said(call, call.session.ask(character, call.unnamed))


async def summarize(call: Call) -> object:
    """A text, or the chat so far, in short."""
    prompt = call.text("prompt") or SUMMARY
    if call.unnamed.strip():
        return await said(call, call.session.bare(call.unnamed, system=prompt))
    return await said(call, call.session.quietly(prompt))


async def with_profile(call: Call) -> object:
    """Answer a bare prompt with another connection."""
    connections = call.tavern.connections
    name = call.text("profile")
    connection = connections.find(name) if name else connections.current
    if connection is None:
        raise UsageError(f'There is no connection named "{name[:40]}".')
    status = None
    with suppress(TavernError):
        status = await connections.provider(connection).status()
    length = int(needed_number(call.text("length", "2048"), "length="))
    with call.session.answered_by(connection, status):
        stream = call.session.bare(call.unnamed, system=call.text("system"), max_tokens=length)
        return await said(call, stream)


# --- what begins and ends replies


async def stop_strings(call: Call) -> object:
    """Texts that end a reply, besides those of the prompt."""
    connection = call.tavern.connections.current
    if call.unnamed.strip():
        found = as_json(call.unnamed)
        if not isinstance(found, list):
            raise UsageError("This needs a list.", hint='/stop-strings ["\\n\\n", "The end"]')
        stops = tuple(as_text(one) for one in found if as_text(one))
        call.tavern.connections.keep(connection, replace(connection, stop=stops))
        connection = call.tavern.connections.current
    return json.dumps(list(connection.stop), ensure_ascii=False)


async def start_reply_with(call: Call) -> object:
    """The words every reply begins with."""
    if call.unnamed or "force" in call.named:
        call.tavern.begin_replies_with(call.unnamed)
    return call.tavern.replies_begin_with


# --- tools


async def list_tools(call: Call) -> object:
    tools = [
        {"name": one.name, "description": one.offer.description, "parameters": one.offer.parameters}
        for one in call.tavern.tools.box()
    ]
    if call.text("return", "none") not in ("none", "pipe", "object"):
        lines = [f"{one['name']}: {one['description']}" for one in tools]
        await call.front.show("\n".join(lines) or "There are no tools.")
    return tools


async def invoke_tool(call: Call) -> object:
    name = call.unnamed.strip()
    if call.tavern.tools.box().get(name) is None:
        raise UsageError(f'There is no tool "{name[:40]}".', hint="/tools-list lists them.")
    asked = ToolCall(id="script", name=name, arguments=call.text("parameters", "{}"))
    answer = await call.tavern.tools.answer(asked, call.session.tool_context())
    if answer.failed:
        raise UsageError(answer.result)
    return answer.result


async def register_tool(call: Call) -> object:
    """Let models call a closure; the arguments are its scoped variables."""
    name, closures = call.text("name"), call.closures()
    parameters = as_json(call.text("parameters", "{}"))
    if not name or not closures or not isinstance(parameters, dict):
        raise UsageError("This needs name=, description=, parameters={…} and a closure.")
    closure = closures[0]

    async def run(arguments: Arguments, context: ToolContext) -> str:
        try:
            return await call.run(closure, {key: as_text(value) for key, value in arguments.items()})
        except TavernError as error:
            raise ToolFailed(f"{error} {error.hint}".strip()) from error

    offer = Tool(name=name, description=call.text("description"), parameters=parameters)
    entry = ToolEntry(
        offer=offer, title=call.text("displayName") or name, run=run, needs_consent=False, source="script"
    )
    call.tavern.tools.put(entry)
    return ""


async def unregister_tool(call: Call) -> object:
    name = call.unnamed.strip()
    if not call.tavern.tools.take(name):
        raise UsageError(f'No script made a tool "{name[:40]}".')
    return ""


COMMANDS = (
    Slash(
        name="ask",
        run=ask,
        help="Ask a character something; nothing is written into the chat.",
        usage="name=NAME PROMPT",
    ),
    Slash(name="summarize", run=summarize, help="Sum up a text, or this chat.", usage="[prompt=P] [TEXT]"),
    Slash(
        name="profile-genstream",
        run=with_profile,
        help="Answer a bare prompt with another connection.",
        usage="profile=NAME [system=S] [length=2048] PROMPT",
    ),
    Slash(
        name="stop-strings",
        aliases=("stopping-strings", "custom-stopping-strings", "custom-stop-strings"),
        run=stop_strings,
        help="Texts that end a reply.",
        usage="[LIST]",
    ),
    Slash(
        name="start-reply-with",
        run=start_reply_with,
        help="The words every reply begins with.",
        usage="[force=true] [TEXT]",
    ),
    Slash(name="tools-list", aliases=("tool-list",), run=list_tools, help="The tools models may call."),
    Slash(
        name="tools-invoke",
        aliases=("tool-invoke",),
        run=invoke_tool,
        help="Call a tool yourself.",
        usage="parameters={…} NAME",
    ),
    Slash(
        name="tools-register",
        aliases=("tool-register",),
        run=register_tool,
        help="Let models call a closure.",
        usage="name=N description=D parameters={…} {: … :}",
    ),
    Slash(
        name="tools-unregister",
        aliases=("tool-unregister",),
        run=unregister_tool,
        help="Take such a tool away.",
        usage="NAME",
    ),
)
