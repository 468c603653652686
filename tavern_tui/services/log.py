"""What was asked of which server and what came back, as lines for a screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from logging import Formatter, Handler, LogRecord
from pathlib import Path

from tavern_tui.providers.wirelog import WireLog, WireRecord
from tavern_tui.services.signal import Signal
from tavern_tui.text.clean import clean_line

FILE_SIZE = 1_000_000
"""Bytes after which the log file begins anew; two old ones are kept."""


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

    def __init__(self, log: WireLog, file: Path | None = None) -> None:
        """`file`: where the lines are written, too; it is rotated, and made when first needed."""
        self._log = log
        self._file = file
        self._handler: Handler | None = None
        self.added: Signal[LogLine] = Signal()
        log.listen(self._take)

    def _take(self, record: WireRecord) -> None:
        line = _line(record)
        if self._file is not None:
            self._write(self._file, line)
        self.added.send(line)

    def _write(self, file: Path, line: LogLine) -> None:
        """A log that cannot be written is done without."""
        try:
            if self._handler is None:
                from logging.handlers import RotatingFileHandler  # it brings servers and pickles along

                file.parent.mkdir(parents=True, exist_ok=True)
                self._handler = RotatingFileHandler(
                    file, maxBytes=FILE_SIZE, backupCount=2, encoding="utf-8", errors="replace"
                )
                self._handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(message)s"))
            level = 40 if line.level == "error" else 20
            words = clean_line(f"{line.connection}: {line.text}")
            self._handler.emit(LogRecord("wire", level, "", 0, words, None, None))
        except OSError:
            self._file = None

    def close(self) -> None:
        """Let go of the file. A request that is cancelled later does not open it again."""
        self._file = None
        if self._handler is not None:
            self._handler.close()
            self._handler = None

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
