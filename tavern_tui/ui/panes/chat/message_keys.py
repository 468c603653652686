"""MessageKeys: the message cursor, and what can be done with the message under it."""

from __future__ import annotations

from textual import on, work

from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.panes.chat.reply_view import ReplyView
from tavern_tui.ui.panes.chat.transcript import Transcript


class MessageKeys(ReplyView):
    """One key per action; without a cursor the last message is meant."""

    _words = ""
    """What was searched for last."""

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
