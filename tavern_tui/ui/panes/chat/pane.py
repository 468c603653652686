"""ChatPane: what the keys do in the open chat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType

from tavern_tui.core.errors import TavernError
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.panes.chat.composer import Composer
from tavern_tui.ui.panes.chat.message_menu import MessageMenu
from tavern_tui.ui.panes.chat.session_view import SessionView


class ChatPane(MessageMenu):
    """Sends, stops, swipes and regenerates; opens other chats."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("chat", "messages")]

    # --- replies

    @on(Composer.Submitted)
    def submitted(self, event: Composer.Submitted) -> None:
        event.stop()
        if not self._attached:
            self.composer.load(event.text)
            return
        if event.text.startswith("/"):
            self._here.reply = self.run_script(event.text)
            return
        if not self._may_go(event.text):
            return
        if self._session.busy:
            self._queue(event.text)
            return
        self._ask(self._session.send(event.text), lost=event.text)

    @work(group="script")
    async def run_script(self, text: str) -> None:
        """Run slash commands; a result that went nowhere else is shown."""
        from tavern_tui.services.slash.runner import Runner
        from tavern_tui.services.slash.suggesting import the_commands
        from tavern_tui.ui.panes.chat.scripts import ScriptFront

        front = ScriptFront(self.app, self.composer, watch=self._watch, jump=self._jump, fold=self._fold)
        try:
            result = await Runner(self._tavern, front, the_commands()).run(text)
        except TavernError as error:
            self._complain(error)
            if not self.written:
                self.composer.load(text)
            return
        self._show_attached()
        if result and front.quiet:
            front.say(result)

    def _jump(self, index: int) -> None:
        """Bring a message into view and let the keys act on it."""
        self.transcript.cursor = index
        self.transcript.focus()

    def _fold(self, indexes: list[int], folded: bool | None) -> None:
        for index in indexes:
            self.transcript.fold(index, folded)

    def _queue(self, text: str) -> None:
        """Send this when the reply that is arriving is complete."""
        if not text.strip():
            return
        self._here.queued.append(text)
        self._show_title()
        self.notify(
            "It is sent when this reply is complete. Esc stops the reply and gives it back.",
            timeout=4,
            markup=False,
        )

    @on(SessionView.Settled)
    def send_queued(self) -> None:
        """In each chat, the next message in the queue has its turn, unless somebody is still answering."""
        for reading in list(self._readings.values()):
            if reading.queued and self.is_attached and not reading.session.busy:
                self._ask(reading.session.send(reading.queued.pop(0)), session=reading.session)
                self._show_title()

    def send_edited(self, prompt: str | Sequence[dict[str, str]]) -> None:
        """Send exactly this prompt, once."""
        self._ask(self._session.send_edited(prompt))

    def let_speak(self, member: str) -> None:
        """Have a member of the open group say something: a card's file."""
        self._ask(self._session.speak(member))

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
        self._here.before_draft = self.written
        self._ask(self._session.impersonate(self.written), draft=True)

    @work(exclusive=True, group="open")
    async def action_compare(self) -> None:
        """Send what is written to a second connection as well, and see both replies side by side."""
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne
        from tavern_tui.ui.panes.chat.compare import CompareScreen

        session, connections = self._session, self._tavern.connections
        if session.busy:
            self.notify("A reply is still arriving. Esc stops it.", severity="warning", markup=False)
            return
        first = connections.current.name
        others = [
            Choice(id=one.name, title=one.name, detail=one.model or one.provider)
            for one in connections.all
            if one.name != first
        ]
        if not others:
            self.notify(
                "Two models need two connections, and there is one. F2 and a set up another.",
                severity="warning",
                markup=False,
            )
            return
        second = await self.app.push_screen_wait(PickOne(f"{first} and who else?", others))
        if second is None:
            return
        text = self.written
        screen = CompareScreen(session, session.compare(text, second), (first, second))
        if text:
            self.composer.load("")
        await self.app.push_screen_wait(screen)
        if screen.error is not None:
            self._complain(screen.error)
        self.reload()
        self.post_message(self.Settled())

    def action_stop(self) -> None:
        """Stop now; what arrived is kept."""
        if self._session.busy or self._here.due is not None:
            self._give_back()
            self._session.stop()
            self._say("stopped", "$foreground-muted")

    def action_to_messages(self) -> None:
        if self._session.chat.messages:
            self.transcript.cursor = len(self._session.chat.messages) - 1
            self.transcript.focus()

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
        picked = await self.app.push_screen_wait(PickOne(f"Chats with {session.name}", choices))
        if picked is None:
            return
        try:
            await self.settle()
            if picked == NEW:
                await self._tavern.new_chat()
            else:
                await self._tavern.switch_chat(picked)
        except TavernError as error:
            self._complain(error)

    @work(exclusive=True, group="open")
    async def action_search_all(self) -> None:
        """Find words in all chats, and go to the message."""
        from tavern_tui.ui.panes.chats.search import SearchDialog

        hit = await self.app.push_screen_wait(SearchDialog(self._tavern.search))
        if hit is None:
            return
        try:
            await self.settle()
            await self._tavern.open_chat_of(hit.owner, hit.title)
        except TavernError as error:
            self._complain(error)
            return
        if hit.index < len(self._session.chat.messages):
            self._jump(hit.index)

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

    # --- what is possible

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self._attached:
            return False
        if action == "stop":
            return self._session.busy or self._here.due is not None
        if action == "to_messages":
            return self.composer.has_focus
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
