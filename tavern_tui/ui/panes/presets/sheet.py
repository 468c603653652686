"""PromptSheet: the form for what is under the cursor, and what the program puts in its place."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tavern_tui.core.preset import ChatPreset
from tavern_tui.core.prompt import BuiltPrompt
from tavern_tui.services.preset_edit import BUILT_IN_NAMES, PromptRow
from tavern_tui.text.clean import clean_text
from tavern_tui.ui.panes.presets.fields import DEPTH_ROWS, PAGES, PROMPT_ROWS, page_values, prompt_values
from tavern_tui.ui.panes.presets.lines import Line, about
from tavern_tui.ui.widgets.form import Form, Value

LEAST_LINES = 6
"""Height of a prompt's text where there is no room for more."""
LONGEST_IN_FIELD = 60_000
"""Characters of a prompt that the form shows; longer ones are written on the whole screen."""
AT_ONCE = frozenset(("enabled", "identifier"))
LONGEST_SHOWN = 20_000
"""Characters of what stands in a place."""


class PromptSheet(Vertical):
    """One form for prompts, one for each page of the preset."""

    DEFAULT_CSS = """
    PromptSheet #about { height: 2; margin-bottom: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    PromptSheet Form > .heading:first-child { margin-top: 0; }
    PromptSheet #built { height: 1fr; padding: 0 1; border-top: hkey $line; scrollbar-size-vertical: 1; }
    PromptSheet #built-text { height: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._prompt = Form(PROMPT_ROWS, id="form-prompt")
        self._pages: dict[str, Form] = {}
        """Those that were looked at: each has many fields, and the screen should open at once."""
        self._line: Line | None = None
        self._preset = ChatPreset()
        self._built: BuiltPrompt | None = None
        self._loaded: dict[str, Value] = {}

    def compose(self) -> ComposeResult:
        yield Static("", id="about", markup=False)
        yield self._prompt
        with VerticalScroll(id="built"):
            yield Static("", id="built-text", markup=False)

    def on_mount(self) -> None:
        self._prompt.display = False

    def on_resize(self) -> None:
        self._fit()

    def focus_first(self) -> None:
        """To the first field, of a prompt to its text."""
        line = self._line
        if line is None:
            return
        if line.row is None:
            wanted = next(row.id for row in PAGES[line.page][1] if row.kind != "heading")
            self.call_after_refresh(lambda: self._pages[line.page].query_one(f"#{wanted}").focus())
        else:
            self._field("content" if self._has_text(line.row) else "role").focus()

    def _field(self, id: str) -> Widget:
        return self._prompt.query_one(f"#{id}")

    def _show_page(self, page: str, values: Mapping[str, Value]) -> None:
        form = self._pages.get(page)
        if form is None:
            form = self._pages[page] = Form(PAGES[page][1], values, id=f"form-{page}")
            self.mount(form, before="#built")
        else:
            form.call_after_refresh(form.load, values)

    # --- what is shown

    def show(self, preset: ChatPreset, line: Line | None) -> None:
        """The form of this line."""
        page = line.page if line is not None else ""
        self._prompt.display = line is not None and line.row is not None
        for name, form in self._pages.items():
            form.display = name == page
        if line is not None and line.row is not None:
            values = prompt_values(line.row)
            if not self._has_text(line.row):
                values["content"] = ""
            self._loaded = values
            self._prompt.load(values)
        elif page:
            self._loaded = page_values(preset, page)
            self._show_page(page, self._loaded)
        self.follow(preset, line)

    def typed(self) -> dict[str, Value]:
        """The fields that hold something else than they were loaded with. Not those in which each
        letter counts at once."""
        line = self._line
        form = self._prompt if line is None or line.row is not None else self._pages.get(line.page)
        found = form.values if form is not None else {}
        return {
            field: value
            for field, value in found.items()
            if field not in AT_ONCE and value != self._loaded.get(field)
        }

    def follow(self, preset: ChatPreset, line: Line | None) -> None:
        """Show the rows that mean something for this line."""
        self._preset, self._line = preset, line
        row = line.row if line is not None else None
        if row is not None:
            prompt = row.prompt
            in_chat = prompt is not None and prompt.injection_position == 1
            for id in DEPTH_ROWS:
                self._prompt.query_one(f"#row-{id}").display = in_chat
            self._prompt.query_one("#row-content").display = self._has_text(row)
            self._field("identifier").disabled = row.identifier in BUILT_IN_NAMES
        self._show_built()
        self._fit()

    @staticmethod
    def _has_text(row: PromptRow) -> bool:
        """Whether its text can be written in the form."""
        return not row.is_place and (row.prompt is None or len(row.prompt.content) <= LONGEST_IN_FIELD)

    def look(self, built: BuiltPrompt, line: Line | None) -> None:
        """The prompt was built anew."""
        self._built, self._line = built, line
        self._show_built()

    def _show_built(self) -> None:
        line, built = self._line, self._built
        self.query_one("#about", Static).update(
            about(line, self._preset, built) if line is not None else "", layout=False
        )
        row = line.row if line is not None else None
        text = self._text_instead(row, built) if row is not None else None
        # A class would have every field styled anew, with each step of the cursor.
        self._prompt.styles.height = "1fr" if text is None else "auto"
        self._prompt.styles.max_height = None if text is None else "60%"
        self.query_one("#built").display = text is not None
        if text is not None:
            self.query_one("#built-text", Static).update(Content.styled(text, "$foreground-muted"))

    def _text_instead(self, row: PromptRow, built: BuiltPrompt | None) -> str | None:
        """What goes out in the place of a text that is not in the form; None: it is in the form."""
        if not self._has_text(row) and not row.is_place and row.prompt is not None:
            return f"{len(row.prompt.content):,} characters: e writes them on the whole screen."
        parts = [part for part in built.parts if part.slot == row.identifier] if built is not None else []
        if not row.is_place and not any(part.origin.startswith("card ") for part in parts):
            return None
        text = "".join(part.text for part in parts)
        cut = f"\n… {len(text) - LONGEST_SHOWN:,} more characters" if len(text) > LONGEST_SHOWN else ""
        return clean_text(text[:LONGEST_SHOWN]) + cut

    def _fit(self) -> None:
        """Give the text of a prompt all the room the other fields leave."""
        if self._line is None or self._line.row is None or not self._prompt.is_mounted:
            return
        others = [child for child in self._prompt.children if child.display and child.id != "row-content"]
        around = 3 + 2 + 1 + len(others)  # what is said above, its label and gap, the gap of a heading
        room = self.size.height - around
        if self.query_one("#built").display:
            room //= 2
        self._field("content").styles.height = max(LEAST_LINES, room)
