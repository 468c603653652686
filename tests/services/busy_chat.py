"""A program to be killed: chats with a server without end and says what is safe by then."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

from tavern_tui.core.connection import Connection
from tavern_tui.services.events import MessageAdded, ReplyEnded
from tavern_tui.storage.folders import Folders
from tavern_tui.wiring import build_tavern


async def chat(data: Path, url: str, file: Path, card: Path) -> None:
    folders = Folders(
        data=data, config_file=data / "settings.toml", cache=data / "cache", state=data / "state"
    )
    tavern = build_tavern(folders, {})
    tavern.connections.use_once(Connection(name="slow", provider="generic", url=url, instruct="none"))
    session = await tavern.open_once(character=str(card), chat=file)
    number = len(session.chat.messages)
    print("ready", flush=True)
    while True:
        number += 1
        async with aclosing(session.send(f"message {number}")) as events:
            first = True
            async for event in events:
                if isinstance(event, MessageAdded) and first:
                    print(f"sent message {number}", flush=True)
                    first = False
                elif isinstance(event, ReplyEnded):
                    print(f"reply {len(event.text)}", flush=True)


if __name__ == "__main__":
    asyncio.run(chat(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])))
