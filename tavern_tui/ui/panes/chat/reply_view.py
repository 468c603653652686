"""ReplyView: follows what a session does and shows it while it happens."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from textual import work
from textual.timer import Timer
from textual.worker import Worker

from tavern_tui.core.errors import TavernError
from tavern_tui.core.finish import FinishReason
from tavern_tui.services.events import (
    ChatReplaced,
    MessageAdded,
    MessageChanged,
    MessageRemoved,
    ReplyEnded,
    ReplyGrew,
    ReplyStarted,
    RoundDue,
    RoundStarted,
    SessionEvent,
)
from tavern_tui.text.clean import clean_text
from tavern_tui.ui.panes.chat.meter import ReplyMeter, summary
from tavern_tui.ui.panes.chat.session_view import SessionView

Events = AsyncGenerator[SessionEvent, None]

WITHIN = 0.15
"""Seconds between two looks of a reply that grows in the middle of the chat."""
TICK = 0.5
"""Seconds between updates of the speed; the timer exists only while a reply is on its way."""


class ReplyView(SessionView):
    """One action of the session at a time."""

    def __init__(self, *, enter_sends: bool = True, id: str | None = None) -> None:
        super().__init__(enter_sends=enter_sends, id=id)
        self._meter: ReplyMeter | None = None
        self._shown_characters = 0
        self._before_draft = ""
        self._within: Timer | None = None
        self._reply: Worker[None] | None = None

    async def settle(self) -> None:
        """Stop what runs and wait until it is saved."""
        self._session.stop()
        if self._reply is not None and not self._reply.is_finished:
            await self._reply.wait()

    def _ask(self, stream: Events, *, lost: str = "", draft: bool = False) -> None:
        """Follow one action of the session. `lost`: what goes back into the composer if it fails."""
        if self._session.busy:
            self.notify("A reply is still arriving. Esc stops it.", severity="warning", markup=False)
            return
        self._reply = self._follow(stream, lost, draft)

    @work(exclusive=True, group="reply")
    async def _follow(self, stream: Events, lost: str, draft: bool) -> None:
        """Show what happens. Cancelling this worker stops the request."""
        session = self._session
        count = len(session.chat.messages)
        try:
            async with aclosing(self._watch(stream, draft)) as steps:
                async for _ in steps:
                    pass
        except TavernError as error:
            self._complain(error)
            if lost and len(session.chat.messages) == count and not self.written:
                self.composer.load(lost)

    async def _watch(self, stream: Events, draft: bool = False) -> AsyncGenerator[None, None]:
        """Show the events of an action as they come; one step for each. Raises what the action raises."""
        session = self._session
        meter = self._meter = ReplyMeter(started=time.monotonic())
        tick = self.set_interval(TICK, self._show_meter)
        self._show_meter()
        try:
            async with aclosing(stream) as session_events:
                async for event in session_events:
                    if isinstance(event, ReplyStarted):
                        meter = self._running_meter()
                    doing = meter.doing
                    meter.watch(event, time.monotonic())
                    if session is self._session:
                        self._drafted(event) if draft else self.apply(event)
                    if meter.doing != doing:
                        self._show_meter()
                        self.refresh_bindings()
                    yield
        finally:
            tick.stop()
            self._meter = None
            self.refresh_bindings()
            self.post_message(self.Settled())

    def _running_meter(self) -> ReplyMeter:
        """The meter of the reply that begins; in a group's round each has its own."""
        if self._meter is None:
            self._meter = ReplyMeter(started=time.monotonic())
        return self._meter

    def apply(self, event: SessionEvent) -> None:
        """Bring the transcript up to date with one event."""
        messages = self._session.chat.messages
        match event:
            case MessageAdded(index=index):
                self.transcript.append(self._drawn(index))
                self._shown_characters = len(messages[index].text)
                self._show_title()
            case MessageChanged(index=index):
                self.transcript.replace(index, self._drawn(index))
                self._shown_characters = len(messages[index].text)
                self._settle_if_idle()
            case MessageRemoved(index=index):
                self.transcript.drop(index)
                self._show_title()
                self._settle_if_idle()
            case ChatReplaced():
                self.reload()
                self._settle_if_idle()
            case ReplyGrew(index=int(index)) if index == len(messages) - 1:
                self._grow(messages[index].text)
            case ReplyGrew(index=int(index)):
                self._grow_within(index)
            case ReplyEnded():
                self._end(event)
            case RoundStarted(speakers=()):
                self.notify("Nobody speaks by themselves. Alt+G, then t lets a member speak.", markup=False)
            case RoundDue(seconds=seconds):
                self._say(f"the group talks on in {seconds:g} s; typing holds it", "$foreground-muted")
            case _:
                pass

    def _grow(self, text: str) -> None:
        """Feed what the transcript does not show yet."""
        delta = text[self._shown_characters :]
        if delta:
            self.transcript.feed(delta)
            self._shown_characters = len(text)

    def _grow_within(self, index: int) -> None:
        """Show a reply that is written in the middle of the chat, a few times per second."""
        if self._within is None:
            self._within = self.set_timer(WITHIN, lambda: self._show_within(index))

    def _show_within(self, index: int) -> None:
        self._within = None
        if index < len(self._session.chat.messages):
            self.transcript.replace(index, self._drawn(index))

    def _end(self, event: ReplyEnded) -> None:
        self._meter = None
        if self._within is not None:
            self._within.stop()
            self._within = None
        self.transcript.finish()
        if event.index is not None:
            self.transcript.replace(event.index, self._drawn(event.index))
        elif (
            event.text == ""
            and not event.calls
            and not event.stopped
            and event.reason is not FinishReason.UNKNOWN
        ):
            self.notify("The model said nothing.", severity="warning", markup=False)
        self._show_title()
        self._say(summary(event), "$foreground-muted")
        if not self.app.app_focus and self._tavern.settings.bell:
            self.app.bell()

    def _drafted(self, event: SessionEvent) -> None:
        """The same for a turn that is written into the composer."""
        match event:
            case ReplyGrew(delta=delta):
                self.composer.load(self.composer.text + clean_text(delta))
            case ReplyEnded(text=text):
                self._meter = None
                self.composer.load(clean_text(text) or self._before_draft)
                self._say(summary(event), "$foreground-muted")
            case _:
                pass

    def _settle_if_idle(self) -> None:
        if not self._session.busy:
            self.post_message(self.Settled())

    def _show_meter(self) -> None:
        if self._meter is not None:
            self._say(self._meter.sentence(time.monotonic()), "$warning")
