"""What follows from replies as forms: their rows, and the way from the settings to them and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from tavern_tui.core.following import AutoContinue, AutoSwipe
from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.ui.widgets.form import Row, Value

if TYPE_CHECKING:
    from tavern_tui.services.reply_settings import ReplySettings

SHOWN = "show_reasoning"
"""The one field that is not SillyTavern's."""

THINKING_ROWS = (
    Row(id="auto_parse", label="Auto-parse", kind="switch",
        help="Thinking at a reply's beginning, between the marks, is kept apart from it."),
    Row(id="h-marks", label="Its marks", kind="heading"),
    Row(id="prefix", label="Prefix", kind="sequence", macros=True,
        help=r"What the model writes before it thinks, such as <think>. \n is a line break."),
    Row(id="suffix", label="Suffix", kind="sequence", macros=True,
        help=r"What it writes when it has thought, such as </think>."),
    Row(id="separator", label="Separator", kind="sequence", macros=True,
        help="What stands between thinking and words when it is sent back."),
    Row(id="h-prompt", label="In the prompt", kind="heading"),
    Row(id="add_to_prompts", label="Add to prompts", kind="switch",
        help="Send the thinking of earlier replies back, with its marks."),
    Row(id="max_additions", label="Max additions", kind="integer", least=0, most=9999,
        help="Of how many replies, the newest first."),
    Row(id="h-chat", label="In the chat", kind="heading"),
    Row(id=SHOWN, label="Show thinking", kind="switch",
        help="Off: nothing in the chat says that there was some. It is kept all the same."),
    Row(id="auto_expand", label="Auto-expand", kind="switch",
        help="Show it in full; off: one line that t unfolds."),
)  # fmt: skip

CONTINUE_ROWS = (
    Row(id="enabled", label="Auto-continue", kind="switch",
        help="A reply that is too short goes on by itself, unless you are writing."),
    Row(id="target_length", label="Target length", kind="integer", least=0, most=1_000_000,
        help="Tokens a message should have; a model that adds next to nothing may end."),
    Row(id="allow_chat_completions", label="Chat APIs, too", kind="switch",
        help="Also where a list of messages is sent (chat completion), not one text."),
)  # fmt: skip

SWIPE_ROWS = (
    Row(id="enabled", label="Auto-swipe", kind="switch",
        help="A reply that is no good is swiped by itself, three times at most."),
    Row(id="minimum_length", label="Minimum length", kind="integer", least=0, most=1_000_000,
        help="Characters a reply must have; 0: any length will do."),
    Row(id="blacklist_threshold", label="How many are too many", kind="integer", least=0, most=9999,
        help="So many of the words below, and it is swiped; 0: they do not matter."),
    Row(id="blacklist", label="Unwanted words, one per line", kind="text", lines=8,
        help="Counted as whole words, upper and lower case aside."),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One subject of the screen."""

    id: str
    title: str
    rows: tuple[Row, ...]
    switch: str
    """The field that a key flips in the list."""
    values: Callable[[ReplySettings], dict[str, Value]]
    keep: Callable[[ReplySettings, Mapping[str, Any]], None]
    """Writes a form's values. Raises TavernError."""
    state: Callable[[ReplySettings], str]
    """A few words for the list."""


def _held(made: ReasoningTemplate | AutoContinue | AutoSwipe, rows: tuple[Row, ...]) -> dict[str, Value]:
    known = {one.name for one in fields(made)}
    return {row.id: getattr(made, row.id) for row in rows if row.id in known}


def _known(made: object, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if hasattr(made, name)}


def _thinking_values(replies: ReplySettings) -> dict[str, Value]:
    return {**_held(replies.thinking, THINKING_ROWS), SHOWN: replies.shows_thinking}


def _keep_thinking(replies: ReplySettings, values: Mapping[str, Any]) -> None:
    replies.change_thinking(replace(replies.thinking, **_known(replies.thinking, values)))
    replies.show_thinking(bool(values[SHOWN]))


def _keep_continue(replies: ReplySettings, values: Mapping[str, Any]) -> None:
    replies.change_auto_continue(replace(replies.auto_continue, **_known(replies.auto_continue, values)))


def _swipe_values(replies: ReplySettings) -> dict[str, Value]:
    rules = replies.auto_swipe
    return {**_held(replace(rules, blacklist=()), SWIPE_ROWS), "blacklist": _lines(rules.blacklist)}


def _keep_swipe(replies: ReplySettings, values: Mapping[str, Any]) -> None:
    rules = replies.auto_swipe
    words = rules.blacklist
    if values["blacklist"] != _lines(words):
        words = tuple(filter(None, (line.strip() for line in str(values["blacklist"] or "").split("\n"))))
    replies.change_auto_swipe(replace(rules, **{**_known(rules, values), "blacklist": words}))


def _lines(words: tuple[str, ...]) -> str:
    return "\n".join(words)


def _thinking_state(replies: ReplySettings) -> str:
    return "auto-parse" if replies.thinking.auto_parse else "left in replies"


def _continue_state(replies: ReplySettings) -> str:
    rules = replies.auto_continue
    return f"to {rules.target_length:,} tokens" if rules.enabled else "off"


def _swipe_state(replies: ReplySettings) -> str:
    rules = replies.auto_swipe
    short = f"below {rules.minimum_length:,}" if rules.minimum_length else ""
    words = f"{rules.blacklist_threshold:,} words" if rules.blacklist and rules.blacklist_threshold else ""
    return (", ".join(filter(None, (short, words))) or "on") if rules.enabled else "off"


SECTIONS = (
    Section(
        id="thinking", title="Thinking", rows=THINKING_ROWS, switch="auto_parse",
        values=_thinking_values, keep=_keep_thinking, state=_thinking_state,
    ),
    Section(
        id="continue", title="Auto-continue", rows=CONTINUE_ROWS, switch="enabled",
        values=lambda replies: _held(replies.auto_continue, CONTINUE_ROWS), keep=_keep_continue,
        state=_continue_state,
    ),
    Section(
        id="swipe", title="Auto-swipe", rows=SWIPE_ROWS, switch="enabled",
        values=_swipe_values, keep=_keep_swipe, state=_swipe_state,
    ),
)  # fmt: skip
