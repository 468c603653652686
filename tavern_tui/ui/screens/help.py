"""HelpScreen: every key there is, from the table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tavern_tui.ui.dialogs.dialog import Dialog
from tavern_tui.ui.key import Key
from tavern_tui.ui.keys import SCOPES, keys_of, shown_keys

KEY_WIDTH = 14
TITLE_WIDTH = 20


class HelpScreen(Dialog[None]):
    """Generated from the key table, with the user's own keys in place."""

    hint = "↑ ↓  scroll    Esc  close"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f1,question_mark,q", "cancel", "Close", show=False)]

    def __init__(self, keymap: Mapping[str, str]) -> None:
        super().__init__("Keys")
        self._keymap = keymap

    def body(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static(id="help-text")

    def on_mount(self) -> None:
        self.add_class("-help")
        self.query_one("#help").focus()
        self.call_after_refresh(self.fill)

    def on_resize(self) -> None:
        self.call_after_refresh(self.fill)

    def fill(self) -> None:
        """Lay the text out for the width there is."""
        width = self.query_one("#help", VerticalScroll).scrollable_content_region.width
        self.query_one("#help-text", Static).update(help_text(SCOPES, self._keymap, width))


def help_text(scopes: Iterable[str], keymap: Mapping[str, str], width: int) -> Content:
    """The rows of these scopes under their headings, in three columns."""
    lines: list[Content] = []
    for scope in scopes:
        if lines:
            lines.append(Content(""))
        lines.append(Content.styled(SCOPES[scope], "bold $primary"))
        for key in keys_of(scope):
            lines.extend(_row(key, shown_keys(key, keymap), width))
    return Content("\n").join(lines)


def _row(key: Key, keys: str, width: int) -> Iterator[Content]:
    room = max(16, width - KEY_WIDTH - TITLE_WIDTH)
    first, *more = textwrap.wrap(key.help, room) or [""]
    yield Content.assemble(
        (f"{keys} ".ljust(KEY_WIDTH), "$accent"),
        f"{key.title} ".ljust(TITLE_WIDTH),
        (first, "$foreground-muted"),
    )
    for line in more:
        yield Content.styled(" " * (KEY_WIDTH + TITLE_WIDTH) + line, "$foreground-muted")
