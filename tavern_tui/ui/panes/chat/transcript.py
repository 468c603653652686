"""The transcript: one widget that draws the lines of the whole chat. Messages are data, not widgets."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import ClassVar

from textual import events
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer

from tavern_tui.core.chat import Message as ChatMessage
from tavern_tui.ui.panes.chat.extent import set_extent, set_position
from tavern_tui.ui.panes.chat.finding import hits, needle
from tavern_tui.ui.panes.chat.heights import Heights
from tavern_tui.ui.panes.chat.layout import Layout, Line
from tavern_tui.ui.panes.chat.look import BORDER, Look
from tavern_tui.ui.panes.chat.message import Shown, TranscriptMessage, shown
from tavern_tui.ui.panes.chat.pointing import is_link, swipe_arrow
from tavern_tui.ui.panes.chat.refining import Refiner
from tavern_tui.ui.panes.chat.selecting import (
    key_and_line,
    place,
    selected_part,
    selected_text,
    whole_message,
)
from tavern_tui.ui.panes.chat.spans import GUTTER, SELECTED, Box, Paints, theme_colours
from tavern_tui.ui.panes.chat.stream import Stream

RIGHT_BUTTON = 3
LAYOUTS = 256
"""Messages whose lines are kept."""
FRAME = 1 / 30
"""Seconds between two looks of a growing message."""
LEISURE = 4
"""A look of a growing message that took long is followed by a pause so many times as long, for the keys."""


class Transcript(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows messages, follows the end while it is in view, and has a cursor that walks over messages.

    Textual's own keys for scrolling would come before ours, so it has none."""

    DEFAULT_CSS = """
    Transcript { overflow-x: hidden; overflow-y: scroll; }
    """
    ALLOW_SELECT: ClassVar[bool] = True

    cursor: reactive[int | None] = reactive(None)
    """The message the keys act on; None: the cursor is not here."""
    new_below = reactive(False)
    """Text arrived below what is in view."""

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
        self._messages: list[Shown] = []
        self._heights = Heights()
        self._layouts: OrderedDict[int, Layout] = OrderedDict()
        self._width = 0
        self._following = True
        self._stream: Stream | None = None
        self._frame: Timer | None = None
        self._paints: Paints | None = None
        self.frame = FRAME
        """Seconds between two looks of a growing message."""
        self._look_took = 0.0
        self.prepare: Callable[[ChatMessage, int], ChatMessage] = lambda message, depth: message
        """Makes of a chat's message what is shown of it, when it comes near the screen; `depth`: its distance
        from the last one. Slow things belong here, not into `set_messages`."""
        self._refiner = Refiner(
            self,
            self._heights,
            anchor=self._anchor,
            measure=self._measured,
            show=self._hold_still,
        )
        self.look = Look()
        """How messages stand here; `set_messages` after a change."""
        self.marked: set[int] = set()
        """Messages that are chosen for the next action."""
        self._found: tuple[int, list[dict[int, tuple[int, int, int]]]] | None = None

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
        if index == len(self._messages) - 1:
            self._end_stream(lay=False)
        anchor = self._anchor()
        self._messages[index] = message
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
            self.replace(index, message)

    # --- growing

    def feed(self, delta: str) -> None:
        """More text for the last message. Cheap: everything else happens once per frame."""
        if not self._messages:
            return
        if self._stream is None:
            message = self._shown(len(self._messages) - 1)
            message.streaming = True
            self._messages[-1] = message
            self._layouts.pop(len(self._messages) - 1, None)
            self._stream = Stream(message)
        self._stream.feed(delta)
        if self._frame is None:
            self._frame = self.set_timer(max(self.frame, LEISURE * self._look_took), self._flush)

    def _flush(self) -> None:
        """Lay out what arrived since the last frame."""
        self._frame = None
        if self._stream is None or not self._messages:
            return
        began = perf_counter()
        index = len(self._messages) - 1
        layout = self._layout(index)
        layout.extend(self._stream.take())
        self._heights.set(index, len(layout.lines))
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
        if stream is not None:
            stream.take()
            stream.message.streaming = False
            if lay:
                self._lay_anew(len(self._messages) - 1)

    def _grown(self) -> None:
        """The end moved: follow it, or say that there is more below."""
        if self._following:
            self._settle()
        else:
            self._settle(self._anchor())
            self.new_below = True

    # --- geometry

    def _estimate(self, message: Shown) -> int:
        return self._estimates([message])[0]

    def _estimates(self, messages: Sequence[Shown]) -> list[int]:
        """How many lines messages may have: no more than a look at each, since a resize asks for all."""
        line = max(10, self._width or 70) * 0.93
        return [3 + text.count("\n") + int(len(text) / line) for text in [one.text for one in messages]]

    def _shown(self, index: int) -> TranscriptMessage:
        """A message as it is laid out."""
        message = self._messages[index]
        if isinstance(message, ChatMessage):
            message = self.prepare(message, len(self._messages) - 1 - index)
        return shown(message, self.look)

    def _laid(self, index: int, like: Layout | None = None) -> Layout:
        message = self._shown(index)
        left, width = self.look.place(max(1, self._width), message.speaker)
        return Layout(message, width, like=like, style=self.look.style, left=left)

    def _layout(self, index: int) -> Layout:
        layout = self._layouts.get(index)
        if layout is None:
            layout = self._laid(index)
            self._keep(index, layout)
        else:
            self._layouts.move_to_end(index)
        return layout

    def _keep(self, index: int, layout: Layout) -> None:
        self._layouts[index] = layout
        while len(self._layouts) > LAYOUTS:
            self._layouts.popitem(last=False)
        height = len(layout.lines)
        if self._heights.is_exact(index) and self._heights[index] != height:
            # What is shown of it has become longer or shorter since: a script that looks at its depth, say.
            self._heights.set(index, height)
            self.call_next(self._settle, self._anchor())

    def _lay_anew(self, index: int) -> None:
        """The message is another now; of its lines those are kept that are the same."""
        old = self._layouts.pop(index, None)
        self._heights.doubt(index, self._estimate(self._messages[index]))
        if old is not None:
            self._keep(index, self._laid(index, like=old))

    def _measured(self, index: int) -> int:
        """How many lines a message has, without keeping them."""
        layout = self._layouts.get(index) or self._laid(index)
        return len(layout.lines)

    def _exact(self, index: int) -> int:
        """The message's height, now known exactly."""
        if not self._heights.is_exact(index):
            self._heights.set(index, len(self._layout(index).lines))
        return self._heights[index]

    def _anchor(self) -> tuple[int, int]:
        """The message at the top of the view, and its line there."""
        return self._heights.find(round(self.scroll_y))

    def _settle(self, anchor: tuple[int, int] | None = None) -> None:
        """Make the heights in view exact and put the view at the anchor, or at the end."""
        height = self.size.height
        if not height or not self._width:
            return
        count = len(self._messages)
        if self._following or anchor is None:
            index, covered = count, 0
            while index > 0 and covered < height:
                index -= 1
                covered += self._exact(index)
            top = max(0, self._heights.total - height)
        else:
            index, covered = anchor[0], -anchor[1]
            while index < count and covered < height:
                covered += self._exact(index)
                index += 1
            top = self._heights.top(min(anchor[0], count)) + anchor[1]
            top = max(0, min(top, self._heights.total - height))
        set_extent(self, self._heights.total)
        set_position(self, top)
        self.refresh()
        self._refiner.rest()

    def _hold_still(self, index: int, line: int, bar: bool) -> None:
        """Heights out of view have changed: what is in view stays there, and need not be painted."""
        lowest = max(0, self._heights.total - self.size.height)
        top = lowest if self._following else min(lowest, self._heights.top(index) + line)
        set_extent(self, self._heights.total, bar=bar)
        set_position(self, top, bar=bar)

    def on_resize(self, event: events.Resize) -> None:
        width = self.scrollable_content_region.width - GUTTER
        if width == self._width:
            self._settle(self._anchor())
            return
        anchor, before = self._anchor(), self._width
        self._width = max(1, width)
        self._layouts.clear()
        if before and 0.8 < self._width / before < 1.25:
            self._heights.doubt_all()  # guessing 10,000 heights anew takes a sixth of the time there is
        else:
            self._heights.reset(self._estimates(self._messages))
        self._settle((anchor[0], 0))

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        self._refiner.rest()
        self._following = round(new) >= self._heights.total - self.size.height
        if self._following:
            self.new_below = False
        first, _ = self._heights.find(round(new))
        doubtful = [one for one in self._in_view(first) if not self._heights.is_exact(one)]
        if doubtful:
            self.call_next(self._settle, self._anchor())

    def _in_view(self, first: int) -> Iterable[int]:
        covered = 0
        for index in range(first, len(self._messages)):
            if covered > self.size.height + self._heights[first]:
                return
            covered += self._heights[index]
            yield index

    # --- painting

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._paints = None
        for layout in self._layouts.values():
            _forget_strips(layout.lines)

    def _ink(self) -> Paints:
        if self._paints is None:
            background: Color = self.background_colors[1]
            self._paints = Paints(theme_colours(self.app.theme_variables), background)
        return self._paints

    def _strip(self, y: int) -> tuple[Strip, int, int]:
        """The strip of a line of the view, its message and the line in it."""
        index, at = self._heights.find(round(self.scroll_y) + y)
        if index >= len(self._messages):
            return Strip.blank(self.size.width, self._ink().plain), -1, 0
        layout = self._layout(index)
        if at >= len(layout.lines):
            return Strip.blank(self.size.width, self._ink().plain), index, at
        line = layout.lines[at]
        over = self._over(index, at, line)
        cursor = index == self.cursor or index in self.marked
        width = self.size.width - self.scrollbar_size_vertical
        box = self._box(layout, at) if self.look.is_boxed else None
        if not over and not cursor and (box is None or line.text):
            if line.strip is None:
                line.strip = self._ink().strip(line, layout.message, width, cursor=False, box=box)
            return line.strip, index, at
        return self._ink().strip(line, layout.message, width, cursor=cursor, over=over, box=box), index, at

    def _box(self, layout: Layout, at: int) -> Box:
        """The part of the bubble around a line."""
        left, inner = self.look.place(max(1, self._width), layout.message.speaker)
        edge = "top" if at == 0 else "bottom" if at == len(layout.lines) - 1 else "side"
        return Box(left - BORDER, inner, edge)

    def _over(self, index: int, at: int, line: Line) -> tuple[tuple[int, int, int], ...]:
        """What search and selection lay over a line."""
        over: list[tuple[int, int, int]] = []
        if self._found is not None and self._found[0] == index:
            over += [place_found[at] for place_found in self._found[1] if at in place_found]
        selection = self.text_selection
        if selection is not None:
            left = self._layouts[index].left if index in self._layouts else 0
            part = selected_part(selection, place(index, at), len(line.text), left)
            if part is not None:
                over.append((part[0], part[1], SELECTED))
        return tuple(over)

    def render_line(self, y: int) -> Strip:
        strip, index, at = self._strip(y)
        return strip.apply_offsets(0, place(index, at)) if index >= 0 else strip

    def render_lines(self, crop: Region) -> list[Strip]:
        if not self._width:
            return [Strip.blank(crop.width) for _ in range(crop.height)]
        start, end = crop.x, crop.right
        return [self.render_line(y).crop(start, end) for y in range(crop.y, crop.bottom)]

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width

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


def _forget_strips(lines: Iterable[Line]) -> None:
    for line in lines:
        line.strip = None
