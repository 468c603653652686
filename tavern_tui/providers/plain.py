"""Plain: what providers without a server of their own to look after have in common."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from tavern_tui.core.errors import UsageError
from tavern_tui.core.generation import GenerationRequest, Progress


class Plain:
    """Nothing to learn, and no models to load."""

    async def learn(self, request: GenerationRequest) -> None:
        """There is nothing to find out."""

    @property
    def work(self) -> frozenset[str]:
        return frozenset()

    async def manage(self, what: str, model: str) -> AsyncGenerator[Progress, None]:
        if what not in self.work:
            raise UsageError(f"This provider cannot {what} models.")
        yield Progress(0, 0)
