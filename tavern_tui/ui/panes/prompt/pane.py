"""PromptPane: exactly what would be sent now, part by part or as the request body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from tavern_tui.core.errors import TavernError
from tavern_tui.core.prompt import ChatPrompt, TextPrompt
from tavern_tui.services.preview import PromptPreview
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.panes.prompt.parts import body_sections, message_counts, prompt_sections, tone
from tavern_tui.ui.widgets.section_rows import Section
from tavern_tui.ui.widgets.sections import SectionView
from tavern_tui.ui.widgets.token_meter import sum_by, token_bar

DELAY = 0.1
"""Seconds of quiet before the prompt is built again while somebody types."""


class PromptPane(Vertical):
    """Looks ahead only while it can be seen."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("prompt")]

    @dataclass
    class Looked(Message):
        """The prompt was built anew."""

        preview: PromptPreview

    @dataclass
    class SendEdited(Message):
        """The user changed the prompt and wants this sent, once."""

        prompt: str | Sequence[dict[str, str]]

    def __init__(self, look_ahead: Callable[[], PromptPreview], *, id: str | None = None) -> None:
        """`look_ahead` builds the preview of what the composer holds now; may raise TavernError."""
        super().__init__(id=id, classes="pane")
        self.border_title = "Prompt"
        self._look_ahead = look_ahead
        self._preview: PromptPreview | None = None
        self._sections: Sequence[Section] = ()
        self._as_body = False
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="prompt-facts")
        yield SectionView(id="prompt-view")
        yield Input(placeholder="Search the prompt", id="prompt-search", compact=True)

    def on_mount(self) -> None:
        self.query_one("#prompt-search").display = False
        self.look()

    def on_resize(self) -> None:
        self._show_facts()

    @property
    def view(self) -> SectionView:
        return self.query_one("#prompt-view", SectionView)

    # --- looking

    def look_soon(self) -> None:
        """Build the prompt again after a moment without another call."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(DELAY, self.look)

    def look(self) -> None:
        """Build the prompt now and show it."""
        self._timer = None
        try:
            self._preview = self._look_ahead()
        except TavernError as error:
            self._preview = None
            self.view.show(())
            self.query_one("#prompt-facts", Static).update(Content(clean_line(f"{error} {error.hint}")))
            return
        self._show()
        self.post_message(self.Looked(self._preview))

    def _show(self) -> None:
        if self._preview is None:
            return
        self._sections = (body_sections if self._as_body else prompt_sections)(self._preview)
        self.view.show(self._sections)
        self._show_facts()

    def _show_facts(self) -> None:
        preview = self._preview
        if preview is None:
            return
        built = preview.built
        width = max(0, self.query_one("#prompt-facts").size.width or self.size.width - 2)
        shares = sum_by((f"${tone(part.kind)}", part.tokens) for part in built.parts)
        about = "" if built.exact else "about "
        figures = Content.assemble(
            (f"{about}{built.tokens:,}", "bold"),
            (f" of {built.budget:,} tokens", "$foreground-muted"),
            (f"   {clean_line(preview.counted_by)}", "$foreground-disabled"),
        )
        facts = Content("\n").join(
            [figures.truncate(width, ellipsis=True), token_bar(shares, built.budget, width)]
        )
        reshaped = (line.truncate(width, ellipsis=True) for line in self._reshaped(preview))
        lines = [facts, self._unchanged(preview), *reshaped]
        self.query_one("#prompt-facts", Static).update(Content("\n").join(lines))

    def _unchanged(self, preview: PromptPreview) -> Content:
        if not preview.unchanged_chars:
            return Content.styled("nothing of it was sent before", "$foreground-disabled")
        percent = 100 * preview.unchanged_chars // max(1, preview.total_chars)
        return Content.assemble(
            (f"{percent}%", "$success"),
            (f" unchanged since the last request ({preview.unchanged_tokens:,} tokens)", "$foreground-muted"),
        )

    def _reshaped(self, preview: PromptPreview) -> list[Content]:
        """What post-processing made of the messages; empty where there is none."""
        if not preview.built.as_built:
            return []
        before, after = message_counts(preview.built)
        other = "as they were built" if self._as_body else "as they go out"
        words = f"{before} messages were built, {after} go out.  b: {other}"
        return [Content.styled(words, "$foreground-muted")]

    # --- keys

    def action_body(self) -> None:
        self._as_body = not self._as_body
        self.border_title = "Prompt, as it goes out" if self._as_body else "Prompt"
        self._show()

    def action_fold(self) -> None:
        self.view.toggle()

    def action_fold_all(self) -> None:
        self.view.toggle_all()

    def action_search(self) -> None:
        box = self.query_one("#prompt-search", Input)
        box.display = True
        box.focus()

    def action_next_match(self) -> None:
        self.view.next_match(1)

    def action_previous_match(self) -> None:
        self.view.next_match(-1)

    @on(Input.Changed, "#prompt-search")
    def words_changed(self, event: Input.Changed) -> None:
        event.stop()
        found = self.view.search(event.value)
        self.border_subtitle = f"{found} found" if event.value else ""

    @on(Input.Submitted, "#prompt-search")
    def words_accepted(self, event: Input.Submitted) -> None:
        event.stop()
        self._close_search(keep=True)

    def _close_search(self, *, keep: bool) -> None:
        box = self.query_one("#prompt-search", Input)
        if not keep:
            box.value = ""
        box.display = False
        self.view.focus()

    def key_escape(self) -> None:
        """Escape leaves the search first."""
        if self.query_one("#prompt-search").display:
            self._close_search(keep=False)

    def action_copy_part(self) -> None:
        section = self.view.current
        if section is not None:
            inside = [one.text for one in self._sections if one.parent == section.key]
            self._copy("\n\n".join(inside) or section.text, f'Copied "{section.title.strip()}".')

    def action_copy_all(self) -> None:
        if self._preview is not None:
            text = self._preview.wire if self._as_body else self._preview.text
            self._copy(text, "Copied the whole prompt.")

    def _copy(self, text: str, said: str) -> None:
        self.app.copy_to_clipboard(text)
        self.notify(said, markup=False)

    # --- edit, then send this once

    def action_send_edited(self) -> None:
        self.run_worker(self._edit_and_send(), exclusive=True, group="edit prompt")

    async def _edit_and_send(self) -> None:
        from tavern_tui.ui.dialogs.editor import Editor
        from tavern_tui.ui.panes.prompt.as_text import messages_from_text, text_from_messages

        self.look()
        if self._preview is None:
            return
        prompt = self._preview.built.prompt
        match prompt:
            case TextPrompt(text=text):
                edited = await self.app.push_screen_wait(
                    Editor("Edit, then send this once", text, save="Send")
                )
                if edited is not None:
                    self.post_message(self.SendEdited(edited))
            case ChatPrompt(messages=messages):
                text = text_from_messages(messages)
                edited = await self.app.push_screen_wait(
                    Editor("Edit, then send this once", text, save="Send")
                )
                if edited is not None:
                    self.post_message(self.SendEdited(messages_from_text(edited)))
