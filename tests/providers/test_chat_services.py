"""What the chat services are sent and how their replies are read, where no recording says it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tavern_tui.core.chat import Role
from tavern_tui.core.chat_options import ChatOptions, ReplySchema, Tool
from tavern_tui.core.errors import ProviderError, StreamBroken, UsageError
from tavern_tui.core.finish import FinishReason
from tavern_tui.core.generation import (
    Finished,
    GenerationRequest,
    Picture,
    ReasoningDelta,
    Served,
    StreamEvent,
    TextDelta,
    ThoughtSignature,
    ToolCallDelta,
    Usage,
)
from tavern_tui.core.prompt import CalledTool, Cargo, ChatPrompt, PromptMessage, TextPrompt
from tavern_tui.providers.base import PreparedRequest
from tavern_tui.providers.catalogue.rows import SHELVES
from tavern_tui.providers.dialects.chat.claude import family_of
from tavern_tui.providers.registry import ROWS
from tests.providers.asking import chat_request, connect, decode, end_of, text_of

DICE = Tool(name="roll", description="Rolls.", parameters={"type": "object", "properties": {"n": {}}})
SCENE = ReplySchema(name="scene", schema={"type": "object", "properties": {"mood": {"type": "string"}}})
CHAT = [ROWS[id] for place, ids in SHELVES if place.startswith("chat.") for id in ids.split()]
ADDRESSES = {"azure_openai": "https://me.openai.example"}
OPTIONS: dict[str, dict[str, object]] = {
    "azure_openai": {"deployment": "dep"},
    "workers_ai": {"account_id": "acc"},
}


def prepared(source: str, request: GenerationRequest, **fields: Any) -> PreparedRequest:
    fields.setdefault("url", ADDRESSES.get(source, ""))
    fields.setdefault("options", OPTIONS.get(source, {}))
    fields.setdefault("key", "SECRET-KEY")
    return connect(source, fields.pop("url"), **fields).wire(request)


def body_of(source: str, request: GenerationRequest, **fields: Any) -> dict[str, Any]:
    return dict(prepared(source, request, **fields).body)


def asked(model: str = "m", **fields: Any) -> GenerationRequest:
    options = {name: fields.pop(name) for name in list(fields) if name in ChatOptions.__dataclass_fields__}
    return chat_request(model=model, chat=ChatOptions(**options), **fields)


# --- every service


@pytest.mark.parametrize("source", [spec.id for spec in CHAT])
def test_the_key_goes_out_once_and_is_never_shown(source: str) -> None:
    sent = prepared(source, asked(schema=SCENE, tools=(DICE,), web_search=True))
    assert [value for value in sent.headers.values() if "SECRET-KEY" in value] != []
    assert "SECRET-KEY" not in sent.url + sent.body_bytes.decode()
    shown = sent.masked()
    assert "SECRET-KEY" not in str(shown.headers) + shown.url + repr(sent)


@pytest.mark.parametrize("source", [spec.id for spec in CHAT])
def test_a_request_of_nothing_but_messages_has_no_empty_values(source: str) -> None:
    body = body_of(source, asked())
    assert None not in body.values()
    assert len(json.dumps(body)) < 1500
    with pytest.raises(UsageError, match="messages"):
        prepared(source, GenerationRequest(prompt=TextPrompt(text="x"), model="m"))


@pytest.mark.parametrize("source", [spec.id for spec in CHAT])
def test_a_proxy_of_the_users_gets_every_request(source: str) -> None:
    if source == "azure_openai":
        return
    every = {option.id: choice for option in ROWS[source].options for choice in option.choices}
    for options in (OPTIONS.get(source, {}), {**OPTIONS.get(source, {}), **every}):
        if options.get("auth_mode") == "full":
            options = {**options, "auth_mode": "express"}
        sent = prepared(source, asked(), url="http://127.0.0.1:9/p", options=options)
        assert sent.url.startswith("http://127.0.0.1:9/p/")


def test_a_key_in_a_proxys_address_is_in_no_log() -> None:
    sent = prepared("makersuite", asked("gemini-x"), url="https://proxy.example/v1")
    assert sent.url == (
        "https://proxy.example/v1/v1beta/models/gemini-x:streamGenerateContent?key=SECRET-KEY&alt=sse"
    )
    assert "x-goog-api-key" not in sent.headers
    assert sent.masked().url.endswith(":streamGenerateContent?alt=sse")


def test_several_replies_and_tools_are_not_asked_for_together() -> None:
    body = body_of("openai", asked("gpt-4o", tools=(DICE,), samplers={"n": 3}))
    assert body["n"] == 3
    assert "tools" not in body
    body = body_of("groq", asked(tools=(DICE,), samplers={"n": 3}, tool_choice="roll"))
    assert "n" not in body
    assert body["tool_choice"] == {"type": "function", "function": {"name": "roll"}}


def test_what_the_user_adds_to_headers_wins() -> None:
    sent = prepared("claude", asked("claude-opus-5"), extra_headers={"Anthropic-Beta": "mine"})
    assert {value for name, value in sent.headers.items() if name.lower() == "anthropic-beta"} == {"mine"}


def test_an_anonymous_request_has_no_key_of_ours() -> None:
    sent = prepared("pollinations", asked(reasoning_effort="high"), options={"service": "anonymous"})
    assert sent.url.startswith("https://text.pollinations.ai/")
    assert sent.headers["Authorization"] == "Bearer anonymous"
    assert "reasoning_effort" not in sent.body
    again = prepared("pollinations", asked(genkey="a")).body["seed"]
    assert again == prepared("pollinations", asked(genkey="a")).body["seed"]
    assert again != prepared("pollinations", asked(genkey="b")).body["seed"]


@pytest.mark.parametrize(
    ("source", "what"), [("azure_openai", "which deployment"), ("workers_ai", "whose account")]
)
def test_what_an_address_needs_is_asked_for(source: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        prepared(source, asked(), options={})


def test_names_in_addresses_cannot_leave_their_place() -> None:
    sent = prepared("azure_openai", asked(), options={"deployment": "../../x?y#", "api_version": "1&z=2"})
    assert sent.url == (
        "https://me.openai.example/openai/deployments/..%2F..%2Fx%3Fy%23/chat/completions?api-version=1%26z%3D2"
    )
    region = prepared("vertexai", asked("gemini-x"), options={"region": "evil.example/#"})
    assert region.url.startswith("https://evil.example%2F%23-aiplatform.googleapis.com/")


@pytest.mark.parametrize(
    ("source", "sampler", "value", "name", "sent"),
    [
        ("cohere", "top_p", 1.0, "p", 0.99),
        ("cohere", "frequency_penalty", -1.0, "frequency_penalty", 0),
        ("zai", "top_p", 0.0, "top_p", 0.01),
        ("deepseek", "top_p", 0.0, "top_p", 2.220446049250313e-16),
        ("workers_ai", "top_k", 400, "top_k", 50),
        ("workers_ai", "top_k", 0, "top_k", None),
        ("workers_ai", "seed", 0, "seed", None),
        ("chutes", "top_k", 0, "top_k", None),
        ("mistralai", "temperature", 2.0, "temperature", 1.5),
        ("claude", "temperature", 1.7, "temperature", 1),
        ("moonshot", "temperature", 1.7, "temperature", 1),
    ],
)
def test_values_a_service_refuses_are_brought_into_its_range(
    source: str, sampler: str, value: float, name: str, sent: float | None
) -> None:
    body = body_of(source, asked("claude-3-5-x" if source == "claude" else "m", samplers={sampler: value}))
    assert body.get(name) == sent


def test_a_router_knows_that_claude_is_never_that_hot() -> None:
    hot = {"temperature": 1.8}
    assert body_of("openrouter", asked("anthropic/claude-opus-4.5", samplers=hot))["temperature"] == 1
    assert body_of("openrouter", asked("meta/llama", samplers=hot))["temperature"] == 1.8


def test_a_length_beyond_a_models_is_cut() -> None:
    assert body_of("minimax", asked("M2-her", max_tokens=9000))["max_tokens"] == 2048
    assert body_of("minimax", asked("MiniMax-M2", max_tokens=9000))["max_tokens"] == 9000


def test_deepseek_is_shown_a_schema_in_the_users_last_words() -> None:
    messages = body_of("deepseek", asked(schema=SCENE))["messages"]
    assert [message["role"] for message in messages] == ["user"]
    assert messages[0]["content"].startswith("Hi\n\nJSON schema for the response:\n{\n    ")


# --- Claude


@pytest.mark.parametrize("model", ["claude-opus-6", "claude-haiku-5-5", "something-else"])
def test_a_claude_newer_than_our_table_is_taken_for_one_of_the_newest(model: str) -> None:
    family = family_of(model)
    assert (family.samplers, family.prefill, family.thinking) == ("none", False, "adaptive")


def test_old_claudes_neither_search_nor_think() -> None:
    body = body_of("claude", asked("claude-3-opus-20240229", web_search=True, reasoning_effort="high"))
    assert not {"tools", "thinking"} & body.keys()


def test_claude_caches_where_the_connection_says() -> None:
    turns = [("system", "S1"), ("system", "S2"), ("user", "U1"), ("assistant", "A"), ("user", "U2")]
    options = {"cache_system": True, "cache_depth": 0, "cache_long": True}
    request = chat_request(
        *turns,
        model="claude-opus-5",
        chat=ChatOptions(use_sysprompt=True, tools=(DICE,), show_thoughts=False),
    )
    sent = prepared("claude", request, options=options)
    body: dict[str, Any] = dict(sent.body)
    mark = {"type": "ephemeral", "ttl": "1h"}
    assert [block.get("cache_control") for block in body["system"]] == [None, mark]
    assert body["tools"][-1]["cache_control"] == mark
    assert [one["content"][-1].get("cache_control") for one in body["messages"]] == [mark, None, mark]
    assert sent.headers["anthropic-beta"].endswith("prompt-caching-2024-07-31,extended-cache-ttl-2025-04-11")


def test_adaptive_thinking_is_a_choice_for_the_models_that_have_both() -> None:
    request = asked("claude-opus-4-6", reasoning_effort="high", samplers={"top_p": 0.5, "top_k": 9})
    body = body_of("claude", request, options={"adaptive_thinking": True})
    assert body["thinking"] == {"type": "adaptive"}
    assert body["output_config"] == {"effort": "high"}
    assert not {"temperature", "top_p", "top_k"} & body.keys()
    assert body_of("claude", request)["thinking"]["type"] == "enabled"


def test_blank_stop_strings_are_not_sent_to_claude() -> None:
    assert body_of("claude", asked(stop=("\n", "User:")))["stop_sequences"] == ["User:"]


CLAUDE_WHOLE = {
    "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": "SEAL"},
        {"type": "text", "text": "Rolling."},
        {"type": "tool_use", "id": "t1", "name": "roll", "input": {"n": 6}},
    ],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 5, "cache_read_input_tokens": 20, "output_tokens": 7},
}


def test_a_whole_reply_of_claudes() -> None:
    events = decode("claude", asked(stream=False), [json.dumps(CLAUDE_WHOLE).encode()])
    assert events == [
        ReasoningDelta("Hm."),
        ThoughtSignature("SEAL"),
        TextDelta("Rolling."),
        ToolCallDelta(call=0, id="t1", name="roll"),
        ThoughtSignature("SEAL", "t1"),
        ToolCallDelta(call=0, arguments='{"n": 6}'),
        Usage(prompt_tokens=25, completion_tokens=7, cached_tokens=20),
        Finished(FinishReason.TOOL, "tool_use"),
    ]


def test_a_reply_to_a_schema_is_text_although_it_comes_as_a_call() -> None:
    reply = {"content": [{"type": "tool_use", "id": "t", "name": "scene", "input": {"mood": "dark"}}]}
    events = decode("claude", asked(stream=False, schema=SCENE), [json.dumps(reply).encode()])
    assert json.loads(text_of(events)) == {"mood": "dark"}
    assert end_of(events).reason is FinishReason.STOP


def sse(*payloads: object) -> bytes:
    return b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in payloads)


def claude_delta(kind: str, **fields: str) -> dict[str, object]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": kind, **fields}}


def test_a_refusal_of_claudes_says_why() -> None:
    stopped = {"stop_reason": "refusal", "stop_details": {"category": "cyber"}}
    events = decode("claude", asked(), [sse({"type": "message_delta", "delta": stopped})])
    assert end_of(events) == Finished(FinishReason.FILTER, "cyber")


def test_an_error_in_claudes_stream_is_told_after_what_came() -> None:
    stream = sse(
        claude_delta("text_delta", text="Once"),
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
    )
    with pytest.raises(ProviderError, match="Overloaded"):
        decode("claude", asked(), [stream])


@pytest.mark.parametrize("source", ["claude", "makersuite", "cohere", "openrouter"])
def test_a_stream_without_an_end_is_said_to_be_broken(source: str) -> None:
    pieces = {
        "claude": claude_delta("text_delta", text="Once"),
        "makersuite": {"candidates": [{"content": {"parts": [{"text": "Once"}]}}]},
        "cohere": {"type": "content-delta", "delta": {"message": {"content": {"text": "Once"}}}},
        "openrouter": {"choices": [{"delta": {"content": "Once"}}]},
    }
    with pytest.raises(StreamBroken):
        decode(source, asked(), [sse(pieces[source])])


ODD = [
    {},
    {"type": "content_block_delta", "index": "x", "delta": {"type": "input_json_delta", "partial_json": "{"}},
    {"type": "content_block_start", "content_block": [1]},
    {"candidates": [None, 3]},
    {"candidates": [{"content": {"parts": [7, {"functionCall": "x"}, {"inlineData": {"data": 5}}]}}]},
    {"choices": [{"delta": {"tool_calls": [None, {"function": 3}], "images": [{"image_url": "x"}]}}]},
    {"choices": [{"delta": {"reasoning_details": [{"type": "reasoning.encrypted", "data": 1}]}}]},
    {"type": "tool-call-delta", "delta": {"message": {"tool_calls": []}}},
    {"type": "message-end", "delta": {"usage": {"tokens": {"input_tokens": "many"}}}},
]


@pytest.mark.parametrize("source", ["claude", "makersuite", "cohere", "openrouter", "mistralai"])
@pytest.mark.parametrize("odd", ODD)
def test_pieces_of_an_odd_shape_are_passed_over(source: str, odd: dict[str, object]) -> None:
    for stream in (True, False):
        data = sse(odd) + b"data: [DONE]\n\n" if stream else json.dumps(odd).encode()
        try:
            events = decode(source, asked(stream=stream), [data])
        except ProviderError:
            continue
        assert text_of(events) == ""


# --- Google


def test_gemma_gets_neither_instructions_nor_functions() -> None:
    turns = [("system", "Main."), ("user", "Hi")]
    request = chat_request(
        *turns, model="gemma-3-27b-it", chat=ChatOptions(use_sysprompt=True, tools=(DICE,))
    )
    body = body_of("makersuite", request)
    assert not {"systemInstruction", "tools", "toolConfig"} & body.keys()


def test_pictures_are_asked_for_from_models_that_draw() -> None:
    request = asked("gemini-3-pro-image", request_images=True, image_size="2K", web_search=True)
    body = body_of("makersuite", request)
    assert body["generationConfig"]["responseModalities"] == ["text", "image"]
    assert body["generationConfig"]["imageConfig"] == {"imageSize": "2K"}
    assert "tools" not in body
    plain = body_of("makersuite", asked("gemini-2.5-pro", request_images=True))
    assert "responseModalities" not in plain["generationConfig"]


def test_a_tool_without_arguments_and_one_that_must_be_called() -> None:
    bare = Tool(name="look", parameters={"type": "object", "properties": {}})
    body = body_of("makersuite", asked("gemini-x", tools=(bare,), tool_choice="look"))
    assert body["tools"] == [{"function_declarations": [{"name": "look", "description": ""}]}]
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["look"]}}


def test_stop_strings_google_refuses_are_left_out() -> None:
    stops = ("a" * 17, *(f"s{number}" for number in range(9)))
    assert body_of("makersuite", asked("gemini-x", stop=stops))["generationConfig"]["stopSequences"] == [
        "s0", "s1", "s2", "s3", "s4",
    ]  # fmt: skip


def google(*parts: object, **more: object) -> dict[str, object]:
    return {"candidates": [{"content": {"parts": list(parts), "role": "model"}, **more}]}


@pytest.mark.parametrize("stream", [True, False])
def test_a_reply_of_geminis_with_everything_in_it(stream: bool) -> None:
    reply = google(
        {"text": "Plan.", "thought": True},
        {"text": "A"},
        {"text": "B", "thoughtSignature": "SIG"},
        {"inlineData": {"mimeType": "image/png", "data": "QUJD"}},
        {"functionCall": {"name": "roll", "args": {"n": 6}}, "thoughtSignature": "TS"},
        finishReason="STOP",
    ) | {"usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": 2, "thoughtsTokenCount": 3}}
    events = decode(
        "makersuite", asked(stream=stream), [sse(reply) if stream else json.dumps(reply).encode()]
    )
    assert events == [
        ReasoningDelta("Plan."),
        TextDelta("A"),
        TextDelta("B"),
        ThoughtSignature("SIG"),
        Picture("data:image/png;base64,QUJD"),
        ToolCallDelta(call=0, id="call_0_roll", name="roll", arguments='{"n": 6}'),
        ThoughtSignature("TS", "call_0_roll"),
        Usage(prompt_tokens=4, completion_tokens=5),
        Finished(FinishReason.TOOL, "STOP"),
    ]


@pytest.mark.parametrize(
    "reply",
    [
        {"promptFeedback": {"blockReason": "SAFETY"}},
        {"candidates": [{"finishReason": "SAFETY"}]},
        google({"text": ""}, finishReason="SAFETY"),
    ],
)
def test_what_google_filters_is_said(reply: dict[str, object]) -> None:
    assert end_of(decode("makersuite", asked(), [sse(reply)])) == Finished(FinishReason.FILTER, "SAFETY")


def test_a_call_google_could_not_write_is_a_failure() -> None:
    with pytest.raises(StreamBroken, match="MALFORMED_FUNCTION_CALL"):
        decode("makersuite", asked(), [sse(google(finishReason="MALFORMED_FUNCTION_CALL"))])


# --- OpenAI's form


def test_calls_whose_names_are_repeated_are_named_once() -> None:
    def piece(arguments: str) -> dict[str, object]:
        call = {
            "index": 0,
            "id": "c1",
            "type": "function",
            "function": {"name": "roll", "arguments": arguments},
        }
        return {"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}

    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
    events = decode("openai", asked(), [sse(piece('{"n":'), piece("6}"), end)])
    calls = [event for event in events if isinstance(event, ToolCallDelta)]
    assert "".join(call.id for call in calls) == "c1"
    assert "".join(call.name for call in calls) == "roll"
    assert "".join(call.arguments for call in calls) == '{"n":6}'
    assert end_of(events).reason is FinishReason.TOOL


def test_openrouter_says_who_answered_and_what_was_drawn() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}
    first = {
        "provider": "Groq",
        "model": "m-1",
        "choices": [{"delta": {"content": "Hi", "images": [picture]}}],
    }
    events = decode("openrouter", asked(), [sse(first) + b"data: [DONE]\n\n"])
    assert Served("m-1", "Groq") in events
    assert Picture("data:image/png;base64,QUJD") in events


def test_an_error_in_a_choice_of_openrouters_is_an_error() -> None:
    failed = {"choices": [{"delta": {"content": ""}, "error": {"code": 502, "message": "Upstream is down"}}]}
    with pytest.raises(ProviderError, match="Upstream is down"):
        decode("openrouter", asked(), [sse(failed)])


def test_cached_tokens_of_deepseek() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 8}
    stream = sse({"choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}], "usage": usage})
    assert Usage(9, 2, 8) in decode("deepseek", asked(), [stream])


def test_a_services_seal_goes_to_nobody_else() -> None:
    sealed = PromptMessage(
        role=Role.ASSISTANT,
        content="Hm.",
        cargo=Cargo(calls=(CalledTool(id="c", name="roll", signature="SEAL"),), signature="SEAL"),
    )
    request = GenerationRequest(prompt=ChatPrompt(messages=(sealed,)), model="m")
    assert "SEAL" not in prepared("groq", request).body_bytes.decode()
    assert "SEAL" in prepared("openrouter", request).body_bytes.decode()


# --- Cohere


def test_a_whole_reply_of_coheres() -> None:
    reply = {
        "message": {
            "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Hi"}],
            "tool_calls": [{"id": "c", "function": {"name": "roll", "arguments": "{}"}}],
        },
        "finish_reason": "TOOL_CALL",
        "usage": {"tokens": {"input_tokens": 12.0, "output_tokens": 3.0}},
    }
    events: list[StreamEvent] = decode("cohere", asked(stream=False), [json.dumps(reply).encode()])
    assert events == [
        ReasoningDelta("Hm."),
        TextDelta("Hi"),
        ToolCallDelta(call=0, id="c", name="roll", arguments="{}"),
        Usage(prompt_tokens=12, completion_tokens=3),
        Finished(FinishReason.TOOL, "TOOL_CALL"),
    ]


# --- thoughts that led to calls


def in_a_round(seal: str = "", thoughts: str = "", source: str = "claude", **fields: Any) -> dict[str, Any]:
    """The body of the request that brings a tool's result."""
    call = CalledTool(id="t1", name="roll", signature=seal)
    messages = (
        PromptMessage(role=Role.USER, content="Roll."),
        PromptMessage(role=Role.ASSISTANT, content="I roll."),
        PromptMessage(role=Role.ASSISTANT, content="", cargo=Cargo(calls=(call,), thoughts=thoughts)),
        PromptMessage(role=Role.USER, content="4", cargo=Cargo(answers="t1")),
    )
    fields = {"model": "claude-sonnet-4-5", "tools": (DICE,), "reasoning_effort": "low", **fields}
    return body_of(source, replace(asked(**fields), prompt=ChatPrompt(messages=messages)))


