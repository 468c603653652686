"""Text that is still arriving: collects deltas cheaply, cleans them once per frame."""

from __future__ import annotations

from tavern_tui.ui.panes.chat.message import TranscriptMessage
from tavern_tui.ui.panes.chat.wrap import screen_text


class Stream:
    """The growing text of one message. Lines that are complete are cleaned once and kept."""

    __slots__ = ("_clean", "_deltas", "_line", "message")

    def __init__(self, message: TranscriptMessage) -> None:
        self.message = message
        message.text = message.text.lstrip()  # as `take` does: so are the finished lines
        self._deltas: list[str] = []
        complete = message.text.rfind("\n") + 1
        self._clean = screen_text(message.text[:complete])
        self._line = message.text[complete:]

    def feed(self, delta: str) -> None:
        self._deltas.append(delta)

    def take(self) -> str:
        """Hand what arrived over to the message; returns its whole text, ready to be laid out."""
        if self._deltas:
            delta = "".join(self._deltas)
            self._deltas.clear()
            if not self.message.text:
                delta = delta.lstrip()  # models begin with a blank, which the finished reply has not
            self.message.text += delta
            self._line += delta
            complete = self._line.rfind("\n") + 1
            if complete:
                self._clean += screen_text(self._line[:complete])
                self._line = self._line[complete:]
        return self._clean + screen_text(self._line)
