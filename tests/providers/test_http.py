"""The one HTTP client: statuses, broken streams, retries, redirects, secrets, cancelling."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest

from tavern_tui.core.errors import (
    AuthFailed,
    BadAnswer,
    ConnectionFailed,
    ContextOverflow,
    NotFound,
    ProviderError,
    RateLimited,
    RequestRefused,
    ServerBusy,
    ServerFailed,
    StreamBroken,
)
from tavern_tui.core.generation import TextDelta
from tavern_tui.providers.wirelog import WireLog, WireRecord
from tests.providers.asking import chat_request, collect, connect, end_of, text_of, text_request
from tests.providers.fakes.recorded import (
    KOBOLD,
    KOBOLD_PASSWORD,
    LLAMACPP,
    OOBA,
    TABBY,
    TABBY_EMPTY,
    exchange,
    reply_bytes,
)
from tests.providers.fakes.server import Answer, FakeServer, Handler, Seen, nobody, streams

KEY = "sk-very-secret-1234"
HI = b'data: {"index":0,"content":" Hi","stop":false}\n\n'
END = b'data: {"index":0,"content":"","stop":true,"stop_type":"eos"}\n\n'


def answers(status: int, body: bytes | object, *, kind: str = "application/json", **headers: str) -> Handler:
    async def handle(seen: Seen, answer: Answer) -> None:
        await answer.send(status, body, kind=kind, **headers)

    return handle


async def failure(provider: str, handler: Handler, **fields: Any) -> ProviderError:
    """The error a reply from this server ends with."""
    async with FakeServer(handler) as server:
        opened = connect(provider, server.url, key=KEY, **fields)
        request = chat_request() if opened.spec.prompt_kind == "chat" else text_request()
        try:
            with pytest.raises(ProviderError) as error:
                await collect(opened, request)
        finally:
            await opened.aclose()
        assert f"127.0.0.1:{server.port}" in str(error.value)
        assert opened.spec.title in str(error.value)
    assert KEY not in str(error.value) + error.value.hint + repr(error.value)
    assert "\n" not in str(error.value)
    return error.value


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (401, {"detail": "Invalid API key"}, AuthFailed, "Invalid API key"),
        (403, {"error": {"message": "not in your region"}}, AuthFailed, "not in your region"),
        (402, {"error": {"message": "no credit"}}, RequestRefused, "no credit"),
        (404, {"error": {"message": "File Not Found", "type": "x"}}, NotFound, "File Not Found"),
        (400, {"error": {"message": "bad field"}}, RequestRefused, "HTTP 400.*bad field"),
        (422, {"detail": [{"loc": ["body", "max_tokens"], "msg": "not a number", "type": "x"}]},
         RequestRefused, "max_tokens: not a number"),
        (422, {"detail": {"prompt": ["is missing"]}}, RequestRefused, "is missing"),
        (429, {"error": "slow down"}, RateLimited, "slow down"),
        (429, {"error": {"message": "insufficient_quota"}}, RateLimited, "no credit"),
        (500, {"detail": {"msg": "Error parsing input.", "type": "bad_input"}}, ServerFailed,
         "HTTP 500.*Error parsing input"),
        (503, {"error": {"code": 503, "message": "Loading model"}}, ServerBusy, "still loading"),
        (503, {"detail": {"msg": "Server is busy", "type": "service_unavailable"}}, ServerBusy, "busy"),
        (503, {"error": {"message": "no capacity"}}, ServerFailed, "cannot answer now"),
        (503, {"detail": "No models are currently loaded."}, RequestRefused, "has no model loaded"),
        (418, {"message": "teapot", "rc": "X"}, RequestRefused, "teapot"),
        (400, {"statusCode": 400, "message": "nope"}, RequestRefused, "nope"),
        (400, {"code": "x", "error": "a word"}, RequestRefused, "a word"),
        (500, b"", ServerFailed, "HTTP 500"),
        (502, b"<html><head><title>Bad gateway</title></head>" + b"x" * 9999, ServerFailed, "Bad gateway"),
        (500, b"\x1b[31mred\x1b[0m\r\nwords \xff", ServerFailed, "red"),
        (400, {"error": {"message": "This model's maximum context length is 4096 tokens"}},
         ContextOverflow, "too long"),
        (500, {"error": {"message": f"your key {KEY} is bad"}}, ServerFailed, r"your key \[key\]"),
    ],
)  # fmt: skip
async def test_a_refusal_is_one_sentence_that_names_the_server(
    status: int, body: bytes | object, kind: type[ProviderError], says: str
) -> None:
    error = await failure("custom", answers(status, body))
    assert type(error) is kind
    assert error.hint
    with pytest.raises(kind, match=says):
        raise error
    assert "\x1b" not in str(error)


@pytest.mark.parametrize(
    ("provider", "file", "name", "kind"),
    [
        ("llamacpp", LLAMACPP, "too long stream", ContextOverflow),
        ("llamacpp", LLAMACPP, "bad grammar", RequestRefused),
        ("koboldcpp", KOBOLD_PASSWORD, "wrong key: /api/extra/generate/stream", AuthFailed),
        ("koboldcpp", KOBOLD, "generate bad json", ServerFailed),
        ("tabby", TABBY, "wrong key", AuthFailed),
        ("tabby", TABBY_EMPTY, "completions stream", RequestRefused),
        ("ooba", OOBA, "completions bad types", RequestRefused),
        ("ooba", OOBA, "completions no prompt", ServerFailed),
    ],
)
async def test_recorded_refusals(provider: str, file: str, name: str, kind: type[ProviderError]) -> None:
    response = exchange(file, name)["response"]
    error = await failure(provider, answers(response["status"], reply_bytes(file, name)))
    assert type(error) is kind


async def test_an_overflow_carries_both_numbers() -> None:
    error = await failure("llamacpp", answers(400, reply_bytes(LLAMACPP, "too long")))
    assert isinstance(error, ContextOverflow)
    assert (error.prompt_tokens, error.context_size) == (18002, 4096)


async def test_a_rate_limit_tells_how_long() -> None:
    error = await failure("custom", answers(429, {"error": "slow down"}, retry_after="42"))
    assert isinstance(error, RateLimited)
    assert error.retry_after == 42
    assert "42" in error.hint


async def test_nobody_there() -> None:
    with nobody() as port:
        provider = connect("llamacpp", f"127.0.0.1:{port}")
        with pytest.raises(ConnectionFailed, match=rf"llama\.cpp at 127\.0\.0\.1:{port} .*nothing listens"):
            await collect(provider, text_request())
        await provider.aclose()


async def test_a_host_that_does_not_exist() -> None:
    provider = connect("llamacpp", "http://no-such-host.invalid:1")
    with pytest.raises(ConnectionFailed, match=r"no-such-host\.invalid:1"):
        await collect(provider, text_request())
    await provider.aclose()


async def test_what_does_not_speak_http() -> None:
    async def ssh(seen: Seen, answer: Answer) -> None:
        await answer.raw(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")

    assert type(await failure("llamacpp", ssh)) is BadAnswer


async def test_a_redirect_is_not_followed_and_the_key_stays_here() -> None:
    async with FakeServer(answers(200, {})) as other:
        for status in (301, 302, 307, 308):
            error = await failure("custom", answers(status, b"", location=f"{other.url}/login"))
            assert isinstance(error, NotFound)
            assert f"127.0.0.1:{other.port}" in str(error)
        assert other.requests == []


async def test_a_web_page_instead_of_a_stream() -> None:
    page = b"<!doctype html><html><title>Router login</title></html>"
    assert type(await failure("llamacpp", answers(200, page, kind="text/html"))) is BadAnswer


async def test_a_cut_stream_keeps_its_text_and_says_that_it_broke() -> None:
    async def cut(seen: Seen, answer: Answer) -> None:
        await answer.start(200, transfer_encoding="chunked")
        await answer.chunk(HI + 'data: {"index":0,"content":"雨'.encode()[:-1])

    async with FakeServer(cut) as server:
        provider = connect("llamacpp", server.url)
        events = provider.stream(text_request())
        assert await anext(events) == TextDelta(" Hi")
        with pytest.raises(StreamBroken, match=rf"llama\.cpp at 127\.0\.0\.1:{server.port} broke off"):
            await anext(events)
        await provider.aclose()


async def test_ooba_without_a_model_breaks_off() -> None:
    async def nothing(seen: Seen, answer: Answer) -> None:
        await answer.start(200, transfer_encoding="chunked")

    assert type(await failure("ooba", nothing)) is StreamBroken


async def test_a_reply_in_the_other_form_than_asked_for_is_read() -> None:
    whole = {"choices": [{"text": "Hello", "index": 0, "finish_reason": "stop"}]}
    async with FakeServer(answers(200, whole)) as server:
        provider = connect("generic", server.url)
        assert text_of(await collect(provider, text_request())) == "Hello"
        await provider.aclose()
    async with FakeServer(streams(HI + END)) as server:
        provider = connect("llamacpp", server.url)
        assert text_of(await collect(provider, text_request(stream=False))) == " Hi"
        await provider.aclose()


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_asks_for_a_moment_is_asked_again(status: int) -> None:
    async def busy_once(seen: Seen, answer: Answer) -> None:
        if len(server.requests) < 2:
            await answer.send(status, {"error": "busy"}, retry_after="0")
        else:
            await streams(HI + END)(seen, answer)

    async with FakeServer(busy_once) as server:
        provider = connect("llamacpp", server.url)
        assert text_of(await collect(provider, text_request())) == " Hi"
        assert server.requests[0].body == server.requests[1].body
        await provider.aclose()


@pytest.mark.parametrize(
    ("status", "headers"), [(500, {}), (429, {}), (429, {"retry_after": "60"}), (401, {})]
)
async def test_other_refusals_are_final(status: int, headers: dict[str, str]) -> None:
    async with FakeServer(answers(status, {"error": "no"}, **headers)) as server:
        provider = connect("llamacpp", server.url)
        with pytest.raises(ProviderError):
            await collect(provider, text_request())
        assert len(server.requests) == 1
        await provider.aclose()


async def test_a_connection_that_is_hung_up_before_the_answer_is_tried_again() -> None:
    async def hang_up_once(seen: Seen, answer: Answer) -> None:
        if len(server.requests) > 1:
            await streams(HI + END)(seen, answer)

    async with FakeServer(hang_up_once) as server:
        provider = connect("llamacpp", server.url)
        assert text_of(await collect(provider, text_request())) == " Hi"
        await provider.aclose()


async def test_nothing_is_tried_again_after_the_first_byte() -> None:
    async def half(seen: Seen, answer: Answer) -> None:
        await answer.start(200, transfer_encoding="chunked")
        await answer.chunk(HI)

    async with FakeServer(half) as server:
        provider = connect("llamacpp", server.url)
        with pytest.raises(StreamBroken):
            await collect(provider, text_request())
        assert len(server.requests) == 1
        await provider.aclose()


async def test_the_bytes_that_go_out_are_the_bytes_of_wire() -> None:
    async with FakeServer(streams(HI + END)) as server:
        provider = connect("llamacpp", server.url, key=KEY, extra_headers={"X-Mine": "1"})
        request = text_request('雨 ✨ "quoted"\n', samplers={"temperature": 0.7}, stop=("\nA:",))
        prepared = provider.wire(request)
        await collect(provider, request)
        (seen,) = server.requests
        assert seen.body == prepared.body_bytes
        assert (seen.method, server.url + seen.path) == (prepared.method, prepared.url)
        sent = {name.lower(): value for name, value in prepared.headers.items()}
        assert sent.items() <= seen.headers.items()
        assert seen.headers.keys() - sent.keys() <= {"host", "connection", "content-length"}
        await provider.aclose()


async def endless(seen: Seen, answer: Answer) -> None:
    await answer.start(200, transfer_encoding="chunked")
    await answer.chunk(HI)
    await seen.gone.wait()


async def test_closing_the_generator_closes_the_socket_at_once() -> None:
    async with FakeServer(endless) as server:
        provider = connect("llamacpp", server.url)
        async with aclosing(provider.stream(text_request())) as events:
            assert await anext(events) == TextDelta(" Hi")
        async with asyncio.timeout(2):
            await server.requests[0].gone.wait()
        await provider.aclose()


async def test_cancelling_the_task_closes_the_socket_at_once() -> None:
    async with FakeServer(endless) as server:
        provider = connect("llamacpp", server.url)
        begun = asyncio.Event()

        async def read() -> None:
            async with aclosing(provider.stream(text_request())) as events:
                async for _ in events:
                    begun.set()

        task = asyncio.create_task(read())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(2):
            await server.requests[0].gone.wait()
        await provider.aclose()


async def test_koboldcpp_is_told_to_stop_with_the_key_of_this_generation() -> None:
    told = asyncio.Event()

    async def kobold(seen: Seen, answer: Answer) -> None:
        if seen.path == "/api/extra/abort":
            await answer.send(200, {"success": "true", "done": "true"})
            told.set()
            return
        await answer.start(200, transfer_encoding="chunked")
        await answer.chunk(b'event: message\ndata: {"token": " Hi", "finish_reason": "null"}\n\n')
        await seen.gone.wait()

    async with FakeServer(kobold) as server:
        provider = connect("koboldcpp", server.url)
        async with aclosing(provider.stream(text_request(genkey="G7"))) as events:
            await anext(events)
        await told.wait()
        assert server.requests[1].json == {"genkey": "G7"} == {"genkey": server.requests[0].json["genkey"]}
        assert server.requests[0].gone.is_set()
        begun = asyncio.Event()

        async def read() -> None:
            async for _ in provider.stream(text_request()):
                begun.set()

        told.clear()
        task = asyncio.create_task(read())
        await begun.wait()
        task.cancel()
        await asyncio.wait({task})
        async with asyncio.timeout(2):
            await told.wait()
        assert server.requests[3].json["genkey"] == server.requests[2].json["genkey"] != ""
        await provider.aclose()


async def test_a_reply_that_is_complete_is_not_aborted() -> None:
    data = b'data: {"token": " Hi", "finish_reason": "stop"}\n\n'
    async with FakeServer(streams(data)) as server:
        provider = connect("koboldcpp", server.url)
        await collect(provider, text_request())
        assert [seen.path for seen in server.requests] == ["/api/extra/generate/stream"]
        await provider.aclose()


async def test_an_old_koboldcpp_without_streaming_answers_whole() -> None:
    async def old(seen: Seen, answer: Answer) -> None:
        if seen.path == "/api/v1/generate":
            await answer.send(200, {"results": [{"text": " Hi there"}]})
        else:
            await answer.send(404, b"Error: this endpoint does not exist.", kind="text/html")

    async with FakeServer(old) as server:
        provider = connect("koboldcpp", server.url)
        events = await collect(provider, text_request())
        assert text_of(events) == " Hi there"
        end_of(events)
        await provider.aclose()


async def test_an_answer_in_small_pieces_with_half_characters() -> None:
    async def slowly(seen: Seen, answer: Answer) -> None:
        await answer.start(200, transfer_encoding="chunked")
        for byte in 'data: {"index":0,"content":"雨✨😀","stop":false}\r\n\r\n'.encode() + END:
            await answer.chunk(bytes([byte]))
        await answer.raw(b"0\r\n\r\n")

    async with FakeServer(slowly) as server:
        provider = connect("llamacpp", server.url)
        assert text_of(await collect(provider, text_request())) == "雨✨😀"
        await provider.aclose()


async def test_the_log_keeps_what_happened_and_no_secret_and_no_prompt() -> None:
    heard: list[WireRecord] = []
    log = WireLog(limit=2)
    log.listen(heard.append)
    async with FakeServer(streams(HI + END)) as server:
        provider = connect("llamacpp", server.url, key=KEY, log=log)
        for number in range(3):
            await collect(provider, text_request(f"the prompt {number}"))
        await provider.aclose()
    assert len(heard) == 3
    assert log.records == tuple(heard[1:])
    (last,) = heard[2:]
    assert (last.connection, last.method, last.status, last.ok) == ("test", "POST", 200, True)
    assert last.bytes_in == len(HI + END)
    assert "the prompt" not in repr(last) + str(last)
    assert KEY not in repr(last) + str(last)


async def test_the_log_keeps_prompts_when_asked_to_and_errors_always() -> None:
    log = WireLog(log_prompts=True)
    async with FakeServer(answers(500, {"error": "broken"})) as server:
        provider = connect("llamacpp", server.url, key=KEY, log=log)
        with pytest.raises(ServerFailed):
            await collect(provider, text_request("the prompt"))
        await provider.aclose()
    (record,) = log.records
    assert "the prompt" in record.prompt
    assert "broken" in record.error
    assert KEY not in repr(record)


async def test_a_closed_provider_says_so() -> None:
    provider = connect("llamacpp", "http://127.0.0.1:1")
    await provider.aclose()
    with pytest.raises(ConnectionFailed, match="was closed"):
        await provider.models()


async def test_token_counts_keep_their_order_and_leave_out_the_start_token() -> None:
    async def count(seen: Seen, answer: Answer) -> None:
        await answer.send(200, {"value": len(seen.json["prompt"].split()) + 1, "ids": []})

    async with FakeServer(count) as server:
        provider = connect("koboldcpp", server.url)
        texts = ["one", "", *(" ".join("w" * number) for number in range(2, 20))]
        assert await provider.count_tokens(texts) == [1, 0, *range(2, 20)]
        await provider.aclose()


async def test_a_server_that_does_not_count_gives_none() -> None:
    async with FakeServer(answers(404, {"detail": "Not Found"})) as server:
        for name in ("ooba", "koboldcpp", "custom"):
            provider = connect(name, server.url)
            assert await provider.count_tokens(["a", "b"]) is None
            await provider.aclose()


async def test_a_huge_answer_to_a_small_question_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from tavern_tui.providers import questions

    monkeypatch.setattr(questions, "MAX_ANSWER", 1024 * 1024)
    async with FakeServer(answers(200, json.dumps(["x" * 2_000_000]).encode())) as server:
        provider = connect("custom", server.url)
        with pytest.raises(BadAnswer, match="more than 1 MB"):
            await provider.models()
        await provider.aclose()


async def test_a_secret_in_a_header_of_the_users_is_blotted_out_too() -> None:
    async def tattle(seen: Seen, answer: Answer) -> None:
        await answer.send(
            400, {"error": f"you said {seen.headers['x-token']} and {seen.headers['authorization']}"}
        )

    async with FakeServer(tattle) as server:
        own = {"X-Token": "tok-9876", "Authorization": "Custom abcd-efgh"}
        provider = connect("custom", server.url, extra_headers=own)
        with pytest.raises(RequestRefused) as error:
            await collect(provider, chat_request())
        assert "tok-9876" not in str(error.value)
        assert "abcd-efgh" not in str(error.value)
        await provider.aclose()


async def test_an_error_body_nested_without_end_is_one_sentence() -> None:
    for depth in (400, 900, 5000):
        body = b'{"error":' * depth + b'"x"' + b"}" * depth
        await failure("custom", answers(400, body))
        await failure("custom", streams(b"data: " + body + b"\n\n"))


async def test_the_connection_of_a_finished_reply_is_used_again() -> None:
    async def handle(seen: Seen, answer: Answer) -> None:
        data = b'data: {"choices":[{"text":"Hi","finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
        await answer.start(200, transfer_encoding="chunked")
        await answer.chunk(data)
        await answer.raw(b"0\r\n\r\n")

    async with FakeServer(handle, keeps_alive=True) as server:
        provider = connect("generic", server.url)
        for _ in range(3):
            assert text_of(await collect(provider, text_request())) == "Hi"
        assert (len(server.requests), server.connections) == (3, 1)
        await provider.aclose()


async def test_a_server_that_stays_on_the_line_after_its_end_mark_is_left() -> None:
    async def stays(seen: Seen, answer: Answer) -> None:
        await answer.start(200, transfer_encoding="chunked")
        await answer.chunk(b'data: {"choices":[{"text":"Hi"}]}\n\ndata: [DONE]\n\n')
        await seen.gone.wait()

    async with FakeServer(stays) as server:
        provider = connect("generic", server.url)
        async with asyncio.timeout(3):
            assert text_of(await collect(provider, text_request())) == "Hi"
        await provider.aclose()


async def test_closing_the_provider_during_a_reply_breaks_it_off_with_a_sentence() -> None:
    async with FakeServer(endless) as server:
        provider = connect("llamacpp", server.url)
        events = provider.stream(text_request())
        assert await anext(events) == TextDelta(" Hi")
        await provider.aclose()
        with pytest.raises(ProviderError):
            await anext(events)
