"""TokenIds: the ids of the texts a request sends as tokens, by the user's own tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tavern_tui.core.generation import GenerationRequest
from tavern_tui.providers.base import ProviderSpec
from tavern_tui.providers.samplers import texts_for_ids

if TYPE_CHECKING:
    from tavern_tui.tokens.local import OpenTokenizer

KEPT = 20_000
"""Texts whose ids are remembered."""


class TokenIds:
    """Fills in requests; a text that cannot be tokenised is left out of them."""

    def __init__(self) -> None:
        self._tokenizer: OpenTokenizer | None = None
        self._known: dict[str, tuple[int, ...]] = {}

    def filled(
        self, request: GenerationRequest, spec: ProviderSpec, tokenizer: OpenTokenizer | None
    ) -> GenerationRequest:
        """The request with the ids this provider needs. A server with a tokenizer knows them itself."""
        if tokenizer is None or (spec.server is not None and spec.server.tokens is not None):
            return request
        wanted = texts_for_ids(spec.samplers, request.samplers)
        if spec.texts_for_ids is None:
            return replace(request, token_ids=self._ids(wanted, tokenizer)) if wanted else request
        ids = self._ids([*wanted, *spec.texts_for_ids(request)], tokenizer)
        return replace(request, token_ids=ids, token_text=reader(tokenizer))

    def _ids(self, texts: Sequence[str], tokenizer: OpenTokenizer) -> Mapping[str, tuple[int, ...]]:
        if tokenizer is not self._tokenizer or len(self._known) > KEPT:
            self._tokenizer, self._known = tokenizer, {}
        for text in texts:
            if text not in self._known:
                self._known[text] = _encoded(text, tokenizer)
        return {text: ids for text in texts if (ids := self._known[text])}


def _encoded(text: str, tokenizer: OpenTokenizer) -> tuple[int, ...]:
    # A lone surrogate has no form these libraries take.
    speakable = text.encode("utf-8", "replace").decode("utf-8")
    try:
        return tuple(tokenizer.encode(speakable))
    except Exception:  # three libraries, each with errors of its own: none may end a send
        return ()


def reader(tokenizer: OpenTokenizer) -> Callable[[int], str]:
    """What a token stands for; one the tokenizer does not have, or cannot be one, is its number."""

    def read(id: int) -> str:
        try:
            return tokenizer.text_of(id)
        except Exception:  # as above
            return f"[{id}]"

    return read
