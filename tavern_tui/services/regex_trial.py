"""Trying regex scripts on a text: what comes out, what was found, and what is odd."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tavern_tui.core.errors import DataError
from tavern_tui.core.preset import RegexScript
from tavern_tui.text.regex_scripts import (
    Placement,
    ScriptContext,
    ScriptMatch,
    apply_scripts,
    counts_here,
    run_script,
)

Substitute = Callable[[str], str]

PLACES: dict[int, str] = {
    Placement.USER_INPUT: "your messages",
    Placement.AI_OUTPUT: "replies",
    Placement.SLASH_COMMAND: "slash commands",
    Placement.LORE: "lorebook entries",
    Placement.REASONING: "reasoning",
}
"""Placement -> what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a text is, what it is prepared for, and how far from the end of the chat it stands."""

    placement: int = Placement.AI_OUTPUT
    context: ScriptContext = ScriptContext.STORE
    depth: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What became of a text."""

    result: str
    matches: tuple[ScriptMatch, ...] = ()
    """Of a single script: what it found, in order."""
    changed_by: tuple[str, ...] = ()
    """Of several scripts: the names of those that changed the text, in order."""
    ran: int = 0
    """Scripts that count on the occasion."""
    odd: tuple[str, ...] = ()
    """One sentence each."""


def try_one(script: RegexScript, text: str, substitute: Substitute) -> Trial:
    """What one script makes of a text."""
    try:
        result, matches = run_script(text, script, substitute)
    except DataError as error:
        return Trial(result=text, odd=(f"{error} {error.hint}".strip(), *oddities(script)))
    odd = [*oddities(script), *_more_matches(script, text, matches, substitute)]
    return Trial(result=result, matches=tuple(matches), ran=1, odd=tuple(odd))


def try_all(scripts: Sequence[RegexScript], text: str, occasion: Occasion, substitute: Substitute) -> Trial:
    """What all these scripts make of a text on this occasion, each fed by the one before."""
    here = [one for one in scripts if counts_here(one, occasion.placement, occasion.context, occasion.depth)]
    odd: list[str] = []
    changed: list[str] = []
    for script in here:
        before = text
        text = apply_scripts(
            text,
            (script,),
            placement=occasion.placement,
            context=occasion.context,
            depth=occasion.depth,
            substitute=substitute,
            warnings=odd,
        )
        if text != before:
            changed.append(script.name)
    return Trial(result=text, changed_by=tuple(changed), ran=len(here), odd=tuple(odd))


def oddities(script: RegexScript) -> Iterator[str]:
    """What is valid but hardly meant."""
    if not script.find:
        yield "There is no pattern, so nothing is found."
    if not script.placement:
        yield "It is meant for no kind of text, so it never runs."
    if "\n" in script.find:
        yield "SillyTavern reads only the first line of a pattern; here all lines count."
    low, high = script.min_depth, script.max_depth
    if low is not None and high is not None and 0 <= high < low:
        yield "The least depth is greater than the most, so it never runs on messages."


def problem_of(script: RegexScript) -> str:
    """Why a script cannot run, or the empty string; patterns that take macros are not looked at."""
    if script.substitute:
        return ""
    try:
        run_script("\n", replace(script, replace=""), str)
    except DataError as error:
        return str(error)
    return ""


def ways_of(script: RegexScript) -> str:
    """When a script runs, in a few words."""
    places = ", ".join(words for place, words in PLACES.items() if place in script.placement) or "nothing"
    ways = [word for word, holds in (("shown", script.markdown_only), ("sent", script.prompt_only)) if holds]
    when = f"as they are {' and '.join(ways)}" if ways else "as they are stored"
    edits = ", also after your edits" if script.run_on_edit and not ways else ""
    return f"{'Switched off. ' if script.disabled else ''}Changes {places}, {when}{edits}."


def _more_matches(
    script: RegexScript, text: str, matches: Sequence[ScriptMatch], substitute: Substitute
) -> Iterator[str]:
    """Whether a pattern that stops at its first match would have found more."""
    if len(matches) != 1:
        return
    rest = text[matches[0].end :]
    try:
        _, more = run_script(rest, replace(script, replace="", trim_strings=()), substitute)
    except DataError:
        return
    literal = script.find.startswith("/") and "/" in script.find[1:]
    if more and not (literal and "g" in script.find.rpartition("/")[2]):
        yield "Only the first match is replaced: the pattern has no flag g."
