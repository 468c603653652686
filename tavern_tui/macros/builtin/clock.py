"""The time, from the clock that is passed in."""

from __future__ import annotations

import re
from datetime import timedelta, timezone

from tavern_tui.macros.builtin.moments import format_moment, humanised, parse_moment
from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.registry import Call, NotNow, macro

Words = tuple[str, ...]
_OFFSET = re.compile(r"UTC([+-])([0-9]{1,2})(?::?([0-5][0-9]))?", re.IGNORECASE)
_FARTHEST = timedelta(hours=24)


def offset_of(word: str) -> timezone:
    """The time zone that `UTC+2` or `UTC-3:30` means. Raises NotNow."""
    match = _OFFSET.fullmatch(word.strip())
    if match is not None:
        span = timedelta(hours=int(match.group(2)), minutes=int(match.group(3) or 0))
        if span < _FARTHEST:
            return timezone(span if match.group(1) == "+" else -span)
    raise NotNow(f'"{word[:80]}" is not an offset such as UTC+2')


@macro("time", "The time of day, here or at an offset.", takes=(0, 1), example="{{time::UTC+2}}")
def time(context: MacroContext, call: Call, words: Words) -> str:
    return format_moment(context.now.astimezone(offset_of(words[0])) if words else context.now, "LT")


@macro("date", "Today's date, as January 31, 2026.")
def date(context: MacroContext, call: Call, words: Words) -> str:
    return format_moment(context.now, "LL")


@macro("weekday", "The day of the week.")
def weekday(context: MacroContext, call: Call, words: Words) -> str:
    return format_moment(context.now, "dddd")


@macro("isotime", "The time of day as 14:05.")
def isotime(context: MacroContext, call: Call, words: Words) -> str:
    return format_moment(context.now, "HH:mm")


@macro("isodate", "Today's date as 2026-01-31.")
def isodate(context: MacroContext, call: Call, words: Words) -> str:
    return format_moment(context.now, "YYYY-MM-DD")


@macro(
    "datetimeformat",
    "Date and time in a format of your own, with the letters of moment.js.",
    takes=1,
    example="{{datetimeformat::D MMMM YYYY}}",
)
def datetimeformat(context: MacroContext, call: Call, words: Words) -> str:
    return format_moment(context.now, words[0])


@macro(
    "timeDiff",
    "The span between two times, in words.",
    takes=2,
    example="{{timeDiff::2026-01-01::2026-02-01}}",
)
def time_diff(context: MacroContext, call: Call, words: Words) -> str:
    first, second = (parse_moment(word, context.now) for word in words)
    if first is None or second is None:
        wrong = words[0] if first is None else words[1]
        raise NotNow(f'"{wrong[:80]}" is not a date such as 2026-01-31 or 2026-01-31T14:05')
    span = first - second
    return f"in {humanised(span)}" if span > timedelta() else f"{humanised(span)} ago"


@macro(
    "idleDuration",
    "The time since your last message, the newest message left out.",
    aliases=("idle_duration",),
)
def idle_duration(context: MacroContext, call: Call, words: Words) -> str:
    newest_passed = False
    for message in reversed(context.messages):
        if message.hidden:
            continue
        if newest_passed and message.is_user:
            when = parse_moment(message.swipe.sent_at, context.now)
            return humanised(context.now - when) if when is not None else "just now"
        newest_passed = True
    return "just now"
