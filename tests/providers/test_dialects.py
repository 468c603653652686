"""Requests as bodies, recorded replies as events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tavern_tui.core.errors import BadAnswer, ContextOverflow, ServerFailed, StreamBroken, UsageError
from tavern_tui.core.generation import (
    Finished,
    FinishReason,
    GenerationRequest,
    Progress,
    ReasoningDelta,
    TextDelta,
    Usage,
)
from tavern_tui.providers.registry import ROWS
from tests.providers.asking import chat_request, decode, decoder_of, end_of, text_of, text_request
from tests.providers.fakes.recorded import KOBOLD, KOBOLD_STREAMS, LLAMACPP, OOBA, TABBY, reply_bytes

RECORDED = [
    ("llamacpp", LLAMACPP, "completion stream", " things dross the samem look"[:3]),
    ("llamacpp", LLAMACPP, "completion grammar multibyte", " é你好✨"),
    ("koboldcpp", KOBOLD_STREAMS, "stream multibyte", " é你好✨ and then the end of it all."),
    ("koboldcpp", KOBOLD, "stream stop trimmed", " without a cullows"),
    ("koboldcpp", TABBY, "kobold stream", " Hello there, friend"),
    ("generic", LLAMACPP, "v1 completions stream", " the h"),
    ("generic", KOBOLD, "openai completions stream", "p laughenings and"),
    ("ooba", OOBA, "completions stream", 'ps a gold tuiend." Thenew your fel'),
    ("tabby", TABBY, "completions stream", " Hello there, friend"),
    ("custom", LLAMACPP, "chat stream", "On, and"),
    ("custom", KOBOLD, "openai chat stream", "You think the room leans"),
    ("custom", TABBY, "chat stream", " Hello there,"),
]


def request_for(provider: str, **fields: Any) -> GenerationRequest:
    return chat_request(**fields) if ROWS[provider].prompt_kind == "chat" else text_request(**fields)


@pytest.mark.parametrize(("provider", "file", "name", "begins"), RECORDED)
def test_a_recorded_stream_is_read_and_may_be_cut_anywhere(
    provider: str, file: str, name: str, begins: str
) -> None:
    data = reply_bytes(file, name)
    whole = decode(provider, request_for(provider), [data])
    assert text_of(whole).startswith(begins)
    end_of(whole)
    step = max(1, len(data) // 1500)
    for cut in range(0, len(data), step):
        assert decode(provider, request_for(provider), [data[:cut], data[cut:]]) == whole
    assert decode(provider, request_for(provider), (bytes([byte]) for byte in data)) == whole


@pytest.mark.parametrize(
    ("provider", "file", "name", "begins"),
    [
        ("llamacpp", LLAMACPP, "completion", " things dross"),
        ("koboldcpp", KOBOLD, "generate minimal", " room leans"),
        ("koboldcpp", TABBY, "kobold generate", " Hello there, friend"),
        ("generic", KOBOLD, "openai completions", "p laughenings"),
        ("ooba", OOBA, "completions", "ps a gold"),
        ("tabby", TABBY, "completions", " Hello there"),
        ("custom", LLAMACPP, "chat", '"That is over'),
        ("custom", OOBA, "chat", '"L what'),
        ("custom", TABBY, "chat", " Hello there,"),
    ],
)
def test_a_recorded_whole_reply_is_read(provider: str, file: str, name: str, begins: str) -> None:
    events = decode(provider, request_for(provider, stream=False), [reply_bytes(file, name)])
    assert text_of(events).startswith(begins)
    end_of(events)


def test_llamacpp_tells_progress_usage_and_why_it_ended() -> None:
    events = decode("llamacpp", text_request(), [reply_bytes(LLAMACPP, "completion progress")])
    assert events[:2] == [Progress(0, 22), Progress(22, 22)]
    assert events[-2:] == [Usage(22, 3, 0), Finished(FinishReason.LENGTH, "limit")]
    stopped = decode("llamacpp", text_request(), [reply_bytes(LLAMACPP, "completion stop")])
    assert end_of(stopped).reason == FinishReason.STOP
    full = decode("llamacpp", text_request(stream=False), [reply_bytes(LLAMACPP, "context full")])
    assert end_of(full) == Finished(FinishReason.LENGTH, "the context is full")


def test_llamacpp_with_several_replies_goes_on_after_the_first_stop() -> None:
    stream = b"".join(
        b"data: " + json.dumps(one).encode() + b"\n\n"
        for one in (
            {"index": 0, "content": "a", "stop": False},
            {"index": 1, "content": "x", "stop": False},
            {"index": 0, "content": "", "stop": True, "stop_type": "eos"},
            {"index": 1, "content": "y", "stop": False},
            {"index": 1, "content": "", "stop": True, "stop_type": "limit"},
        )
    )
    events = decode("llamacpp", text_request(), [stream])
    assert [event for event in events if isinstance(event, TextDelta)] == [
        TextDelta("a"), TextDelta("x", 1), TextDelta("y", 1),
    ]  # fmt: skip
    assert end_of(events).reason == FinishReason.STOP


def test_koboldcpp_calls_a_stop_length_and_we_do_not() -> None:
    data = reply_bytes(KOBOLD, "stream stop sequence")
    assert end_of(decode("koboldcpp", text_request(stop=(" the",)), [data])).reason == FinishReason.STOP
    assert end_of(decode("koboldcpp", text_request(), [data])).reason == FinishReason.LENGTH


def test_koboldcpp_asked_for_nonsense_answers_null() -> None:
    with pytest.raises(BadAnswer, match="not a reply"):
        decode("koboldcpp", text_request(stream=False), [reply_bytes(KOBOLD, "generate bad types")])


def test_reasoning_and_usage_of_chat_streams() -> None:
    stream = (
        b': OPENROUTER PROCESSING\n\ndata: {"choices":[{"delta":{"role":"assistant","content":null}}]}\n\n'
        b'data: {"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}\n\n'
        b'data: {"choices":[{"index":0,"delta":{"reasoning":" so"}}]}\n\n'
        b'data: {"choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":'
        b'[{"type":"text","text":"!"}]},{"type":"text","text":"Hi"}]}}]}\n\n'
        b'data: {"choices":[{"index":1,"delta":{"content":"other"}}]}\n\n'
        b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
        b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,'
        b'"prompt_tokens_details":{"cached_tokens":1}}}\n\ndata: [DONE]\n\ndata: {"choices":"ignored"}\n\n'
    )
    assert decode("custom", chat_request(), [stream]) == [
        ReasoningDelta("hm"), ReasoningDelta(" so"), ReasoningDelta("!"), TextDelta("Hi"),
        TextDelta("other", 1), Usage(3, 2, 1), Finished(FinishReason.STOP, "stop"),
    ]  # fmt: skip


def test_a_refusal_is_told() -> None:
    stream = b'data: {"choices":[{"delta":{"refusal":"I will not."},"finish_reason":"stop"}]}\n\n'
    assert decode("custom", chat_request(), [stream]) == [Finished(FinishReason.FILTER, "I will not.")]


def test_ollama_lines() -> None:
    stream = (
        '{"model":"m","response":"雨","done":false}\n{"thinking":"hm","response":"","done":false}\n'
        '{"response":"","done":true,"done_reason":"length","prompt_eval_count":5,"eval_count":2}\n'
    ).encode()
    whole = decode("ollama", text_request(model="m"), [stream])
    assert whole == [
        TextDelta("雨"), ReasoningDelta("hm"), Usage(5, 2), Finished(FinishReason.LENGTH, "length"),
    ]  # fmt: skip
    for cut in range(len(stream)):
        assert decode("ollama", text_request(model="m"), [stream[:cut], stream[cut:]]) == whole


CUT_SHORT = [
    ("llamacpp", b'data: {"index":0,"content":" Hi","stop":false}\n\n'),
    ("koboldcpp", b'event: message\ndata: {"token": " Hi", "finish_reason": "null"}\n\n'),
    ("custom", b'data: {"choices":[{"index":0,"delta":{"content":" Hi"}}]}\n\ndata: {"choi'),
    ("ollama", b'{"response":" Hi","done":false}\n{"resp'),
]


@pytest.mark.parametrize(("provider", "data"), CUT_SHORT)
def test_a_stream_without_its_end_gives_its_text_and_then_says_that_it_broke(
    provider: str, data: bytes
) -> None:
    decoder = decoder_of(provider, request_for(provider, model="m"))
    assert list(decoder.feed(data)) == [TextDelta(" Hi")]
    with pytest.raises(StreamBroken, match="the server"):
        list(decoder.close())


@pytest.mark.parametrize(
    "payload",
    [
        {"error": {"message": "out of memory", "code": 500}},
        {"error": "out of memory"},
        {"object": "error", "message": "out of memory"},
        {"detail": "out of memory"},
        {"error": {"message": "out of memory", "trace": None}},
        {
            "error": {"message": "out of memory"},
            "choices": [{"delta": {"content": ""}, "finish_reason": "error"}],
        },
    ],
)
@pytest.mark.parametrize("provider", ["llamacpp", "koboldcpp", "custom", "tabby", "ollama"])
def test_an_error_inside_a_stream_ends_it_with_the_servers_words(
    provider: str, payload: dict[str, Any]
) -> None:
    line = json.dumps(payload).encode()
    data = line + b"\n" if provider == "ollama" else b"data: " + line + b"\n\n"
    with pytest.raises(ServerFailed, match="the server broke off: out of memory"):
        decode(provider, request_for(provider, model="m"), [data])


def test_tabbys_overflow_inside_a_stream_is_an_overflow() -> None:
    event = {"error": {"message": "Prompt is 9000 tokens", "code": "context_length_exceeded"}}
    with pytest.raises(ContextOverflow):
        decode("tabby", text_request(), [b"data: " + json.dumps(event).encode() + b"\r\n\r\n"])


@pytest.mark.parametrize("provider", ["llamacpp", "koboldcpp", "custom", "generic", "ollama"])
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "nothing|not a reply"),
        (b"<!DOCTYPE html><title>Login</title>", "web page"),
        (b"hello", "not a reply"),
        (b"[" * 100_000, "not a reply"),
    ],
)
def test_what_is_no_reply_is_one_sentence(provider: str, stream: bool, body: bytes, said: str) -> None:
    with pytest.raises(BadAnswer, match=said):
        decode(provider, request_for(provider, model="m", stream=stream), [body])


@pytest.mark.parametrize("provider", ["llamacpp", "koboldcpp", "custom", "generic", "ollama"])
@pytest.mark.parametrize(
    "payload",
    [
        {"choices": [None, 5, {"delta": 7, "text": ["x"], "index": "1"}], "usage": 4},
        {"content": 5, "prompt_progress": [], "stop": "yes", "index": None},
        {"token": None, "finish_reason": {}, "response": [], "done": 1},
        {"results": [None, {"text": 4}]},
    ],
)
def test_values_of_the_wrong_kind_are_ignored(provider: str, payload: dict[str, Any]) -> None:
    decoder = decoder_of(provider, request_for(provider, model="m"))
    line = json.dumps(payload).encode()
    events = list(decoder.feed(line + b"\n" if provider == "ollama" else b"data: " + line + b"\n\n"))
    assert text_of(events) == ""


def test_the_whole_reply_of_llamacpp_repeats_a_prefill_and_we_take_it_off() -> None:
    request = chat_request(("user", "Hello"), ("assistant", "The rain"), stream=False)
    events = decode("llamacpp-chat", request, [reply_bytes(LLAMACPP, "chat prefill")])
    assert text_of(events) == " follows"


def test_a_prompt_of_the_other_kind_is_refused() -> None:
    for provider, request in (("llamacpp", chat_request()), ("custom", text_request())):
        dialect = ROWS[provider].dialect
        assert dialect is not None
        with pytest.raises(UsageError, match="prompt"):
            dialect.encode(request, ROWS[provider])
