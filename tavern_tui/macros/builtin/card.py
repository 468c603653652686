"""The card's fields and the notes."""

from __future__ import annotations

from collections.abc import Callable

from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.registry import Call, macro

Words = tuple[str, ...]
Field = Callable[[MacroContext], str]

FIELDS: tuple[tuple[str, tuple[str, ...], str, Field], ...] = (
    ("charDescription", ("description",), "The character's description.", lambda c: c.card.description),
    ("charPersonality", ("personality",), "The character's personality.", lambda c: c.card.personality),
    ("charScenario", ("scenario",), "The scenario.", lambda c: c.card.scenario),
    ("persona", (), "Your persona's description.", lambda c: c.card.persona),
    ("charPrompt", (), "The card's own system prompt.", lambda c: c.card.system),
    (
        "charInstruction",
        ("charJailbreak",),
        "The card's post-history instructions.",
        lambda c: c.card.post_history,
    ),
    ("charDepthPrompt", (), "The card's depth prompt.", lambda c: c.card.depth_prompt),
    ("charCreatorNotes", ("creatorNotes",), "The creator's notes.", lambda c: c.card.creator_notes),
    ("charVersion", ("version", "char_version"), "The card's version.", lambda c: c.card.version),
    ("mesExamplesRaw", (), "The example dialogue as the card has it.", lambda c: c.card.example_messages),
    ("mesExamples", (), "The example dialogue, formatted for the prompt.", lambda c: c.example_blocks),
)

NOTES: tuple[tuple[str, str, Field], ...] = (
    ("authorsNote", "The chat's author's note.", lambda c: c.authors_note),
    ("charAuthorsNote", "The character's note.", lambda c: c.char_authors_note),
    ("defaultAuthorsNote", "The note new chats get.", lambda c: c.default_authors_note),
    ("reasoningPrefix", "What stands before a model's thinking.", lambda c: c.reasoning.prefix),
    ("reasoningSuffix", "What stands after it.", lambda c: c.reasoning.suffix),
    ("reasoningSeparator", "What stands between thinking and text.", lambda c: c.reasoning.separator),
)


def _enter(name: str, aliases: tuple[str, ...], help: str, field: Field, *, card_field: bool) -> None:
    @macro(name, help, aliases=aliases, card_field=card_field, group="card")
    def read(context: MacroContext, call: Call, words: Words) -> str:
        return field(context)


for _name, _aliases, _help, _field in FIELDS:
    _enter(_name, _aliases, _help, _field, card_field=True)
for _name, _help, _field in NOTES:
    _enter(_name, (), _help, _field, card_field=False)


@macro(
    "charFirstMessage",
    "A greeting: 0 is the first message, n the n-th alternate.",
    aliases=("greeting",),
    takes=(0, 1),
    example="{{greeting::1}}",
    card_field=True,
)
def greeting(context: MacroContext, call: Call, words: Words) -> str:
    number = int(words[0]) if words and words[0].strip() else 0
    greetings = (context.card.first_message, *context.card.alternate_greetings)
    return greetings[number] if 0 <= number < len(greetings) else ""
