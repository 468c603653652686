"""What was asked of which server and what came back, as lines for a screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tavern_tui.providers.wirelog import WireLog, WireRecord
from tavern_tui.services.signal import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One request, in one line. Holds no secrets, and no prompt unless asked for."""

    when: datetime
    connection: str
    text: str
    level: str
    """`info` or `error`."""


class LogView:
    """The lines so far, and a signal for each new one."""

    def __init__(self, log: WireLog) -> None:
        self._log = log
        self.added: Signal[LogLine] = Signal()
        log.listen(lambda record: self.added.send(_line(record)))

    def lines(self) -> list[LogLine]:
        """Oldest first."""
        return [_line(record) for record in self._log.records]


def _line(record: WireRecord) -> LogLine:
    text = str(record)
    if record.prompt:
        text = f"{text}\n{record.prompt}"
    return LogLine(
        when=record.when,
        connection=record.connection,
        text=text,
        level="info" if record.ok else "error",
    )