def test_claude_gets_its_sealed_thoughts_back_before_its_calls() -> None:
    body = in_a_round("SEAL", " A die.\n")
    _, said, result = body["messages"]
    assert body["thinking"]["type"] == "enabled"
    assert [block["type"] for block in said["content"]] == ["thinking", "text", "tool_use"]
    assert said["content"][0] == {"type": "thinking", "thinking": " A die.\n", "signature": "SEAL"}
    assert result["content"][0]["type"] == "tool_result"


def test_without_its_seal_claude_goes_on_from_calls_without_a_budget() -> None:
    body = in_a_round("", "A die.")
    assert "thinking" not in body
    assert "thinking" not in str(body["messages"])
    assert in_a_round("", "A die.", model="claude-opus-4-7")["thinking"]["type"] == "adaptive"


def test_claude_that_does_not_think_is_told_no_thoughts() -> None:
    assert "thinking" not in str(in_a_round("SEAL", "A die.", reasoning_effort="auto")["messages"])
    assert "thinking" not in str(in_a_round("SEAL", "A die.", tools=())["messages"])


THINKING = [
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Die."}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "SEAL"}},
]
CALLS = [
    {
        "type": "content_block_start",
        "index": place,
        "content_block": {"type": "tool_use", "id": f"t{place}", "name": "roll", "input": {}},
    }
    for place in (8, 9)
]
HIDDEN = {"type": "content_block_start", "index": 5, "content_block": {"type": "redacted_thinking"}}
STOP = {"type": "message_delta", "delta": {"stop_reason": "tool_use"}}


