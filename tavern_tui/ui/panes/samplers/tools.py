"""The tools models may call: what one says about each, and the MCP servers they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from tavern_tui.core.errors import TavernError
from tavern_tui.services.tool_settings import ToolState
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.dialogs.ask_text import AskText
from tavern_tui.ui.dialogs.confirm import Confirm
from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

if TYPE_CHECKING:
    from tavern_tui.services.tavern import Tavern

ALLOW, ADD = "allow", "add"


async def manage_tools(here: Widget, tavern: Tavern) -> None:
    """A list until the user is done: Enter on a tool goes through ask, always and never."""
    while True:
        settings = tavern.tool_settings
        if settings.allowed:
            await tavern.tools.get_ready()
        tools, servers = settings.all(), settings.servers()
        allow = "Models may call tools" if settings.allowed else "Models may call no tools"
        choices = [
            Choice(id=ALLOW, title=allow, detail="where the preset or F10 offers them; Enter changes it"),
            *(Choice(id=f"t/{at}", title=one.title, detail=_about(one)) for at, one in enumerate(tools)),
            *(
                Choice(id=f"s/{at}", title=f"MCP server {name}", detail=how)
                for at, (name, how) in enumerate(servers)
            ),
            Choice(id=ADD, title="Add an MCP server", detail="needs the extra `mcp`"),
        ]
        picked = await here.app.push_screen_wait(PickOne("Tools", choices))
        if picked is None:
            return
        try:
            if picked == ALLOW:
                settings.allow(not settings.allowed)
            elif picked == ADD:
                await _add(here, tavern)
            elif picked.startswith("t/"):
                settings.turn(tools[int(picked.removeprefix("t/"))].name)
            else:
                await _remove(here, tavern, servers[int(picked.removeprefix("s/"))][0])
        except TavernError as error:
            here.notify(clean_line(error.hint), title=clean_line(str(error)), severity="error", markup=False)


def _about(tool: ToolState) -> str:
    said = (
        str(tool.consent) if tool.consent is not None else "you are asked" if tool.asks else "without asking"
    )
    return f"{said} · {tool.source or 'built in'} · {tool.description}"[:120]


async def _add(here: Widget, tavern: Tavern) -> None:
    name = await here.app.push_screen_wait(AskText("Add an MCP server", label="What you call it"))
    if not name:
        return
    label = "Its address (http://…), or the command that starts it"
    how = await here.app.push_screen_wait(AskText("Add an MCP server", label=label))
    if how:
        tavern.tool_settings.add_server(name, how)


async def _remove(here: Widget, tavern: Tavern, name: str) -> None:
    question = f"Take no tools from {clean_line(name)} any more?"
    if await here.app.push_screen_wait(Confirm("MCP server", question, yes="Remove", no="Keep")):
        tavern.tool_settings.remove_server(name)
