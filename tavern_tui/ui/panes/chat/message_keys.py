"""MessageKeys: the message cursor, and what can be done with the message under it."""

from __future__ import annotations

from collections.abc import Callable

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

    def action_message_page_up(self) -> None:
        self.transcript.scroll_page_up(animate=self._tavern.settings.smooth_scroll)

    def action_message_page_down(self) -> None:
        self.transcript.scroll_page_down(animate=self._tavern.settings.smooth_scroll)

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

    def _meant(self) -> list[int]:
        """The messages the next action is about: the marked ones, else the one under the cursor."""
        return sorted(self.transcript.marked) or ([self._index] if self._index >= 0 else [])

    def action_message_mark(self) -> None:
        if self._index >= 0:
            self.transcript.mark(self._index)
            self._move_cursor(min(self._index + 1, len(self._session.chat.messages) - 1))

    def action_message_mark_to(self) -> None:
        if self._index >= 0:
            self.transcript.mark_to(self._index)

    def action_message_delete(self) -> None:
        meant = self._meant()
        if len(meant) > 1:
            self._delete(lambda: self._session.delete_all(meant), f"{len(meant)} messages")
        elif meant:
            self._delete(lambda: self._session.delete(meant[0]), "Message")

    def action_message_delete_from(self) -> None:
        """The message under the cursor and all after it."""
        index = self._index
        if index >= 0:
            count = len(self._session.chat.messages) - index
            self._delete(lambda: self._session.delete_from(index), f"{count} messages")

    def _delete(self, change: Callable[[], object], what: str) -> None:
        if not self._try(change):
            return
        self.notify(f"{what} deleted. u or Alt+U brings back.", markup=False)
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
        meant = self._meant()
        if meant:
            hidden = self._session.chat.messages[meant[0]].hidden
            self._try(lambda: self._session.hide_all(meant, not hidden))
            self.transcript.clear_marks()

    def action_message_copy(self) -> None:
        meant = self._meant()
        if meant:
            texts = [clean_text(self._session.shown_text(index)) for index in meant]
            self.app.copy_to_clipboard("\n\n".join(texts))
            many = f"{len(meant)} messages" if len(meant) > 1 else "the message"
            self.notify(f"Copied {many}.", timeout=3, markup=False)
            self.transcript.clear_marks()
