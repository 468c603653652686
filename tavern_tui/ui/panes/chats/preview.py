"""The end of a chat as messages to look at, read beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tavern_tui.core.errors import TavernError
from tavern_tui.services.chat_preview import last_messages
from tavern_tui.ui.panes.chat.message import TranscriptMessage, shown

LAST = 40
"""Messages that are shown."""


async def preview_of(path: Path, names: Mapping[str, str]) -> list[TranscriptMessage]:
    """The last messages of a chat file, or why it cannot be read."""
    try:
        count, messages = await asyncio.to_thread(last_messages, path, LAST, names)
    except TavernError as error:
        return [TranscriptMessage(name="This chat cannot be read", text=str(error), speaker="narrator")]
    before = count - len(messages)
    first = [TranscriptMessage(name=f"… {before:,} messages before", speaker="narrator", hidden=True)]
    return [*(first if before else ()), *(replace(shown(one), text=text) for one, text in messages)]
