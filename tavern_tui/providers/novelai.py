"""NovelProvider: NovelAI over HTTP, with its refusals in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tavern_tui.core.errors import AuthFailed, ProviderError, RequestRefused
from tavern_tui.core.generation import ServerStatus
from tavern_tui.providers.catalogue.novelai_lists import MODELS
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.http import HttpProvider

NO_FILE = ("", "auto", "estimate")
"""What a connection's tokenizer is called where it is no file."""


class NovelExplainer(Explainer):
    """402 and 409 mean something of their own here."""

    __slots__ = ()

    def _by_status(self, status: int, said: str, text: str, headers: Mapping[str, str]) -> ProviderError:
        tail = f": {said}" if said else "."
        match status:
            case 401:
                return AuthFailed(
                    f"{self.server} refuses the key{tail}",
                    hint="It wants a persistent token (pst-...), made in the account settings there.",
                )
            case 402:
                return RequestRefused(
                    f"{self.server} wants an active subscription{tail}",
                    hint="Subscribe at novelai.net, or use another connection.",
                )
            case 409:
                return RequestRefused(
                    f"{self.server} does not give this model to your subscription{tail}",
                    hint="Choose another model; Erato comes with Opus only.",
                )
        return Explainer._by_status(self, status, said, text, headers)


class NovelProvider(HttpProvider):
    """One connection to NovelAI."""

    explainer = NovelExplainer

    async def status(self) -> ServerStatus:
        found = await super().status()
        missing = self._missing_tokenizer()
        return replace(found, detail=f"{found.detail} {missing}".strip()) if missing else found

    def _missing_tokenizer(self) -> str:
        """What cannot be sent without token ids; empty: nothing is missing."""
        model = MODELS.get(self._connection.model)
        if model is None or self._connection.tokenizer not in NO_FILE:
            return ""
        way = f"; `tavern-tui tokenizer {model.fetched_as}` fetches it" if model.fetched_as else ""
        return (
            f"Without a file of {model.title}'s tokenizer ({model.tokenizer}) in the connection, "
            f"stop strings are cut here, and bans and biases of words are left out{way}."
        )
