"""Every field of a lorebook entry as rows of a form, and the way there and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tavern_tui.core.lorebook import CharacterFilter, KeyLogic, LoreEntry, LorePosition
from tavern_tui.ui.widgets.form import Row, Value

POSITIONS = (
    (LorePosition.BEFORE_CHAR, "Before the character"),
    (LorePosition.AFTER_CHAR, "After the character"),
    (LorePosition.NOTE_TOP, "Top of the author's note"),
    (LorePosition.NOTE_BOTTOM, "Bottom of the author's note"),
    (LorePosition.AT_DEPTH, "In the chat, at a depth"),
    (LorePosition.EXAMPLES_TOP, "Before the example dialogue"),
    (LorePosition.EXAMPLES_BOTTOM, "After the example dialogue"),
    (LorePosition.OUTLET, "Outlet: where {{outlet::name}} stands"),
)
LOGIC = (
    (KeyLogic.AND_ANY, "and any of them"),
    (KeyLogic.AND_ALL, "and all of them"),
    (KeyLogic.NOT_ANY, "and none of them"),
    (KeyLogic.NOT_ALL, "and not all of them"),
)
ROLES = (("0", "System"), ("1", "User"), ("2", "Assistant"))
OPTIONAL = (("", "as set for all books"), ("1", "yes"), ("0", "no"))
STATES = (("key", "when a key is found"), ("constant", "always"), ("vector", "by similarity"))


def _open(id: str, label: str, help: str, blank: str = "none") -> Row:
    """A whole number that may be left open."""
    return Row(id=id, label=label, kind="integer", least=0, most=1_000_000, blank=blank, help=help)


def _switch(id: str, label: str, help: str) -> Row:
    return Row(id=id, label=label, kind="switch", help=help)


ROWS: tuple[Row, ...] = (
    Row(id="comment", label="Title", help="For you; the model does not see it."),
    Row(id="keys", label="Keys", macros=True,
        help="Words that activate the entry, with commas between; /…/i is a regular expression."),
    Row(id="content", label="Content", kind="text", macros=True, lines=9,
        help="What the model is told when the entry is active."),
    _switch("enabled", "Enabled", "Off: the entry is kept, and never active."),
    Row(id="state", label="Active", kind="choice", choices=STATES, help="What it takes to be active."),
    Row(id="position", label="Position", kind="choice",
        choices=tuple((str(int(value)), title) for value, title in POSITIONS),
        help="Where the content goes in the prompt."),
    Row(id="depth", label="Depth", kind="integer", least=0, most=10_000,
        help="In the chat: messages after it; 0 is the very end."),
    Row(id="role", label="Role", kind="choice", choices=ROLES, help="In the chat: who says it."),
    Row(id="outlet", label="Outlet", help="The name after {{outlet::, for the position Outlet."),
    Row(id="order", label="Order", kind="integer", least=-1_000_000, most=1_000_000,
        help="Higher ones stand closer to the chat, and are first to get room."),
    Row(id="probability", label="Probability, %", kind="number", least=0, most=100,
        help="How often it is active when a key was found."),
    _switch("use_probability", "Use probability", "Off: it is always active when a key was found."),
    Row(id="h-secondary", label="Secondary keys", kind="heading"),
    _switch("selective", "Looked at", "Off: the secondary keys are kept and do not count."),
    Row(id="secondary_keys", label="Keys", macros=True, help="With commas between, like the keys."),
    Row(id="logic", label="A key is found …", kind="choice",
        choices=tuple((str(int(value)), title) for value, title in LOGIC), help="How both sets count."),
    Row(id="h-scan", label="Where keys are looked for", kind="heading"),
    _open("scan_depth", "Messages", "Of the last messages, how many are read.", "as set for all books"),
    Row(id="case_sensitive", label="Case matters", kind="choice", choices=OPTIONAL,
        help="Whether Mill and mill are different keys."),
    Row(id="match_whole_words", label="Whole words", kind="choice", choices=OPTIONAL,
        help="Whether a key inside a longer word counts."),
    _switch("match_persona_description", "Persona", "Your description is read as well."),
    _switch("match_character_description", "Description", "The character's description is read as well."),
    _switch("match_character_personality", "Personality", "The character's personality is read as well."),
    _switch("match_character_depth_prompt", "Depth prompt", "The character's note is read as well."),
    _switch("match_scenario", "Scenario", "The scenario is read as well."),
    _switch("match_creator_notes", "Creator's notes", "The notes of the card's creator are read as well."),
    Row(id="h-recursion", label="Recursion", kind="heading"),
    _switch("exclude_recursion", "Not by others", "Contents of other entries cannot activate it."),
    _switch("prevent_recursion", "Not further", "Its content activates no other entries."),
    Row(id="delay_until_recursion", label="From level", kind="integer", least=0, most=100,
        help="0: at once; else only by other entries, from this level of recursion on."),
    Row(id="h-group", label="Inclusion group", kind="heading"),
    Row(id="group", label="Groups", help="Names, with commas: of a group only one entry is active at once."),
    _switch("group_override", "Comes first", "Wins its group by order instead of by chance."),
    Row(id="group_weight", label="Weight", kind="number", least=0, most=10_000,
        help="Its chance within the group."),
    Row(id="use_group_scoring", label="Scoring", kind="choice", choices=OPTIONAL,
        help="Only those of the group with the most keys found take part."),
    Row(id="h-time", label="Time, in messages", kind="heading"),
    _open("sticky", "Sticky", "Messages it stays active after it was."),
    _open("cooldown", "Cooldown", "Messages it cannot be active again after that."),
    _open("delay", "Delay", "Messages the chat must have before."),
    Row(id="h-filter", label="Only for …", kind="heading"),
    Row(id="filter_names", label="Characters", help="Card files without ending, with commas; empty: all."),
    Row(id="filter_tags", label="Tags", help="Ids of tags, with commas; empty: all."),
    _switch("filter_exclude", "All but these", "The lists name those for whom it does not count."),
    Row(id="triggers", label="Kinds of reply",
        help="normal, continue, impersonate, swipe, regenerate, quiet, with commas; empty: all."),
    Row(id="h-more", label="More", kind="heading"),
    _switch("ignore_budget", "Beyond the budget", "Active even when the lore budget is used up."),
    Row(id="automation_id", label="Automation id", help="Runs a quick reply with this id in SillyTavern."),
    Row(id="display_index", label="Place in the list", kind="integer", least=-1_000_000, most=1_000_000,
        help="For sorting by hand."),
)  # fmt: skip

_LISTS = ("keys", "secondary_keys", "triggers")
_OPTIONAL = ("case_sensitive", "match_whole_words", "use_group_scoring")
_NUMBERS = ("role", "logic", "position")
_OWN = {"enabled", "state", "filter_names", "filter_tags", "filter_exclude"}


def values_of(entry: LoreEntry) -> dict[str, Value]:
    """An entry as the form has it."""
    values: dict[str, Value] = {}
    for row in ROWS:
        if row.kind == "heading" or row.id in _OWN:
            continue
        value = getattr(entry, row.id)
        if row.id in _LISTS:
            value = join(value)
        elif row.id in _OPTIONAL:
            value = "" if value is None else str(int(value))
        elif row.id in _NUMBERS:
            value = str(int(value))
        values[row.id] = value
    state = "constant" if entry.constant else "vector" if entry.vectorized else "key"
    only = entry.character_filter
    return values | {
        "enabled": not entry.disabled,
        "state": state,
        "filter_names": join(only.names),
        "filter_tags": join(only.tags),
        "filter_exclude": only.exclude,
    }


def with_value(entry: LoreEntry, id: str, value: Value) -> LoreEntry:
    """The entry after one field of the form changed."""
    changed: dict[str, Any]
    match id:
        case "enabled":
            changed = {"disabled": not value}
        case "state":
            changed = {"constant": value == "constant", "vectorized": value == "vector"}
        case "filter_names" | "filter_tags" | "filter_exclude":
            changed = {"character_filter": _filter(entry.character_filter, id, value)}
        case "position":
            changed = {id: LorePosition(int(str(value)))}
        case "logic":
            changed = {id: KeyLogic(int(str(value)))}
        case "role":
            changed = {id: int(str(value))}
        case _ if id in _LISTS:
            changed = {id: split(str(value or ""))}
        case _ if id in _OPTIONAL:
            changed = {id: None if value == "" else value == "1"}
        case _:
            changed = {id: value}
    return replace(entry, **changed)


def _filter(only: CharacterFilter, id: str, value: Value) -> CharacterFilter:
    match id:
        case "filter_names":
            return replace(only, names=split(str(value or "")))
        case "filter_tags":
            return replace(only, tags=split(str(value or "")))
        case _:
            return replace(only, exclude=bool(value))


def join(words: tuple[str, ...]) -> str:
    """Keys as one line."""
    return ", ".join(words)


def split(line: str) -> tuple[str, ...]:
    """The keys in a line. Commas inside /…/ belong to the regular expression."""
    found: list[str] = []
    rest = line
    while rest.strip():
        rest = rest.lstrip()
        end = _end_of_key(rest)
        found.append(rest[:end].strip())
        rest = rest[end + 1 :]
    return tuple(word for word in found if word)


def _end_of_key(text: str) -> int:
    """Where the first key ends: at a comma, or behind the closing slash of a regular expression."""
    start = 0
    if text.startswith("/"):
        at = 1
        while at < len(text) and text[at] != "/":
            at += 2 if text[at] == "\\" else 1
        if at < len(text):
            start = at
    comma = text.find(",", start)
    return len(text) if comma < 0 else comma
