"""ReplyView: follows what a session does and shows it while it happens."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from textual.timer import Timer
from textual.worker import Worker

from tavern_tui.core.errors import TavernError
from tavern_tui.core.finish import FinishReason
from tavern_tui.services.events import (
    ChatReplaced,
    MessageAdded,
    MessageChanged,
    MessageRemoved,
    ReasoningGrew,
    ReplyEnded,
    ReplyGrew,
    ReplyStarted,
    RoundDue,
    RoundStarted,
    SessionEvent,
)
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.panes.chat.attach import Attaching
from tavern_tui.ui.panes.chat.meter import ReplyMeter, summary
from tavern_tui.ui.panes.chat.reading import Reading

if TYPE_CHECKING:
    from tavern_tui.services.session import ChatSession

Events = AsyncGenerator[SessionEvent, None]

WITHIN = 0.15
"""Seconds between two looks of a reply that grows in the middle of the chat."""
HELD = "auto mode waits until you have sent this"
TICK = 0.5
"""Seconds between updates of the speed; the timer exists only while a reply is on its way or due."""


class ReplyView(Attaching):
    """One action of each session at a time; what happens in chats that are not looked at goes on."""

    def __init__(self, *, enter_sends: bool = True, id: str | None = None) -> None:
        super().__init__(enter_sends=enter_sends, id=id)
        self._shown_characters = 0
        self._within: Timer | None = None

    async def settle(self) -> None:
        """Stop what runs in the chat that is looked at, and wait until it is saved."""
        self._session.stop()
        reply = self._here.reply
        if reply is not None and not reply.is_finished:
            await reply.wait()

    def _ask(
        self, stream: Events, *, lost: str = "", draft: bool = False, session: ChatSession | None = None
    ) -> None:
        """Follow one action of a session. `lost`: what goes back into the composer if it fails."""
        reading = self._reading(session or self._session)
        if reading.session.busy:
            self.notify("A reply is still arriving. Esc stops it.", severity="warning", markup=False)
            return
        reading.failed = False
        reading.reply = self.run_worker(
            self._follow(reading, stream, lost, draft), group=f"reply-{id(reading)}", exclusive=True
        )

    async def _follow(self, reading: Reading, stream: Events, lost: str, draft: bool) -> None:
        """Show what happens. Cancelling the worker of this stops the request."""
        session = reading.session
        count = len(session.chat.messages)
        try:
            async with aclosing(self._watch(session, stream, draft)) as steps:
                async for _ in steps:
                    pass
        except TavernError as error:
            reading.failed = True
            self._complain(error, session)
            here = session is self._session
            written = self.written if here else session.draft
            if lost and len(session.chat.messages) == count and not written:
                session.draft = lost
                if here:
                    self.composer.load(lost)

    async def _watch(
        self, session: ChatSession, stream: Events, draft: bool = False
    ) -> AsyncGenerator[None, None]:
        """Show the events of an action as they come; one step for each. Raises what the action raises."""
        reading = self._reading(session)
        meter = reading.meter = ReplyMeter(started=time.monotonic())
        tick = self.set_interval(TICK, self._show_meter)
        self._show_meter()
        self._tavern.tabs.changed.send(None)
        answered = False
        try:
            async with aclosing(stream) as session_events:
                async for event in session_events:
                    if isinstance(event, ReplyStarted):
                        meter = _running_meter(reading)
                    doing = meter.doing
                    meter.watch(event, time.monotonic())
                    self._take(reading, event, draft)
                    if meter.doing != doing:
                        self._show_meter()
                        self.refresh_bindings()
                    answered = isinstance(event, ReplyEnded) and not event.stopped
                    yield
        finally:
            tick.stop()
            waited = reading.due is not None
            reading.meter = reading.due = None
            self._over(session, answered)
            self._say_held(session, waited)

    def _take(self, reading: Reading, event: SessionEvent, draft: bool) -> None:
        """One event of a chat, which may be another than the one that is looked at."""
        here = reading.session is self._session
        if draft:
            self._drafted(reading, event, here)
        elif here:
            self.apply(event)
        reading.due = time.monotonic() + event.seconds if isinstance(event, RoundDue) else None
        if isinstance(event, RoundDue):
            reading.meter = None
            self._show_meter()
            self.refresh_bindings()
            self.post_message(self.Settled())
        if isinstance(event, ReplyEnded):
            reading.meter = None
            if not self.app.app_focus:
                self._ring()

    def _over(self, session: ChatSession, answered: bool) -> None:
        """An action ended, perhaps where nobody was looking, perhaps with the program."""
        if not self.is_attached:
            return
        self.refresh_bindings()
        tab = self._tavern.tabs.of_session(session)
        if answered and tab is not None and session is not self._session:
            tab.news = True
            self.notify(f"{clean_line(session.name)} has answered.", timeout=4, markup=False)
            self._ring()
        self._tavern.tabs.changed.send(None)
        self.post_message(self.Settled())

    # --- a group that talks on by itself

    def talk_on(self) -> None:
        """Let a group in auto mode go on by itself, unless something goes on or is being written."""
        if self.is_attached and self._session.group is not None:
            self._show_title()
            self._talk_on(self._here)

    def auto_mode_changed(self) -> None:
        """The open group was told to talk on by itself, or not to."""
        waits = self._session.auto_mode and bool(self.written)
        self._say(HELD if waits else "", "$foreground-muted")
        self.talk_on()

    def _talk_on(self, reading: Reading) -> None:
        session = reading.session
        written = self.written if session is self._session else session.draft
        idle = reading.reply is None or reading.reply.is_finished
        if session.auto_mode and idle and not session.busy and not written and not reading.queued:
            self._ask(session.talk_on(), session=session)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Also after a swipe or a command the group goes on, but not into one error after another."""
        if not event.worker.is_finished or not self.is_attached:
            return
        for reading in list(self._readings.values()):
            if reading.reply is event.worker and not reading.failed:
                self._talk_on(reading)

    def _say_held(self, session: ChatSession, waited: bool) -> None:
        """The status line no longer counts what is not coming."""
        if not self.is_attached or session is not self._session:
            return
        self._show_title()
        if session.auto_mode and self.written:
            self._say(HELD, "$foreground-muted")
        elif waited:
            self._say("", "$foreground-muted")

    def _ring(self) -> None:
        if self._tavern.settings.bell:
            self.app.bell()

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
            case ReasoningGrew(index=int(index)) if index == len(messages) - 1:
                self.transcript.think(messages[index].reasoning)
            case ReasoningGrew(index=int(index)) if self.transcript.look.thinking == "unfolded":
                self._grow_within(index)
            case ReplyEnded():
                self._end(event)
            case RoundStarted(speakers=()):
                self.notify("Nobody speaks by themselves. Alt+G, then t lets a member speak.", markup=False)
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
        if self._within is not None:
            self._within.stop()
            self._within = None
        if event.index is not None:
            self.transcript.replace(event.index, self._drawn(event.index))
        if event.held_back:
            self._tell_held_back(event)
        elif (
            event.index is None
            and event.text == ""
            and not event.calls
            and not event.stopped
            and event.reason is not FinishReason.UNKNOWN
        ):
            self.notify("The model said nothing.", severity="warning", markup=False)
        self.transcript.finish()
        self._show_title()
        self._say(summary(event), "$foreground-muted")

    def _tell_held_back(self, event: ReplyEnded) -> None:
        """A filter of the service's ended the reply: say so, and in whose words."""
        kept = "What had arrived is kept." if event.text else "Nothing had arrived."
        self.notify(
            f"The reason it gives: {clean_line(event.held_back)}. {kept}",
            title="The service held the reply back",
            severity="warning",
            timeout=10,
            markup=False,
        )

    def _drafted(self, reading: Reading, event: SessionEvent, here: bool) -> None:
        """The same for a turn that is written into the composer."""
        match event:
            case ReplyGrew(delta=delta):
                written = (self.composer.text if here else reading.session.draft) + clean_text(delta)
            case ReplyEnded(text=text):
                written = clean_text(text) or reading.before_draft
                if here:
                    self._say(summary(event), "$foreground-muted")
            case _:
                return
        if here:
            self.composer.load(written)
        else:
            reading.session.draft = written

    def _settle_if_idle(self) -> None:
        if not self._session.busy:
            self.post_message(self.Settled())

    def _show_meter(self) -> None:
        here, now = self._here, time.monotonic()
        if here.meter is not None:
            self._say(here.meter.sentence(now), "$warning")
        elif here.due is not None:
            left = max(0, math.ceil(here.due - now))
            self._say(f"the group talks on in {left} s; typing holds it", "$foreground-muted")

    def _show_messages(self) -> None:
        super()._show_messages()
        messages = self._session.chat.messages
        self._shown_characters = len(messages[-1].text) if messages else 0


def _running_meter(reading: Reading) -> ReplyMeter:
    """The meter of the reply that begins; in a group's round each has its own."""
    if reading.meter is None:
        reading.meter = ReplyMeter(started=time.monotonic())
    return reading.meter
