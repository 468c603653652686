"""The AI Horde: the queue, faults, taking a request back, workers, kudos, what is sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any

import pytest

from tavern_tui.core.errors import (
    AuthFailed,
    NotFound,
    ProviderError,
    RateLimited,
    RequestRefused,
    ServerFailed,
)
from tavern_tui.core.generation import (
    Finished,
    FinishReason,
    GenerationRequest,
    Progress,
    Served,
    StreamEvent,
    TextDelta,
)
from tavern_tui.providers import horde
from tavern_tui.providers.base import Provider
from tavern_tui.providers.horde import Job, progress
from tavern_tui.providers.horde_workers import Wishes
from tavern_tui.providers.wirelog import WireLog
from tests.providers.asking import collect, connect, end_of, text_of, text_request
from tests.providers.fakes.backends.horde import ANONYMOUS, HordeFake, a_worker
from tests.providers.fakes.server import FakeServer
from tests.providers.fakes.strict import REPLY

TEXT = "".join(REPLY)
SMALL, BIG = HordeFake.model, HordeFake.big


def ask(**fields: Any) -> GenerationRequest:
    return text_request(**{"max_tokens": 100, **fields})


def notes(events: list[StreamEvent]) -> list[str]:
    return [event.note for event in events if isinstance(event, Progress)]


async def asked(
    fake: HordeFake, request: GenerationRequest | None = None, **fields: Any
) -> list[StreamEvent]:
    async with FakeServer(fake) as server:
        provider = connect("horde", server.url, key=fake.key or None, **fields)
        try:
            return await collect(provider, request or ask())
        finally:
            await provider.aclose()


def sent(provider: Provider, request: GenerationRequest | None = None) -> Any:
    return provider.wire(request or ask()).body


async def until(done: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not done():  # noqa: ASYNC110  # the fake has no event for this
            await asyncio.sleep(0)


# --- the queue


async def test_the_queue_is_told_place_by_place_and_then_that_a_worker_writes() -> None:
    fake = HordeFake()
    fake.place = 3
    events = await asked(fake)
    assert notes(events) == [
        "place 3 in the queue, about 60 s",
        "place 2 in the queue, about 40 s",
        "place 1 in the queue, about 20 s",
        "a worker writes, about 7 s",
    ]
    assert [event.done for event in events if isinstance(event, Progress)] == [0, 1, 2, 3]
    assert text_of(events) == TEXT


def test_between_two_polls_the_seconds_are_counted_down() -> None:
    state: dict[str, object] = {"queue_position": 3, "wait_time": 250}
    job = Job("x")
    assert progress(state, job).note == "place 3 in the queue, about 4 min"
    assert progress(state, job, 200.0).note == "place 3 in the queue, about 50 s"
    assert progress(state, job, 300.0).note == "place 3 in the queue"
    assert progress({"wait_time": 9}, job) == Progress(0, 3, "waiting for a worker, about 9 s")


async def test_a_wait_is_counted_down_every_second(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(horde, "asyncio", SimpleNamespace(sleep=sleep))
    ticks = [tick async for tick in horde._countdown({"queue_position": 1, "wait_time": 9}, Job("x"), 2.5)]
    assert [tick.note[-10:] for tick in ticks] == [" about 9 s", " about 8 s", " about 7 s"]
    assert slept == [1.0, 1.0, 0.5]


async def test_who_wrote_it_is_told_before_the_text() -> None:
    events = await asked(HordeFake(), model=BIG)
    at = next(number for number, event in enumerate(events) if isinstance(event, TextDelta))
    assert events[at - 1] == Served(BIG, "Bellows", 0)


async def test_several_replies_come_as_they_are_made_whatever_their_order() -> None:
    events = await asked(HordeFake(), ask(samplers={"n": 3}), model=SMALL)
    assert [event.index for event in events if isinstance(event, TextDelta)] == [0, 1, 2]
    served = [event for event in events if isinstance(event, Served)]
    assert [(one.by, one.index) for one in served] == [("Anvil", 0), ("Bellows", 1), ("Anvil", 2)]
    assert isinstance(events[-1], Finished)


async def test_the_stop_text_is_cut_off() -> None:
    events = await asked(HordeFake(), ask(stop=(" and then",)))
    assert text_of(events) == TEXT.partition(" and then")[0]
    assert end_of(events).reason is FinishReason.STOP


# --- taking it back


async def test_closing_the_stream_takes_the_request_back_at_once() -> None:
    fake = HordeFake(pace=-1)
    async with FakeServer(fake) as server:
        provider = connect("horde", server.url)
        async with aclosing(provider.stream(ask())) as events:
            await anext(events)
        await until(lambda: fake.cancelled == ["job-0"])
        assert fake.generations[0].stopped
        await provider.aclose()


async def test_what_was_written_before_the_stop_is_there() -> None:
    fake = HordeFake()
    async with FakeServer(fake) as server:
        provider = connect("horde", server.url)
        got: list[StreamEvent] = []
        async with aclosing(provider.stream(ask(samplers={"n": 5}))) as events:
            async for event in events:
                got.append(event)
                if isinstance(event, TextDelta):
                    break
        assert text_of(got) == TEXT
        await until(lambda: fake.cancelled)
        await provider.aclose()


async def test_a_request_the_horde_has_only_just_taken_is_taken_back_too() -> None:
    fake = HordeFake(pace=-1)
    async with FakeServer(fake) as server:
        provider = connect("horde", server.url)
        asking = asyncio.ensure_future(collect(provider, ask()))
        await until(lambda: fake.generations)
        asking.cancel()
        await asyncio.wait({asking})
        await until(lambda: fake.cancelled == ["job-0"])
        await provider.aclose()


async def test_a_complete_request_is_not_cancelled() -> None:
    fake = HordeFake()
    await asked(fake)
    assert not fake.cancelled


# --- faults


async def test_a_request_the_workers_failed_at_is_one_sentence() -> None:
    fake = HordeFake()
    fake.fails = True
    with pytest.raises(ServerFailed, match="the workers failed at it"):
        await asked(fake)
    assert not fake.cancelled


async def test_a_request_nobody_can_answer_is_given_up_and_taken_back() -> None:
    fake = HordeFake()
    with pytest.raises(RequestRefused, match=r"no worker now .* No available workers") as caught:
        await asked(fake, model="nobody-has-this")
    assert "adjust" in caught.value.hint
    assert fake.cancelled


async def while_waiting(fake: HordeFake, happens: Callable[[], None]) -> None:
    """Ask, and let something happen there while the request waits."""
    async with FakeServer(fake) as server:
        provider = connect("horde", server.url)
        try:
            async for event in provider.stream(ask()):
                if isinstance(event, Progress):
                    happens()
        finally:
            await provider.aclose()


async def test_workers_that_leave_end_the_wait() -> None:
    fake = HordeFake()
    with pytest.raises(RequestRefused, match="has no worker now"):
        await while_waiting(fake, fake.workers.clear)


async def test_a_request_that_expired_is_called_that() -> None:
    fake = HordeFake()
    with pytest.raises(NotFound, match="expired or was cancelled"):
        await while_waiting(fake, fake.waiting.clear)
    assert not fake.cancelled


async def test_further_replies_that_fail_leave_the_first_one_as_it_is() -> None:
    fake = HordeFake()
    async with FakeServer(fake) as server:
        provider = connect("horde", server.url)
        got: list[StreamEvent] = []
        async for event in provider.stream(ask(samplers={"n": 3})):
            got.append(event)
            if isinstance(event, TextDelta):
                fake.fails = True
        await provider.aclose()
    assert text_of(got) == TEXT
    end_of(got)


async def test_no_answer_within_all_polls_is_an_error_and_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(horde, "MOST_POLLS", 4)
    fake = HordeFake(pace=-1)
    with pytest.raises(ServerFailed, match="20 minutes"):
        await asked(fake)
    assert fake.cancelled


async def test_polls_that_fail_now_and_then_do_not_end_the_wait() -> None:
    fake = HordeFake()
    fake.refuses = [(500, {"message": "Ow"}, {}), (200, "nonsense", {}), (502, "", {})]
    events = await asked(fake)
    assert text_of(events) == TEXT
    assert "the Horde does not answer; the request waits on" in notes(events)


async def test_polls_that_fail_all_the_time_do() -> None:
    fake = HordeFake()
    fake.refuses = [(500, {"message": "Ow"}, {})] * 50
    with pytest.raises(ServerFailed, match="Ow"):
        await asked(fake)


async def test_too_many_polls_are_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    real = horde._countdown

    def countdown(state: Any, job: Job, pause: float) -> Any:
        pauses.append(pause)
        return real(state, job, 0.0)

    monkeypatch.setattr(horde, "_countdown", countdown)
    fake = HordeFake()
    fake.refuses = [(429, {"message": "Slow down", "rc": "429"}, {"retry_after": "9"})]
    assert text_of(await asked(fake)) == TEXT
    assert pauses[0] == 9
    assert set(pauses[1:]) == {0.0}


def test_rate_limit_headers_of_a_good_answer_are_honoured() -> None:
    assert horde._pause({"x-ratelimit-remaining": "5", "retry-after": "50"}) == horde.POLL_SECONDS
    assert horde._pause({"x-ratelimit-remaining": "0", "retry-after": "50"}) == 50
    soon = str(time.time() + 30)
    assert 25 < horde._pause({"x-ratelimit-remaining": "0", "x-ratelimit-reset": soon}) <= 30
    assert horde._pause({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "?"}) == horde.POLL_SECONDS
    assert horde._pause({"x-ratelimit-remaining": "0", "retry-after": "9999"}) == horde.LONGEST_PAUSE


@pytest.mark.parametrize(
    ("change", "request_", "error", "words"),
    [
        ({}, ask(max_tokens=900), RequestRefused, "wants kudos beforehand"),
        ({"options": {"slow_workers": False}}, ask(), RequestRefused, "wants kudos beforehand"),
        ({"key": "another"}, ask(), AuthFailed, "does not know this key"),
    ],
)
async def test_refusals_say_what_is_wanted(
    change: dict[str, Any], request_: GenerationRequest, error: type[ProviderError], words: str
) -> None:
    fake = HordeFake(key="right")
    key = change.pop("key", None)
    async with FakeServer(fake) as server:
        provider = connect("horde", server.url, key=key, **change)
        with pytest.raises(error, match=words) as caught:
            await collect(provider, request_)
        await provider.aclose()
    assert caught.value.hint
    assert "another" not in str(caught.value)


async def test_a_reply_may_be_shortened_instead_of_costing_kudos() -> None:
    fake = HordeFake()
    fake.workers = [a_worker("Anvil", SMALL, reply=2048)]
    await asked(fake, ask(max_tokens=900), options={"allow_downgrade": True})
    assert fake.generations[0].body["params"]["max_length"] == 512


async def test_too_many_requests_at_once_say_so() -> None:
    fake = HordeFake()
    fake.most_at_once = 0
    with pytest.raises(RateLimited, match="too many of your requests at once: Parallel"):
        await asked(fake)


async def test_wrong_fields_are_named() -> None:
    with pytest.raises(RequestRefused, match="params: n: 99 is not between"):
        await asked(HordeFake(), ask(extra_body={"params": {"n": 99, "stop_sequence": []}}))


# --- what is sent


async def test_the_key_goes_where_the_horde_wants_it_and_without_one_we_are_anonymous() -> None:
    async with FakeServer(HordeFake()) as server:
        nobody, somebody = connect("horde", server.url), connect("horde", server.url, key="my-key")
        headers = nobody.wire(ask()).headers
        assert headers["apikey"] == ANONYMOUS
        assert headers["Client-Agent"].startswith("tavern-tui:")
        assert somebody.wire(ask()).headers["apikey"] == "my-key"
        assert "my-key" not in str(somebody.wire(ask()).masked().headers)
        await nobody.aclose()
        await somebody.aclose()


def test_values_are_brought_into_the_ranges_the_horde_takes() -> None:
    provider = connect("horde")
    request = ask(
        max_tokens=5,
        context_size=10,
        samplers={
            "top_k": 500,
            "top_p": 0,
            "repetition_range": 8192,
            "dynatemp_exponent": 10,
            "dynatemp": True,
        },
    )
    params = sent(provider, request)["params"]
    assert params == {
        "max_context_length": 80, "max_length": 16, "stop_sequence": [], "top_k": 200, "top_p": 0.001,
        "rep_pen_range": 4096, "dynatemp_range": 1.0, "dynatemp_exponent": 5,
    }  # fmt: skip
    assert sent(provider, ask(max_tokens=10**6, context_size=10**9))["params"]["max_length"] == 4096


def test_a_reply_is_never_longer_than_the_context() -> None:
    assert sent(connect("horde"), ask(max_tokens=900, context_size=512))["params"]["max_length"] == 512


def test_as_many_stop_strings_are_sent_as_the_horde_takes() -> None:
    provider = connect("horde")
    many = tuple(f"stop {number}" for number in range(300))
    assert len(sent(provider, ask(stop=many))["params"]["stop_sequence"]) == 128
    long = ("a" * 1500, "b" * 800, "c" * 400)
    stops = sent(provider, ask(stop=long))["params"]["stop_sequence"]
    assert [stop[0] for stop in stops] == ["a", "c"]


def test_several_models_may_be_chosen_as_a_list_or_between_commas() -> None:
    assert sent(connect("horde"))["models"] == []
    assert sent(connect("horde", model="a", options={"models": ["b", "a", 5, "c"]}))["models"] == [
        "a",
        "b",
        "c",
    ]
    assert sent(connect("horde", model="a", options={"models": " b ,, c"}))["models"] == ["a", "b", "c"]


def test_choices_of_the_wrong_kind_are_as_good_as_none() -> None:
    body = sent(connect("horde", options={"trusted_workers": "maybe", "models": 5, "workers": {}}))
    assert body["trusted_workers"] is False
    assert body["models"] == []
    assert "workers" not in body


async def test_workers_are_chosen_by_name_and_sent_as_ids() -> None:
    fake = HordeFake()
    events = await asked(fake, model=SMALL, options={"workers": "Bellows"})
    assert fake.generations[0].body["workers"] == ["id-of-Bellows"]
    assert fake.generations[0].body["worker_blacklist"] is False
    assert [event.by for event in events if isinstance(event, Served)] == ["Bellows"]


async def test_workers_can_be_avoided() -> None:
    fake = HordeFake()
    events = await asked(fake, model=SMALL, options={"workers": "Anvil", "worker_blacklist": True})
    assert [event.by for event in events if isinstance(event, Served)] == ["Bellows"]


async def test_polls_do_not_fill_the_log() -> None:
    fake = HordeFake()
    fake.place = 30
    log = WireLog()
    async with FakeServer(fake) as server:
        provider = connect("horde", server.url, log=log)
        await collect(provider, ask())
        await provider.aclose()
    assert [record.url.rpartition("/")[2] for record in log.records] == ["async"]


# --- who is there


async def status_with(fake: HordeFake, key: str | None = None, **fields: Any) -> Any:
    async with FakeServer(fake) as server:
        provider = connect("horde", server.url, key=key, **fields)
        try:
            return await provider.status()
        finally:
            await provider.aclose()


async def test_the_status_is_what_every_worker_with_these_models_can() -> None:
    status = await status_with(HordeFake(), model=BIG)
    assert (status.context_size, status.max_reply) == (16384, 256)
    assert status.model == BIG
    assert status.detail == "2 workers, anonymous"
    assert status.valid_seconds == 60
    assert not status.context_is_limit


async def test_adjusting_can_be_switched() -> None:
    status = await status_with(HordeFake(), options={"adjust_context": True, "adjust_reply": False})
    assert status.context_is_limit
    assert status.max_reply is None


async def test_only_trusted_workers_count_where_only_they_may_answer() -> None:
    status = await status_with(HordeFake(), options={"trusted_workers": True})
    assert status.detail == "1 worker, anonymous"
    assert status.max_reply == 512


async def test_workers_that_are_away_do_not_count() -> None:
    fake = HordeFake()
    fake.workers[1]["online"] = False
    fake.workers[2]["maintenance_mode"] = True
    assert (await status_with(fake)).detail == "1 worker, anonymous"


async def test_a_model_nobody_serves_is_named() -> None:
    status = await status_with(HordeFake(), model="gone-7b", options={"adjust_context": True})
    assert status.ok
    assert status.detail.startswith("Nobody serves gone-7b now.")
    assert (status.context_size, status.context_is_limit, status.max_reply) == (None, False, None)


async def test_the_kudos_of_a_key_are_told() -> None:
    assert "1,234 kudos" in (await status_with(HordeFake(key="mine"), key="mine")).detail


async def test_a_shared_key_tells_its_kudos_and_no_log_shows_it() -> None:
    fake = HordeFake(key="owner")
    fake.shared_keys = {"shared-key-12"}
    log = WireLog()
    async with FakeServer(fake) as server:
        provider = connect("horde", server.url, key="shared-key-12", log=log)
        assert "50 kudos" in (await provider.status()).detail
        await provider.aclose()
    assert "shared-key-12" not in "".join(map(str, log.records))


async def test_a_key_the_horde_does_not_know_is_no_good_status() -> None:
    with pytest.raises(AuthFailed):
        await status_with(HordeFake(key="mine"), key="wrong")


async def test_models_tell_what_helps_to_choose() -> None:
    async with FakeServer(HordeFake()) as server:
        provider = connect("horde", server.url)
        models = {model.id: model for model in await provider.models()}
        await provider.aclose()
    assert models[SMALL].context_size == 8192
    assert models[BIG].context_size == 16384
    assert models[BIG].detail == "2 workers, 3 waiting, about 40 s, 25 tokens/s"


@pytest.mark.parametrize("nonsense", [5, None, [None, 5, {"models": "x", "max_length": "y"}], {"a": []}])
async def test_lists_that_are_none_are_no_crash(nonsense: Any) -> None:
    fake = HordeFake()
    fake.workers = nonsense
    fake.models = fake.crowd  # type: ignore[method-assign]  # the same nonsense
    async with FakeServer(fake) as server:
        provider = connect("horde", server.url, options={"workers": "Anvil"})
        assert (await provider.status()).max_reply is None
        assert await provider.models() == []
        await provider.aclose()


def test_the_wishes_of_a_connection() -> None:
    wishes = Wishes.of("a", {"models": "b", "workers": "1,2,3,4,5,6", "trusted_workers": True})
    assert wishes == Wishes(models=("a", "b"), trusted=True, workers=("1", "2", "3", "4", "5"))
