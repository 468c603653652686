"""NoteBench: the author's note of the chat, its character and chats to come; the chat's own scenario."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult

from tavern_tui.core.errors import TavernError
from tavern_tui.core.preset import AuthorsNote, CharacterNote
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.screens.bench import Bench
from tavern_tui.ui.widgets.form import Form, Row, Value

if TYPE_CHECKING:
    from tavern_tui.services.tavern import Tavern

POSITIONS = (
    ("1", "In the chat, at a depth"),
    ("0", "After the main prompt"),
    ("2", "Before the main prompt"),
)
ROLES = (("0", "System"), ("1", "User"), ("2", "Assistant"))
CHARACTER_PLACES = (("0", "Instead of the chat's note"), ("1", "Before it"), ("2", "After it"))


def _note_rows(which: str, lines: int) -> tuple[Row, ...]:
    """The five fields of a note."""
    return (
        Row(id=f"{which}-text", label="Text", kind="text", macros=True, lines=lines,
            help="Words that remind the model of something, sent with the prompt but not part of the chat."),
        Row(id=f"{which}-position", label="Where", kind="choice", choices=POSITIONS,
            help="In the chat it stands closer to the end, and weighs more."),
        Row(id=f"{which}-depth", label="Depth", kind="integer", least=0, most=10_000,
            help="Messages after it: 0 is the very end of the chat."),
        Row(id=f"{which}-role", label="Role", kind="choice", choices=ROLES,
            help="Who says it, where the model knows roles."),
        Row(id=f"{which}-interval", label="Every n-th message", kind="integer", least=0, most=10_000,
            help="Counted in your messages: 1 is always, 0 never."),
    )  # fmt: skip


ROWS = (
    Row(id="h-chat", label="This chat", kind="heading"),
    *_note_rows("chat", 6),
    Row(id="h-character", label="This character, in every chat", kind="heading"),
    Row(id="character-text", label="Text", kind="text", macros=True, lines=4,
        help="A note that belongs to the character and is laid over the chat's."),
    Row(id="character-enabled", label="Use it", kind="switch", help="Off: the text is kept, not sent."),
    Row(id="character-position", label="Where", kind="choice", choices=CHARACTER_PLACES,
        help="How it goes together with the chat's note."),
    Row(id="h-instead", label="In this chat, instead of what the cards say", kind="heading"),
    Row(id="instead-scenario", label="Scenario", kind="text", macros=True, lines=4,
        help="In a group for all members together. Empty: what the cards say."),
    Row(id="instead-mes_example", label="Example messages", kind="text", macros=True, lines=4,
        help="Each example begins with a line <START>. Empty: the cards' own."),
    Row(id="instead-system_prompt", label="Main prompt", kind="text", macros=True, lines=4,
        help="As a card's main prompt; {{original}} is the usual one. Empty: the cards' own."),
    Row(id="h-default", label="Chats without a note of their own", kind="heading"),
    *_note_rows("default", 3),
    Row(id="scanned", label="Lorebooks read it", kind="switch",
        help="Keys of lorebook entries are looked for in the note, too."),
)  # fmt: skip


def _rows_of(member: str) -> tuple[Row, ...]:
    """In a group, the note of a character is that of whoever spoke last: say who that is."""
    name = f"{clean_line(member)}, in every chat"
    return tuple(replace(row, label=name) if row.id == "h-character" else row for row in ROWS)


class NoteBench(Bench):
    """One form with three notes, and with what the chat says instead of the cards."""

    scope = "note"
    title_text = "Author's note"
    home = "#none"

    def __init__(self, tavern: Tavern) -> None:
        super().__init__(tavern)
        self._changed: set[str] = set()
        self.notes = tavern.notes.of(tavern.session.character.file)

    def work_area(self) -> ComposeResult:
        session = self.tavern.session
        rows = ROWS if session.group is None else _rows_of(session.character.name)
        yield Form(rows, self._values(), id="form")

    def on_mount(self) -> None:
        self.add_class("-single")
        self.query_one("#chat-text").focus()
        self._say()

    def _values(self) -> dict[str, Value]:
        notes = self.notes
        return {
            **_as_values("chat", notes.chat),
            **_as_values("character", notes.character),
            **{f"instead-{field}": text for field, text in notes.instead.items()},
            **_as_values("default", notes.default),
            "scanned": notes.is_scanned,
        }

    def _say(self) -> None:
        session = self.tavern.session
        due = self.notes.due_in()
        when = {-1: "never sent", 0: "sent with the next message"}.get(
            due, f"sent in {due} messages of yours"
        )
        self.say_title(session.name, session.chat.title, when)

    @on(Form.Changed)
    def changed(self, event: Form.Changed) -> None:
        event.stop()
        self._changed.add(event.id.partition("-")[0])
        self.save_soon()

    def save(self) -> None:
        values, notes = self.query_one(Form).values, self.notes
        changed, self._changed = self._changed, set()
        try:
            if "chat" in changed:
                notes.change_chat(_from_values("chat", notes.chat, values))
            if "instead" in changed:
                notes.change_instead({field: str(values[f"instead-{field}"]) for field in notes.instead})
            if "character" in changed:
                notes.change_character(_from_values("character", notes.character, values))
            if "default" in changed:
                notes.change_default(_from_values("default", notes.default, values))
            if "scanned" in changed:
                notes.change_scanned(bool(values["scanned"]))
        except TavernError:
            self._changed |= changed
            raise
        if self.is_attached:
            self._say()


def _as_values(which: str, note: AuthorsNote | CharacterNote) -> dict[str, Value]:
    return {f"{which}-{name}": value for name, value in asdict(note).items()}


def _from_values(which: str, note: Any, values: Any) -> Any:
    """The note with the form's values, each as the type the note has."""
    said = {one.name: values[f"{which}-{one.name}"] for one in fields(note)}
    return replace(note, **{name: type(getattr(note, name))(value) for name, value in said.items()})
