"""What local servers can do besides one plain reply: candidates of tokens, several replies, bans."""

from __future__ import annotations

from typing import Any

import pytest

from tavern_tui.core.generation import FinishReason, TextDelta, TokenChosen
from tavern_tui.core.samplers import SamplerValue
from tavern_tui.providers.base import Provider
from tavern_tui.providers.catalogue.local import TEXT as LOCAL_ROWS
from tavern_tui.providers.registry import ROWS
from tests.providers.asking import collect, connect, decode, end_of, text_of, text_request
from tests.providers.fakes.known import all_fakes
from tests.providers.fakes.recorded import LLAMACPP, OOBA, reply_bytes
from tests.providers.fakes.server import FakeServer
from tests.providers.fakes.strict import REPLY, StrictFake

FAKES = all_fakes()
LOCAL = [spec.id for spec in LOCAL_ROWS if spec.id in FAKES]
TEXT = "".join(REPLY)


def open_to(id: str, url: str, fake: StrictFake, **fields: Any) -> Provider:
    return connect(id, url, key=fake.key or None, model=fake.model if ROWS[id].needs_model else "", **fields)


def has(name: str) -> list[str]:
    return [id for id in LOCAL if name in ROWS[id].samplers]


def test_every_local_row_has_a_strict_fake() -> None:
    assert [spec.id for spec in LOCAL_ROWS] == LOCAL


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("id", has("logprobs"))
async def test_each_token_comes_with_its_candidates(id: str, stream: bool) -> None:
    fake = FAKES[id]()
    async with FakeServer(fake) as server:
        provider = open_to(id, server.url, fake)
        request = text_request(samplers={"logprobs": 3}, stream=stream, genkey="mine", max_tokens=100)
        events = await collect(provider, request)
        await provider.aclose()
    assert text_of(events) == TEXT
    chosen = [event for event in events if isinstance(event, TokenChosen)]
    assert [event.token for event in chosen] == list(REPLY)
    assert chosen[0] == TokenChosen(" The", -0.25, ((" The", -0.25), (" or", -1.25), (" maybe", -2.25)))
    end_of(events)


@pytest.mark.parametrize("id", LOCAL)
async def test_nobody_is_asked_for_candidates_that_are_not_wanted(id: str) -> None:
    fake = FAKES[id]()
    async with FakeServer(fake) as server:
        provider = open_to(id, server.url, fake)
        events = await collect(provider, text_request(samplers={"logprobs": 0, "n": 1}))
        await provider.aclose()
        paths = [seen.path for seen in server.requests]
    assert not any(isinstance(event, TokenChosen) for event in events)
    assert not {"logprobs", "n_probs", "top_logprobs", "n"} & fake.generations[0].body.keys()
    assert "/api/extra/last_logprobs" not in paths


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("id", has("n"))
async def test_further_replies_come_under_their_number(id: str, stream: bool) -> None:
    fake = FAKES[id]()
    async with FakeServer(fake) as server:
        provider = open_to(id, server.url, fake)
        events = await collect(provider, text_request(samplers={"n": 3}, stream=stream, max_tokens=100))
        await provider.aclose()
    replies: dict[int, str] = {}
    for event in events:
        if isinstance(event, TextDelta):
            replies[event.index] = replies.get(event.index, "") + event.text
    wanted = 1 if id == "ooba" and stream else 3  # which refuses to stream several
    assert replies == dict.fromkeys(range(wanted), TEXT)
    end_of(events)


async def test_candidates_of_koboldcpp_come_also_for_a_reply_that_a_stop_string_ended() -> None:
    fake = FAKES["koboldcpp"]()
    for samplers, said in (({"logprobs": 3}, " The fire is low, é你好✨ and then the"), ({}, TEXT[:-7])):
        async with FakeServer(fake) as server:
            provider = connect("koboldcpp", server.url)
            events = await collect(provider, text_request(samplers=samplers, stop=(" door",), genkey="mine"))
            await provider.aclose()
        assert text_of(events) == said
        chosen = [event.token for event in events if isinstance(event, TokenChosen)]
        assert "".join(chosen) == (said if samplers else "")
        assert end_of(events).reason == (FinishReason.UNKNOWN if samplers else FinishReason.STOP)


