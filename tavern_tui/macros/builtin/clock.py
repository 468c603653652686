"""The time, from the clock that is passed in."""

from __future__ import annotations

import re
from datetime import timedelta, timezone

from tavern_tui.macros.builtin.moments import format_moment, humanised, parse_moment
from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.registry import Call, macro

Words = tuple[str, ...]
_OFFSET = re.compile(r"UTC([+-]\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)


@macro("time", "The time of day, here or at an offset.", takes=(0, 1), example="{{time::UTC+2}}")
def time(context: MacroContext, call: Call, words: Words) -> str:
    when = context.now
    if words:
        match = _OFFSET.fullmatch(words[0].strip())
        if match is None:
            raise ValueError(f'"{words[0]}" is not an offset such as UTC+2')
        hours = int(match.group(1))
        minutes = int(match.group(2) or 0) * (-1 if hours < 0 else 1)
        when = when.astimezone(timezone(timedelta(hours=hours, minutes=minutes)))
    return format_moment(when, "LT")


@macro("date", "Today's date.")
def date(context: MacroContext, call: Call, words: Words) -> str:
    return format_moment(context.now, "LL")


@macro("weekday", "The day of the week.")
def weekday(context: MacroContext, call: Call, words: Words) -> str:
    return format_moment(context.now, "dddd")


@macro("isotime", "The time as 14:05.")
def isotime(context: MacroContext, call: Call, words: Words) -> str:
    return format_moment(context.now, "HH:mm")


@macro("isodate", "The date as 2026-01-31.")
def isodate(context: MacroContext, call: Call, words: Words) -> str:
    return format_moment(context.now, "YYYY-MM-DD")


@macro("datetimeformat", "Date and time in a format.", takes=1, example="{{datetimeformat::D MMMM YYYY}}")
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
        raise ValueError("one of the two is not a date")
    span = first - second
    return f"in {humanised(span)}" if span > timedelta() else f"{humanised(span)} ago"


@macro("idleDuration", "The time since your last message but the newest one.", aliases=("idle_duration",))
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
