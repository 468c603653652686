"""The tools every chat has: dice, the clock, the chat's lorebooks and its own earlier messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tavern_tui.core.chat_options import Tool
from tavern_tui.core.lorebook import LoreEntry
from tavern_tui.services.tools import Arguments, RunTool, ToolContext, ToolEntry, ToolFailed

MOST_DICE = 100
MOST_SIDES = 1_000_000
MOST_FOUND = 20
"""Messages a search tells of at most."""
AROUND = 200
"""Characters shown around what was found."""

_DICE = re.compile(r"\s*(\d{0,4})\s*[dD]\s*(\d{1,7})\s*(?:([+-])\s*(\d{1,7}))?\s*")


async def roll_dice(arguments: Arguments, context: ToolContext) -> str:
    """The sum of the dice, and each of them."""
    formula = _text(arguments, "formula")
    found = _DICE.fullmatch(formula)
    if found is None:
        raise ToolFailed(f'"{formula[:40]}" is not a roll like 2d6+1.')
    count, sides = int(found[1] or 1), int(found[2])
    if not 1 <= count <= MOST_DICE or not 1 <= sides <= MOST_SIDES:
        raise ToolFailed(f"A roll has 1 to {MOST_DICE} dice with 1 to {MOST_SIDES} sides.")
    plus = int(f"{found[3]}{found[4]}") if found[3] else 0
    dice = [context.rng.randint(1, sides) for _ in range(count)]
    shown = ", ".join(map(str, dice)) + (f" {found[3]} {found[4]}" if found[3] else "")
    return f"{sum(dice) + plus} ({shown})"


async def current_time(arguments: Arguments, context: ToolContext) -> str:
    """Date, weekday and time, here or in another time zone."""
    zone = _text(arguments, "timezone", needed=False)
    now = context.now
    if zone:
        from zoneinfo import ZoneInfo  # half a megabyte, and few models ask for the time elsewhere

        try:
            now = now.astimezone(ZoneInfo(zone))
        except (KeyError, ValueError, OSError) as error:
            raise ToolFailed(f'There is no time zone "{zone[:60]}".') from error
    return now.strftime("%A, %Y-%m-%d %H:%M:%S %z").strip()


async def read_lorebook_entry(arguments: Arguments, context: ToolContext) -> str:
    """The entries with this title, else those with this key; without either, all titles."""
    wanted = _text(arguments, "title", needed=False).strip().casefold()
    entries = list(_entries(context))
    if not wanted:
        return "\n".join(dict.fromkeys(_title(entry) for entry in entries)) or "There are no entries."
    found = [entry for entry in entries if entry.comment.strip().casefold() == wanted]
    found = found or [entry for entry in entries if wanted in {key.strip().casefold() for key in entry.keys}]
    if not found:
        raise ToolFailed(f'No lorebook of this chat has an entry "{wanted[:80]}".')
    return "\n\n".join(f"{_title(entry)}:\n{entry.content}" for entry in found)


async def search_chat(arguments: Arguments, context: ToolContext) -> str:
    """Where the words stand in the messages the model may see, newest first."""
    words = _text(arguments, "query").strip()
    if not words:
        raise ToolFailed("There is nothing to search for.")
    limit = _number(arguments, "limit", MOST_FOUND)
    hits: list[str] = []
    for index in range(len(context.chat.messages) - 1, -1, -1):
        message = context.chat.messages[index]
        if message.hidden:
            continue
        found = re.search(re.escape(words), message.text, re.IGNORECASE)
        if found is not None:
            hits.append(f"#{index} {message.name}: {_around(message.text, found.start(), found.end())}")
        if len(hits) >= limit:
            break
    return "\n".join(hits) or f'No message holds "{words[:80]}".'


def built_in() -> tuple[ToolEntry, ...]:
    """The tools that come with the program. They stay inside the chat, so nobody need be asked."""
    return (
        _entry("roll_dice", "Roll dice", ROLL_ABOUT, {"formula": FORMULA}, ("formula",), roll_dice),
        _entry("current_time", "Current time", TIME_ABOUT, {"timezone": ZONE}, (), current_time),
        _entry(
            "read_lorebook_entry",
            "Read a lorebook entry",
            LORE_ABOUT,
            {"title": TITLE},
            (),
            read_lorebook_entry,
        ),
        _entry(
            "search_chat",
            "Search the chat",
            SEARCH_ABOUT,
            {"query": QUERY, "limit": LIMIT},
            ("query",),
            search_chat,
        ),
    )


ROLL_ABOUT = "Rolls dice and tells the sum and each die."
TIME_ABOUT = "Tells the user's current date, weekday and time."
LORE_ABOUT = "Reads an entry of the lorebooks of this story; without a title, lists the titles there are."
SEARCH_ABOUT = "Finds words in the earlier messages of this chat, newest first."
FORMULA = {"type": "string", "description": "Dice in the usual notation, such as 2d6+1 or d20."}
ZONE = {"type": "string", "description": "An IANA time zone such as Europe/Berlin; the user's if left out."}
TITLE = {"type": "string", "description": "The entry's title, or one of its keys."}
QUERY = {"type": "string", "description": "The words to find, in any case."}
LIMIT = {"type": "integer", "description": "How many messages at most.", "minimum": 1, "maximum": MOST_FOUND}


def _entry(
    name: str,
    title: str,
    about: str,
    properties: Mapping[str, object],
    required: tuple[str, ...],
    run: RunTool,
) -> ToolEntry:
    schema: dict[str, object] = {"type": "object", "properties": dict(properties)}
    if required:
        schema["required"] = list(required)
    offer = Tool(name=name, description=about, parameters=schema)
    return ToolEntry(offer=offer, title=title, run=run, needs_consent=False)


def _text(arguments: Arguments, name: str, *, needed: bool = True) -> str:
    value = arguments.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str):
        raise ToolFailed(f'The argument "{name}" must be a text.')
    return value


def _number(arguments: Arguments, name: str, most: int) -> int:
    value = arguments.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return most
    return int(max(1, min(value, most)))


def _entries(context: ToolContext) -> Iterator[LoreEntry]:
    for linked in context.books:
        yield from (entry for entry in linked.book.entries if not entry.disabled)


def _title(entry: LoreEntry) -> str:
    return entry.comment.strip() or ", ".join(entry.keys) or f"Entry {entry.uid}"


def _around(text: str, start: int, end: int) -> str:
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    cut = text[first:last].replace("\n", " ")
    return ("... " if first else "") + cut + (" ..." if last < len(text) else "")
