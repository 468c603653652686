"""Every backend x status, models, stream, whole, stop, tokens, context, samplers and faults."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import trustme

from tavern_tui.core.errors import (
    AuthFailed,
    BadAnswer,
    ConnectionFailed,
    ContextOverflow,
    NotFound,
    ProviderError,
    RateLimited,
    RequestRefused,
    ServerFailed,
    StreamBroken,
)
from tavern_tui.core.generation import Finished, GenerationRequest, TextDelta
from tavern_tui.core.samplers import SAMPLERS, SamplerKind, SamplerValue
from tavern_tui.providers.base import Provider
from tavern_tui.providers.contexts import known_context
from tavern_tui.providers.registry import ROWS
from tavern_tui.providers.wire import decoder
from tavern_tui.providers.wire.lines import LineSplitter
from tests.providers.asking import chat_request, collect, connect, end_of, text_of, text_request
from tests.providers.fakes.known import all_fakes
from tests.providers.fakes.server import Answer, FakeServer, Handler, Seen, nobody
from tests.providers.fakes.strict import REPLY, StrictFake

pytestmark = pytest.mark.xdist_group("matrix")  # one process sees all of it, for the table at its end

ROOT = Path(__file__).parents[2]
FAKES = all_fakes()
TEXT = "".join(REPLY)
KEY = "key-of-the-matrix"

Cells = dict[str, dict[str, str]]
TABLE: Cells = {id: {} for id in FAKES}
FAULTS = (
    "refused", "dns", "tls", "statuses", "429", "page", "nonsense", "redirect", "silence", "cut", "type",
    "context", "line", "trickle",
)  # fmt: skip
FAULTED: dict[str, set[str]] = {id: set() for id in FAKES}
"""The faults each backend has been put through."""
COLUMNS = ("status", "models", "stream", "whole", "stop", "tokens", "context", "samplers", "faults")


@pytest.fixture(scope="module", autouse=True)
def _print_the_table() -> Iterator[None]:
    yield
    for id, passed in FAULTED.items():
        missing = [fault for fault in FAULTS if fault not in passed]
        TABLE[id]["faults"] = f"not {', '.join(missing)}" if missing else "✓"
    print("\n" + as_table(TABLE))
    if any(set(cells) < set(COLUMNS) for cells in TABLE.values()):
        return  # only some of the tests were run
    lines = set((ROOT / "docs" / "providers.md").read_text("utf-8").splitlines())
    assert [row for row in as_table(TABLE).splitlines() if row not in lines] == []


def told(id: str, error: ProviderError) -> None:
    """What every fault has to be: one sentence that names the server, a next step, and no key."""
    sentence = str(error)
    assert ROWS[id].title in sentence
    assert "\n" not in sentence
    assert KEY not in sentence + error.hint
    assert error.hint


def as_table(cells: Cells) -> str:
    """The matrix as a Markdown table."""
    rows = [f"| backend | {' | '.join(COLUMNS)} |", f"|---{'|---' * len(COLUMNS)}|"]
    rows += [
        f"| {id} | {' | '.join(found.get(name, '') for name in COLUMNS)} |" for id, found in cells.items()
    ]
    return "\n".join(rows)


def a_request(id: str, **fields: Any) -> GenerationRequest:
    fields.setdefault("max_tokens", 100)
    return chat_request(**fields) if ROWS[id].prompt_kind == "chat" else text_request(**fields)


def open_to(id: str, url: str, fake: StrictFake, **fields: Any) -> Provider:
    fields.setdefault("model", fake.model if ROWS[id].needs_model else "")
    return connect(id, url + fake.base, key=fake.key or None, options=dict(fake.options), **fields)


def faulty(fake: StrictFake, fault: Handler) -> Handler:
    """The fake, but for its routes that make replies."""

    async def handle(seen: Seen, answer: Answer) -> None:
        name = f"{seen.method} {seen.path.partition('?')[0]}"
        await (fault if name in fake.generate else fake)(seen, answer)

    return handle


@pytest.fixture(scope="module")
def certificate() -> ssl.SSLContext:
    """A server's, by an authority nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(params=sorted(FAKES))
