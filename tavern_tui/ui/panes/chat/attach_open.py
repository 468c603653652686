"""Opens a file of a message with the system's viewer, after showing where it lies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tavern_tui.text.clean import clean_line
from tavern_tui.ui.dialogs.confirm import Confirm
from tavern_tui.ui.dialogs.pick_one import Choice, PickOne
from tavern_tui.ui.panes.chat.file_lines import WORDS, file_entries, file_name

if TYPE_CHECKING:
    from textual.app import App

    from tavern_tui.services.attachments import Attachments


async def look_at_file(app: App[object], attachments: Attachments, extra: Mapping[str, object]) -> None:
    """Let the user choose one of a message's files, confirm its path, and see it.

    Raises UsageError where it cannot be opened."""
    from tavern_tui.services.viewer import open_outside, viewing

    entry = await _chosen(app, extra)
    if entry is None:
        return
    what = await asyncio.to_thread(viewing, attachments, entry)
    if not await app.push_screen_wait(
        Confirm("Open outside?", clean_line(what.place), yes="Open", no="Leave")
    ):
        return
    if what.path is None:
        app.open_url(what.place)
    else:
        await asyncio.to_thread(open_outside, what.path)


async def _chosen(app: App[object], extra: Mapping[str, object]) -> Mapping[str, object] | None:
    entries = list(file_entries(extra))
    if not entries:
        app.notify("The message holds no pictures or other files.", markup=False)
        return None
    if len(entries) == 1:
        return entries[0][1]
    rows = [
        Choice(id=str(at), title=file_name(entry), detail=WORDS[kind])
        for at, (kind, entry) in enumerate(entries)
    ]
    picked = await app.push_screen_wait(PickOne("Which file?", rows))
    return entries[int(picked)][1] if picked is not None else None