async def test_llamacpp_is_asked_for_no_more_replies_than_it_has_slots() -> None:
    fake = FAKES["llamacpp"]()
    async with FakeServer(fake) as server:
        provider = connect("llamacpp", server.url)
        await collect(provider, text_request(samplers={"n": 20}))
        await provider.aclose()
    assert fake.generations[0].body["n"] == 4


BIASES: dict[str, SamplerValue] = {
    "logit_bias": ("dragon = -20", "[5, 6] = 3"),
    "banned_tokens": ("shiver", "[7, 8]", '"down my spine"'),
    "banned_strings": ("a mix of",),
}
DRAGON, SHIVER = sum(b"dragon") % 30000 + 5, sum(b"shiver") % 30000 + 5
"""Their ids, as the fakes have them."""
OBJECT = {str(DRAGON): -20, "5": 3, "6": 3}
WRITTEN: dict[str, dict[str, object]] = {
    "koboldcpp": {
        "logit_bias": OBJECT, "custom_token_bans": f"{SHIVER},7,8",
        "banned_tokens": ["a mix of", "down my spine"],
    },
    "llamacpp": {
        "logit_bias": [["dragon", -20], [5, 3], [6, 3], ["shiver", False], [7, False], [8, False]],
    },
    "ooba": {"logit_bias": OBJECT, "custom_token_bans": f"{SHIVER},7,8"},
    "tabby": {
        "logit_bias": OBJECT, "banned_tokens": [SHIVER, 7, 8],
        "banned_strings": ["a mix of", "down my spine"],
    },
    "vllm": {
        "logit_bias": {**OBJECT, str(SHIVER): -100, "7": -100, "8": -100},
        "bad_words": ["a mix of", "down my spine"],
    },
    "aphrodite": {"logit_bias": OBJECT, "custom_token_bans": [SHIVER, 7, 8]},
    "lmstudio": {"logit_bias": {"5": 3, "6": 3}},
    "generic": {"logit_bias": {"5": 3, "6": 3}},
}  # fmt: skip
KEYS = ("logit_bias", "custom_token_bans", "banned_tokens", "banned_strings", "bad_words")


@pytest.mark.parametrize("id", LOCAL)
async def test_biases_and_bans_are_written_as_the_server_has_them(id: str) -> None:
    fake = FAKES[id]()
    async with FakeServer(fake) as server:
        provider = open_to(id, server.url, fake)
        await collect(provider, text_request(samplers=BIASES))
        await provider.aclose()
    body = fake.generations[0].body
    assert {name: body[name] for name in KEYS if name in body} == WRITTEN.get(id, {})


@pytest.mark.parametrize("id", has("banned_tokens"))
async def test_bans_alone_are_sent_too(id: str) -> None:
    fake = FAKES[id]()
    async with FakeServer(fake) as server:
        provider = open_to(id, server.url, fake)
        await collect(provider, text_request(samplers={"banned_tokens": ("[7]", '"down my spine"')}))
        await provider.aclose()
    body = fake.generations[0].body
    sent = {name: body[name] for name in KEYS if name in body}
    assert any("7" in str(value) for value in sent.values())
    if "banned_strings" in ROWS[id].samplers:
        assert ["down my spine"] in sent.values()


ORDERS = [
    ("koboldcpp", (6, 0, 1, 3, 4, 2, 5), [6, 0, 1, 3, 4, 2, 5]),
    ("koboldcpp", (0, 1, 2, 3, 4, 5), [6, 0, 1, 2, 3, 4, 5]),
    ("koboldcpp", ("5", "6"), [5, 6, 0, 1, 3, 4, 2]),
    ("koboldcpp", ("temperature", "top_k"), None),
    ("kobold", (5, 0, 1, 2, 3, 4), [6, 5, 0, 1, 2, 3, 4]),
    ("llamacpp", ("typical_p", "top_k", "nonsense"), ["typ_p", "top_k"]),
    ("llamacpp", (6, 0, 1), None),
]


