"""Services that complete a text: addresses, keys, bodies, lists of models, streams cut anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tavern_tui.core.errors import AuthFailed, ContextOverflow, ServerFailed, UsageError
from tavern_tui.core.generation import (
    Finished,
    FinishReason,
    Model,
    ReasoningDelta,
    Served,
    TextDelta,
    TokenChosen,
)
from tavern_tui.providers.hosted_servers import mancer_offer, openrouter_offer, price, read_offers
from tavern_tui.providers.registry import ROWS
from tests.providers.asking import collect, connect, decode, end_of, text_of, text_request
from tests.providers.fakes.backends.hosted import (
    DreamGenFake,
    FeatherlessFake,
    InfermaticFake,
    MancerFake,
    OpenRouterFake,
    TogetherFake,
)
from tests.providers.fakes.server import Answer, FakeServer, Seen, routes

WHERE = {
    "mancer": ("https://neuro.mancer.tech/oai/v1/completions", "api_key_mancer"),
    "dreamgen": ("https://dreamgen.com/api/openai/v1/completions", "api_key_dreamgen"),
    "togetherai": ("https://api.together.xyz/v1/completions", "api_key_togetherai"),
    "infermaticai": ("https://api.totalgpt.ai/v1/completions", "api_key_infermaticai"),
    "featherless": ("https://api.featherless.ai/v1/completions", "api_key_featherless"),
    "openrouter-text": ("https://openrouter.ai/api/v1/chat/completions", "api_key_openrouter"),
}


def wire(provider: str, url: str = "", *, options: dict[str, object] | None = None, **fields: Any) -> Any:
    opened = connect(provider, url, key="k", model="m", options=options or {})
    return opened.wire(text_request(**fields))


def body(provider: str, **fields: Any) -> dict[str, Any]:
    return dict(wire(provider, **fields).body)


# --- addresses and keys


@pytest.mark.parametrize("provider", WHERE)
def test_each_has_its_address_and_the_name_sillytavern_keeps_its_key_under(provider: str) -> None:
    url, secret = WHERE[provider]
    assert wire(provider).url == url
    assert ROWS[provider].secret == secret


@pytest.mark.parametrize(
    ("provider", "typed", "url"),
    [
        ("mancer", "http://h:1", "http://h:1/oai/v1/completions"),
        ("mancer", "http://h:1/oai", "http://h:1/oai/v1/completions"),
        ("mancer", "https://p/x/oai/v1/", "https://p/x/oai/v1/completions"),
        ("dreamgen", "https://dreamgen.com/api/openai/v1", "https://dreamgen.com/api/openai/v1/completions"),
        ("dreamgen", "h:1/api/openai/v1/completions", "http://h:1/api/openai/v1/completions"),
        ("featherless", "https://api.featherless.ai", "https://api.featherless.ai/v1/completions"),
        ("openrouter-text", "https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1/chat/completions"),
        ("openrouter-text", "https://openrouter.ai/api", "https://openrouter.ai/api/v1/chat/completions"),
        ("openrouter-text", "http://h:1", "http://h:1/v1/chat/completions"),
    ],
)
def test_an_address_of_ones_own_takes_the_place_of_the_usual_one(provider: str, typed: str, url: str) -> None:
    assert wire(provider, typed).url == url


def test_mancer_is_given_its_key_in_both_headers() -> None:
    headers = wire("mancer").headers
    assert (headers["X-API-Key"], headers["Authorization"]) == ("k", "Bearer k")


@pytest.mark.parametrize("provider", ["featherless", "openrouter-text"])
def test_who_counts_traffic_is_told_whose_it_is(provider: str) -> None:
    assert wire(provider).headers["X-Title"] == "tavern-tui"


@pytest.mark.parametrize("provider", WHERE)
def test_without_a_key_or_a_model_nothing_is_sent(provider: str) -> None:
    with pytest.raises(AuthFailed, match="needs an API key"):
        connect(provider)
    with pytest.raises(UsageError, match="which model"):
        connect(provider, key="k").wire(text_request())


# --- samplers


def test_mancer_has_cutoffs_in_thousandths_and_a_mode_for_dynamic_temperature() -> None:
    sent = body(
        "mancer",
        samplers={
            "epsilon_cutoff": 3, "eta_cutoff": 8, "temperature": 1.3, "dynatemp": True, "dynatemp_low": 2.0,
            "dynatemp_high": 1.0, "dynatemp_exponent": 2.0,
        },
    )  # fmt: skip
    assert (sent["epsilon_cutoff"], sent["eta_cutoff"]) == (0.003, 0.008)
    assert (sent["dynatemp_mode"], sent["dynatemp_min"], sent["dynatemp_max"]) == (1, 1.0, 2.0)
    assert (sent["dynatemp_exponent"], sent["temperature"]) == (2.0, 1.5)
    off = body("mancer", samplers={"dynatemp": False, "dynatemp_low": 1.0, "temperature": 1.3})
    assert (off["dynatemp_mode"], off["temperature"]) == (0, 1.3)
    assert "dynatemp_min" not in off


def test_bans_and_biases_are_sent_for_the_ids_that_are_known() -> None:
    samplers = {"banned_tokens": ("[7, 8]", "oak", "elm"), "logit_bias": ("oak = -3", "[5] = 2", "elm = 1")}
    sent = body("mancer", samplers=samplers, token_ids={"oak": (11,)})
    assert sent["custom_token_bans"] == [7, 8, 11]
    assert sent["logit_bias"] == {"11": -3, "5": 2}
    # A service that only knows biases bans by the lowest one.
    sent = body("featherless", samplers={"banned_tokens": ("[7]",)})
    assert sent["logit_bias"] == {"7": -100}
    assert "custom_token_bans" not in sent


def test_the_shortest_reply_has_a_name_of_its_own_at_dreamgen() -> None:
    sent = body("dreamgen", samplers={"min_tokens": 900, "ban_eos_token": True}, max_tokens=300)
    assert (sent["minimum_message_content_tokens"], sent["ban_eos_token"]) == (300, True)
    assert "min_tokens" not in sent


@pytest.mark.parametrize(
    ("provider", "sent"),
    [("infermaticai", -1), ("featherless", -1), ("togetherai", 0), ("openrouter-text", 0), ("mancer", 0)],
)
def test_no_top_k_is_said_in_the_words_of_the_service(provider: str, sent: int) -> None:
    assert body(provider, samplers={"top_k": 0})["top_k"] == sent


@pytest.mark.parametrize(
    ("provider", "unknown"),
    [
        ("togetherai", ("seed", "logprobs", "n", "logit_bias", "top_a", "min_tokens")),
        ("infermaticai", ("logit_bias", "top_a", "grammar", "dry_multiplier")),
        ("openrouter-text", ("logprobs", "n", "min_tokens", "typical_p")),
        ("dreamgen", ("n", "logit_bias", "xtc_threshold", "dynatemp")),
    ],
)
def test_what_a_service_does_not_have_is_not_sent(provider: str, unknown: tuple[str, ...]) -> None:
    assert not set(unknown) & set(ROWS[provider].samplers)


def test_infermatic_and_featherless_show_five_candidates_and_mancer_ten() -> None:
    samplers = {"logprobs": 10, "n": 3}
    assert [body(name, samplers=samplers)["logprobs"] for name in ("infermaticai", "featherless", "mancer")] == [
        5, 5, 10,
    ]  # fmt: skip
    assert [body(name, samplers=samplers)["n"] for name in ("infermaticai", "featherless", "mancer")] == [
        3
    ] * 3


# --- OpenRouter


def test_openrouter_is_asked_with_a_prompt_at_its_route_for_chats() -> None:
    sent = body("openrouter-text", stop=("a", "b", "c", "d", "e"))
    assert sent["prompt"].startswith("You are")
    assert sent["stop"] == ["a", "b", "c", "d"]
    assert sent["include_reasoning"] is True
    assert not {"messages", "provider"} & sent.keys()


@pytest.mark.parametrize(
    ("options", "provider"),
    [
        ({"provider_order": "Together, , DeepInfra,Together"}, {"order": ["Together", "DeepInfra"], "allow_fallbacks": True}),
        ({"provider_order": ["A"], "allow_fallbacks": False}, {"order": ["A"], "allow_fallbacks": False}),
        ({"quantizations": "FP8,bf16"}, {"quantizations": ["fp8", "bf16"], "allow_fallbacks": True}),
        ({"allow_fallbacks": False}, None),
        ({"provider_order": 7, "quantizations": None, "allow_fallbacks": "x"}, None),
    ],
)  # fmt: skip
def test_who_may_answer_is_the_connections_choice(options: dict[str, object], provider: object) -> None:
    assert dict(wire("openrouter-text", options=options).body).get("provider") == provider


def test_thoughts_can_be_left_out() -> None:
    assert wire("openrouter-text", options={"include_reasoning": False}).body["include_reasoning"] is False


OPENROUTER = (
    b": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n"
    + b"".join(
        b"data: " + json.dumps(one, ensure_ascii=False).encode() + b"\n\n"
        for one in (
            {"provider": "DeepInfra", "model": "v/m", "choices": [{"index": 0, "text": "", "reasoning": "Hm."}]},
            {"provider": "DeepInfra", "model": "v/m", "choices": [{"index": 0, "text": "Höl"}]},
            {"provider": "DeepInfra", "model": "v/m", "choices": [{"index": 0, "text": "z✨", "finish_reason": "stop"}]},
        )
    )
    + b"data: [DONE]\n\n"
)  # fmt: skip
SIDE_BY_SIDE = b"".join(
    b"data: " + json.dumps({"choices": [one]}, ensure_ascii=False).encode() + b"\r\n\r\n"
    for one in (
        {"index": 0, "text": " é", "logprobs": {"tokens": [" é"], "token_logprobs": [-0.5], "top_logprobs": [{" é": -0.5, "x": -1}]}},
        {"index": 1, "text": "你", "logprobs": None},
        {"index": 0, "text": "", "finish_reason": "length"},
    )
) + b"data: [DONE]\r\n\r\n"  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "data"),
    [("openrouter-text", OPENROUTER), ("mancer", SIDE_BY_SIDE), ("featherless", SIDE_BY_SIDE)],
)
def test_a_reply_may_arrive_in_any_pieces(provider: str, data: bytes) -> None:
    whole = decode(provider, text_request(), [data])
    for cut in range(1, len(data)):
        assert decode(provider, text_request(), [data[:cut], data[cut:]]) == whole
    assert decode(provider, text_request(), [bytes([one]) for one in data]) == whole


def test_openrouter_says_who_answered_and_what_it_thought() -> None:
    assert decode("openrouter-text", text_request(), [OPENROUTER]) == [
        Served("v/m", "DeepInfra"),
        ReasoningDelta("Hm."),
        TextDelta("Höl"),
        TextDelta("z✨"),
        Finished(FinishReason.STOP, "stop"),
    ]


def test_candidates_come_with_the_text_they_belong_to() -> None:
    assert decode("mancer", text_request(), [SIDE_BY_SIDE]) == [
        TextDelta(" é"),
        TokenChosen(" é", -0.5, ((" é", -0.5), ("x", -1.0))),
        TextDelta("你", 1),
        Finished(FinishReason.LENGTH, "length"),
    ]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("found", "error"),
    [
        ({"error": {"code": 502, "message": "Provider returned error"}}, ServerFailed),
        ({"error": {"code": 400, "message": "This endpoint's maximum context length is 8192 tokens."}}, ContextOverflow),
        ({"choices": [{"error": {"code": 502, "message": "Upstream died"}, "text": ""}]}, ServerFailed),
    ],
)  # fmt: skip
def test_an_error_inside_a_good_answer_is_one(found: object, error: type[Exception], stream: bool) -> None:
    data = json.dumps(found).encode()
    with pytest.raises(error):
        decode(
            "openrouter-text", text_request(stream=stream), [b"data: " + data + b"\n\n" if stream else data]
        )


# --- what they tell


@pytest.mark.parametrize(
    ("provider", "make", "expected"),
    [
        (
            "mancer",
            MancerFake,
            Model(id="mytholite", title="MythoLite", context_size=8192, detail="0.5 / 1 credits for a token"),
        ),
        ("dreamgen", DreamGenFake, Model(id="lucid-v1-extra-large/text")),
        (
            "togetherai",
            TogetherFake,
            Model(id="Gryphe/MythoMax-L2-13b", title="MythoMax-L2 (13B)", context_size=8192),
        ),
        ("infermaticai", InfermaticFake, Model(id="Sao10K-L3.3-70B-Euryale")),
        (
            "featherless",
            FeatherlessFake,
            Model(id="org/tale-12b", context_size=8192, detail="mistral-nemo-12b"),
        ),
        (
            "openrouter-text",
            OpenRouterFake,
            Model(
                id="vendor/tale-large",
                title="Vendor: Tale",
                context_size=8192,
                detail="Mistral tokenizer",
                capabilities=("vision", "tools", "reasoning"),
                prompt_price=0.0000008,
                reply_price=0.000004,
            ),
        ),
    ],
)
async def test_lists_hold_what_writes_text_and_what_is_known_of_it(
    provider: str, make: Any, expected: Model
) -> None:
    fake = make()
    async with FakeServer(fake) as server:
        opened = connect(provider, server.url, key=fake.key)
        assert await opened.models() == [expected]
        await opened.aclose()


async def test_together_has_a_newer_list_should_the_older_one_go() -> None:
    class Newer(TogetherFake):
        old_list = False

    fake = Newer()
    async with FakeServer(fake) as server:
        opened = connect("togetherai", server.url, key=fake.key, model=fake.model)
        (model,) = await opened.models()
        assert (model.id, model.context_size) == (fake.model, 8192)
        assert (model.prompt_price, model.reply_price) == pytest.approx((3e-7, 6e-7))
        assert (await opened.status()).context_size == 8192
        await opened.aclose()


async def test_mancer_limits_the_reply_and_a_longer_one_is_not_asked_for() -> None:
    fake = MancerFake()
    async with FakeServer(fake) as server:
        opened = connect("mancer", server.url, key=fake.key, model=fake.model)
        status = await opened.status()
        assert (status.context_size, status.max_reply) == (8192, 512)
        assert opened.wire(text_request(max_tokens=2000)).body["max_tokens"] == 512
        assert opened.wire(text_request(max_tokens=100)).body["max_tokens"] == 100
        await opened.aclose()


async def test_a_model_that_is_not_listed_is_named() -> None:
    fake = FeatherlessFake()
    async with FakeServer(fake) as server:
        opened = connect("featherless", server.url, key=fake.key, model="gone")
        assert (await opened.status()).detail == 'The model "gone" is not in its list.'
        await opened.aclose()


async def test_infermatic_answers_with_a_message_where_nothing_is_streamed() -> None:
    fake = InfermaticFake()
    async with FakeServer(fake) as server:
        opened = connect("infermaticai", server.url, key=fake.key, model=fake.model)
        events = await collect(opened, text_request(stream=False, max_tokens=99))
        assert text_of(events) == "".join(fake.reply)
        end_of(events)
        await opened.aclose()


@pytest.mark.parametrize("provider", WHERE)
@pytest.mark.parametrize("payload", [None, 3, "x", [], {}, {"data": "x"}, {"data": [None, 4, {"id": 7}, {}]}])
async def test_a_list_that_is_none_holds_no_models(provider: str, payload: object) -> None:
    async def handle(seen: Seen, answer: Answer) -> None:
        await answer.send(200, json.dumps(payload).encode(), kind="application/json")

    async with FakeServer(handle) as server:
        opened = connect(provider, server.url, key="k")
        assert await opened.models() == []
        await opened.aclose()


@pytest.mark.parametrize("provider", WHERE)
async def test_a_list_that_is_refused_is_an_error_with_the_services_name(provider: str) -> None:
    async with FakeServer(routes({f"GET {path}": (401, {"error": "no"}) for path in PLACES})) as server:
        opened = connect(provider, server.url, key="k")
        with pytest.raises(AuthFailed, match=ROWS[provider].title.split(" (")[0]):
            await opened.status()
        await opened.aclose()


PLACES = ("/v1/models", "/oai/v1/models", "/api/openai/v1/models", "/api/models?&info")


@pytest.mark.parametrize(
    ("value", "read"),
    [("0.5", 0.5), (0, 0.0), (1e-7, 1e-7), ("-1", None), ("nan", None), ("inf", None), (True, None),
     (None, None), ({}, None), ("1" * 500, None), (10**400, None)],
)  # fmt: skip
def test_prices_are_numbers_or_not_known(value: object, read: float | None) -> None:
    assert price(value) == read


def test_a_strange_entry_is_read_as_far_as_it_goes() -> None:
    entry = {"id": "a", "limits": [], "pricing": {"prompt": "x"}, "architecture": 4, "top_provider": None}
    for read in (mancer_offer, openrouter_offer):
        (offer,) = read_offers([entry], read)
        assert (offer.model.id, offer.model.context_size, offer.max_reply) == ("a", None, None)


def test_the_older_word_for_what_a_model_sees_is_read() -> None:
    offer = openrouter_offer({"id": "a", "architecture": {"modality": "text+image->text"}})
    assert offer.model.capabilities == ("vision",)
