"""ScriptFront: what scripts may do on the screen."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

from textual.notifications import SeverityLevel

from tavern_tui.services.events import RoundDue, SessionEvent
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

if TYPE_CHECKING:
    from textual.app import App

    from tavern_tui.services.session import ChatSession
    from tavern_tui.ui.panes.chat.composer import Composer

SEVERITY: dict[str, SeverityLevel] = {"warning": "warning", "error": "error"}


class ScriptFront:
    """Implements `slash.registry.Front` with dialogs and the chat pane."""

    def __init__(
        self,
        app: App[object],
        composer: Composer,
        *,
        watch: Callable[[ChatSession, AsyncGenerator[SessionEvent, None]], AsyncGenerator[None, None]],
        jump: Callable[[int], None],
        fold: Callable[[list[int], bool | None], None],
    ) -> None:
        """`watch` shows the events of an action one by one."""
        self._app = app
        self._composer = composer
        self._watch = watch
        self._jump = jump
        self._fold = fold
        self.quiet = True
        """Nothing was shown yet."""

    def say(self, words: str, *, kind: str = "information") -> None:
        self.quiet = False
        self._app.notify(
            clean_text(words), severity=SEVERITY.get(kind, "information"), timeout=8, markup=False
        )

    async def show(self, words: str) -> None:
        from tavern_tui.ui.dialogs.reader import Reader

        self.quiet = False
        await self._app.push_screen_wait(Reader("Script", words))

    async def ask(self, question: str, value: str = "") -> str | None:
        from tavern_tui.ui.dialogs.ask_text import AskText

        return await self._app.push_screen_wait(AskText(clean_line(question), value=value))

    async def choose(self, question: str, choices: list[str]) -> str | None:
        rows = [Choice(id=f"c/{at}", title=one) for at, one in enumerate(choices)]
        picked = await self._app.push_screen_wait(PickOne(clean_line(question), rows))
        return choices[int(picked.removeprefix("c/"))] if picked is not None else None

    async def follow(self, session: ChatSession, stream: AsyncGenerator[SessionEvent, None]) -> None:
        async with aclosing(self._watch(session, one_round(stream))) as steps:
            async for _ in steps:
                pass

    def set_input(self, text: str) -> None:
        self.quiet = False
        self._composer.load(clean_text(text))

    def fold(self, indexes: list[int], folded: bool | None) -> None:
        self._fold(indexes, folded)

    def jump(self, index: int) -> None:
        self.quiet = False
        self._jump(index)


async def one_round(stream: AsyncGenerator[SessionEvent, None]) -> AsyncGenerator[SessionEvent, None]:
    """What a command asked for, without what a group in auto mode would add: the script goes on, and
    the group after it."""
    async with aclosing(stream) as events:
        async for event in events:
            if isinstance(event, RoundDue):
                return
            yield event
