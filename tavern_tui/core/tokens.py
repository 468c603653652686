"""The token counter every stage of a prompt build asks."""

from __future__ import annotations

from typing import Protocol


class TokenCounter(Protocol):
    """Counts tokens synchronously, from a cache or by an estimate. No I/O."""

    @property
    def name(self) -> str:
        """Who counts: `estimate`, `llama.cpp at 127.0.0.1:8080`, ..."""
        ...

    @property
    def exact(self) -> bool:
        """False once any count given out was an estimate."""
        ...

    def count(self, text: str) -> int:
        """Tokens of `text` as part of a longer string; 0 for the empty string."""
        ...

    def count_message(self, role: str, content: str, name: str = "") -> int:
        """Tokens of one chat-completion message with its overhead; 0 if the content is empty."""
        ...

    def count_loose(self, text: str) -> int:
        """Tokens of a text that chat completion counts as one message without a role (lore)."""
        ...
