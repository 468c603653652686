"""Time: the clock's macros, the formats and spans of moment.js."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tavern_tui.macros.builtin.moments import format_moment, humanised, parse_moment

from .builders import NOW, put, said, warnings_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{time}}", "2:05 PM"),
        ("{{time::UTC+2}} {{time::UTC-3:30}} {{time::utc-0:30}}", "4:05 PM 10:35 AM 1:35 PM"),
        ("{{date}}", "January 31, 2026"),
        ("{{weekday}}", "Saturday"),
        ("{{isotime}} {{isodate}}", "14:05 2026-01-31"),
        ("{{datetimeformat::dddd, D MMMM YYYY [at] HH:mm}}", "Saturday, 31 January 2026 at 14:05"),
        ("{{datetimeformat D.M.YY}}", "31.1.26"),
        ("{{timeDiff::2026-01-01T12:00::2026-01-01T09:00}}", "in 3 hours"),
        ("{{timeDiff::2026-01-01T09:00::2026-01-01T12:00}}", "3 hours ago"),
        ("{{timeDiff::2026-01-01::2026-01-01}}", "a few seconds ago"),
    ],
)
def test_the_clock(text: str, expected: str) -> None:
    assert put(text) == expected


@pytest.mark.parametrize("offset", ["UTC+99", "UTC", "x", "UTC+2:99", "UTC+" + "9" * 5000])
def test_a_wrong_offset_stays_and_is_explained(offset: str) -> None:
    assert put(f"{{{{time::{offset}}}}}") == f"{{{{time::{offset}}}}}"
    assert "is not an offset such as UTC+2" in warnings_of(f"{{{{time::{offset}}}}}")[0]


@pytest.mark.parametrize("date", ["", "soon", "2026-13-45", "9" * 5000, "9" * 30, "June 99, 2023 2:20pm"])
def test_what_is_no_date_stays_and_is_explained(date: str) -> None:
    assert put(f"{{{{timeDiff::{date}::2026-01-01}}}}") == f"{{{{timeDiff::{date}::2026-01-01}}}}"
    assert "is not a date" in warnings_of(f"{{{{timeDiff::{date}::2026-01-01}}}}")[0]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("YYYYYY YYYY YY Y y", "+002026 2026 26 2026 2026"),
        ("Q Qo MMMM MMM MM Mo M", "1 1st January Jan 01 1st 1"),
        ("DDDD DDDo DDD DD Do D", "031 31st 31 31 31st 31"),
        ("dddd ddd dd do d e E", "Saturday Sat Sa 6th 6 6 6"),
        ("ww wo w gggg gg", "05 5th 5 2026 26"),
        ("WW Wo W GGGG GG", "05 5th 5 2026 26"),
        ("HH H hh h kk k", "14 14 02 2 14 14"),
        ("mm m ss s S SS SSS SSSS SSSSSSSSS", "05 5 09 9 2 25 250 2500 250000000"),
        ("A a Z ZZ", "PM pm +00:00 +0000"),
        ("X x", "1769868309 1769868309250"),
        ("LT LTS", "2:05 PM 2:05:09 PM"),
        ("L l", "01/31/2026 1/31/2026"),
        ("LL ll", "January 31, 2026 Jan 31, 2026"),
        ("LLLL", "Saturday, January 31, 2026 2:05 PM"),
        ("llll", "Sat, Jan 31, 2026 2:05 PM"),
        ("Hmm hmmss N NNNN", "1405 20509 AD Anno Domini"),
        ("[the] Do [of] MMMM", "the 31st of January"),
        ("[] [[x]", " [x"),
        (r"\D \LT \[-", "D LT [-"),
        ("", ""),
        ("é–日", "é–日"),
    ],
)
def test_the_letters_of_moment(pattern: str, expected: str) -> None:
    assert format_moment(NOW, pattern) == expected


@pytest.mark.parametrize(
    ("day", "week"),
    [
        ((2025, 12, 27), "2025 52"),
        ((2025, 12, 28), "2026 1"),
        ((2026, 1, 1), "2026 1"),
        ((2026, 1, 4), "2026 2"),
        ((2022, 12, 31), "2022 53"),
        ((2023, 1, 1), "2023 1"),
        ((9999, 12, 31), "10000 1"),
        ((1, 1, 1), "1 1"),
    ],
)
def test_weeks_begin_on_sunday_and_the_first_one_holds_the_first_of_january(
    day: tuple[int, int, int], week: str
) -> None:
    assert format_moment(datetime(*day, tzinfo=UTC), "gggg w").lstrip("0") == week


def test_an_offset_west_of_greenwich_is_negative() -> None:
    west = timezone(timedelta(hours=-3, minutes=-30))
    assert format_moment(NOW.astimezone(west), "Z ZZ") == "-03:30 -0330"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a few seconds"),
        (44, "a few seconds"),
        (45, "a minute"),
        (89, "a minute"),
        (90, "2 minutes"),
        (44 * 60, "44 minutes"),
        (45 * 60, "an hour"),
        (90 * 60, "2 hours"),
        (21 * 3600, "21 hours"),
        (22 * 3600, "a day"),
        (36 * 3600, "2 days"),
        (25 * 86400, "25 days"),
        (26 * 86400, "a month"),
        (46 * 86400, "2 months"),
        (300 * 86400, "10 months"),
        (320 * 86400, "a year"),
        (548 * 86400, "2 years"),
        (-90, "2 minutes"),
    ],
)
def test_spans_in_words(seconds: int, words: str) -> None:
    assert humanised(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    "text",
    [
        "2024-07-12T01:31:37Z",
        "2024-07-12T01:31:37+00:00",
        "2024-07-12@01h31m37s",
        "2024-07-12@01h31m37s123ms",
        "2024-7-12 @01h 31m 37s 682ms",
        "1720747897000",
        " 2024-07-12T01:31:37 ",
    ],
)
def test_every_spelling_of_a_date_that_chats_have(text: str) -> None:
    assert parse_moment(text, NOW) == datetime(2024, 7, 12, 1, 31, 37, tzinfo=UTC)


def test_dates_in_words() -> None:
    assert parse_moment("June 19, 2023 2:20pm", NOW) == datetime(2023, 6, 19, 14, 20, tzinfo=UTC)
    assert parse_moment("June 19, 2023 12:20am", NOW) == datetime(2023, 6, 19, 0, 20, tzinfo=UTC)
    assert parse_moment("Nomonth 19, 2023 2:20pm", NOW) is None


def test_idle_time_is_counted_from_the_last_user_message_before_the_newest() -> None:
    messages = [
        said("a", by_user=True, sent_at="2026-01-31T11:05:00Z"),
        said("b", sent_at="2026-01-31T12:05:00Z"),
        said("c", by_user=True, sent_at="2026-01-31T14:05:00Z"),
    ]
    assert put("{{idleDuration}}", messages=messages) == "3 hours"
    assert put("{{idle_duration}}", messages=messages[2:]) == "just now"
    assert put("{{idleDuration}}", messages=[said("a", by_user=True, sent_at="?"), said("b")]) == "just now"
