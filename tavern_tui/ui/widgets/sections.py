"""SectionView: a long text in titled sections that fold, drawn line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color, ColorParseError
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from tavern_tui.ui.widgets.section_rows import Layout, Match, Row, RowKind, Section, find

GUTTER = 2
"""Cells left of the text: the section's colour."""


class SectionView(ScrollView, can_focus=True):
    """Draws only the lines that are visible, so that 100,000 tokens cost no more than 100."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "move_page(-1)", "Page up", show=False),
        Binding("pagedown", "move_page(1)", "Page down", show=False),
        Binding("home,g", "move_to(0)", "Top", show=False),
        Binding("end,G", "move_to(-1)", "End", show=False),
    ]
    DEFAULT_CSS = "SectionView { overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sections: Sequence[Section] = ()
        self._layout = Layout()
        self._folded: set[str] = set()
        self._seen: set[str] = set()
        self._cursor = 0
        self._matches: list[Match] = []
        self._matches_of: dict[int, list[Match]] = {}
        self._match = -1
        self._words = ""
        self._styles: dict[str, Style] = {}

    # --- what is shown

    def show(self, sections: Sequence[Section]) -> None:
        """Show these sections; folding, cursor and search stay as they were."""
        here = self._place()
        for section in sections:
            if section.key not in self._seen:
                self._seen.add(section.key)
                if section.folded:
                    self._folded.add(section.key)
        self._sections = tuple(sections)
        if self._words:
            self._find()
        self._lay()
        self._go_back_to(here)

    @property
    def current(self) -> Section | None:
        """The section under the cursor."""
        rows = self._layout.rows
        return self._sections[rows[self._cursor].section] if rows else None

    @property
    def matches(self) -> int:
        return len(self._matches)

    def search(self, words: str) -> int:
        """Highlight every place where `words` stand and go to the first; says how many."""
        self._words = words
        self._find()
        self._match = -1
        self.refresh()
        self.next_match(1)
        return len(self._matches)

    def _find(self) -> None:
        self._matches = find(self._sections, self._words)
        self._matches_of = {}
        for match in self._matches:
            self._matches_of.setdefault(match.section, []).append(match)

    def next_match(self, step: int) -> None:
        if not self._matches:
            return
        self._match = (self._match + step) % len(self._matches)
        match = self._matches[self._match]
        found = self._sections[match.section]
        around = {found.key, found.parent} & self._folded
        if around:
            self._folded -= around
            self._lay()
        self._set_cursor(self._layout.row_of(match.section, match.start))

    def toggle(self) -> None:
        """Fold or unfold the section under the cursor."""
        section = self.current
        if section is None or not section.title:
            return
        self._folded.symmetric_difference_update({section.key})
        at = self._layout.rows[self._cursor].section
        self._lay()
        self._set_cursor(self._layout.row_of(at))

    def toggle_all(self) -> None:
        """Fold everything, or unfold everything if something is folded."""
        keys = {section.key for section in self._sections if section.title}
        at = self._layout.rows[self._cursor].section if self._layout.rows else 0
        self._folded = set() if keys & self._folded else keys
        self._lay()
        self._set_cursor(self._layout.row_of(at))

    # --- the cursor

    def action_move(self, step: int) -> None:
        self._set_cursor(self._cursor + step)

    def action_move_page(self, step: int) -> None:
        self._set_cursor(self._cursor + step * max(1, self.size.height - 1))

    def action_move_to(self, end: int) -> None:
        self._set_cursor(len(self._layout.rows) - 1 if end else 0)

    def _set_cursor(self, row: int) -> None:
        self._cursor = max(0, min(row, len(self._layout.rows) - 1))
        top, height = round(self.scroll_y), max(1, self.size.height)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False)
        self.refresh()

    def _place(self) -> tuple[str, int] | None:
        """The cursor's section and its row in it."""
        section = self.current
        if section is None:
            return None
        first = self._layout.row_of(self._layout.rows[self._cursor].section)
        return section.key, self._cursor - first

    def _go_back_to(self, place: tuple[str, int] | None) -> None:
        self._cursor = min(self._cursor, max(0, len(self._layout.rows) - 1))
        if place is None:
            return
        key, row = place
        for index, section in enumerate(self._sections):
            if section.key == key:
                self._cursor = min(self._layout.row_of(index) + row, max(0, len(self._layout.rows) - 1))
                return

    async def _on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or not self._layout.rows:
            return
        at = offset.y + round(self.scroll_y)
        if at >= len(self._layout.rows):
            return
        self._cursor = at
        if self._layout.rows[at].kind is RowKind.HEAD:
            self.toggle()
        self.refresh()

    # --- drawing

    def _lay(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        self._layout.lay(self._sections, self._folded, max(8, width - GUTTER))
        self.virtual_size = Size(width, len(self._layout.rows))
        self.refresh()

    def on_resize(self) -> None:
        here = self._place()
        self._lay()
        self._go_back_to(here)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = {}

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        at = y + round(self.scroll_y)
        if at >= len(self._layout.rows):
            return Strip.blank(width, self._style("text"))
        row = self._layout.rows[at]
        strip = self._drawn(row, width, at == self._cursor and self.has_focus)
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(at)) is not None:
            strip = self._selected(strip, span, width)
        return strip.apply_offsets(0, at)

    def _drawn(self, row: Row, width: int, under_cursor: bool) -> Strip:
        section = self._sections[row.section]
        tone = self._style(section.tone)
        gutter = Segment("▌ " if under_cursor else "│ ", tone)
        if row.kind is RowKind.GAP:
            return Strip.blank(width, self._style("text"))
        if row.kind is RowKind.MARK:
            return Strip([Segment(_rule(section.mark_title, width), self._style("mark"))], width)
        if row.kind is RowKind.HEAD:
            return Strip(self._head(section, width, under_cursor), width)
        pieces = [gutter] if section.title else [Segment("▌ " if under_cursor else "  ", tone)]
        pieces.extend(self._text(row, section))
        return Strip(pieces).adjust_cell_length(width, self._style("text"))

    def _head(self, section: Section, width: int, under_cursor: bool) -> list[Segment]:
        tone = self._style(section.tone)
        sign = "▸ " if section.key in self._folded else "▾ "
        note = section.note
        room = max(0, width - GUTTER - cell_len(note) - 1)
        title = section.title
        if cell_len(title) > room:
            title = set_cell_size(title, max(0, room - 1)) + "…"
        bold = tone + Style(bold=True, reverse=under_cursor)
        return [
            Segment(sign, tone),
            Segment(title, bold),
            Segment(" " * max(1, width - GUTTER - cell_len(title) - cell_len(note)), self._style("text")),
            Segment(note, self._style("muted")),
        ]

    def _text(self, row: Row, section: Section) -> list[Segment]:
        plain, found = self._style("text"), self._style("match")
        pieces: list[Segment] = []
        at = row.start
        for match in self._matches_of.get(row.section, ()):
            if match.end <= at or match.start >= row.end:
                continue
            start, end = max(at, match.start), min(row.end, match.end)
            pieces += [Segment(section.text[at:start], plain), Segment(section.text[start:end], found)]
            at = end
        pieces.append(Segment(section.text[at : row.end], plain))
        return [Segment(piece.text.replace("\t", " "), piece.style) for piece in pieces if piece.text]

    def _selected(self, strip: Strip, span: tuple[int, int], width: int) -> Strip:
        start, end = span
        end = width if end == -1 else min(end, width)
        start = min(start, end)
        before, chosen, after = strip.crop(0, start), strip.crop(start, end), strip.crop(end)
        return Strip.join(
            [before, chosen.apply_style(self.screen.get_visual_style("screen--selection").rich_style), after]
        )

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The words under the mouse's selection, as they stand on the screen."""
        return selection.extract("\n".join(self._plain(row) for row in self._layout.rows)), "\n"

    def _plain(self, row: Row) -> str:
        section = self._sections[row.section]
        if row.kind is RowKind.TEXT:
            return " " * GUTTER + section.text[row.start : row.end]
        return " " * GUTTER + section.title if row.kind is RowKind.HEAD else ""

    def _style(self, name: str) -> Style:
        """A style by its role here (`text`, `muted`, `mark`, `match`) or by a theme colour's name."""
        style = self._styles.get(name)
        if style is None:
            style = self._styles[name] = self._make_style(name)
        return style

    def _make_style(self, name: str) -> Style:
        background, foreground = (
            self.background_colors[1],
            self.visual_style.foreground or Color(128, 128, 128),
        )
        base = Style(bgcolor=background.rich_color)
        if name == "text":
            return base + Style(color=background.blend(foreground, 0.88).rich_color)
        if name == "muted":
            return base + Style(color=background.blend(foreground, 0.55).rich_color)
        if name == "match":
            warning = self._colour("warning", foreground)
            return Style(bgcolor=warning.rich_color, color=background.rich_color)
        if name == "mark":
            return base + Style(color=self._colour("success", foreground).rich_color)
        return base + Style(color=self._colour(name, foreground).rich_color)

    def _colour(self, name: str, otherwise: Color) -> Color:
        try:
            return self.background_colors[1] + Color.parse(self.app.theme_variables.get(name, ""))
        except ColorParseError:
            return otherwise


def _rule(title: str, width: int) -> str:
    """A divider with words in it."""
    words = f" {title} " if title else ""
    left = max(2, (width - cell_len(words)) // 2)
    return set_cell_size("╌" * left + words + "╌" * width, width)
