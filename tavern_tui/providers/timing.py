"""Measures one request and writes its line into the wire log."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from tavern_tui.core.generation import ReasoningDelta, StreamEvent, TextDelta, Usage
from tavern_tui.providers.base import PreparedRequest
from tavern_tui.providers.wirelog import WireLog, WireRecord


class Stopwatch:
    """Started when it is made; `done` adds the record to the log, once."""

    def __init__(self, connection: str, prepared: PreparedRequest, log: WireLog) -> None:
        self._connection = connection
        self._prepared = prepared
        self._log = log
        self._when = datetime.now(UTC)
        self._start = time.monotonic()
        self._status: int | None = None
        self._answered: float | None = None
        self._first_word: float | None = None
        self._last_word = 0.0
        self._bytes = 0
        self._tokens: int | None = None
        self._error = ""

    def answered(self, status: int) -> None:
        self._status = status
        self._answered = time.monotonic()

    def bytes(self, count: int) -> None:
        self._bytes += count

    def event(self, event: StreamEvent) -> None:
        match event:
            case TextDelta() | ReasoningDelta():
                self._last_word = time.monotonic()
                self._first_word = self._first_word or self._last_word
            case Usage(completion_tokens=int(tokens)):
                self._tokens = tokens

    def failed(self, sentence: str) -> None:
        self._error = sentence

    def done(self, *, stopped: bool = False) -> None:
        now = time.monotonic()
        self._log.add(
            WireRecord(
                when=self._when,
                connection=self._connection,
                method=self._prepared.method,
                url=self._prepared.shown_url or self._prepared.url,
                status=self._status,
                milliseconds=(now - self._start) * 1000,
                first_byte=(self._answered - self._start) * 1000 if self._answered is not None else None,
                bytes_in=self._bytes,
                tokens_per_second=self._speed(),
                error=self._error or ("stopped" if stopped else ""),
                prompt=self._prepared.body_bytes.decode() if self._log.log_prompts else "",
            )
        )

    def _speed(self) -> float | None:
        if self._tokens is None or self._first_word is None:
            return None
        seconds = self._last_word - self._first_word
        return (self._tokens - 1) / seconds if seconds > 0 and self._tokens > 1 else None