def id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_status_and_context(id: str) -> None:
    fake = FAKES[id](key=KEY)
    async with FakeServer(fake) as server:
        provider = open_to(id, server.url, fake)
        status = await provider.status()
        await provider.aclose()
    assert status.ok, status.detail
    assert status.title
    TABLE[id]["status"] = status.title
    told = fake.context or known_context(id, status.model)
    assert status.context_size == told
    by_name = "" if fake.context else " by name"
    TABLE[id]["context"] = f"{told}{by_name}" if told else "not told"


async def test_models(id: str) -> None:
    fake = FAKES[id](key=KEY)
    async with FakeServer(fake) as server:
        provider = open_to(id, server.url, fake)
        models = await provider.models()
        await provider.aclose()
    assert [fake.model] == [model.id for model in models if model.id == fake.model]
    TABLE[id]["models"] = "✓" if fake.lists else "has no list; some are known"


@pytest.mark.parametrize("stream", [True, False])
async def test_a_reply(id: str, stream: bool) -> None:
    fake = FAKES[id](key=KEY)
    async with FakeServer(fake) as server:
        provider = open_to(id, server.url, fake)
        events = await collect(provider, a_request(id, stream=stream))
        await provider.aclose()
    assert text_of(events) == TEXT
    end_of(events)
    pieces = sum(isinstance(event, TextDelta) for event in events)
    assert pieces > 3 if stream and fake.streams else pieces >= 1
    TABLE[id]["stream" if stream else "whole"] = "✓" if fake.streams or not stream else "whole at once"


async def test_stopping_stops_the_server_too(id: str) -> None:
    fake = FAKES[id](key=KEY, pace=-1)
    async with FakeServer(fake) as server:
        provider = open_to(id, server.url, fake)
        async with aclosing(provider.stream(a_request(id))) as events:
            if fake.streams:
                async for event in events:
                    if isinstance(event, TextDelta):
                        break
            else:
                asking = asyncio.ensure_future(anext(events))
                await _until(lambda: bool(fake.generations))
                asking.cancel()
                await asyncio.wait({asking})
        await asyncio.wait_for(_until(lambda: fake.generations[0].stopped), 5)
        await provider.aclose()
    TABLE[id]["stop"] = fake.stops_by


async def _until(done: Callable[[], bool]) -> None:
    while not done():  # noqa: ASYNC110  # the fake has no event for every reader of it
        await asyncio.sleep(0)


async def test_token_counts(id: str) -> None:
    fake = FAKES[id](key=KEY)
    async with FakeServer(fake) as server:
        provider = open_to(id, server.url, fake)
        await provider.status()
        counts = await provider.count_tokens(["one two three", "", "four"])
        await provider.aclose()
    assert counts == ([3, 0, 1] if fake.counts else None)
    server = ROWS[id].server
    on_request = server is not None and server.tokens is not None and server.tokens.on_request
    there = "estimated, or counted there" if on_request else "counted there"
    TABLE[id]["tokens"] = there if fake.counts else "estimated"


def values_of(name: str) -> list[SamplerValue]:
    """Neutral, both ends of the range, and something in between."""
    spec = SAMPLERS[name]
    match spec.kind:
        case SamplerKind.BOOL:
            return [False, True]
        case SamplerKind.FLOAT:
            return [spec.neutral, spec.low, spec.high, (spec.low + spec.high) / 2]
        case SamplerKind.INT:
            return [spec.neutral, int(spec.low), int(spec.high), 1]
        case SamplerKind.STRINGS:
            return [spec.neutral, *STRINGS.get(name, [("a phrase",)])]
    return [spec.neutral, *(spec.choices or TEXTS.get(name, ["words"]))]


