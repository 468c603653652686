"""PreviewPane: what the template under the cursor makes of the open chat, or of a sample."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tavern_tui.services.templates import TemplatePreview
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.panes.prompt.parts import tone
from tavern_tui.ui.widgets.sequence import shown_sequence

LINE_END = "↵"


class PreviewHead(Static):
    """Says which chat is looked at; a click takes the other."""

    ALLOW_SELECT = False

    @dataclass
    class Clicked(Message):
        """The other chat, please."""

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Clicked())


class PreviewPane(Vertical):
    """A heading, and the prompt as text with its line ends."""

    DEFAULT_CSS = """
    PreviewPane PreviewHead { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    PreviewPane VerticalScroll { scrollbar-size-vertical: 1; height: 1fr; }
    PreviewPane #preview-text { height: auto; }
    """

    def compose(self) -> ComposeResult:
        yield PreviewHead("", id="preview-head", markup=False)
        with VerticalScroll(id="preview-scroll"):
            yield Static("", id="preview-text", markup=False)

    def show(self, preview: TemplatePreview, *, sample: bool) -> None:
        """Show this; the place that is looked at stays."""
        other = "the open chat" if sample else "a sample"
        head = Content.assemble(
            ("A sample" if sample else "The open chat", "bold $primary"),
            (f"  with {clean_line(preview.company)}", "$foreground-muted") if preview.company else "",
            (f"  ·  v: {other}", "$foreground-disabled"),
        )
        self.query_one(PreviewHead).update(head, layout=False)
        self.query_one("#preview-text", Static).update(preview_content(preview))


def preview_content(preview: TemplatePreview) -> Content:
    """The prompt with its sequences and line ends marked, and what follows from the template."""
    pieces = [*_odd(preview.odd), *_prompt(preview), *_stops(preview.stop)]
    return Content.assemble(*pieces)


Styled = tuple[str, str]


def _odd(sentences: Sequence[str]) -> Iterator[Styled]:
    for sentence in sentences:
        yield f"{clean_line(sentence)}\n", "$warning"
    if sentences:
        yield "\n", ""


def _prompt(preview: TemplatePreview) -> Iterator[Styled]:
    found = [re.escape(clean_text(sequence)) for sequence in preview.sequences]
    pattern = re.compile(f"({'|'.join(found)})") if found else None
    for piece in preview.pieces:
        if piece.kind == "cut":
            yield clean_text(piece.text), "italic $foreground-disabled"
            continue
        colour = f"${tone(piece.kind)}"
        text = clean_text(piece.text)
        for at, part in enumerate(pattern.split(text) if pattern is not None else (text,)):
            yield from _with_ends(part, "bold $primary" if at % 2 else colour)


def _with_ends(text: str, style: str) -> Iterator[Styled]:
    """The text with a sign before each line break: where a line ends matters to a model."""
    *lines, last = text.split("\n")
    for line in lines:
        yield line, style
        yield f"{LINE_END}\n", "$foreground-disabled"
    if last:
        yield last, style


def _stops(stop: Sequence[str]) -> Iterator[Styled]:
    if not stop:
        return
    yield "\n\n", ""
    yield "Stops at ", "$foreground-muted"
    for at, one in enumerate(stop):
        yield ("  " if at else ""), ""
        yield clean_line(shown_sequence(one)), "$accent"
