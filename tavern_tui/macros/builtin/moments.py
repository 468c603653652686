"""Dates and spans in the words of moment.js, in English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

_TOKEN = re.compile(
    r"\[([^\]]*)\]|LTS|LT|LLLL|LLL|LL|L|llll|lll|ll|l|YYYY|YY|Y|gggg|gg|GGGG|GG|Qo|Q|MMMM|MMM|MM|Mo|M"
    r"|DDDD|DDDo|DDD|DD|Do|D|dddd|ddd|dd|do|d|ww|wo|w|WW|Wo|W|E|e|HH|H|hh|h|kk|k|mm|m|ss|s"
    r"|SSSSSS|SSSSS|SSSS|SSS|SS|S|A|a|ZZ|Z|X|x|\\(.)"
)
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

LONG_FORMS = {
    "LT": "h:mm A",
    "LTS": "h:mm:ss A",
    "L": "MM/DD/YYYY",
    "LL": "MMMM D, YYYY",
    "LLL": "MMMM D, YYYY h:mm A",
    "LLLL": "dddd, MMMM D, YYYY h:mm A",
    "l": "M/D/YYYY",
    "ll": "MMM D, YYYY",
    "lll": "MMM D, YYYY h:mm A",
    "llll": "ddd, MMM D, YYYY h:mm A",
}


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 11th."""
    ending = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _hour12(when: datetime) -> int:
    return when.hour % 12 or 12


def _weekday(when: datetime) -> int:
    return when.isoweekday() % 7


def _local_week(when: datetime) -> tuple[int, int]:
    """(year, week) where weeks begin on Sunday and the week of January 1st is the first."""
    saturday = when + timedelta(days=6 - _weekday(when))
    year = saturday.year
    first = datetime(year, 1, 1, tzinfo=when.tzinfo)
    return year, ((saturday - first).days + _weekday(first)) // 7 + 1


def _offset(when: datetime, between: str) -> str:
    minutes = int((when.utcoffset() or timedelta()).total_seconds()) // 60
    sign, minutes = ("-" if minutes < 0 else "+"), abs(minutes)
    return f"{sign}{minutes // 60:02}{between}{minutes % 60:02}"


