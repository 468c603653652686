"""The API keys of a provider, one list after the other: which one is used, and what is done with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.dialogs.ask_text import AskText
from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

if TYPE_CHECKING:
    from tavern_tui.services.connections import ConnectionService

ADD = "add"


async def manage_keys(here: Widget, connections: ConnectionService, name: str) -> None:
    """Let the user look through the keys of a connection's provider until they are done."""
    while True:
        connection = connections.find(name)
        if connection is None:
            return
        spec = connections.specs.get(connection.provider)
        if spec is not None and spec.key == "none":
            here.notify(f"{spec.title} takes no key.", markup=False)
            return
        try:
            keys = connections.keys.of(connection)
        except TavernError as error:
            _complain(here, error)
            return
        rows = [
            Choice(
                id=f"k/{at}",
                title=key.label or "usual key",
                detail=f"{key.ending}  from the {key.place}" + ("  in use" if key.used else ""),
                marked=key.used,
            )
            for at, key in enumerate(keys)
        ]
        add = Choice(id=ADD, title="Add a key", detail="it is used from then on")
        picked = await here.app.push_screen_wait(PickOne(f"Keys for {name}", [*rows, add]))
        if picked is None:
            return
        try:
            if picked == ADD:
                await _add(here, connections, name)
            else:
                await _change(here, connections, name, keys[int(picked.removeprefix("k/"))].name)
        except TavernError as error:
            _complain(here, error)


async def _add(here: Widget, connections: ConnectionService, name: str) -> None:
    # First what must not be seen: whoever pastes a key at once shows it to nobody.
    key = await here.app.push_screen_wait(AskText("Add a key", label="The key itself", secret=True))
    if not key:
        return
    asked = AskText("Add a key", label="A label to tell it by; empty: the usual key")
    label = await here.app.push_screen_wait(asked)
    connection = connections.find(name)
    if label is not None and connection is not None:
        connections.keys.add(connection, label, key)
        here.notify("The key is kept and used from now on.", timeout=3, markup=False)


async def _change(here: Widget, connections: ConnectionService, name: str, key: str) -> None:
    acts = [
        Choice(id="use", title="Use it"),
        Choice(id="rename", title="Give it another label"),
        Choice(id="remove", title="Remove it", detail="for good"),
    ]
    act = await here.app.push_screen_wait(PickOne("This key", acts))
    connection = connections.find(name)
    if connection is None:
        return
    if act == "use":
        connections.keys.use(connection, key)
    elif act == "remove":
        connections.keys.remove(key)
    elif act == "rename":
        label = await here.app.push_screen_wait(AskText("Another label", label="Label"))
        if label is not None:
            connections.keys.rename(key, label)


def _complain(here: Widget, error: TavernError) -> None:
    here.notify(
        clean_line(error.hint), title=clean_line(str(error)), severity="error", timeout=8, markup=False
    )