@pytest.mark.parametrize(("id", "given", "sent"), ORDERS)
async def test_orders_are_whole_and_in_the_servers_words(
    id: str, given: SamplerValue, sent: list[object] | None
) -> None:
    prepared = connect(id).wire(text_request(samplers={"sampler_order": given}))
    assert prepared.body.get("samplers" if id == "llamacpp" else "sampler_order") == sent


@pytest.mark.parametrize(("id", "first"), [("ooba", "min_p"), ("aphrodite", "min_p")])
def test_orders_of_names_hold_every_name_once(id: str, first: str) -> None:
    provider = connect(id, model="m")
    body = provider.wire(text_request(samplers={"sampler_order": (first, "nonsense", first)})).body
    priority = body["sampler_priority"]
    assert isinstance(priority, list)
    assert priority[0] == first
    assert len(priority) == len(set(priority)) > 10
    assert "sampler_priority" not in provider.wire(text_request(samplers={"sampler_order": (6, 0)})).body


# --- what recorded servers answered


def test_recorded_candidates_of_llamacpp() -> None:
    events = decode("llamacpp", text_request(stream=False), [reply_bytes(LLAMACPP, "completion probs")])
    chosen = [event for event in events if isinstance(event, TokenChosen)]
    assert "".join(event.token for event in chosen) == text_of(events) == " things"
    assert all(len(event.others) == 3 for event in chosen)


def test_recorded_candidates_of_text_generation_webui() -> None:
    events = decode("ooba", text_request(stream=False), [reply_bytes(OOBA, "logprobs")])
    chosen = [event for event in events if isinstance(event, TokenChosen)]
    assert [event.token for event in chosen] == [" l", " can", " t"]
    assert chosen[2].others[0] == (" t", -1.2328174114227295)


ODD_CANDIDATES: list[tuple[object, list[TokenChosen]]] = [
    (None, []),
    ("text", []),
    ({"content": [None, 4, {"token": 5, "logprob": -1}, {"token": "a"}]}, []),
    ({"content": [{"token": "a", "logprob": float("-inf")}]}, []),
    ({"content": [{"token": "a", "prob": 0.0, "top_probs": []}]}, []),
    ({"content": [{"token": "a", "prob": 1.0, "top_probs": [{"token": "b", "prob": 0}]}]}, [TokenChosen("a", 0.0)]),
    ({"tokens": ["a", "b"], "token_logprobs": [None, -1], "top_logprobs": None}, [TokenChosen("b", -1.0)]),
    ({"tokens": ["a"], "token_logprobs": [-1], "top_logprobs": [{"x": "y", "z": 10**400}]}, [TokenChosen("a", -1.0)]),
    ({"tokens": ["a", 7], "token_logprobs": [-1, -1], "top_logprobs": [4]}, [TokenChosen("a", -1.0)]),
]  # fmt: skip


@pytest.mark.parametrize(("logprobs", "expected"), ODD_CANDIDATES)
def test_odd_candidates_are_left_out(logprobs: object, expected: list[TokenChosen]) -> None:
    from tavern_tui.providers.dialects.chosen import token_choices

    assert list(token_choices(logprobs)) == expected


def test_a_server_that_sends_thousands_of_candidates_is_cut_short() -> None:
    from tavern_tui.providers.dialects.chosen import MAX_CANDIDATES, token_choices

    tops = {f"t{at}": -float(at) for at in range(5000)}
    (only,) = token_choices({"tokens": ["a"], "token_logprobs": [-1], "top_logprobs": [tops]})
    assert len(only.others) == MAX_CANDIDATES
    assert only.others[:2] == (("t0", 0.0), ("t1", -1.0))
