"""The end of a chat as words, read beside the event loop."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.content import Content

from tavern_tui.core.errors import TavernError
from tavern_tui.services.chat_preview import last_messages
from tavern_tui.text.clean import clean_line, clean_text

LAST = 12
"""Messages that are shown."""


async def preview_of(path: Path) -> Content:
    """The last messages of a chat file, or why it cannot be read."""
    try:
        count, messages = await asyncio.to_thread(last_messages, path, LAST)
    except TavernError as error:
        return Content.styled(clean_line(str(error)), "$error")
    lines: list[Content] = []
    if count > len(messages):
        lines.append(Content.styled(f"… {count - len(messages):,} messages before\n", "$foreground-disabled"))
    for message in messages:
        colour = "$secondary" if message.is_user else "$primary"
        lines.append(Content.styled(clean_line(message.name), f"bold {colour}"))
        lines.append(Content(clean_text(message.text) + "\n"))
    return Content("\n").join(lines)
