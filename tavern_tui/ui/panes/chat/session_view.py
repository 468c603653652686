"""SessionView: transcript, composer and title of the chat that is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import events, getters, on
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tavern_tui.core.chat import Message as ChatMessage
from tavern_tui.core.errors import TavernError
from tavern_tui.core.settings import Settings
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.panes.chat.attach_line import AttachLine
from tavern_tui.ui.panes.chat.avatar import Avatar
from tavern_tui.ui.panes.chat.composer import Composer
from tavern_tui.ui.panes.chat.look import Look
from tavern_tui.ui.panes.chat.reading import Reading
from tavern_tui.ui.panes.chat.tab_bar import TabBar
from tavern_tui.ui.panes.chat.transcript import Transcript
from tavern_tui.ui.panes.chats.titles import beside_name
from tavern_tui.ui.widgets.ground import Column

if TYPE_CHECKING:
    from tavern_tui.services.events import SessionEvent
    from tavern_tui.services.session import ChatSession
    from tavern_tui.services.tavern import Tavern


class SessionView(Column):
    """Shows a session and lets one type. What happens in it is shown by `ReplyView`."""

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
        self._readings: dict[int, Reading] = {}
        """By the id of the session, which they hold on to."""

    def compose(self) -> ComposeResult:
        yield TabBar(id="chat-tabs")
        yield Static(id="chat-title")
        yield Avatar(id="avatar")
        yield Transcript(id="transcript")
        yield AttachLine(id="attached")
        yield Composer(enter_sends=self._enter_sends, id="composer")

    def on_mount(self) -> None:
        self.focus_composer()
        self.watch(self.transcript, "new_below", self._show_title, init=False)

    def attach(self, tavern: Tavern) -> None:
        """Begin to show what `tavern` has open. Until then nothing can be done here but type."""
        self._tavern = tavern
        self._session = tavern.session
        self._attached = True
        self.transcript.look = self._look()

    def _look(self) -> Look:
        return Look.of(self._tavern.settings, unfolds=self._tavern.unfolds_thinking)

    def take_settings(self, settings: Settings) -> None:
        """The user chose another look, or another key for sending."""
        self.composer.enter_sends = settings.enter_sends
        self._show_avatar()
        look = self._look()
        if look != self.transcript.look:
            place, self.transcript.look = self.transcript.place, look
            self.reload()
            self.transcript.go_to_place(place)

    def on_unmount(self) -> None:
        self._forget()
        for reading in self._readings.values():
            reading.give_back()  # what could not be sent any more is there at the next start

    # --- the open session

    @property
    def _here(self) -> Reading:
        """What is kept of the chat that is looked at."""
        return self._reading(self._session)

    def _reading(self, session: ChatSession) -> Reading:
        held = self._readings.get(id(session))
        if held is None:
            held = self._readings[id(session)] = Reading(session)
        return held

    def _put_away(self) -> None:
        """Remember how the chat was read, if it stays open; forget those that were closed."""
        if self._shown is not None:
            self._here.place = self.transcript.place
        open_now = {id(session) for session in self._tavern.tabs.sessions}
        for key in [key for key in self._readings if key not in open_now]:
            self._readings.pop(key).give_back()

    def show_session(self) -> None:
        """Show the chat that is open now. What was typed before the first one came stays."""
        session = self._tavern.session
        if session is self._shown:
            if not session.busy:
                self.reload()  # another persona has another name in the messages
            return
        self._put_away()
        typed_early = self.written if self._shown is None else ""
        self._forget()
        self._session = self._shown = session
        self._forget = session.changed.listen(self.apply)
        self._show_messages()
        self.transcript.go_to_place(self._here.place)
        self.composer.load(session.draft or typed_early)
        self._show_title()
        self._say(session.readonly_reason, "$error")
        self.refresh_bindings()
        if self.transcript.has_focus:
            self.focus_composer()

    def _give_back(self) -> None:
        """Put what waits to be sent back into the composer, before what is written there."""
        if self._here.queued:
            self._here.give_back()
            self.composer.load(self._session.draft)

    def apply(self, event: SessionEvent) -> None:
        """Bring the transcript up to date with one event."""
        raise NotImplementedError

    def talk_on(self) -> None:
        """Let a group in auto mode go on by itself, unless something goes on or is being written."""
        raise NotImplementedError

    def _show_messages(self) -> None:
        self.transcript.frame = 1 / max(1, min(60, self._tavern.settings.streaming_fps))
        self.transcript.prepare = self._session.shower()
        self.transcript.set_messages(self._session.chat.messages)

    def _drawn(self, index: int) -> ChatMessage:
        """A message for the transcript, which resolves its macros when it comes near the screen."""
        self.transcript.prepare = self._session.shower()  # scripts may have changed
        return self._session.chat.messages[index]

    def reload(self) -> None:
        """Draw all messages anew; the cursor stays."""
        cursor, messages = self.transcript.cursor, self._session.chat.messages
        self._show_messages()
        if cursor is not None and messages:
            self.transcript.cursor = min(cursor, len(messages) - 1)
        self._show_title()

    def _show_avatar(self) -> None:
        """The picture of who said the message under the cursor, or the last one."""
        if not self._attached:
            return
        if self._tavern.settings.show_avatars or self.query_one(Avatar).display:
            self.query_one(Avatar).show(
                self._tavern.avatars,
                self._session,
                self.transcript.cursor,
                wanted=self._tavern.settings.show_avatars,
            )

    @on(Transcript.CursorMoved)
    def cursor_moved(self) -> None:
        self._show_avatar()

    def _show_title(self) -> None:
        self._show_avatar()
        session = self._session
        count, waiting = len(session.chat.messages), len(self._here.queued)
        self.query_one("#chat-title", Static).update(
            Content.assemble(
                (clean_line(session.name), "bold $primary"),
                ("  auto mode" if session.auto_mode else "", "$secondary"),
                (f"  {beside_name(session.chat.title, session.name)}", "$foreground-muted"),
                (f"  {count:,} message{'' if count == 1 else 's'}", "$foreground-disabled"),
                (f"  you are {clean_line(session.persona.name)}", "$foreground-disabled"),
                (f"  {waiting} waiting to be sent" if waiting else "", "$warning"),
                ("  ↓ more below" if self.transcript.new_below else "", "$primary"),
            ),
            layout=False,  # its place stays: a layout of the whole screen holds every key back
        )

    @property
    def written(self) -> str:
        """What the composer holds."""
        return self.composer.text

    def focus_composer(self) -> None:
        self.composer.focus()

    @on(Composer.Changed)
    def typed(self, event: Composer.Changed) -> None:
        event.stop()
        if not self._attached:
            return
        self._session.draft = self.written
        if self.written:
            self._session.hold_auto()
        else:
            self.call_later(self.talk_on)  # first what was sent, if this is why the box is empty
        self.post_message(self.Typed())
        if len(self.written) < 2:
            self.refresh_bindings()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The cursor is on the screen only while the keys go to the messages."""
        if event.widget is self.composer and self.transcript.cursor is not None:
            self.transcript.cursor = None

    def _say(self, words: str, colour: str) -> None:
        self.post_message(self.Working(Content.styled(clean_line(words), colour)))

    def _try(self, change: Callable[[], object]) -> bool:
        try:
            change()
        except TavernError as error:
            self._complain(error)
            return False
        return True

    def _complain(self, error: TavernError, session: ChatSession | None = None) -> None:
        """Say what went wrong; `session`: in which chat, if it may be another than the one in view."""
        where = f"{session.name}: " if session is not None and session is not self._session else ""
        if not where:
            self._say("", "$error")
        self.notify(
            clean_line(error.hint),
            title=clean_line(f"{where}{error}"),
            severity="error",
            timeout=10,
            markup=False,
        )