_TOKENS: Mapping[str, Callable[[datetime], str]] = {
    "YYYY": lambda t: f"{t.year:04}",
    "YY": lambda t: f"{t.year % 100:02}",
    "Y": lambda t: str(t.year),
    "GGGG": lambda t: f"{t.isocalendar().year:04}",
    "GG": lambda t: f"{t.isocalendar().year % 100:02}",
    "gggg": lambda t: f"{_local_week(t)[0]:04}",
    "gg": lambda t: f"{_local_week(t)[0] % 100:02}",
    "Q": lambda t: str((t.month + 2) // 3),
    "Qo": lambda t: ordinal((t.month + 2) // 3),
    "MMMM": lambda t: MONTHS[t.month - 1],
    "MMM": lambda t: MONTHS[t.month - 1][:3],
    "MM": lambda t: f"{t.month:02}",
    "Mo": lambda t: ordinal(t.month),
    "M": lambda t: str(t.month),
    "DDDD": lambda t: f"{t.timetuple().tm_yday:03}",
    "DDDo": lambda t: ordinal(t.timetuple().tm_yday),
    "DDD": lambda t: str(t.timetuple().tm_yday),
    "DD": lambda t: f"{t.day:02}",
    "Do": lambda t: ordinal(t.day),
    "D": lambda t: str(t.day),
    "dddd": lambda t: DAYS[_weekday(t)],
    "ddd": lambda t: DAYS[_weekday(t)][:3],
    "dd": lambda t: DAYS[_weekday(t)][:2],
    "do": lambda t: ordinal(_weekday(t)),
    "d": lambda t: str(_weekday(t)),
    "e": lambda t: str(_weekday(t)),
    "E": lambda t: str(t.isoweekday()),
    "ww": lambda t: f"{_local_week(t)[1]:02}",
    "wo": lambda t: ordinal(_local_week(t)[1]),
    "w": lambda t: str(_local_week(t)[1]),
    "WW": lambda t: f"{t.isocalendar().week:02}",
    "Wo": lambda t: ordinal(t.isocalendar().week),
    "W": lambda t: str(t.isocalendar().week),
    "HH": lambda t: f"{t.hour:02}",
    "H": lambda t: str(t.hour),
    "hh": lambda t: f"{_hour12(t):02}",
    "h": lambda t: str(_hour12(t)),
    "kk": lambda t: f"{t.hour or 24:02}",
    "k": lambda t: str(t.hour or 24),
    "mm": lambda t: f"{t.minute:02}",
    "m": lambda t: str(t.minute),
    "ss": lambda t: f"{t.second:02}",
    "s": lambda t: str(t.second),
    "A": lambda t: "AM" if t.hour < 12 else "PM",
    "a": lambda t: "am" if t.hour < 12 else "pm",
    "Z": lambda t: _offset(t, ":"),
    "ZZ": lambda t: _offset(t, ""),
    "X": lambda t: str(int(t.timestamp())),
    "x": lambda t: str(int(t.timestamp() * 1000)),
}


def format_moment(when: datetime, pattern: str) -> str:
    """`when` in a moment.js format, such as `YYYY-MM-DD [at] HH:mm`."""

    def written(match: re.Match[str]) -> str:
        token = match.group()
        if match.group(1) is not None:
            return match.group(1)
        if match.group(2) is not None:
            return match.group(2)
        if token in LONG_FORMS:
            return format_moment(when, LONG_FORMS[token])
        if token[0] == "S":
            return f"{when.microsecond:06}"[: len(token)]
        return _TOKENS[token](when)

    return _TOKEN.sub(written, pattern)


def humanised(span: timedelta) -> str:
    """A span in rough words, without a sign: `a few seconds`, `3 hours`, `2 years`."""
    seconds = abs(span.total_seconds())
    days = seconds / 86400
    steps = (
        (seconds, 45, "a few seconds", "seconds"),
        (seconds / 60, 45, "a minute", "minutes"),
        (seconds / 3600, 22, "an hour", "hours"),
        (days, 26, "a day", "days"),
        (days * 4800 / 146097, 11, "a month", "months"),
    )
    for amount, limit, one, many in steps:
        count = int(amount + 0.5)
        if many == "seconds":
            if count < limit:
                return one
        elif count <= 1:
            return one
        elif count < limit:
            return f"{count} {many}"
    years = int(days * 400 / 146097 + 0.5)
    return "a year" if years <= 1 else f"{years} years"


_OLD_DATES = (
    (
        re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2}) ?@(\d{1,2})h ?(\d{1,2})m ?(\d{1,2})s ?(?:(\d{1,3})ms)?"),
        "numbers",
    ),
)
_MONTH_DATE = re.compile(r"([A-Za-z]+) (\d{1,2}), (\d{4}) (\d{1,2}):(\d{2})(am|pm)", re.IGNORECASE)


def parse_moment(text: str, local: datetime) -> datetime | None:
    """A date as chats have it: ISO, milliseconds, or one of the older spellings. Aware, or None."""
    text = text.strip()
    try:
        if text.isdecimal() and len(text) > 9:
            return datetime.fromtimestamp(int(text) / 1000, tz=UTC)
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=local.tzinfo)
    except (ValueError, OverflowError, OSError):
        return _parse_old(text, local)


def _parse_old(text: str, local: datetime) -> datetime | None:
    for pattern, _ in _OLD_DATES:
        if match := pattern.match(text):
            year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
            try:
                return datetime(year, month, day, hour, minute, second, tzinfo=local.tzinfo)
            except ValueError:
                return None
    if match := _MONTH_DATE.match(text):
        name, day_text, year_text, hour_text, minute_text, half = match.groups()
        months = [one for one, month in enumerate(MONTHS, 1) if month[:3].lower() == name[:3].lower()]
        hours = int(hour_text) % 12 + (12 if half.lower() == "pm" else 0)
        try:
            return datetime(
                int(year_text), months[0], int(day_text), hours, int(minute_text), tzinfo=local.tzinfo
            )
        except (ValueError, IndexError):
            return None
    return None
