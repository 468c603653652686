"""The transcript: one widget that shows the whole chat. Messages are data, not widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from textual import events
from textual.message import Message
from textual.selection import Selection
from textual.timer import Timer

from tavern_tui.core.chat import Message as ChatMessage
from tavern_tui.ui.panes.chat.finding import hits, needle
from tavern_tui.ui.panes.chat.message import Shown, TranscriptMessage
from tavern_tui.ui.panes.chat.pointing import is_link, swipe_arrow
from tavern_tui.ui.panes.chat.selecting import (
    key_and_line,
    selected_text,
    whole_message,
)
from tavern_tui.ui.panes.chat.stream import Stream
from tavern_tui.ui.panes.chat.transcript_lines import TranscriptLines

RIGHT_BUTTON = 3
FRAME = 1 / 30
"""Seconds between two looks of a growing message."""
LEISURE = 4
"""A look of a growing message that took long is followed by a pause so many times as long, for the keys."""


class Transcript(TranscriptLines):
    """Shows messages, and has a cursor that walks over them."""

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another message."""

        index: int | None

    @dataclass
    class Activated(Message):
        """A message was double-clicked."""

        index: int

    @dataclass
    class MenuAsked(Message):
        """Somebody wants to see what can be done with this message."""

        index: int

    @dataclass
    class SwipeClicked(Message):
        """One of the arrows around a message's swipe counter was clicked."""

        index: int
        forward: bool

    @dataclass
    class LinkClicked(Message):
        """Somebody clicked on a link of this message."""

        index: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._stream: Stream | None = None
        self._thinks = False
        """Thoughts arrived that are not laid out yet."""
        self._frame: Timer | None = None
        self.frame = FRAME
        """Seconds between two looks of a growing message."""
        self._look_took = 0.0

    # --- what is shown

    def set_messages(self, messages: Sequence[Shown]) -> None:
        """Show these instead of what was there, from the end."""
        self._end_stream()
        self._messages = list(messages)
        self._layouts.clear()
        self.marked.clear()
        self._found = None
        self.cursor = None
        self._heights.reset(self._estimates(self._messages))
        self._following = True
        self._settle()

    @property
    def place(self) -> tuple[int, int] | None:
        """Where one reads: the message at the top of the view and its line there; None: the end."""
        return None if self._following or not self._messages else self._anchor()

    def go_to_place(self, place: tuple[int, int] | None) -> None:
        """Read on from there."""
        if place is not None and place[0] < len(self._messages):
            self._following = False
            self._settle(place)

    def append(self, message: Shown) -> None:
        """One more message at the end."""
        self._end_stream()
        self._messages.append(message)
        self._heights.insert(len(self._heights), [self._estimate(message)])
        self._grown()

    def prepend(self, messages: Sequence[Shown]) -> None:
        """Older messages in front; what is in view stays where it is."""
        anchor = self._anchor()
        self._messages[:0] = messages
        self._layouts.clear()
        self._heights.insert(0, self._estimates(messages))
        if self.cursor is not None:
            self.set_reactive(Transcript.cursor, self.cursor + len(messages))
        self._settle((anchor[0] + len(messages), anchor[1]))

    def replace(self, index: int, message: Shown) -> None:
        """Show another text, swipe or flag for one message."""
        if not 0 <= index < len(self._messages):
            return
        grown = self._messages[index]
        was_growing = isinstance(grown, TranscriptMessage) and grown.streaming
        if index == len(self._messages) - 1:
            self._end_stream(lay=False)
        anchor = self._anchor()
        self._messages[index] = message
        if was_growing and isinstance(grown, TranscriptMessage) and message is not grown:
            self._messages[index] = whole = self._shown(index)
            whole.unfolded = grown.unfolded  # it may have been folded by hand meanwhile
        self._lay_anew(index)
        self._settle(anchor)

    def drop(self, index: int) -> None:
        """Take a message out; later ones move up."""
        if not 0 <= index < len(self._messages):
            return
        self._end_stream()
        anchor = self._anchor()
        del self._messages[index]
        self.marked.clear()
        self._heights.remove(index)
        self._layouts.clear()
        if self.cursor is not None:
            last = len(self._messages) - 1
            self.cursor = min(self.cursor, last) if last >= 0 else None
        self._settle(anchor)

    def mark(self, index: int) -> None:
        """Choose a message for the next action, or not any more."""
        self.marked ^= {index}
        self._marked_last = index
        self.refresh()

    def mark_to(self, index: int) -> None:
        """Choose all messages from the one that was marked last up to this one."""
        start = self._marked_last if self.marked else index
        self.marked.update(range(min(start, index), max(start, index) + 1))
        self._marked_last = index
        self.refresh()

    def clear_marks(self) -> None:
        """Choose nothing."""
        if self.marked:
            self.marked.clear()
            self.refresh()

    def fold(self, index: int, folded: bool | None = None) -> None:
        """Show a message's thinking in full, or only that there is some; None: the other way round."""
        if 0 <= index < len(self._messages):
            message = self._shown(index)
            message.unfolded = not message.unfolded if folded is None else not folded
            if message.streaming:
                self._thinks = True
                self._look_soon()
            else:
                self.replace(index, message)

    # --- growing

    def feed(self, delta: str) -> None:
        """More text for the last message. Cheap: everything else happens once per frame."""
        if not self._messages:
            return
        if self._stream is None:
            message = self._growing()
            self._layouts.pop(len(self._messages) - 1, None)
            self._stream = Stream(message)
            self._thinks = bool(message.reasoning and not message.text)  # until now: its title changes
        self._stream.feed(delta)
        self._look_soon()

    def think(self, thoughts: str) -> None:
        """All that the author of the last message has thought so far."""
        if not self._messages or self.look.thinking == "hidden":
            return
        message = self._shown(len(self._messages) - 1)
        self._thinks = self._thinks or message.unfolded or not (message.streaming and message.reasoning)
        self._growing().reasoning = thoughts
        if self._thinks:
            self._look_soon()

    def _growing(self) -> TranscriptMessage:
        """The last message, of which more is expected."""
        self._messages[-1] = message = self._shown(len(self._messages) - 1)
        message.streaming = True
        return message

    def _look_soon(self) -> None:
        if self._frame is None:
            self._frame = self.set_timer(max(self.frame, LEISURE * self._look_took), self._flush)

    def _flush(self) -> None:
        """Lay out what arrived since the last frame."""
        self._frame = None
        if not self._messages or not (self._stream or self._thinks):
            return
        began = perf_counter()
        index = len(self._messages) - 1
        text = self._stream.take() if self._stream is not None else ""
        if self._thinks:
            self._thinks = False
            self._layouts.pop(index, None)
            self._heights.doubt(index, self._estimate(self._messages[index]))
        else:
            self._layout(index).extend(text)
        self._heights.set(index, len(self._layout(index).lines))
        self._grown()
        self._look_took = perf_counter() - began

    def finish(self) -> None:
        """The last message is complete."""
        self._end_stream()
        self._grown()

    def _end_stream(self, *, lay: bool = True) -> None:
        """Nothing more comes. Not to `lay` the message out is for whoever has another text for it."""
        if self._frame is not None:
            self._frame.stop()
            self._frame = None
        stream, self._stream = self._stream, None
        self._thinks = False
        if stream is not None:
            stream.take()
        last = self._messages[-1] if self._messages else None
        if isinstance(last, TranscriptMessage) and last.streaming:
            last.streaming = False
            if lay:
                self._lay_anew(len(self._messages) - 1)

    def _grown(self) -> None:
        """The end moved: follow it, or say that there is more below."""
        if self._following:
            self._settle()
        else:
            self._settle(self._anchor())
            self.new_below = True

    # --- cursor

    def validate_cursor(self, cursor: int | None) -> int | None:
        if cursor is None or not self._messages:
            return None
        return max(0, min(cursor, len(self._messages) - 1))

    def watch_cursor(self, old: int | None, new: int | None) -> None:
        if new is not None and self._width:
            self._show(new)
        self.refresh()
        self.post_message(self.CursorMoved(new))

    def _show(self, index: int) -> None:
        """Bring a message into view; its beginning if it is higher than the view."""
        height = self.size.height
        top, tall = self._heights.top(index), self._exact(index)
        current = round(self.scroll_y)
        if current <= top and top + tall <= current + height:
            return
        if top < current or tall >= height:
            wanted = (index, 0)
        else:
            wanted = self._heights.find(max(0, top + tall - height))
        self._following = index == len(self._messages) - 1 and tall < height
        self._settle(wanted)

    # --- searching

    def search(self, words: str, *, backwards: bool = False) -> bool:
        """Go to the next message that holds these words; False if there is none."""
        if not words.strip() or not self._messages:
            self._found = None
            self.refresh()
            return False
        pattern = needle(words)
        count = len(self._messages)
        start = self.cursor if self.cursor is not None else (0 if backwards else -1)
        step = -1 if backwards else 1
        for distance in range(1, count + 1):
            index = (start + step * distance) % count
            if pattern.search(self._text(index)):
                self._found = (index, hits(self._layout(index), pattern))
                self.cursor = index
                return True
        return False

    def _text(self, index: int) -> str:
        """A message's text as it is shown."""
        message = self._messages[index]
        if isinstance(message, ChatMessage):
            message = self.prepare(message, len(self._messages) - 1 - index)
        return message.text

    # --- mouse

    def on_click(self, event: events.Click) -> None:
        index, at = self._heights.find(round(self.scroll_y) + event.y)
        if index >= len(self._messages):
            return
        layout = self._layout(index)
        arrow = swipe_arrow(layout, at, event.x)
        if event.button == RIGHT_BUTTON:
            self.post_message(self.MenuAsked(index))
        elif arrow is not None:
            self.post_message(self.SwipeClicked(index, arrow > 0))
        elif event.chain == 2:
            self.post_message(self.Activated(index))
        elif at == layout.fold_line:
            self.fold(index)
        elif self.text_selection is None and is_link(layout, at, event.x):
            self.post_message(self.LinkClicked(index))

    def text_select_all(self) -> None:
        """A double click selects the message, not the chat."""
        index = self.cursor if self.cursor is not None else len(self._messages) - 1
        if index >= 0:
            selection = whole_message(self._layout(index), index)
            self.screen.selections = {**self.screen.selections, self: selection}

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        last = len(self._messages) - 1
        start = key_and_line(selection.start.y)[0] if selection.start is not None else 0
        end = key_and_line(selection.end.y)[0] if selection.end is not None else last
        parts = [selected_text(self._layout(i), i, selection) for i in range(start, min(end, last) + 1)]
        return "\n".join(part for part in parts if part), "\n"
