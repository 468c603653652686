"""The card's fields and the notes."""

from __future__ import annotations

from collections.abc import Callable

from tavern_tui.macros.builtin.words import whole_number
from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.registry import Call, macro

Words = tuple[str, ...]
Field = Callable[[MacroContext], str]
Rows = tuple[tuple[str, tuple[str, ...], str, Field], ...]

FIELDS: Rows = (
    ("charDescription", ("description",), "The character's description.", lambda c: c.card.description),
    ("charPersonality", ("personality",), "The character's personality.", lambda c: c.card.personality),
    ("charScenario", ("scenario",), "The scenario.", lambda c: c.card.scenario),
    ("persona", (), "Your persona's description.", lambda c: c.card.persona),
    ("charPrompt", (), "The card's own system prompt.", lambda c: c.card.system),
    (
        "charInstruction",
        ("charJailbreak",),
        "The card's own post-history instructions.",
        lambda c: c.card.post_history,
    ),
    ("charDepthPrompt", (), "The card's depth prompt.", lambda c: c.card.depth_prompt),
    ("charCreatorNotes", ("creatorNotes",), "The creator's notes.", lambda c: c.card.creator_notes),
    ("charVersion", ("version", "char_version"), "The card's version.", lambda c: c.card.version),
    ("mesExamplesRaw", (), "The example dialogue as the card has it.", lambda c: c.card.example_messages),
    ("mesExamples", (), "The example dialogue, formatted for the prompt.", lambda c: c.example_blocks),
)

NOTES: Rows = (
    ("authorsNote", (), "The chat's author's note.", lambda c: c.authors_note),
    ("charAuthorsNote", (), "The author's note of this character.", lambda c: c.char_authors_note),
    ("defaultAuthorsNote", (), "The author's note that new chats get.", lambda c: c.default_authors_note),
    ("reasoningPrefix", (), "What stands before a model's thinking.", lambda c: c.reasoning.prefix),
    ("reasoningSuffix", (), "What stands after a model's thinking.", lambda c: c.reasoning.suffix),
    (
        "reasoningSeparator",
        (),
        "What stands between thinking and answer.",
        lambda c: c.reasoning.separator,
    ),
)


def _enter(rows: Rows, *, card_field: bool) -> None:
    for name, aliases, help, field in rows:
        macro(name, help, aliases=aliases, card_field=card_field)(_reader(field))


def _reader(field: Field) -> Callable[[MacroContext, Call, Words], str]:
    def read(context: MacroContext, call: Call, words: Words) -> str:
        return field(context)

    return read


_enter(FIELDS, card_field=True)
_enter(NOTES, card_field=False)


@macro(
    "charFirstMessage",
    "A greeting: 0 is the first message, n the n-th alternate one.",
    aliases=("greeting",),
    takes=(0, 1),
    example="{{greeting::1}}",
    card_field=True,
)
def greeting(context: MacroContext, call: Call, words: Words) -> str:
    number = whole_number(words[0] if words else "", default=0)
    greetings = (context.card.first_message, *context.card.alternate_greetings)
    return greetings[number] if 0 <= number < len(greetings) else ""