@pytest.mark.parametrize(
    ("pieces", "sealed"),
    [
        (THINKING + CALLS, ["t8"]),
        (CALLS, []),
        ([*THINKING, HIDDEN, *CALLS], []),
        (THINKING + THINKING + CALLS, []),
    ],
)
def test_a_seal_of_claudes_stays_with_the_first_call_where_it_fits(pieces: Any, sealed: list[str]) -> None:
    stream = "".join(f"data: {json.dumps(piece)}\n\n" for piece in [*pieces, STOP])
    events = decode("claude", asked(), [stream.encode()])
    assert [one.call for one in events if isinstance(one, ThoughtSignature) and one.call] == sealed


def test_deepseek_gets_the_thoughts_behind_calls_and_others_do_not() -> None:
    assert in_a_round("", "A die.", "deepseek", model="m")["messages"][-2]["reasoning_content"] == "A die."
    for source in [spec.id for spec in CHAT if spec.id not in ("claude", "deepseek")]:
        assert "A die." not in str(in_a_round("SEAL", "A die.", source, model="m"))


ROUNDS = [
    ("Roll.", ""), ("I roll.", "one"), ("", ""), ("Again.", ""), ("", "two"), ("", ""), ("", "three"),
]  # fmt: skip
"""What the user says, and what was thought before the calls between."""


