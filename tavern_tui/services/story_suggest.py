"""What could be meant in a story string: its fields and blocks, then the macros."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tavern_tui.services.suggest import FAR, Suggestion, suggest_macros

FIELDS: dict[str, str] = {
    "system": "The system prompt, or the card's own.",
    "description": "The character's description.",
    "personality": "The character's personality.",
    "scenario": "The scenario of the card or the chat.",
    "persona": "Your persona, if it stands in the prompt.",
    "wiBefore": "Lorebook entries before the character.",
    "wiAfter": "Lorebook entries after the character.",
    "loreBefore": "The same as wiBefore.",
    "loreAfter": "The same as wiAfter.",
    "anchorBefore": "What is put before the prompt: a note, a summary.",
    "anchorAfter": "What is put after the main prompt: a note, a summary.",
    "mesExamples": "All examples of dialogue, formatted.",
    "mesExamplesRaw": "The same as the card has them.",
    "char": "The character's name.",
    "user": "Your name.",
    "trim": "Takes the line breaks around it away.",
}
"""Field -> what it holds."""

BLOCKS: tuple[tuple[str, str, str], ...] = (
    ("#if", "{{#if ", "What follows, if the field is not empty; ends with {{/if}}."),
    ("/if", "{{/if}}", "The end of #if."),
    ("else", "{{else}}", "Otherwise, within #if or #unless."),
    ("else if", "{{else if ", "Otherwise, if another field is not empty."),
    ("#unless", "{{#unless ", "What follows, if the field is empty; ends with {{/unless}}."),
    ("/unless", "{{/unless}}", "The end of #unless."),
)
"""What is typed, what it becomes, what it does."""

_TESTED = re.compile(r"\{\{\s*(?:#if|#unless|#with|#each|else if)\s+(\w*)\Z")
_BEGUN = re.compile(r"\{\{\s*([#/]?[A-Za-z ]*)\Z")


def suggest_story(text: str, cursor: int) -> Sequence[Suggestion]:
    """What may be meant at `cursor` in a story string."""
    start = text.rfind("{{", max(0, cursor - FAR), cursor)
    if start < 0:
        return ()
    typed = text[start:cursor]
    tested = _TESTED.match(typed)
    if tested is not None:
        return list(_tested(tested[1], start + tested.start(1)))
    begun = _BEGUN.match(typed)
    if begun is None:
        return suggest_macros(text, cursor)
    found = [*_fields(begun[1], start), *_blocks(begun[1], start)]
    known = {one.title for one in found}
    return [*found, *(one for one in suggest_macros(text, cursor) if one.title not in known)]


def _tested(typed: str, start: int) -> Iterator[Suggestion]:
    """The fields a block can ask for."""
    for name, help in FIELDS.items():
        if name != "trim" and name.lower().startswith(typed.lower()):
            yield Suggestion(title=name, help=help, insert=f"{name}}}}}", start=start)


def _fields(typed: str, start: int) -> Iterator[Suggestion]:
    for name, help in FIELDS.items():
        if name.lower().startswith(typed.lower()):
            yield Suggestion(title=f"{{{{{name}}}}}", help=help, insert=f"{{{{{name}}}}}", start=start)


def _blocks(typed: str, start: int) -> Iterator[Suggestion]:
    for name, insert, help in BLOCKS:
        if name.startswith(typed.lower()):
            yield Suggestion(title=insert.rstrip(), help=help, insert=insert, start=start)
