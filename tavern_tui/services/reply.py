"""One reply while it arrives: thinking split off, stop strings cut, time and tokens measured."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tavern_tui.core.generation import (
    Cited,
    EventStream,
    Finished,
    FinishReason,
    Picture,
    Progress,
    ReasoningDelta,
    Served,
    StreamEvent,
    TextDelta,
    ThoughtSignature,
    TokenChosen,
    ToolCallDelta,
    Usage,
)
from tavern_tui.core.price import Price
from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.services.pump import Pump
from tavern_tui.services.tools import ToolCall
from tavern_tui.text.reasoning import ReasoningSplitter, SplitPiece
from tavern_tui.text.stop_strings import StopCutter


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRules:
    """How the words of a reply are read."""

    stop: tuple[str, ...] = ()
    reasoning: ReasoningTemplate | None = None
    """None: thinking inside the text stays there."""
    thoughts: str = ""
    """Thinking that the prompt ended in, and that the reply goes on with."""
    count: Callable[[str], int] = len
    """Tokens of a text, for servers that do not say."""
    clean: Callable[[str, bool], str] = lambda text, final: text
    """The output clean-up: the whole text, and whether it is complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What arrived since the last look."""

    text: str = ""
    reasoning: str = ""
    progress: Progress | None = None


@dataclass(slots=True)
class _CallParts:
    """A call to a tool while it arrives."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class Reply:
    """The running reply of a chat session."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pump: Pump | None = None
        self._rules = ReplyRules()
        self._cutter = StopCutter(())
        self._splitter: ReasoningSplitter | None = None
        self._pieces: list[str] = []
        self._thoughts: list[str] = []
        self._usage = Usage()
        self.length = 0
        """Characters of text so far."""
        self.extra_texts: dict[int, list[str]] = {}
        """Further swipes (n > 1), by index."""
        self.chosen: list[TokenChosen] = []
        """The reply's tokens with their candidates, where the server tells them."""
        self._calls: dict[int, _CallParts] = {}
        self._seals: dict[str, str] = {}
        self.pictures: list[str] = []
        """What the model drew: data URLs, or addresses."""
        self._served: dict[int, Served] = {}
        self.citations: list[str] = []
        """Addresses of the pages the reply draws on."""
        self.started = clock()
        self.last_event = self.started
        self.first_token: float | None = None
        self._thought_until: float | None = None
        self._words_began = False
        self.thinks_apart = False
        """The thinking came apart from the words; else it was found among them by its marks."""
        self.reason = FinishReason.UNKNOWN
        self.detail = ""
        self.started_at = ""
        self.asked = 0
        """Tokens of the prompt, as we counted them."""
        self.price = Price()
        """What the model's tokens cost, as far as that is known."""
        self.api = self.model = ""
        """Who was asked; the user may have switched by the time the reply ends."""
        self.stopped = False
        self.stopped_by_user = False

    def start(self, stream: EventStream, rules: ReplyRules) -> None:
        """Begin to read."""
        self._rules = rules
        self._cutter = StopCutter(rules.stop)
        if rules.reasoning is not None:
            self._splitter = ReasoningSplitter(rules.reasoning, opened=bool(rules.thoughts))
            self._thoughts = [rules.thoughts] if rules.thoughts else []
        self.started_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.started = self.last_event = self._clock()
        self._pump = Pump(stream)

    @property
    def has_started(self) -> bool:
        return self._pump is not None

    @property
    def closing(self) -> asyncio.Task[None] | None:
        """The task that closes the connection, while it does."""
        if self._pump is None or self._pump.task.done():
            return None
        return self._pump.task

    def stop(self, *, by_user: bool = True) -> None:
        """End the reply now. No effect on one that is complete."""
        if self._pump is not None and self._pump.task.done():
            return
        self.stopped = True
        self.stopped_by_user = self.stopped_by_user or by_user
        if self._pump is not None:
            self._pump.stop()

    async def next(self, wait: float) -> Batch | None:
        """What arrived, waiting at most `wait` seconds; None at the end.

        Raises the provider's error after everything that came before it was handed out."""
        assert self._pump is not None
        events = await self._pump.batch(wait)
        if events is None:
            return None
        return self._take(events)

    def drain(self) -> None:
        """Take in what arrived but was not asked for, and what the cutters held back."""
        if self._pump is not None:
            self._take(self._pump.leftovers())
        if self._splitter is not None:
            self._split(self._splitter.close())
        self._keep(self._cutter.close())

    def _take(self, events: list[StreamEvent]) -> Batch:
        if events:
            self.last_event = self._clock()
        text_before, thoughts_before = len(self._pieces), len(self._thoughts)
        progress: Progress | None = None
        for event in events:
            match event:
                case TextDelta(text, 0):
                    self._mark_first()
                    self._read(text)
                case TextDelta(text, index):
                    self.extra_texts.setdefault(index, []).append(text)
                case ReasoningDelta(text):
                    self._mark_first()
                    self.thinks_apart = True
                    self._think(text)
                case ToolCallDelta(index=0):
                    self._mark_first()
                    self._add_to_call(event)
                case ThoughtSignature(data, call):
                    self._seals[call] = data
                case Picture(url):
                    self._mark_first()
                    self.pictures.append(url)
                case TokenChosen(index=0):
                    self.chosen.append(event)
                case Served():
                    self._served[event.index] = event
                case Cited(urls):
                    self.citations = list(urls)
                case Progress():
                    progress = event
                case Usage():
                    self._usage = event
                case Finished(reason, detail):
                    self.reason, self.detail = reason, detail
        return Batch(
            text="".join(self._pieces[text_before:]),
            reasoning="".join(self._thoughts[thoughts_before:]),
            progress=progress,
        )

    def _mark_first(self) -> None:
        if self.first_token is None:
            self.first_token = self._clock() - self.started

    def _read(self, text: str) -> None:
        if self._splitter is None:
            self._keep(self._cutter.feed(text))
        else:
            self._split(self._splitter.feed(text))

    def _split(self, piece: SplitPiece) -> None:
        if piece.reasoning:
            self._think(piece.reasoning)
        if piece.text:
            self._keep(self._cutter.feed(piece.text))

    def _think(self, text: str) -> None:
        self._thoughts.append(text)
        self._thought_until, self._words_began = self._clock(), False

    def _keep(self, text: str) -> None:
        if text:
            if self._thought_until is not None and not self._words_began:
                self._thought_until, self._words_began = self._clock(), True
            self._pieces.append(text)
            self.length += len(text)
        if self._cutter.stopped and not self.stopped:
            self.reason = FinishReason.STOP
            self.stop(by_user=False)

    def _add_to_call(self, event: ToolCallDelta) -> None:
        parts = self._calls.setdefault(event.call, _CallParts())
        parts.id, parts.name = parts.id or event.id, parts.name or event.name
        parts.arguments.append(event.arguments)

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The calls to tools, in their order; none of a reply that was stopped."""
        if self.stopped_by_user:
            return ()
        return tuple(
            ToolCall(
                id=parts.id or f"call_{uuid.uuid4().hex[:24]}",
                name=parts.name,
                arguments="".join(parts.arguments),
                signature=self._seals.get(parts.id, "") if parts.id else "",
            )
            for _, parts in sorted(self._calls.items())
            if parts.name
        )

    @property
    def signature(self) -> str:
        """The service's seal on the thoughts behind the reply; empty: it gave none."""
        return self._seals.get("", "")

    @property
    def text(self) -> str:
        """The reply so far, without thinking and without a stop string's beginning."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    @property
    def reasoning(self) -> str:
        return self.thoughts.strip()

    @property
    def thoughts(self) -> str:
        """The thinking as it came: a service that sealed it wants it back letter by letter."""
        return "".join(self._thoughts)

    @property
    def thinking_seconds(self) -> float:
        """From the request until the words after the thoughts began; 0: it did not think."""
        return max(0.0, self._thought_until - self.started) if self._thought_until is not None else 0.0

    @property
    def has_words(self) -> bool:
        """Whether anything worth keeping arrived."""
        return bool(self._pieces or self._thoughts or self.pictures)

    def cleaned(self, prefix: str, *, final: bool) -> str:
        """`prefix` and the reply after the output clean-up."""
        return self._rules.clean(prefix + self.text, final)

    def author(self, index: int = 0) -> dict[str, object]:
        """Who wrote a reply, as its message keeps it: the model, and the worker where one was named."""
        served = self._served.get(index, Served(""))
        by = {"served_by": served.by} if served.by else {}
        return {"model": served.model or self.model, **by}

    def others(self) -> list[tuple[int, str, str]]:
        """The further swipes (n > 1), each with its number, text and thinking after the output clean-up."""
        found: list[tuple[int, str, str]] = []
        for index, pieces in sorted(self.extra_texts.items()):
            text, thoughts = "".join(pieces), ""
            if self._rules.reasoning is not None:
                splitter = ReasoningSplitter(self._rules.reasoning)
                first, rest = splitter.feed(text), splitter.close()
                text, thoughts = first.text + rest.text, first.reasoning + rest.reasoning
            cutter = StopCutter(self._rules.stop)
            text = self._rules.clean(cutter.feed(text) + cutter.close(), True)
            if text or thoughts.strip():
                found.append((index, text, thoughts.strip()))
        return found

    @property
    def tokens(self) -> int:
        """Tokens of the reply, by the server's count where it told."""
        if self._usage.completion_tokens is not None:
            return self._usage.completion_tokens
        return self._rules.count(self.text) + self._rules.count(self.reasoning)

    @property
    def usage(self) -> dict[str, int]:
        """What the server counted, as far as it told."""
        counted = {
            "prompt_tokens": self._usage.prompt_tokens,
            "completion_tokens": self._usage.completion_tokens,
            "cached_tokens": self._usage.cached_tokens,
        }
        return {name: count for name, count in counted.items() if count is not None}

    @property
    def cost(self) -> float | None:
        """US dollars: what the service said it took, else by its prices; None: unknown."""
        if self._usage.cost is not None:
            return self._usage.cost
        if not self.tokens:
            return None
        usage = self._usage
        return self.price.of(
            prompt=self.asked if usage.prompt_tokens is None else usage.prompt_tokens,
            reply=self.tokens,
            cached=usage.cached_tokens or 0,
            surcharge=usage.surcharge,
        )

    @property
    def seconds(self) -> float:
        """From the request to the last event."""
        return self.last_event - self.started