def rounds(source: str, mode: str, *, show: bool = True) -> list[object]:
    messages: list[PromptMessage] = []
    for number, (said, thoughts) in enumerate(ROUNDS):
        call = CalledTool(id=f"t{number}", name="roll")
        if said:
            messages.append(PromptMessage(role=Role.USER, content=said))
        carried = Cargo(calls=(call,), thoughts=thoughts)
        messages.append(PromptMessage(role=Role.ASSISTANT, content="", cargo=carried))
        messages.append(PromptMessage(role=Role.USER, content="4", cargo=Cargo(answers=call.id)))
    request = asked(tools=(DICE,), tool_thoughts=mode, show_thoughts=show)
    body = body_of(source, replace(request, prompt=ChatPrompt(messages=tuple(messages))))
    assert "thoughts" not in str(body)
    return [one.get("reasoning") for one in body["messages"] if one.get("tool_calls")]


@pytest.mark.parametrize("source", ["custom", "openrouter"])
def test_thoughts_behind_calls_go_back_as_the_preset_says(source: str) -> None:
    before: list[object] = [None, None, None]
    assert rounds(source, "active_chain") == [*before, None, "two", None, "three"]
    assert rounds(source, "since_last_user") == [*before, None, "two", "two", "three"]
    assert rounds(source, "disabled") == [None] * 7
    assert rounds(source, "active_chain", show=False) == [None] * 7
    assert rounds("groq", "since_last_user") == [None] * 7


