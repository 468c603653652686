"""AI Horde: a request that waits for workers, and the texts that come of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tavern_tui.core.generation import (
    Finished,
    FinishReason,
    GenerationRequest,
    Served,
    StreamEvent,
    TextDelta,
)
from tavern_tui.providers.base import ProviderSpec, StreamDecoder, WireRequest
from tavern_tui.providers.dialects.common import prompt_text, sampler_values, stop_strings
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.horde_workers import Wishes, switch
from tavern_tui.providers.samplers import encode_samplers
from tavern_tui.providers.wire.decoder import WholeReply, as_dict, as_list, as_text
from tavern_tui.text.stop_strings import cut_at_stop

SHORTEST_REPLY, LONGEST_REPLY = 16, 4096
SMALLEST_CONTEXT, LARGEST_CONTEXT = 80, 2**20
MOST_STOPS, STOP_CHARACTERS = 128, 2000


class HordeDialect:
    """`spec.generate_path` takes the request; its answer only names it. The texts come with its state."""

    def encode(self, request: GenerationRequest, spec: ProviderSpec) -> WireRequest:
        wishes = Wishes.of(request.model, request.options)
        context = min(LARGEST_CONTEXT, max(SMALLEST_CONTEXT, request.context_size))
        body: dict[str, object] = {
            "prompt": prompt_text(request, spec),
            "params": {
                "max_context_length": context,
                "max_length": min(LONGEST_REPLY, context, max(SHORTEST_REPLY, request.max_tokens)),
                "stop_sequence": sent_stops(stop_strings(request, spec)),
                **encode_samplers(spec.samplers, sampler_values(request)),
            },
            "models": list(wishes.models),
            "trusted_workers": wishes.trusted,
            "slow_workers": switch(request.options, "slow_workers", True),
            "extra_slow_workers": switch(request.options, "extra_slow_workers"),
            "validated_backends": switch(request.options, "validated_backends", True),
            "allow_downgrade": switch(request.options, "allow_downgrade"),
        }
        if wishes.workers:
            body |= {"workers": list(wishes.workers), "worker_blacklist": wishes.avoid}
        return WireRequest(path=spec.generate_path, body=body)

    def decoder(self, request: GenerationRequest, explain: Explainer) -> StreamDecoder:
        return WholeReply(HordeReader.of(request), explain)


def sent_stops(stops: list[str]) -> list[str]:
    """As many stop strings as the Horde takes; it counts their characters together."""
    sent: list[str] = []
    room = STOP_CHARACTERS
    for stop in stops:
        if len(stop) <= room and len(sent) < MOST_STOPS:
            sent.append(stop)
            room -= len(stop)
    return sent


class HordeReader:
    """Gives out each text of a request once, in whatever order they come, cut at the stop strings."""

    def __init__(self, stops: tuple[str, ...]) -> None:
        self._stops = stops
        self._seen: Counter[tuple[str, str, str]] = Counter()
        self._reason = FinishReason.UNKNOWN
        self.given = 0

    @classmethod
    def of(cls, request: GenerationRequest) -> HordeReader:
        return cls(tuple(dict.fromkeys((*request.prompt.stop, *request.stop))))

    def piece(self, payload: dict[str, object]) -> Iterator[StreamEvent]:
        """The texts that are new in the request's state."""
        now: Counter[tuple[str, str, str]] = Counter()
        for one in map(as_dict, as_list(payload.get("generations"))):
            mark = as_text(one.get("worker_id")), str(one.get("seed")), as_text(one.get("text"))
            now[mark] += 1
            if now[mark] > self._seen[mark]:
                yield from self._text(one)
        self._seen |= now

    def _text(self, one: dict[str, object]) -> Iterator[StreamEvent]:
        text, stopped = cut_at_stop(as_text(one.get("text")), self._stops)
        if self.given == 0:
            censored = as_text(one.get("state")) == "censored"
            stop = FinishReason.STOP if stopped else FinishReason.UNKNOWN
            self._reason = FinishReason.FILTER if censored else stop
        yield Served(as_text(one.get("model")), as_text(one.get("worker_name")), self.given)
        yield TextDelta(text, self.given)
        self.given += 1

    def whole(self, payload: object) -> Iterator[StreamEvent]:
        yield from self.piece(as_dict(payload))

    def end(self, *, marked: bool) -> Iterator[StreamEvent]:
        yield Finished(self._reason)
