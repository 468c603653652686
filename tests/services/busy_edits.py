"""A program to be killed: sends, swipes, edits, branches and deletes, and says what is safe by then."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from contextlib import aclosing
from pathlib import Path

from tavern_tui.core.connection import Connection
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tavern_tui.wiring import build_tavern


def tell(tavern: Tavern) -> None:
    """What is finished now: the open chat's file and its texts."""
    session = tavern.session
    path = session.store.path
    if path is not None:
        texts = [message.text for message in session.chat.messages]
        print(json.dumps({"file": str(path), "texts": texts}), flush=True)


async def work(data: Path, seed: int) -> None:
    folders = Folders(
        data=data, config_file=data / "settings.toml", cache=data / "cache", state=data / "state"
    )
    tavern = build_tavern(folders, {})
    replies = ["The river is high today.", "Nobody crosses at night.", "Come in, then."]
    tavern.connections.use_once(
        Connection(
            name="s", provider="scripted", instruct="none", extra_body={"replies": replies, "pace": 0.002}
        )
    )
    await tavern.start()
    dice = random.Random(seed)
    print("ready", flush=True)
    while True:
        session, count = tavern.session, len(tavern.session.chat.messages)
        match dice.choice(["send", "send", "send", "swipe", "edit", "delete", "branch", "move"]):
            case "send":
                async with aclosing(session.send(f"message {count}")) as events:
                    async for _ in events:
                        pass
            case "swipe" if count > 2 and not session.chat.messages[-1].is_user:
                async with aclosing(session.swipe_right()) as events:
                    async for _ in events:
                        pass
            case "edit" if count > 2:
                session.edit(dice.randrange(1, count), f"edited {dice.random()}")
            case "delete" if count > 6:
                session.delete_all([dice.randrange(1, count)])
            case "move" if count > 4:
                session.move(count - 1, -1)
            case "branch" if count > 3:
                await tavern.branches.branch(dice.randrange(1, count))
            case _:
                continue
        tell(tavern)


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2])))
