"""Bytes to lines to events: the cuts between the bytes make no difference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.providers.wire.lines import LineSplitter, LineTooLong
from tavern_tui.providers.wire.sse import NdjsonParser, SseParser


def parsed(parser: SseParser | NdjsonParser, pieces: list[bytes]) -> list[str]:
    found = [data for piece in pieces for data in parser.feed(piece)]
    return [*found, *parser.close()]


def sse(*pieces: bytes) -> list[str]:
    return parsed(SseParser(), list(pieces))


def test_events_comments_names_and_several_data_lines() -> None:
    stream = (
        b": ping\n\nevent: message\ndata: one\n\nid: 7\ndata: two\ndata:three\n\n: bye\nretry: 5\n\n"
        b"data: last, without its blank line"
    )
    assert sse(stream) == ["one", "two\nthree", "last, without its blank line"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_all_three_line_ends(end: bytes) -> None:
    assert sse(b"data: a" + end + end + b"data: b" + end + end) == ["a", "b"]


def test_a_byte_order_mark_and_an_old_error_field() -> None:
    assert sse(b'\xef\xbb\xbfdata: a\n\nerror: {"message":"no"}\n\n') == ["a", '{"message":"no"}']


STREAM = 'data: {"a": "雨é✨"}\r\n\r\n: x\r\ndata: b\n\ndata: c\r\rdata: 😀\n\n'.encode()


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_any_cut_gives_the_same_events(cut: int) -> None:
    assert sse(STREAM[:cut], STREAM[cut:]) == sse(STREAM)


def test_one_byte_at_a_time_gives_the_same_events() -> None:
    assert sse(*(bytes([byte]) for byte in STREAM)) == sse(STREAM)


@given(st.lists(st.binary(max_size=20), max_size=12))
def test_any_bytes_in_any_pieces_give_the_same_lines(pieces: list[bytes]) -> None:
    def lines(parts: list[bytes]) -> list[str]:
        splitter = LineSplitter()
        found = [line for part in parts for line in splitter.feed(part)]
        return [*found, *splitter.close()]

    assert lines(pieces) == lines([b"".join(pieces)])


def test_a_line_without_end_is_refused() -> None:
    splitter = LineSplitter(limit=100)
    assert list(splitter.feed(b"x" * 100)) == []
    with pytest.raises(LineTooLong):
        list(splitter.feed(b"x"))


def test_ndjson_skips_blank_lines() -> None:
    assert parsed(NdjsonParser(), [b'{"a":', b'1}\r\n\n{"b":2}']) == ['{"a":1}', '{"b":2}']
