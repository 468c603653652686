"""Short ways to a tavern with a character and a server that says what it is told."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from tavern_tui.core.connection import Connection
from tavern_tui.services.events import SessionEvent
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tavern_tui.wiring import build_tavern

CARD = {
    "name": "Ann",
    "description": "{{char}} is a smith.",
    "personality": "calm",
    "scenario": "A forge.",
    "first_mes": "Welcome, {{user}}.",
    "mes_example": "",
}


def scripted(*replies: str, name: str = "script", pace: float = 0.0) -> Connection:
    """A connection that answers with these replies in turn."""
    return Connection(
        name=name, provider="scripted", extra_body={"replies": list(replies), "pace": pace}, instruct="none"
    )


def put_card(folders: Folders, card: dict[str, object] | None = None) -> Path:
    """A card file outside the library."""
    path = folders.data.parent / "ann.json"
    path.write_text(json.dumps(card or CARD), encoding="utf-8")
    return path


@asynccontextmanager
async def tavern(
    folders: Folders, *connections: Connection, card: dict[str, object] | None = None
) -> AsyncIterator[Tavern]:
    """A tavern with these connections, the first one selected, and Ann's chat open."""
    made = build_tavern(folders, {})
    for connection in connections:
        made.connections.save(connection)
    if connections:
        made.connections.select(connections[0].name)
    said = await made.library.import_file(put_card(folders, card))
    assert said.character is not None
    await made.open_character(said.character.file)
    try:
        yield made
    finally:
        await made.close()


async def run(events: AsyncGenerator[SessionEvent, None]) -> list[SessionEvent]:
    """All events of an action."""
    async with aclosing(events) as running:
        return [event async for event in running]


def texts(made: Tavern) -> Sequence[str]:
    """The texts of the open chat."""
    return [message.text for message in made.session.chat.messages]
