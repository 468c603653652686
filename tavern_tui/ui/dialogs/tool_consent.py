"""ToolConsent: may the model call this tool?"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from tavern_tui.services.tools import Consent, ToolCall, ToolEntry
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.dialogs.dialog import Dialog

LONGEST_SHOWN = 4000
"""Characters of the arguments that are shown."""

ANSWERS: tuple[tuple[Consent, str], ...] = (
    (Consent.ONCE, "Once"),
    (Consent.ALWAYS, "Always"),
    (Consent.NOT_NOW, "Not now"),
    (Consent.NEVER, "Never"),
)


class ToolConsent(Dialog[Consent]):
    """Asks about one call. The answer is a Consent, or None."""

    hint = "o  once    a  always    n  not now    v  never    Esc  not now"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "answer('once')", "Once", show=False),
        Binding("a", "answer('always')", "Always", show=False),
        Binding("n", "answer('not now')", "Not now", show=False),
        Binding("v", "answer('never')", "Never", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
        Binding("left", "app.focus_previous", "Previous", show=False),
    ]

    def __init__(self, tool: ToolEntry, call: ToolCall) -> None:
        super().__init__("May the model call a tool?")
        self._tool = tool
        self._arguments = call.arguments

    def body(self) -> ComposeResult:
        yield Static(clean_line(self._tool.title), markup=False)
        given = clean_text(self._arguments[:LONGEST_SHOWN]) or "without arguments"
        with VerticalScroll():
            yield Static(f"with {given}", markup=False, id="arguments")
        with Horizontal(classes="buttons"):
            for place, (_, label) in enumerate(ANSWERS):
                yield Button(label, id=f"answer-{place}", compact=True)

    def on_mount(self) -> None:
        self.query_one("#answer-0", Button).focus()

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        self.dismiss(ANSWERS[int((event.button.id or "answer-2").removeprefix("answer-"))][0])

    def action_answer(self, answer: str) -> None:
        self.dismiss(Consent(answer))


async def ask_in(app: App[None], tool: ToolEntry, call: ToolCall) -> Consent:
    """Ask over whatever the app shows; the question goes away when nobody waits for it any more."""
    said: asyncio.Future[Consent | None] = asyncio.get_running_loop().create_future()

    def keep(answer: Consent | None) -> None:
        if not said.done():
            said.set_result(answer)

    dialog = ToolConsent(tool, call)
    app.push_screen(dialog, keep)
    try:
        return await said or Consent.NOT_NOW
    finally:
        if said.cancelled() and app.is_running and app.screen is dialog:
            dialog.dismiss(None)
