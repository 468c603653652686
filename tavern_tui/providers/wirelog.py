"""A bounded log of what was asked of servers. No prompts and no secrets, unless asked for prompts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRecord:
    """One request and how it went."""

    when: datetime
    connection: str
    method: str
    url: str
    status: int | None = None
    """HTTP status; None if no answer came."""
    milliseconds: float = 0
    first_byte: float | None = None
    """Milliseconds until the answer began."""
    bytes_in: int = 0
    tokens_per_second: float | None = None
    error: str = ""
    prompt: str = ""
    """The body, only if the log keeps prompts."""

    @property
    def ok(self) -> bool:
        return not self.error

    def __str__(self) -> str:
        parts = [f"{self.method} {self.url}"]
        if self.status is not None:
            parts.append(str(self.status))
        parts.append(f"{self.milliseconds:.0f} ms")
        if self.bytes_in:
            parts.append(f"{self.bytes_in} bytes")
        if self.tokens_per_second is not None:
            parts.append(f"{self.tokens_per_second:.1f} tokens/s")
        if self.error:
            parts.append(self.error)
        return " · ".join(parts)


class WireLog:
    """The last records, and whoever wants to hear of new ones."""

    def __init__(self, *, limit: int = 500, log_prompts: bool = False) -> None:
        self._records: deque[WireRecord] = deque(maxlen=limit)
        self._listeners: list[Callable[[WireRecord], None]] = []
        self.log_prompts = log_prompts

    @property
    def records(self) -> tuple[WireRecord, ...]:
        """Oldest first."""
        return tuple(self._records)

    def add(self, record: WireRecord) -> None:
        self._records.append(record)
        for listener in tuple(self._listeners):
            listener(record)

    def listen(self, listener: Callable[[WireRecord], None]) -> Callable[[], None]:
        """Call `listener` with every new record until the returned function is called."""
        self._listeners.append(listener)

        def forget() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return forget