STRINGS: dict[str, list[SamplerValue]] = {
    "logit_bias": [("dragon = -20", "[5,6] = 3")],
    "banned_tokens": [("dragon", "[7,8]", '"a phrase"')],
    "dry_sequence_breakers": [("\n", ":")],
    "sampler_order": [("temperature", "top_k"), (6, 0, 1, 3, 4, 2, 5)],
}
TEXTS: dict[str, list[SamplerValue]] = {
    "json_schema": ['{"type":"object"}'],
    "grammar": ['root ::= "a"'],
}
GOES_WITH: dict[str, dict[str, SamplerValue]] = {
    "dynatemp": {"dynatemp_low": 0.5, "dynatemp_high": 1.5},
    "dry_base": {"dry_multiplier": 0.8},
    "mirostat_tau": {"mirostat_mode": 2},
}


async def test_all_its_samplers_are_taken_and_nothing_else_is_sent(id: str) -> None:
    fake = FAKES[id](key=KEY)
    spec = ROWS[id]
    async with FakeServer(fake) as server:
        provider = open_to(id, server.url, fake)
        everything: dict[str, SamplerValue] = {one.id: one.neutral for one in SAMPLERS.values()}
        end_of(await collect(provider, a_request(id, samplers=everything)))
        for name in spec.samplers:
            for value in values_of(name):
                samplers = {**GOES_WITH.get(name, {}), name: value}
                end_of(await collect(provider, a_request(id, samplers=samplers)))
        await provider.aclose()
    TABLE[id]["samplers"] = str(len(spec.samplers))


# --- faults


def refusing(fake: StrictFake, status: int, sentence: str = "No.", **headers: str) -> Handler:
    async def handle(seen: Seen, answer: Answer) -> None:
        await answer.send(status, fake.error(status, sentence), **headers)

    return handle


STATUSES = [
    (401, AuthFailed), (403, AuthFailed), (404, NotFound), (413, ProviderError), (422, RequestRefused),
    (429, RateLimited), (500, ServerFailed), (502, ServerFailed), (503, ServerFailed),
]  # fmt: skip


@pytest.mark.parametrize(("status", "error"), STATUSES)
async def test_a_refusal_is_one_sentence(id: str, status: int, error: type[ProviderError]) -> None:
    fake = FAKES[id](key=KEY)
    async with FakeServer(faulty(fake, refusing(fake, status, f"Because of {KEY}."))) as server:
        provider = open_to(id, server.url, fake)
        with pytest.raises(error) as caught:
            await collect(provider, a_request(id))
        await provider.aclose()
    sentence = str(caught.value)
    assert sentence.startswith(ROWS[id].title)
    assert "Because of" in sentence or status == 503
    told(id, caught.value)
    if (status, error) == STATUSES[-1]:
        FAULTED[id].add("statuses")


async def test_how_long_to_wait_is_said(id: str) -> None:
    fake = FAKES[id](key=KEY)
    async with FakeServer(faulty(fake, refusing(fake, 429, retry_after="37"))) as server:
        provider = open_to(id, server.url, fake)
        with pytest.raises(RateLimited) as caught:
            await collect(provider, a_request(id))
        await provider.aclose()
    assert caught.value.retry_after == 37
    told(id, caught.value)
    FAULTED[id].add("429")


async def _page(seen: Seen, answer: Answer) -> None:
    await answer.send(200, b"<!doctype html><title>Sign in</title>", kind="text/html")


async def _nonsense(seen: Seen, answer: Answer) -> None:
    await answer.send(200, b"\x00\xff what", kind="application/octet-stream")


async def _silence(seen: Seen, answer: Answer) -> None:
    """Hangs up without a word."""