# --- replies in odd forms


def streamed(*pieces: object) -> bytes:
    return "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces).encode()


def delta(**fields: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": fields}]}


END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


@pytest.mark.parametrize("source", ["openai", "minimax", "makersuite", "claude", "cohere"])
@pytest.mark.parametrize("stream", [True, False])
def test_an_error_that_is_said_with_status_200_is_told(source: str, stream: bool) -> None:
    error: dict[str, object] = {"error": {"message": "It is Monday.", "code": 400}}
    for said in (error, [error]):
        for body in (json.dumps(said, indent=1).encode(), streamed(said)):
            if stream or not body.startswith(b"data"):
                with pytest.raises(ProviderError, match="It is Monday"):
                    decode(source, asked(stream=stream), [body])


@pytest.mark.parametrize("stream", [True, False])
def test_minimax_says_in_the_reply_what_went_wrong(stream: bool) -> None:
    failed = {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}
    with pytest.raises(ProviderError, match="insufficient balance"):
        decode("minimax", asked(stream=stream), [streamed(failed) if stream else json.dumps(failed).encode()])
    good = {**END, "base_resp": {"status_code": 0, "status_msg": ""}}
    assert text_of(decode("minimax", asked(), [streamed(delta(content="Hi"), good)])) == "Hi"


def test_a_server_that_cannot_stream_is_heard_all_the_same() -> None:
    whole = {"choices": [{"message": {"content": "Hello."}, "finish_reason": "length"}]}
    events = decode("custom", asked(), [json.dumps(whole, indent=2).encode()])
    assert text_of(events) == "Hello."
    assert end_of(events).reason is FinishReason.LENGTH
    assert text_of(decode("claude", asked(), [json.dumps(CLAUDE_WHOLE).encode()])) == "Rolling."


@pytest.mark.parametrize(
    "body", [b"", b"  \n", b"[]", b"5", b"<html><title>Sorry</title>", b'{"a": 1}', b"\xff"]
)
@pytest.mark.parametrize("source", [spec.id for spec in CHAT])
@pytest.mark.parametrize("stream", [True, False])
def test_what_is_no_reply_is_said_to_be_none(source: str, body: bytes, stream: bool) -> None:
    with pytest.raises(ProviderError, match="answered with"):
        decode(source, asked(stream=stream), [body])


def made_calls(*pieces: dict[str, object]) -> dict[int, list[str]]:
    made: dict[int, list[str]] = {}
    for event in decode("custom", asked(), [streamed(*pieces, END)]):
        if isinstance(event, ToolCallDelta):
            parts = made.setdefault(event.call, ["", "", ""])
            for at, text in enumerate((event.id, event.name, event.arguments)):
                parts[at] += text
    return made


def a_call(arguments: str, **fields: object) -> dict[str, object]:
    return delta(tool_calls=[{"function": {"name": "roll", "arguments": arguments}, **fields}])


def test_calls_that_are_not_numbered_are_told_apart_by_their_ids() -> None:
    bare = delta(tool_calls=[{"function": {"arguments": "2}"}}])
    assert made_calls(a_call('{"n": 1}', id="a"), a_call('{"n": ', id="b"), bare) == {
        0: ["a", "roll", '{"n": 1}'],
        1: ["b", "roll", '{"n": 2}'],
    }
    again = a_call("1}", id="a", index=0)
    assert made_calls(a_call('{"n": ', id="a", index=0), again) == {0: ["a", "roll", '{"n": 1}']}


def test_words_may_stand_in_the_message_beside_an_empty_delta() -> None:
    piece = {"choices": [{"index": 0, "delta": {"role": "assistant"}, "message": {"content": "Hi"}}]}
    assert text_of(decode("custom", asked(), [streamed(piece, END)])) == "Hi"


def test_claude_that_must_use_the_tool_of_a_schema_has_no_budget_for_thinking() -> None:
    body = body_of("claude", asked("claude-sonnet-4-5", schema=SCENE, reasoning_effort="high"))
    assert body["tool_choice"] == {"type": "tool", "name": "scene"}
    assert "thinking" not in body


def test_a_deployment_on_azure_tells_its_family_where_no_model_is_named() -> None:
    body = body_of("azure_openai", asked("", samplers={"temperature": 1.0}), options={"deployment": "gpt-5"})
    assert "max_completion_tokens" in body
    assert not body.keys() & {"model", "max_tokens", "temperature"}
    named = body_of("azure_openai", asked("gpt-4o"), options={"deployment": "gpt-5"})
    assert "max_tokens" in named
