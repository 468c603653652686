"""Reads replies in OpenAI's form as the chat services vary it: calls to tools, pictures, signatures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tavern_tui.core.generation import Cited, Picture, Served, StreamEvent, ThoughtSignature, ToolCallDelta
from tavern_tui.providers.dialects.echo import EchoStripper
from tavern_tui.providers.dialects.openai import OpenAIReader
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_list, as_text

Json = dict[str, object]


class ChatReader(OpenAIReader):
    """OpenAI's form with everything that may stand beside the words."""

    def __init__(self, explain: Explainer, echo: EchoStripper) -> None:
        super().__init__(explain, echo)
        self._calls = ToolCalls()
        self._cited: dict[str, None] = {}

    def piece(self, payload: Json) -> Iterator[StreamEvent]:
        yield from super().piece(payload)
        for choice in map(as_dict, as_list(payload.get("choices"))):
            message = as_dict(choice.get("delta")) or as_dict(choice.get("message"))
            yield from self._calls.read(message, as_int(choice.get("index")) or 0)
            yield from pictures(message)
        yield from self._sources(payload)

    def _sources(self, payload: Json) -> Iterator[Cited]:
        """Pages the service found: Perplexity and xAI list them beside every piece, others mark texts."""
        found = [as_text(one) for one in as_list(payload.get("citations"))]
        for choice in map(as_dict, as_list(payload.get("choices"))):
            message = as_dict(choice.get("delta")) or as_dict(choice.get("message"))
            notes = map(as_dict, as_list(message.get("annotations")))
            found += [as_text(as_dict(note.get("url_citation")).get("url")) for note in notes]
        fresh = [url for url in found if url and url not in self._cited]
        if fresh:
            self._cited |= dict.fromkeys(fresh)
            yield Cited(tuple(self._cited))

    def _count(self, payload: Json) -> None:
        super()._count(payload)
        hits = as_int(as_dict(payload.get("usage")).get("prompt_cache_hit_tokens"))
        if hits is not None and self._usage is not None:  # DeepSeek's word for it
            self._usage = replace(self._usage, cached_tokens=hits)


class RoutedReader(ChatReader):
    """OpenRouter: also who answered, signatures of hidden thoughts, and errors inside a choice."""

    def __init__(self, explain: Explainer, echo: EchoStripper) -> None:
        super().__init__(explain, echo)
        self._told = False

    def piece(self, payload: Json) -> Iterator[StreamEvent]:
        choices = [as_dict(choice) for choice in as_list(payload.get("choices"))]
        for choice in choices:
            if choice.get("error"):
                raise self._explain.in_stream({"error": choice["error"]})
        by = as_text(payload.get("provider"))
        if by and not self._told:
            self._told = True
            yield Served(as_text(payload.get("model")), by)
        yield from super().piece(payload)
        for choice in choices:
            message = as_dict(choice.get("delta")) or as_dict(choice.get("message"))
            yield from signatures(message)


class ToolCalls:
    """The calls of a reply while they arrive. Servers repeat ids and names, or number nothing."""

    def __init__(self) -> None:
        self._told: set[tuple[int, int, str]] = set()
        self._ids: dict[int, list[str]] = {}
        """The ids of each choice's calls, for servers that do not number them."""

    def read(self, message: Json, index: int) -> Iterator[ToolCallDelta]:
        """The pieces of calls in one choice."""
        for place, entry in enumerate(map(as_dict, as_list(message.get("tool_calls")))):
            function = as_dict(entry.get("function"))
            number = as_int(entry.get("index"))
            call = self._place(as_text(entry.get("id")), place, index) if number is None else number
            delta = ToolCallDelta(
                call=call,
                id=self._once(index, call, "id", as_text(entry.get("id"))),
                name=self._once(index, call, "name", as_text(function.get("name"))),
                arguments=as_text(function.get("arguments")),
                index=index,
            )
            if delta.id or delta.name or delta.arguments:
                yield delta

    def _place(self, id: str, place: int, index: int) -> int:
        """Which call an entry without a number belongs to: each id begins one, the rest goes on with
        the last."""
        ids = self._ids.setdefault(index, [])
        if not id:
            return max(place, len(ids) - 1)
        if id not in ids:
            ids.append(id)
        return ids.index(id)

    def _once(self, index: int, call: int, what: str, text: str) -> str:
        if not text or (index, call, what) in self._told:
            return ""
        self._told.add((index, call, what))
        return text


def pictures(message: Json) -> Iterator[Picture]:
    """Pictures of models that draw: `images[].image_url.url`."""
    for entry in map(as_dict, as_list(message.get("images"))):
        url = as_text(as_dict(entry.get("image_url")).get("url"))
        if url:
            yield Picture(url)


def signatures(message: Json) -> Iterator[ThoughtSignature]:
    """Sealed thoughts among OpenRouter's `reasoning_details`; ids of calls say which they belong to."""
    for detail in map(as_dict, as_list(message.get("reasoning_details"))):
        data, id = as_text(detail.get("data")), as_text(detail.get("id"))
        if detail.get("type") == "reasoning.encrypted" and data:
            yield ThoughtSignature(data, id if id.startswith(("tool_", "call_")) else "")