@pytest.mark.parametrize(
    ("name", "fault", "error"),
    [("page", _page, BadAnswer), ("nonsense", _nonsense, BadAnswer), ("silence", _silence, ConnectionFailed)],
)
async def test_an_answer_that_is_none(id: str, name: str, fault: Handler, error: type[ProviderError]) -> None:
    fake = FAKES[id](key=KEY)
    async with FakeServer(faulty(fake, fault)) as server:
        provider = open_to(id, server.url, fake)
        with pytest.raises(error) as caught:
            await collect(provider, a_request(id))
        await provider.aclose()
    told(id, caught.value)
    FAULTED[id].add(name)


async def test_a_redirect_to_another_host_is_told_and_nothing_is_sent_there(id: str) -> None:
    fake = FAKES[id](key=KEY)
    async with FakeServer(fake) as other:

        async def elsewhere(seen: Seen, answer: Answer) -> None:
            await answer.send(307, b"", location=f"{other.url}{seen.path}")

        async with FakeServer(faulty(fake, elsewhere)) as server:
            provider = open_to(id, server.url, fake)
            with pytest.raises(NotFound, match=f"127.0.0.1:{other.port}") as caught:
                await collect(provider, a_request(id))
            await provider.aclose()
        assert other.requests == []
    told(id, caught.value)
    FAULTED[id].add("redirect")


async def test_nobody_there(id: str) -> None:
    fake = FAKES[id](key=KEY)
    with nobody() as port:
        provider = open_to(id, f"http://127.0.0.1:{port}", fake)
        with pytest.raises(ConnectionFailed, match="nothing listens") as caught:
            await collect(provider, a_request(id))
        await provider.aclose()
    told(id, caught.value)
    FAULTED[id].add("refused")


