"""TranscriptLines: the lines of a chat's messages, where the view stands on them, how they are painted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.color import Color
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tavern_tui.core.chat import Message as ChatMessage
from tavern_tui.ui.panes.chat.extent import set_extent, set_position
from tavern_tui.ui.panes.chat.heights import Heights
from tavern_tui.ui.panes.chat.layout import Layout, Line
from tavern_tui.ui.panes.chat.look import BORDER, Look
from tavern_tui.ui.panes.chat.message import Shown, TranscriptMessage, shown
from tavern_tui.ui.panes.chat.refining import Refiner
from tavern_tui.ui.panes.chat.selecting import (
    place,
    selected_part,
)
from tavern_tui.ui.panes.chat.spans import GUTTER, SELECTED, Box, Paints, theme_colours

LAYOUTS = 256
"""Messages whose lines are kept."""


class TranscriptLines(ScrollView, can_focus=True, inherit_bindings=False):
    """Lays out only the messages near the view, and follows the end while it is in view.

    Textual's own keys for scrolling would come before ours, so it has none."""

    DEFAULT_CSS = """
    TranscriptLines { overflow-x: hidden; overflow-y: scroll; }
    """
    ALLOW_SELECT: ClassVar[bool] = True

    cursor: reactive[int | None] = reactive(None)
    """The message the keys act on; None: the cursor is not here."""
    new_below = reactive(False)
    """Text arrived below what is in view."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._messages: list[Shown] = []
        self._heights = Heights()
        self._layouts: OrderedDict[int, Layout] = OrderedDict()
        self._width = 0
        self._following = True
        self._paints: Paints | None = None
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
        self._marked_last = 0
        self._found: tuple[int, list[dict[int, tuple[int, int, int]]]] | None = None

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


def _forget_strips(lines: Iterable[Line]) -> None:
    for line in lines:
        line.strip = None
