"""AttachLine: the files that go out with the next message, above the composer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tavern_tui.text.clean import clean_line
from tavern_tui.ui.panes.chat.file_lines import WORDS, in_bytes
from tavern_tui.ui.panes.chat.layout import fitted

if TYPE_CHECKING:
    from tavern_tui.services.attachments import Attached

LONGEST_NAME = 28
"""Cells of a file's name."""
MOST = 3
"""Files that have a line of their own."""


class AttachLine(Vertical):
    """A line for each file: name, kind, tokens, size as it is and as it is sent; then what is wrong with it.
    Hidden while nothing is attached."""

    DEFAULT_CSS = """
    AttachLine { height: auto; padding: 0 3; display: none; }
    AttachLine > #files { text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def compose(self) -> ComposeResult:
        yield Static(id="files")
        yield Static(id="why-not")

    def show(self, attached: Sequence[Attached], refusals: Sequence[str]) -> None:
        """Show these files and why some of them would not reach the model."""
        self.display = bool(attached)
        lines = [_line(one) for one in attached[:MOST]]
        if len(attached) > MOST:
            lines.append(Content.styled(f"  and {len(attached) - MOST} more", "$foreground-muted"))
        self.query_one("#files", Static).update(Content("\n").join(lines))
        why_not = self.query_one("#why-not", Static)
        why_not.display = bool(refusals)
        sentences = [Content.styled(f"! {clean_line(sentence)}", "$warning") for sentence in refusals]
        why_not.update(Content("\n").join(sentences))


def _line(one: Attached) -> Content:
    facts = "  ".join((WORDS[one.kind], f"≈ {one.tokens:,} tokens", _sizes(one)))
    return Content.assemble(
        ("+ ", "bold $primary"),
        (fitted(clean_line(one.name), LONGEST_NAME), "$foreground"),
        (f"  {facts}", "$foreground-muted"),
    )


def _sizes(one: Attached) -> str:
    """`3000×1000 1.2 MiB → 1568×523 210 KiB`: the user's file, and what is sent of it."""
    before = _size(one.size, one.bytes)
    if (one.size, one.bytes) == (one.kept_size, one.kept_bytes):
        return before
    return f"{before} → {_size(one.kept_size, one.kept_bytes)}"


def _size(size: tuple[int, int] | None, count: int) -> str:
    return f"{size[0]}×{size[1]} {in_bytes(count)}" if size else in_bytes(count)