async def test_a_host_that_is_unknown(id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **given: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr("tavern_tui.providers.sending.RETRIES", ())
    fake = FAKES[id](key=KEY)
    provider = open_to(id, "http://nowhere.invalid", fake)
    with pytest.raises(ConnectionFailed, match="no host of that name") as caught:
        await collect(provider, a_request(id))
    await provider.aclose()
    told(id, caught.value)
    FAULTED[id].add("dns")


async def test_a_certificate_nobody_vouches_for(id: str, certificate: ssl.SSLContext) -> None:
    fake = FAKES[id](key=KEY)
    async with FakeServer(fake, tls=certificate) as server:
        provider = open_to(id, server.url, fake)
        with pytest.raises(ConnectionFailed, match="certificate is not trusted") as caught:
            await collect(provider, a_request(id))
        await provider.aclose()
        assert server.requests == []
    told(id, caught.value)
    FAULTED[id].add("tls")


async def test_a_stream_that_breaks_off_keeps_what_came_and_a_half_character_is_no_crash(id: str) -> None:
    fake = FAKES[id](key=KEY)
    if not fake.streams:
        pytest.skip("its reply comes whole: see the next test")
    whole = bytearray()

    async def cut(seen: Seen, answer: Answer) -> None:
        class Keeping(Answer):
            async def raw(self, data: bytes) -> None:
                whole.extend(data)

        keeping = Keeping(answer._writer)
        await fake(seen, keeping)
        head, _, body = bytes(whole).partition(b"\r\n\r\n")
        plain = _unchunked(body)
        at = plain.find("你".encode()) + 1
        await answer.start(200, kind=_kind(head))
        await answer.raw(plain[:at] if at else plain[: len(plain) // 2])

    got: list[object] = []
    async with FakeServer(faulty(fake, cut)) as server:
        provider = open_to(id, server.url, fake)
        with pytest.raises(StreamBroken) as caught:
            await _collect_into(got, provider, a_request(id))
        await provider.aclose()
    told(id, caught.value)
    assert "".join(one.text for one in got if isinstance(one, TextDelta)).startswith(" The fire is low")
    assert not any(isinstance(one, Finished) for one in got)
    FAULTED[id].add("cut")


@pytest.mark.parametrize("id", sorted(id for id, fake in FAKES.items() if not fake.streams))
async def test_an_answer_that_is_cut_is_no_reply(id: str) -> None:
    fake = FAKES[id](key=KEY)

    async def cut(seen: Seen, answer: Answer) -> None:
        await answer.start(200, kind="application/json", content_length="900")
        await answer.raw('{"results": [{"text": "雨'.encode()[:-1])

    async with FakeServer(faulty(fake, cut)) as server:
        provider = open_to(id, server.url, fake)
        with pytest.raises(StreamBroken) as caught:
            await collect(provider, a_request(id))
        await provider.aclose()
    told(id, caught.value)
    FAULTED[id].add("cut")


async def _collect_into(got: list[object], provider: Provider, request: GenerationRequest) -> None:
    async for event in provider.stream(request):
        got.append(event)


def _kind(head: bytes) -> str:
    line = next(one for one in head.split(b"\r\n") if one.lower().startswith(b"content-type"))
    return line.partition(b":")[2].strip().decode()


def _unchunked(body: bytes) -> bytes:
    plain = bytearray()
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size or b"0", 16)
        plain += body[:length]
        body = body[length + 2 :]
    return bytes(plain)


async def test_a_wrong_content_type_makes_no_difference(id: str) -> None:
    fake = FAKES[id](key=KEY)

    class Mislabelled(Answer):
        async def start(self, status: int, *, kind: str = "", **headers: str) -> None:
            await super().start(status, kind="text/plain", **headers)

    async def handle(seen: Seen, answer: Answer) -> None:
        await fake(seen, Mislabelled(answer._writer))

    async with FakeServer(faulty(fake, handle)) as server:
        provider = open_to(id, server.url, fake)
        assert text_of(await collect(provider, a_request(id))) == TEXT
        await provider.aclose()
    FAULTED[id].add("type")


async def test_a_context_that_is_too_small_is_called_that(id: str) -> None:
    fake = FAKES[id](key=KEY)
    sentence = "This model's maximum context length is 512 tokens. However, you requested 900 tokens."
    async with FakeServer(faulty(fake, refusing(fake, 400, sentence))) as server:
        provider = open_to(id, server.url, fake)
        with pytest.raises(ContextOverflow) as caught:
            await collect(provider, a_request(id))
        await provider.aclose()
    told(id, caught.value)
    FAULTED[id].add("context")


async def test_a_line_without_end_is_no_reply(id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FAKES[id](key=KEY)
    monkeypatch.setattr(decoder, "MAX_LINE", 300_000)
    monkeypatch.setattr(LineSplitter.__init__, "__defaults__", (300_000,))

    async def endless(seen: Seen, answer: Answer) -> None:
        await answer.start(200)
        while not seen.gone.is_set():
            await answer.raw(b'data: {"a": "' + b"x" * 60_000)
            await asyncio.sleep(0)

    async with FakeServer(faulty(fake, endless)) as server:
        provider = open_to(id, server.url, fake)
        with pytest.raises(BadAnswer) as caught:
            await collect(provider, a_request(id))
        await provider.aclose()
    told(id, caught.value)
    FAULTED[id].add("line")


async def test_a_server_that_trickles_can_be_left_at_once(id: str) -> None:
    fake = FAKES[id](key=KEY)
    asked = asyncio.Event()

    async def trickle(seen: Seen, answer: Answer) -> None:
        await answer.raw(b"HTTP/1.1 2")
        asked.set()
        await seen.gone.wait()

    async with FakeServer(faulty(fake, trickle)) as server:
        provider = open_to(id, server.url, fake)
        waiting = asyncio.ensure_future(collect(provider, a_request(id)))
        await asyncio.wait_for(asked.wait(), 5)
        waiting.cancel()
        done, _ = await asyncio.wait({waiting}, timeout=5)
        assert done
        await provider.aclose()
    FAULTED[id].add("trickle")
