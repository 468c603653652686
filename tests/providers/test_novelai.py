"""NovelAI: what a body holds for each model, where it goes, what a subscription allows, its streams."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tavern_tui.core.errors import AuthFailed, RequestRefused, ServerFailed, StreamBroken
from tavern_tui.core.generation import Finished, FinishReason, GenerationRequest, TextDelta, TokenChosen
from tavern_tui.providers.catalogue.novelai_lists import CLIO, ERATO, KAYRA, NovelModel
from tavern_tui.providers.dialects.novelai_tokens import texts_for_ids
from tavern_tui.providers.novelai_account import context_of, longest_reply, read_subscription
from tests.providers.asking import collect, connect, decode, text_of, text_request
from tests.providers.fakes.backends.novelai import GLM, NovelFake
from tests.providers.fakes.published import complaint
from tests.providers.fakes.server import Answer, FakeServer, Seen, routes
from tests.providers.fakes.strict import REPLY

CLASSIC = ("clio-v1", "kayra-v1", "llama-3-erato-v1")


def body(model: str = "kayra-v1", **fields: Any) -> dict[str, Any]:
    wired = connect("novelai", key="k", model=model).wire(text_request(**fields))
    return dict(wired.body)


def parameters(model: str = "kayra-v1", **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = body(model, **fields)["parameters"]
    return found


# --- where


@pytest.mark.parametrize(
    ("model", "stream", "url"),
    [
        ("clio-v1", True, "https://api.novelai.net/ai/generate-stream"),
        ("kayra-v1", True, "https://text.novelai.net/ai/generate-stream"),
        ("kayra-v1", False, "https://text.novelai.net/ai/generate"),
        ("llama-3-erato-v1", True, "https://text.novelai.net/ai/generate-stream"),
        (GLM, True, "https://text.novelai.net/oa/v1/completions"),
        ("a-model-of-tomorrow", True, "https://text.novelai.net/oa/v1/completions"),
    ],
)
def test_each_model_has_its_host(model: str, stream: bool, url: str) -> None:
    assert connect("novelai", key="k", model=model).wire(text_request(stream=stream)).url == url
    # The usual address, typed, is not an address of the user's own.
    typed = connect("novelai", "https://api.novelai.net/", key="k", model=model)
    assert typed.wire(text_request(stream=stream)).url == url


@pytest.mark.parametrize(
    ("typed", "model", "url"),
    [
        ("http://h:1", "kayra-v1", "http://h:1/ai/generate-stream"),
        ("http://h:1/novel/", "clio-v1", "http://h:1/novel/ai/generate-stream"),
        ("http://h:1", GLM, "http://h:1/oa/v1/completions"),
        ("https://text.novelai.net/oa/v1", GLM, "https://text.novelai.net/oa/v1/completions"),
        ("https://text.novelai.net/oa/v1", "kayra-v1", "https://text.novelai.net/ai/generate-stream"),
    ],
)
def test_an_address_of_ones_own_gets_everything(typed: str, model: str, url: str) -> None:
    assert connect("novelai", typed, key="k", model=model).wire(text_request()).url == url


# --- the body


@pytest.mark.parametrize("model", [CLIO, KAYRA, ERATO])
def test_the_lists_of_a_model_go_along(model: NovelModel) -> None:
    sent = parameters(model.id)
    assert sent["bad_words_ids"] == [list(ids) for ids in model.bad_words]
    assert [one["sequence"] for one in sent["logit_bias_exp"]] == [list(ids) for ids in model.biased]
    assert {one["bias"] for one in sent["logit_bias_exp"]} == {-0.08}
    assert sent["repetition_penalty_whitelist"] == list(model.not_penalised)
    fixed = {
        "use_string": True,
        "generate_until_sentence": True,
        "use_cache": False,
        "return_full_text": False,
    }
    assert fixed.items() <= sent.items()
    assert complaint("novelai", "GenerateRequest", body(model.id)) == ""


def test_erato_starts_with_its_marks_and_the_others_with_the_prompt() -> None:
    assert body("llama-3-erato-v1")["input"].startswith("<|startoftext|><|reserved_special_token81|>You are")
    assert body("kayra-v1")["input"].startswith("You are")


@pytest.mark.parametrize(
    ("samplers", "order"),
    [
        ({}, [1, 5, 0, 2, 3, 4]),
        ({"min_p": 0.0, "mirostat_tau": 5.0, "math1_temp": 1.0}, [1, 5, 0, 2, 3, 4]),
        ({"min_p": 0.1}, [1, 5, 0, 2, 3, 4, 10]),
        ({"mirostat_mode": 2, "math1_quad": 0.5}, [1, 5, 0, 2, 3, 4, 8, 9]),
        ({"sampler_order": ("temperature", "min_p", "min_p")}, [0, 10]),
        ({"sampler_order": (9, 2)}, [9, 2]),
        ({"sampler_order": ("10", "0", "11", "-1")}, [10, 0]),
        ({"sampler_order": ("math1_temp", "mirostat_tau", "tfs")}, [9, 8, 3]),
        ({"sampler_order": ("dry", "xtc")}, [1, 5, 0, 2, 3, 4]),
        ({"sampler_order": ()}, [1, 5, 0, 2, 3, 4]),
    ],
)
def test_only_what_the_order_names_is_applied(samplers: dict[str, Any], order: list[int]) -> None:
    assert parameters(samplers=samplers)["order"] == order


def test_what_the_order_leaves_out_is_not_sent() -> None:
    values = {"temperature": 1.2, "top_p": 0.8, "min_p": 0.1, "mirostat_tau": 3.0, "repetition_penalty": 1.5}
    sent = parameters(samplers={**values, "sampler_order": (0,)})
    assert (sent["temperature"], sent["repetition_penalty"]) == (1.2, 1.5)
    assert not {"top_p", "min_p", "mirostat_tau"} & sent.keys()


def test_samplers_have_novelais_names_and_ranges() -> None:
    sent = parameters(
        context_size=6000,
        samplers={
            "temperature": 0.0, "top_k": -1, "tfs": 0.9, "repetition_range": 0, "repetition_slope": 0.09,
            "frequency_penalty": -1.0, "presence_penalty": 0.5, "phrase_rep_pen": "light", "logprobs": 10,
            "mirostat_mode": 1, "mirostat_tau": 4.0, "mirostat_eta": 0.2, "min_tokens": 40,
        },
    )  # fmt: skip
    expected = {
        "temperature": 0.1, "top_k": 0, "tail_free_sampling": 0.9, "repetition_penalty_range": 6000,
        "repetition_penalty_slope": 0.09, "repetition_penalty_frequency": -1.0,
        "repetition_penalty_presence": 0.5, "phrase_rep_pen": "light", "num_logprobs": 10,
        "mirostat_tau": 4.0, "mirostat_lr": 0.2, "min_length": 40,
    }  # fmt: skip
    assert expected.items() <= sent.items()
    assert (
        parameters(context_size=200_000, samplers={"repetition_range": -1})["repetition_penalty_range"]
        == 8192
    )


@pytest.mark.parametrize(("model", "most"), [("clio-v1", 150), ("kayra-v1", 250), ("llama-3-erato-v1", 250)])
def test_a_reply_is_never_longer_than_the_model_allows(model: str, most: int) -> None:
    sent = parameters(model, max_tokens=900, samplers={"min_tokens": 800})
    assert (sent["max_length"], sent["min_length"]) == (most, most)
    assert parameters(model, max_tokens=60)["max_length"] == 60


@pytest.mark.parametrize(
    ("prompt", "prefix", "sent"),
    [
        ("plain", None, None),
        ("plain", "theme_textadventure", "theme_textadventure"),
        ("{ Write on. }\nBot:", None, "special_instruct"),
        ("{ Write on. }\nBot:", "vanilla", "special_instruct"),
        ("}" + "x" * 1500, "vanilla", "vanilla"),
        ("}" + "x" * 1499, "vanilla", "special_instruct"),
    ],
)
def test_an_instruction_near_the_end_calls_for_the_module_that_follows_it(
    prompt: str, prefix: str | None, sent: str | None
) -> None:
    samplers = {} if prefix is None else {"prefix": prefix}
    wired = connect("novelai", key="k", model="kayra-v1").wire(text_request(prompt, samplers=samplers))
    assert wired.body["parameters"].get("prefix") == sent  # type: ignore[union-attr,attr-defined]


def test_a_text_adventure_names_the_token_its_turns_end_with() -> None:
    samplers = {"prefix": "theme_textadventure"}
    assert [parameters(model, samplers=samplers)["eos_token_id"] for model in CLASSIC] == [49405, 49405, 29]
    assert "eos_token_id" not in parameters(samplers={"prefix": "vanilla"})


# --- ids


def test_without_ids_stop_strings_and_words_stay_here() -> None:
    sent = parameters(stop=("\nUser:",), samplers={"banned_tokens": ("oak",), "logit_bias": ("elm = 2",)})
    assert "stop_sequences" not in sent
    assert sent["bad_words_ids"] == [list(ids) for ids in KAYRA.bad_words]
    assert len(sent["logit_bias_exp"]) == 2


def test_stop_strings_go_out_as_ids() -> None:
    sent = parameters(stop=("\nUser:", "END", "gone"), token_ids={"\nUser:": (85, 9), "END": (7,)})
    assert sent["stop_sequences"] == [[85, 9], [7]]


def test_erato_is_also_told_the_stops_its_tokenizer_hides_in_a_mark() -> None:
    request = text_request(model="llama-3-erato-v1", stop=("\nUser:", "END"))
    texts = texts_for_ids(request)
    fronts = [".", "!", "?", "*", '"', "_", "...", '."', '?"', '!"', ".*", ")"]
    assert texts == ["\nUser:", "END", *(f"{front}\nUser:" for front in fronts)]
    ids = {text: (at,) for at, text in enumerate(texts)}
    assert parameters("llama-3-erato-v1", stop=request.stop, token_ids=ids)["stop_sequences"] == [
        [at] for at in range(14)
    ]


def test_there_are_no_more_than_1024_stops() -> None:
    stops = tuple(f"\n{at}" for at in range(200))
    texts = texts_for_ids(text_request(model="llama-3-erato-v1", stop=stops))
    ids = {text: (at,) for at, text in enumerate(texts)}
    sent = parameters("llama-3-erato-v1", stop=stops, token_ids=ids)["stop_sequences"]
    assert len(texts) == 2600
    assert len(sent) == 1024
    assert sent[:200] == [[at] for at in range(200)]


def test_a_banned_word_is_banned_in_every_way_it_may_be_written() -> None:
    request = text_request(model="kayra-v1", samplers={"banned_tokens": ("oAk",)})
    assert texts_for_ids(request) == [
        "oAk", " oAk", "OAk", " OAk", "OAK", " OAK", "oak", " oak",
    ]  # fmt: skip


def test_bans_are_runs_of_ids_after_the_models_own() -> None:
    ids = {"{x}": (1,), "Elm": (4, 5), " elm": (6,), "an old tree": (7, 8), "soft moss": (9,)}
    sent = parameters(
        token_ids=ids,
        samplers={
            "banned_tokens": ("[1, 2]", "{Elm}", "elm", '"an old tree"', "unknown"),
            "banned_strings": ("soft moss",),
        },
    )
    own = len(KAYRA.bad_words)
    assert sent["bad_words_ids"][own:] == [[1, 2], [4, 5], [6], [7, 8], [9]]
    assert "Elm" in texts_for_ids(text_request(model="kayra-v1", samplers={"banned_tokens": ("{Elm}",)}))


def test_biases_are_runs_of_ids_after_the_models_own() -> None:
    samplers = {"logit_bias": (" old oak = -1.5", "[3,4] = 2", "nobody = 1", "{x} = 0.5")}
    sent = parameters(samplers=samplers, token_ids={" old oak": (11, 12), "x": (9,)})["logit_bias_exp"]
    assert [(one["sequence"], one["bias"]) for one in sent[2:]] == [
        ([11, 12], -1.5),
        ([3, 4], 2.0),
        ([9], 0.5),
    ]
    assert all(one["ensure_sequence_finish"] is one["generate_once"] is False for one in sent)


@pytest.mark.parametrize("model", CLASSIC)
def test_the_longest_body_is_what_is_published(model: str) -> None:
    request = text_request(
        stop=tuple(f"\n{at}" for at in range(2000)),
        samplers={
            "banned_tokens": tuple(f"[{at}]" for at in range(3000)),
            "logit_bias": tuple(f"[{at}] = 1" for at in range(3000)),
        },
        token_ids={f"\n{at}": (at,) for at in range(2000)},
    )
    sent = dict(connect("novelai", key="k", model=model).wire(request).body)
    assert complaint("novelai", "GenerateRequest", sent) == ""


def test_glm_is_sent_a_plain_completion() -> None:
    sent = body(
        GLM,
        stop=("a", "b", "c", "d", "e"),
        samplers={
            "temperature": 1.0,
            "top_k": 40,
            "top_a": 0.1,
            "banned_tokens": ("x",),
            "sampler_order": (0,),
        },
        max_tokens=700,
    )
    assert sent.keys() == {"model", "prompt", "max_tokens", "stream", "temperature", "top_k", "stop"}
    assert (sent["max_tokens"], sent["stop"]) == (700, ["a", "b", "c", "d"])
    assert texts_for_ids(text_request(model=GLM, stop=("a",))) == []


# --- streams


def stream_of(*events: dict[str, object]) -> bytes:
    return "".join(
        f"event:newToken\nid:{at}\ndata:{json.dumps(event, ensure_ascii=False)}\n\n"
        for at, event in enumerate(events)
    ).encode()


LOGPROBS = {
    "chosen": [[[5], [-0.5, -0.2]]],
    "before": [[[5], [-0.5, -0.2]], [[6], [-1.5, None]], [[7], [None, None]]],
    "after": [[[5], [-0.2, -0.2]]],
}
STREAM = stream_of(
    {"token": " Hö", "ptr": 0, "final": False, "logprobs": LOGPROBS},
    {"token": "", "ptr": 1, "final": False, "logprobs": None},
    {"token": "✨你", "ptr": 2, "final": False, "logprobs": None},
    {"token": " ende", "ptr": 3, "final": True, "logprobs": None},
)


def asked(**fields: Any) -> GenerationRequest:
    return text_request(model="kayra-v1", **fields)


def test_a_reply_may_arrive_in_any_pieces() -> None:
    whole = decode("novelai", asked(), [STREAM])
    assert text_of(whole) == " Hö✨你 ende"
    assert whole[-1] == Finished(FinishReason.STOP)
    for cut in range(1, len(STREAM)):
        assert decode("novelai", asked(), [STREAM[:cut], STREAM[cut:]]) == whole
    windows = STREAM.replace(b"\n", b"\r\n")
    assert decode("novelai", asked(), [bytes([one]) for one in windows]) == whole


def test_a_stream_without_its_last_event_broke_off() -> None:
    with pytest.raises(StreamBroken):
        decode("novelai", asked(), [STREAM[: STREAM.rindex(b"event:")]])


def test_a_server_that_never_names_the_last_event_ends_by_closing() -> None:
    data = stream_of({"token": "one"}, {"token": " two"})
    assert decode("novelai", asked(), [data])[-1] == Finished(FinishReason.STOP)


def test_a_reply_as_long_as_it_may_be_was_cut() -> None:
    assert decode("novelai", asked(max_tokens=4), [STREAM])[-1] == Finished(FinishReason.LENGTH)


@pytest.mark.parametrize(
    ("event", "error", "words"),
    [
        ({"error": "out of memory"}, ServerFailed, "out of memory"),
        ({"statusCode": 409, "message": "Not your tier"}, RequestRefused, "Not your tier"),
        ({"statusCode": 500, "message": "Oh no"}, ServerFailed, "Oh no"),
    ],
)
def test_an_error_inside_a_stream_is_one(
    event: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        decode("novelai", asked(), [stream_of({"token": "a", "final": False}, event)])
    with pytest.raises(error, match=words):
        decode("novelai", asked(stream=False), [json.dumps(event).encode()])


def test_likelihoods_come_with_candidates_where_ids_can_be_read() -> None:
    plain = [one for one in decode("novelai", asked(), [STREAM]) if isinstance(one, TokenChosen)]
    assert plain == [TokenChosen(" Hö", -0.5)]
    read = decode("novelai", asked(token_text={5: " Hö", 6: " Ho", 7: "x"}.__getitem__), [STREAM])
    assert read[:2] == [TextDelta(" Hö"), TokenChosen(" Hö", -0.5, ((" Hö", -0.5), (" Ho", -1.5)))]


def test_a_whole_reply_has_likelihoods_only_where_ids_can_be_read() -> None:
    data = json.dumps({"output": " Hö", "logprobs": [LOGPROBS]}).encode()
    assert decode("novelai", asked(stream=False), [data]) == [TextDelta(" Hö"), Finished(FinishReason.STOP)]
    events = decode("novelai", asked(stream=False, token_text=str), [data])
    assert events[1] == TokenChosen("5", -0.5, (("5", -0.5), ("6", -1.5)))


@pytest.mark.parametrize(
    "logprobs",
    [
        7, [], {"chosen": []}, {"chosen": [[]]}, {"chosen": [[[1, 2], [0, 0]]]}, {"chosen": [[["x"], [-1]]]},
        {"chosen": [[[True], [-1]]]}, {"chosen": [[[5], [None, None]]]}, {"chosen": [[[5], [float("inf")]]]},
    ],
)  # fmt: skip
def test_likelihoods_that_are_none_are_left_out(logprobs: object) -> None:
    data = stream_of({"token": "a", "final": True, "logprobs": logprobs})
    assert decode("novelai", asked(token_text=str), [data]) == [TextDelta("a"), Finished(FinishReason.STOP)]


# --- the account


class Scroll(NovelFake):
    tier = 2


class Tablet(NovelFake):
    tier = 1


class Lapsed(NovelFake):
    tier = 0
    account = {"active": False, "expiresAt": 0}


@pytest.mark.parametrize(
    ("make", "model", "context", "longest", "words"),
    [
        (NovelFake, "kayra-v1", 8192, 250, "Opus until 2026-12-31."),
        (NovelFake, "llama-3-erato-v1", 8182, 250, "Opus until"),
        (NovelFake, "clio-v1", 8192, 150, "Opus until"),
        (Scroll, "kayra-v1", 8192, 150, "Scroll until"),
        (Scroll, "llama-3-erato-v1", 8182, 150, "Erato needs Opus."),
        (Tablet, "kayra-v1", 4096, 150, "Tablet until"),
        (Tablet, "clio-v1", 8192, 150, "Tablet until"),
        (Lapsed, "kayra-v1", 2048, 150, "No subscription is active."),
        (NovelFake, GLM, None, None, "Opus until"),
    ],
)
async def test_the_status_says_what_the_subscription_allows(
    make: type[NovelFake], model: str, context: int | None, longest: int | None, words: str
) -> None:
    fake = make()
    async with FakeServer(fake) as server:
        opened = connect("novelai", server.url, key=fake.key, model=model)
        status = await opened.status()
        await opened.aclose()
    assert (status.context_size, status.max_reply) == (context, longest)
    assert status.context_is_limit is (context is not None)
    assert words in status.detail


async def test_a_reply_is_asked_for_no_longer_than_the_subscription_allows() -> None:
    fake = Scroll()
    async with FakeServer(fake) as server:
        opened = connect("novelai", server.url, key=fake.key, model="kayra-v1")
        # Nothing was asked of the account before: it is now, by itself.
        assert text_of(await collect(opened, text_request(max_tokens=900))) == "".join(REPLY)
        await opened.aclose()
    assert fake.generations[0].body["parameters"]["max_length"] == 150


@pytest.mark.parametrize("tokenizer", ["auto", "estimate", "", "nerdstash_v2.model"])
async def test_what_is_missing_without_a_tokenizer_is_said_in_one_sentence(tokenizer: str) -> None:
    fake = NovelFake()
    async with FakeServer(fake) as server:
        for model in ("kayra-v1", GLM):
            opened = connect("novelai", server.url, key=fake.key, model=model, tokenizer=tokenizer)
            detail = (await opened.status()).detail
            await opened.aclose()
            missing = model == "kayra-v1" and tokenizer != "nerdstash_v2.model"
            assert ("stop strings are cut here" in detail) is missing
            assert ("NerdStash v2" in detail) is missing


@pytest.mark.parametrize(
    ("make", "model", "status", "error", "words"),
    [
        (Lapsed, "kayra-v1", 402, RequestRefused, "wants an active subscription"),
        (Scroll, "llama-3-erato-v1", 409, RequestRefused, "does not give this model to your subscription"),
    ],
)
async def test_what_the_account_does_not_have_is_said_plainly(
    make: type[NovelFake], model: str, status: int, error: type[Exception], words: str
) -> None:
    fake = make()
    async with FakeServer(fake) as server:
        opened = connect("novelai", server.url, key=fake.key, model=model)
        with pytest.raises(error, match=words):
            await collect(opened, text_request(max_tokens=99))
        await opened.aclose()


async def test_a_wrong_key_is_told_which_kind_is_wanted() -> None:
    async with FakeServer(NovelFake()) as server:
        opened = connect("novelai", server.url, key="pst-wrong", model="kayra-v1")
        for asking in (opened.status(), collect(opened, text_request())):
            with pytest.raises(AuthFailed, match="refuses the key") as caught:
                await asking
            assert "persistent token" in caught.value.hint
            assert "pst-wrong" not in str(caught.value)
        await opened.aclose()


async def test_models_are_the_three_of_its_own_and_what_the_open_route_lists() -> None:
    fake = NovelFake()
    async with FakeServer(fake) as server:
        opened = connect("novelai", server.url, key=fake.key)
        assert [one.id for one in await opened.models()] == [GLM, "llama-3-erato-v1", "kayra-v1", "clio-v1"]
        await opened.aclose()
    async with FakeServer(routes({})) as server:  # a server that lists nothing
        opened = connect("novelai", server.url, key="k")
        assert (await opened.models())[0].id == GLM
        await opened.aclose()


async def test_glm_answers_like_any_completion() -> None:
    fake = NovelFake()
    async with FakeServer(fake) as server:
        opened = connect("novelai", server.url, key=fake.key, model=GLM)
        for stream in (True, False):
            events = await collect(opened, text_request(max_tokens=99, stream=stream))
            assert text_of(events) == "".join(REPLY)
        await opened.aclose()


async def test_a_server_that_tells_nothing_of_accounts_still_answers() -> None:
    async def handle(seen: Seen, answer: Answer) -> None:
        if seen.path == "/ai/generate-stream":
            await answer.send(200, STREAM, kind="text/event-stream")
        else:
            await answer.send(404, {"statusCode": 404, "message": "Not found"})

    async with FakeServer(handle) as server:
        opened = connect("novelai", server.url, key="k", model="kayra-v1")
        status = await opened.status()
        assert (status.ok, status.context_size, status.max_reply) == (True, 8192, 150)
        assert text_of(await collect(opened, text_request())) == " Hö✨你 ende"
        await opened.aclose()


@pytest.mark.parametrize(
    "payload",
    [None, [], "x", {}, {"tier": "3"}, {"tier": True}, {"tier": None, "active": True}],
)
def test_what_is_no_subscription_is_none(payload: object) -> None:
    assert read_subscription(payload) is None


@pytest.mark.parametrize("ends", [10**30, -(10**30), "x", None, 0])
def test_a_day_that_cannot_be_is_left_out(ends: object) -> None:
    account = read_subscription({"tier": 3, "active": True, "expiresAt": ends, "perks": 4})
    assert str(account) == "Opus."


def test_a_tier_of_tomorrow_has_what_it_says() -> None:
    account = read_subscription({"tier": 9, "active": True, "perks": {"contextTokens": 6000}})
    assert account is not None
    assert (context_of(KAYRA, account), longest_reply(KAYRA, account), account.name) == (6000, 150, "tier 9")
