"""The fields of a regex script as rows of a form, and the way from a script to them and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tavern_tui.core.preset import RegexScript
from tavern_tui.ui.widgets.form import Row, Value
from tavern_tui.ui.widgets.sequence import read_sequence, shown_sequence

PLACES: tuple[tuple[str, int, str, str], ...] = (
    ("in-user", 1, "Your messages", "What you write."),
    ("in-reply", 2, "Replies", "What the model writes."),
    ("in-slash", 3, "Slash commands", "What slash commands send."),
    ("in-lore", 5, "Lorebook entries", "Their texts, before they go into the prompt."),
    ("in-reasoning", 6, "Reasoning", "What the model thinks before it writes."),
)
"""Field, placement, label, help."""

SUBSTITUTE = (
    ("0", "Left as they are"),
    ("1", "Replaced by their values"),
    ("2", "Replaced, taken literally"),
)

ROWS = (
    Row(id="name", label="Name", help="What the list calls it."),
    Row(id="find", label="Find", kind="text", macros=True, lines=2,
        help="/pattern/flags as in JavaScript: g for all, i for any case. Bare: the first."),
    Row(id="replace", label="Replace with", kind="text", macros=True, lines=2,
        help="$0 or {{match}}: what was found; $1, $<name>: a group of it. Empty deletes."),
    Row(id="trim", label="Trim out", kind="text", macros=True, lines=2,
        help=r"Taken out of what was found before it is put in. One per line; \n is a line break."),
    Row(id="h-places", label="Changes", kind="heading"),
    *(Row(id=id, label=label, kind="switch", help=help) for id, _, label, help in PLACES),
    Row(id="h-when", label="When", kind="heading"),
    Row(id="disabled", label="Switched off", kind="switch", help="Kept, but it does not run."),
    Row(id="markdown_only", label="As it is shown", kind="switch",
        help="Changes what you see and not the chat's file. With the next: that and what is sent."),
    Row(id="prompt_only", label="As it is sent", kind="switch",
        help="Changes what the model reads and not the chat's file. With neither: the file."),
    Row(id="run_on_edit", label="After edits, too", kind="switch",
        help="Runs again on a message that you edited."),
    Row(id="substitute", label="Macros in Find", kind="choice", choices=SUBSTITUTE,
        help="Literally: a dot in a name is only a dot."),
    Row(id="min_depth", label="Least depth", kind="integer", least=-1, most=100_000, blank="no limit",
        help="Only messages with at least so many after them; 0 is the last message."),
    Row(id="max_depth", label="Most depth", kind="integer", least=-1, most=100_000, blank="no limit",
        help="Only messages with at most so many after them; 0 is the last message."),
)  # fmt: skip

_SAME = ("name", "find", "replace", "disabled", "markdown_only", "prompt_only", "run_on_edit",
         "min_depth", "max_depth")  # fmt: skip


def values_of(script: RegexScript) -> dict[str, Value]:
    """A script as the form has it."""
    values: dict[str, Value] = {name: getattr(script, name) for name in _SAME}
    values |= {id: place in script.placement for id, place, _, _ in PLACES}
    return values | {"trim": _lines(script.trim_strings), "substitute": str(script.substitute)}


def with_values(script: RegexScript, values: Mapping[str, Any]) -> RegexScript:
    """The script with what the form says. Placements the form does not know are kept."""
    known = {place for _, place, _, _ in PLACES}
    wanted = {place for id, place, _, _ in PLACES if values[id]}
    kept = tuple(place for place in script.placement if place not in known or place in wanted)
    trims = script.trim_strings
    if values["trim"] != _lines(trims):
        trims = tuple(read_sequence(line) for line in str(values["trim"] or "").split("\n") if line)
    return replace(
        script,
        **{name: values[name] for name in _SAME},
        placement=(*kept, *sorted(wanted - set(kept))),
        trim_strings=trims,
        substitute=int(values["substitute"]),
    )


def _lines(trims: tuple[str, ...]) -> str:
    return "\n".join(shown_sequence(trim) for trim in trims)
