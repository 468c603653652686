"""CardView: everything a card says, to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tavern_tui.core.character import Character
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.dialogs.dialog import Dialog
from tavern_tui.ui.widgets.section_rows import Section
from tavern_tui.ui.widgets.sections import SectionView

FIELDS: tuple[tuple[str, str, str], ...] = (
    ("creator_notes", "Creator's notes", "secondary"),
    ("description", "Description", "primary"),
    ("personality", "Personality", "primary"),
    ("scenario", "Scenario", "primary"),
    ("first_message", "First message", "accent"),
    ("example_messages", "Example messages", "accent"),
    ("system_prompt", "System prompt", "warning"),
    ("post_history", "Instructions after the history", "warning"),
)
"""Field of the card, heading, theme colour."""


class CardView(Dialog[None]):
    """Shows a card. Enter folds a section, Escape leaves."""

    hint = "Enter  fold    Esc  close"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "fold", "Fold", show=False)]

    def __init__(self, character: Character) -> None:
        super().__init__(character.name)
        self._character = character

    def body(self) -> ComposeResult:
        yield SectionView(id="card")

    def on_mount(self) -> None:
        self.add_class("-tall")
        view = self.query_one("#card", SectionView)
        view.show(list(card_sections(self._character)))
        view.focus()

    def action_fold(self) -> None:
        self.query_one("#card", SectionView).toggle()


def card_sections(character: Character) -> Iterator[Section]:
    """The fields that hold something, in reading order."""
    about = [
        ("by", character.creator),
        ("version", character.version),
        ("tags", ", ".join(character.tags)),
        ("file", character.file),
    ]
    facts = "\n".join(f"{name}: {value}" for name, value in about if value)
    yield Section(key="about", title="About", text=clean_text(facts), tone="secondary")
    for field, title, tone in FIELDS:
        text = getattr(character, field)
        if text:
            yield Section(key=field, title=title, text=clean_text(text), tone=tone)
    for number, greeting in enumerate(character.alternate_greetings, start=1):
        yield Section(
            key=f"greeting {number}",
            title=f"Other greeting {number}",
            text=clean_text(greeting),
            tone="accent",
            folded=True,
        )
    if character.lorebook is not None:
        entries = character.lorebook.entries
        lines = "\n".join(clean_line(f"{', '.join(entry.keys)}: {entry.content}") for entry in entries)
        yield Section(
            key="lorebook",
            title=f"Lorebook ({len(entries)} entries)",
            text=lines,
            tone="success",
            folded=True,
        )
