"""Avatar: the picture of who speaks, in the corner above the chat, where the terminal can draw it."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import work
from textual.containers import Horizontal
from textual.widget import Widget

if TYPE_CHECKING:
    from tavern_tui.services.avatars import Avatars
    from tavern_tui.services.session import ChatSession

KITTY = ("KITTY_WINDOW_ID", "GHOSTTY_RESOURCES_DIR")
"""Variables of terminals that draw pictures the way Kitty does."""
SIXEL = ("foot", "mlterm", "contour")
"""Beginnings of TERM where Sixel works. Elsewhere half blocks do."""


class Avatar(Horizontal):
    """Empty and without height until it is switched on and there is a picture."""

    DEFAULT_CSS = "Avatar { height: 8; padding: 0 2; display: none; } Avatar > * { width: 16; height: 8; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: Path | None = None

    def show(self, avatars: Avatars, session: ChatSession, index: int | None, *, wanted: bool) -> None:
        """Draw whoever said message `index` (the last one), if pictures are wanted."""
        messages = session.chat.messages
        at = len(messages) - 1 if index is None else index
        message = messages[at] if 0 <= at < len(messages) else None
        path = avatars.of(session, message) if wanted else None
        if path != self._shown:
            self._shown = path
            self._draw(path)

    @work(exclusive=True, group="avatar")
    async def _draw(self, path: Path | None) -> None:
        from tavern_tui.services.avatars import thumbnail

        data = await asyncio.to_thread(thumbnail, path) if path is not None else None
        widget = picture(data, os.environ) if data is not None else None
        await self.remove_children()
        self.display = widget is not None
        if widget is not None:
            await self.mount(widget)


def picture(data: bytes, environ: Mapping[str, str]) -> Widget | None:
    """A widget that draws a picture in the terminal's best way; None: the extra `images` is not there."""
    try:
        from PIL import Image
        from textual_image.widget import HalfcellImage, SixelImage, TGPImage
    except ImportError:
        return None
    kind: Any = HalfcellImage
    if any(environ.get(name) for name in KITTY) and not environ.get("TMUX"):
        kind = TGPImage
    elif environ.get("TERM", "").startswith(SIXEL) and not environ.get("TMUX"):
        kind = SixelImage
    made: Widget = kind(Image.open(io.BytesIO(data)))
    return made
