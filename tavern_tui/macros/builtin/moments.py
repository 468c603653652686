"""Dates and spans in the words of moment.js, in English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

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


def _day_of_year(when: datetime) -> int:
    return when.timetuple().tm_yday


def _hour12(when: datetime) -> int:
    return when.hour % 12 or 12


def _weekday(when: datetime) -> int:
    return when.isoweekday() % 7


def _local_week(when: datetime) -> tuple[int, int]:
    """(year, week) where weeks begin on Sunday and the week of January 1st is the first."""
    days_to_next_year = (366 if _is_leap(when.year) else 365) - _day_of_year(when)
    if days_to_next_year < 6 - _weekday(when):
        return when.year + 1, 1
    first_weekday = (_weekday(when) - _day_of_year(when) + 1) % 7
    return when.year, (_day_of_year(when) - 1 + first_weekday) // 7 + 1


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _offset(when: datetime, between: str) -> str:
    minutes = int((when.utcoffset() or timedelta()).total_seconds()) // 60
    sign, minutes = ("-" if minutes < 0 else "+"), abs(minutes)
    return f"{sign}{minutes // 60:02}{between}{minutes % 60:02}"


def _zone(when: datetime) -> str:
    return "UTC" if when.tzinfo is UTC else ""


_TOKENS: Mapping[str, Callable[[datetime], str]] = {
    "YYYYYY": lambda t: f"+{t.year:06}",
    "YYYYY": lambda t: f"{t.year:05}",
    "YYYY": lambda t: f"{t.year:04}",
    "YY": lambda t: f"{t.year % 100:02}",
    "Y": lambda t: str(t.year),
    "y": lambda t: str(t.year),
    "NNNNN": lambda t: "AD",
    "NNNN": lambda t: "Anno Domini",
    "NNN": lambda t: "AD",
    "NN": lambda t: "AD",
    "N": lambda t: "AD",
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
    "DDDD": lambda t: f"{_day_of_year(t):03}",
    "DDDo": lambda t: ordinal(_day_of_year(t)),
    "DDD": lambda t: str(_day_of_year(t)),
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
    "Hmmss": lambda t: f"{t.hour}{t.minute:02}{t.second:02}",
    "Hmm": lambda t: f"{t.hour}{t.minute:02}",
    "hmmss": lambda t: f"{_hour12(t)}{t.minute:02}{t.second:02}",
    "hmm": lambda t: f"{_hour12(t)}{t.minute:02}",
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
    "z": _zone,
    "zz": _zone,
    "X": lambda t: str(int(t.timestamp())),
    "x": lambda t: str(int(t.timestamp() * 1000)),
}

_NAMES = sorted((*LONG_FORMS, *_TOKENS), key=len, reverse=True)
_TOKEN = re.compile(rf"\[([^\[\]]*+)\]|(\\?)(S{{1,9}}|{'|'.join(_NAMES)})|\\(.)", re.DOTALL)


def format_moment(when: datetime, pattern: str) -> str:
    """`when` in a moment.js format, such as `YYYY-MM-DD [at] HH:mm`."""

    def written(match: re.Match[str]) -> str:
        quoted, escape, token, single = match.groups()
        if quoted is not None:
            return quoted
        if token is None:
            return single
        if escape:
            return token
        if token in LONG_FORMS:
            return format_moment(when, LONG_FORMS[token])
        if token[0] == "S":
            return f"{when.microsecond:06}000"[: len(token)]
        return _TOKENS[token](when)

    return _TOKEN.sub(written, pattern)


def humanised(span: timedelta) -> str:
    """A span in rough words, without a sign: `a few seconds`, `3 hours`, `2 years`."""
    seconds = abs(span.total_seconds())
    if _rounded(seconds) < 45:
        return "a few seconds"
    days = seconds / 86400
    months = days * 4800 / 146097  # of the Gregorian calendar's 400 years
    steps = (
        (seconds / 60, 45, "a minute", "minutes"),
        (seconds / 3600, 22, "an hour", "hours"),
        (days, 26, "a day", "days"),
        (months, 11, "a month", "months"),
    )
    for amount, limit, one, many in steps:
        count = _rounded(amount)
        if count <= 1:
            return one
        if count < limit:
            return f"{count} {many}"
    years = _rounded(months / 12)
    return "a year" if years <= 1 else f"{years} years"


def _rounded(amount: float) -> int:
    """To the nearest whole number, halves upwards."""
    return int(amount + 0.5)


_STAMP = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2}) ?@([0-9]{1,2})h ?([0-9]{1,2})m ?([0-9]{1,2})s ?(?:[0-9]{1,3}ms)?"
)
_IN_WORDS = re.compile(
    r"([A-Za-z]{3,9}) ([0-9]{1,2}), ([0-9]{4}) ([0-9]{1,2}):([0-9]{2}) ?(am|pm)", re.IGNORECASE
)
_MONTH_NUMBERS = {month[:3].lower(): number for number, month in enumerate(MONTHS, 1)}


def parse_moment(text: str, local: datetime) -> datetime | None:
    """A date as chats have it: ISO, milliseconds, or one of the older spellings. Aware, or None."""
    text = text.strip()
    try:
        if text.isdecimal() and len(text) > 9:
            return datetime.fromtimestamp(int(text) / 1000, tz=UTC)
        if match := _STAMP.fullmatch(text):
            return datetime(*map(int, match.groups()), tzinfo=local.tzinfo)  # type: ignore[arg-type, misc]  # six numbers
        if match := _IN_WORDS.fullmatch(text):
            return _from_words(match, local)
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=local.tzinfo)
    except (ValueError, OverflowError, OSError, KeyError):
        return None


def _from_words(match: re.Match[str], local: datetime) -> datetime:
    name, day, year, hour, minute, half = match.groups()
    month = _MONTH_NUMBERS[name[:3].lower()]
    hours = int(hour) % 12 + (12 if half.lower() == "pm" else 0)
    return datetime(int(year), month, int(day), hours, int(minute), tzinfo=local.tzinfo)
