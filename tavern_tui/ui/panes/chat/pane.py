"""ChatPane: the open chat - its messages, the composer, and everything one does with them."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static
from textual.worker import Worker

from tavern_tui.core.chat import Message as ChatMessage
from tavern_tui.core.errors import TavernError
from tavern_tui.services.events import (
    MessageAdded,
    MessageChanged,
    MessageRemoved,
    ReplyEnded,
    ReplyGrew,
    SessionEvent,
)
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.panes.chat.composer import Composer
from tavern_tui.ui.panes.chat.meter import ReplyMeter, summary
from tavern_tui.ui.panes.chat.transcript import Transcript

if TYPE_CHECKING:
    from tavern_tui.services.session import ChatSession
    from tavern_tui.services.tavern import Tavern

Events = AsyncGenerator[SessionEvent, None]

TICK = 0.5
"""Seconds between updates of the speed; the timer exists only while a reply is on its way."""


class ChatPane(Vertical):
    """Wires transcript and composer to the session that is open."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("chat", "messages")]

    transcript = getters.query_one(Transcript)
    composer = getters.query_one(Composer)

    @dataclass
    class Typed(Message):
        """The composer holds another text."""

    @dataclass
    class Settled(Message):
        """The chat is different and no reply is on its way."""

    @dataclass
    class Working(Message):
        """What the status line should say of the reply."""

        state: Content

    def __init__(self, *, enter_sends: bool = True, id: str | None = None) -> None:
        super().__init__(id=id)
        self._enter_sends = enter_sends
        self._tavern: Tavern
        self._session: ChatSession
        self._attached = False
        self._shown: ChatSession | None = None
        self._forget: Callable[[], None] = lambda: None
        self._meter: ReplyMeter | None = None
        self._shown_characters = 0
        self._before_draft = ""
        self._words = ""
        self._reply: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="chat-title")
        yield Transcript(id="transcript")
        yield Composer(enter_sends=self._enter_sends, id="composer")

    def on_mount(self) -> None:
        self.focus_composer()
        self.watch(self.transcript, "new_below", self._show_title, init=False)

    def attach(self, tavern: Tavern) -> None:
        """Begin to show what `tavern` has open. Until then nothing can be done here but type."""
        self._tavern = tavern
        self._session = tavern.session
        self._attached = True

    def on_unmount(self) -> None:
        self._forget()

    # --- the open session

    def show_session(self) -> None:
        """Show the chat that is open now. What was typed before the first one came stays."""
        session = self._tavern.session
        if session is self._shown:
            if not session.busy:
                self.reload()  # another persona has another name in the messages
            return
        typed_early = self.written if self._shown is None else ""
        self._forget()
        self._session = self._shown = session
        self._forget = session.changed.listen(self._apply)
        self._show_messages()
        self.composer.load(session.draft or typed_early)
        self._show_title()
        self._say(session.readonly_reason, "$error")
        if self.transcript.has_focus:
            self.focus_composer()

    def _show_messages(self) -> None:
        self.transcript.set_messages([self._drawn(at) for at in range(len(self._session.chat.messages))])

    def _drawn(self, index: int) -> ChatMessage:
        """A message as it is shown: with its macros resolved."""
        message = self._session.chat.messages[index]
        text = self._session.shown_text(index)
        return message if text == message.text else message.with_text(text)

    def reload(self) -> None:
        """Draw all messages anew; the cursor stays."""
        cursor, messages = self.transcript.cursor, self._session.chat.messages
        self._show_messages()
        if cursor is not None and messages:
            self.transcript.cursor = min(cursor, len(messages) - 1)
        self._show_title()

    def _show_title(self) -> None:
        session = self._session
        count = len(session.chat.messages)
        self.query_one("#chat-title", Static).update(
            Content.assemble(
                (clean_line(session.character.name), "bold $primary"),
                (f"  {clean_line(session.chat.title)}", "$foreground-muted"),
                (f"  {count:,} message{'' if count == 1 else 's'}", "$foreground-disabled"),
                (f"  you are {clean_line(session.persona.name)}", "$foreground-disabled"),
                ("  ↓ more below" if self.transcript.new_below else "", "$primary"),
            )
        )

    @property
    def written(self) -> str:
        """What the composer holds."""
        return self.composer.text

    def focus_composer(self) -> None:
        self.composer.focus()

    # --- replies

    @on(Composer.Submitted)
    def submitted(self, event: Composer.Submitted) -> None:
        event.stop()
        if not self._attached:
            self.composer.load(event.text)
            return
        if self._session.busy:
            self.composer.load(event.text)
            self.notify("A reply is still arriving. Esc stops it.", severity="warning", markup=False)
            return
        self._ask(self._session.send(event.text), lost=event.text)

    def send_edited(self, prompt: str | Sequence[dict[str, str]]) -> None:
        """Send exactly this prompt, once."""
        self._ask(self._session.send_edited(prompt))

    def action_regenerate(self) -> None:
        self._ask(self._session.regenerate())

    def action_continue(self) -> None:
        self._ask(self._session.continue_())

    def action_swipe_right(self) -> None:
        self._ask(self._session.swipe_right())

    def action_swipe_left(self) -> None:
        self._try(lambda: self._session.swipe_left(-1))

    action_empty_left = action_swipe_left
    action_empty_right = action_swipe_right

    def action_impersonate(self) -> None:
        """The model drafts the user's turn; it grows in the composer."""
        self._before_draft = self.written
        self._ask(self._session.impersonate(self.written), draft=True)

    def action_stop(self) -> None:
        """Stop now; what arrived is kept."""
        if self._session.busy:
            self._session.stop()
            self._say("stopped", "$foreground-muted")

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
        meter = self._meter = ReplyMeter(started=time.monotonic())
        tick = self.set_interval(TICK, self._show_meter)
        self._show_meter()
        try:
            async with aclosing(stream) as session_events:
                async for event in session_events:
                    doing = meter.doing
                    meter.watch(event, time.monotonic())
                    if session is self._session:
                        self._drafted(event) if draft else self._apply(event)
                    if meter.doing != doing:
                        self._show_meter()
                        self.refresh_bindings()
        except TavernError as error:
            self._complain(error)
            if lost and len(session.chat.messages) == count and not self.written:
                self.composer.load(lost)
        finally:
            tick.stop()
            self._meter = None
            self.refresh_bindings()
            self.post_message(self.Settled())

    def _apply(self, event: SessionEvent) -> None:
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
            case ReplyGrew(index=int(index)):
                self._grow(messages[index].text)
            case ReplyEnded():
                self._end(event)
            case _:
                pass

    def _grow(self, text: str) -> None:
        """Feed what the transcript does not show yet."""
        delta = text[self._shown_characters :]
        if delta:
            self.transcript.feed(delta)
            self._shown_characters = len(text)

    def _end(self, event: ReplyEnded) -> None:
        self._meter = None
        self.transcript.finish()
        if event.index is not None:
            self.transcript.replace(event.index, self._drawn(event.index))
        elif event.text == "" and not event.stopped:
            self.notify("The model said nothing.", severity="warning", markup=False)
        self._show_title()
        self._say(summary(event), "$foreground-muted")

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

    def _say(self, words: str, colour: str) -> None:
        self.post_message(self.Working(Content.styled(clean_line(words), colour)))

    # --- the composer

    @on(Composer.Changed)
    def typed(self, event: Composer.Changed) -> None:
        event.stop()
        if not self._attached:
            return
        self._session.draft = self.written
        self.post_message(self.Typed())
        if len(self.written) < 2:
            self.refresh_bindings()

    def action_to_messages(self) -> None:
        if self._session.chat.messages:
            self.transcript.cursor = len(self._session.chat.messages) - 1
            self.transcript.focus()

    # --- the message under the cursor

    @property
    def _index(self) -> int:
        """The message the next action is about: the one under the cursor, else the last."""
        last = len(self._session.chat.messages) - 1
        cursor = self.transcript.cursor
        return last if cursor is None else min(cursor, last)

    def _is_last(self) -> bool:
        return self._index == len(self._session.chat.messages) - 1

    def _move_cursor(self, to: int) -> None:
        count = len(self._session.chat.messages)
        if to >= count:
            self.action_message_back()
        elif count:
            self.transcript.cursor = max(0, to)

    def action_message_up(self) -> None:
        self._move_cursor(self._index - 1)

    def action_message_down(self) -> None:
        self._move_cursor(self._index + 1)

    def action_message_first(self) -> None:
        self._move_cursor(0)

    def action_message_last(self) -> None:
        self._move_cursor(len(self._session.chat.messages) - 1)

    def action_message_back(self) -> None:
        self.transcript.cursor = None
        self.focus_composer()

    @on(Transcript.Activated)
    def activated(self, event: Transcript.Activated) -> None:
        """A double click takes the keys to a message."""
        event.stop()
        self.transcript.cursor = event.index
        self.transcript.focus()

    @work(exclusive=True, group="search")
    async def action_message_search(self) -> None:
        from tavern_tui.ui.dialogs.ask_text import AskText

        words = await self.app.push_screen_wait(AskText("Search the chat", value=self._words))
        if words is not None:
            self._words = words
            self._find(backwards=True)

    def action_message_next_match(self) -> None:
        self._find(backwards=False)

    def action_message_previous_match(self) -> None:
        self._find(backwards=True)

    def _find(self, *, backwards: bool) -> None:
        self.transcript.focus()
        if not self.transcript.search(self._words, backwards=backwards) and self._words:
            self.notify(f'"{clean_line(self._words)}" is nowhere in this chat.', markup=False)

    def action_message_swipe_left(self) -> None:
        self._try(lambda: self._session.swipe_left(self._index))

    def action_message_swipe_right(self) -> None:
        self._ask(self._session.swipe_right(self._index))

    def action_message_regenerate(self) -> None:
        if self._only_last("regenerated"):
            self._ask(self._session.regenerate())

    def action_message_continue(self) -> None:
        if self._only_last("continued"):
            self._ask(self._session.continue_())

    def _only_last(self, what: str) -> bool:
        if not self._is_last():
            self.notify(f"Only the last message can be {what}.", severity="warning", markup=False)
        return self._is_last()

    @work(exclusive=True, group="edit")
    async def action_message_edit(self) -> None:
        from tavern_tui.ui.dialogs.editor import Editor

        session, index = self._session, self._index
        if index < 0:
            return
        message = session.chat.messages[index]
        text = await self.app.push_screen_wait(Editor(f"#{index} {message.name}", message.text))
        if text is not None and text != message.text:
            self._try(lambda: session.edit(index, text))

    def action_message_delete(self) -> None:
        index = self._index
        if index < 0 or not self._try(lambda: self._session.delete(index)):
            return
        self.notify("Message deleted. u or Alt+U brings it back.", markup=False)
        if not self._session.chat.messages:
            self.action_message_back()

    def action_undo_delete(self) -> None:
        if not self._try(self._undo):
            return
        self.reload()
        self.post_message(self.Settled())

    action_message_undo = action_undo_delete

    def _undo(self) -> None:
        undone = self._session.undo()
        self.notify(f"Taken back: {undone}." if undone else "There is nothing to take back.", markup=False)

    def action_message_hide(self) -> None:
        index = self._index
        if index >= 0:
            hidden = self._session.chat.messages[index].hidden
            self._try(lambda: self._session.hide(index, not hidden))

    def action_message_copy(self) -> None:
        index = self._index
        if index >= 0:
            self.app.copy_to_clipboard(clean_text(self._session.chat.messages[index].text))
            self.notify("Copied the message.", timeout=3, markup=False)

    # --- other chats

    @work(exclusive=True, group="open")
    async def action_new_chat(self) -> None:
        try:
            await self.settle()
            await self._tavern.new_chat()
        except TavernError as error:
            self._complain(error)

    @work(exclusive=True, group="open")
    async def action_pick_chat(self) -> None:
        """Choose one of this character's chats, or begin a new one."""
        from tavern_tui.ui.dialogs.pick_one import PickOne
        from tavern_tui.ui.panes.chat.choices import NEW, chat_choices

        session = self._session
        choices = chat_choices(self._tavern.chats(), session.chat.title)
        picked = await self.app.push_screen_wait(PickOne(f"Chats with {session.character.name}", choices))
        if picked is None:
            return
        try:
            await self.settle()
            if picked == NEW:
                await self._tavern.new_chat()
            else:
                await self._tavern.open_chat(session.character.file, picked)
        except TavernError as error:
            self._complain(error)

    @work(exclusive=True, group="open")
    async def action_use_persona(self) -> None:
        from tavern_tui.ui.dialogs.pick_one import PickOne
        from tavern_tui.ui.panes.chat.choices import persona_choices

        choices = persona_choices(self._tavern.library.personas(), self._tavern.persona)
        picked = await self.app.push_screen_wait(PickOne("Who are you?", choices))
        if picked is None:
            return
        try:
            await self._tavern.use_persona(picked)
        except TavernError as error:
            self._complain(error)
        self._show_title()
        self.post_message(self.Settled())

    # --- what is possible, and what went wrong

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self._attached:
            return False
        if action == "stop":
            return self._session.busy
        if action == "to_messages":
            return not self._session.busy and self.composer.has_focus
        if action in ("empty_left", "empty_right"):
            return self._arrows_swipe(action)
        if action.startswith("message_"):
            return self.transcript.has_focus
        return True

    def _arrows_swipe(self, action: str) -> bool:
        """Whether an arrow key in the composer means the swipes of the last message."""
        messages = self._session.chat.messages
        if self.written or not self.composer.has_focus or self._session.busy or not messages:
            return False
        return not messages[-1].is_user and (action == "empty_right" or messages[-1].shown > 0)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The cursor is on the screen only while the keys go to the messages."""
        if event.widget is self.composer and self.transcript.cursor is not None:
            self.transcript.cursor = None

    def _try(self, change: Callable[[], object]) -> bool:
        try:
            change()
        except TavernError as error:
            self._complain(error)
            return False
        return True

    def _complain(self, error: TavernError) -> None:
        self._say("", "$error")
        self.notify(
            clean_line(error.hint), title=clean_line(str(error)), severity="error", timeout=10, markup=False
        )
