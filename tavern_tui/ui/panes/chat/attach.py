"""Attaching: files that go out with the next message - dropped, picked, or from the clipboard."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.panes.chat.attach_line import AttachLine
from tavern_tui.ui.panes.chat.composer import Composer
from tavern_tui.ui.panes.chat.session_view import SessionView

if TYPE_CHECKING:
    from tavern_tui.services.session import ChatSession


class Attaching(SessionView):
    """Shows what is attached above the composer."""

    _being_read = 0
    """Files that are not there yet."""
    _warned: tuple[ChatSession, list[str]] | None = None
    """Where it was last said why files would not reach the model."""

    def _show_title(self) -> None:
        super()._show_title()
        self._show_attached()

    def _show_attached(self) -> None:
        line = self.query_one(AttachLine)
        attached = self._session.attached
        if attached or line.display:
            line.show(attached, self._session.media_refusals() if attached else ())
            self.refresh_bindings()

    # --- the ways in

    @on(Composer.Dropped)
    def dropped(self, event: Composer.Dropped) -> None:
        """What was pasted looks like paths: of files to attach, or words after all."""
        event.stop()
        if self._attached:
            self._attach_dropped(event.text, event.paths)
        else:
            self.composer.insert(event.text)

    @work(group="attach")
    async def _attach_dropped(self, text: str, paths: list[Path]) -> None:
        known = {one.source for one in self._session.attached}
        if not known.isdisjoint(paths) or not await asyncio.to_thread(_are_files, paths):
            self.composer.insert(text)  # no files; or pasted again, which means the words
            return
        for path in paths:
            await self._add_file(path)

    @work(exclusive=True, group="open")
    async def action_attach(self) -> None:
        """Pick a file that goes out with the next message."""
        from tavern_tui.services.attachments import ENDINGS
        from tavern_tui.ui.dialogs.pick_file import PickFile

        path = await self.app.push_screen_wait(PickFile("Attach a file", endings=ENDINGS))
        if path is not None:
            await self._add_file(path)

    @on(Composer.PicturePasted)
    def action_attach_clipboard(self) -> None:
        """Attach the picture in the clipboard."""
        if self._attached:
            self._attach_clipboard()

    @work(exclusive=True, group="clipboard")
    async def _attach_clipboard(self) -> None:
        from tavern_tui.services.clipboard import clipboard_picture

        try:
            picture = await clipboard_picture()
        except TavernError as error:
            self._complain(error)
            return
        await self._add_file(picture)

    async def _add_file(self, what: Path | bytes) -> None:
        session = self._session
        self._being_read += 1
        try:
            made = await session.attach(what)
        except TavernError as error:
            self._complain(error)
            return
        finally:
            self._being_read -= 1
        self._show_attached()
        self.post_message(self.Typed())
        self.notify(
            f"{clean_line(made.name)} goes out with your next message. Alt+R takes it off.",
            timeout=4,
            markup=False,
        )

    # --- the ways out

    @on(Composer.NothingToErase)
    def action_take_off(self) -> None:
        """Take off what was attached last."""
        if self._attached and self._session.take_off() is not None:
            self._warned = None
            self._show_attached()
            self.post_message(self.Typed())

    def _may_go(self, text: str) -> bool:
        """Whether a message can be sent with what is attached. If not, the reason is said, and `text` is back
        in the composer; of files the model cannot take, only the first time."""
        reason = self._reason_to_wait()
        if not reason:
            return True
        self.composer.load(text)
        self.notify(clean_line(reason), severity="warning", timeout=8, markup=False)
        return False

    def _reason_to_wait(self) -> str:
        session = self._session
        if self._being_read:
            return "The file is still being read."
        if session.attached and session.busy:
            return "A reply is still arriving. What is attached can be sent after it."
        refusals = session.media_refusals() if session.attached else []
        if not refusals or self._warned == (session, refusals):
            return ""
        self._warned = (session, refusals)
        choice = "Alt+R takes it off; Enter again sends the words and keeps it in the chat only."
        return f"{' '.join(refusals)} {choice}"


def _are_files(paths: list[Path]) -> bool:
    """Whether all these are files that can be attached, by their names' endings."""
    from tavern_tui.services.attachments import ENDINGS

    try:
        return all(path.suffix.lower() in ENDINGS and path.exists() for path in paths)
    except (OSError, ValueError):
        return False
