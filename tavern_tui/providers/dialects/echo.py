"""Takes a repeated beginning off a reply: some servers say again what they were to continue."""

from __future__ import annotations


class EchoStripper:
    """Holds back text while it repeats `echo`; gives it out after all if it turns out not to."""

    def __init__(self, echo: str) -> None:
        self._echo = echo
        self._held = ""

    def feed(self, text: str) -> str:
        if not self._echo:
            return text
        self._held += text
        if self._held.startswith(self._echo):
            rest, self._echo = self._held[len(self._echo) :], ""
            return rest
        if self._echo.startswith(self._held):
            return ""
        rest, self._echo = self._held, ""
        return rest

    def close(self) -> str:
        """What was still held back."""
        rest = self._held if self._echo else ""
        self._echo = ""
        return rest
