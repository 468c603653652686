"""Addresses as people type them."""

from __future__ import annotations

import pytest

from tavern_tui.core.errors import UsageError
from tavern_tui.providers.base import BaseRule
from tavern_tui.providers.urls import is_loopback, parse_base


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("127.0.0.1:5001", "http://127.0.0.1:5001"),
        ("localhost:5001", "http://localhost:5001"),
        ("  http://h:5001/  ", "http://h:5001"),
        ("http://h:5001/api", "http://h:5001"),
        ("http://h:5001/api/v1", "http://h:5001"),
        ("http://h:5001/v1/", "http://h:5001"),
        ("http://h:5001/#", "http://h:5001"),
        ("http://h:5001#", "http://h:5001"),
        ("h:5001/api/#/settings?x=1", "http://h:5001"),
        ("http://h:5001?a=/v1", "http://h:5001"),
        ("http://h:5001/v1?key=x", "http://h:5001"),
        ("http://h:5001/api/?", "http://h:5001"),
        ("localhost", "http://localhost"),
        ("localhost:5001/api", "http://localhost:5001"),
        ("http:/h:5001", "http://h:5001"),
        ("https:h:5001/v1", "https://h:5001"),
        ("http:h", "http://h"),
        ("http://h:5001/api/latest/", "http://h:5001"),
        ("http://h:5001/v1/models", "http://h:5001"),
        ("http://h:5001/api/v1/model", "http://h:5001"),
        ("http://h:11434/api/generate", "http://h:11434"),
        ("http://h:11434/api/chat", "http://h:11434"),
        ("http://h:8080/completions", "http://h:8080"),
        ("http://h:8080/v1/chat/completions?x#y", "http://h:8080"),
        ("http://h:5001/api/extra/generate/stream", "http://h:5001"),
        ("https://e.endpoints.huggingface.cloud/generate_stream", "https://e.endpoints.huggingface.cloud"),
        ("https://proxy/llama", "https://proxy/llama"),
        ("https://proxy/llama/completion/", "https://proxy/llama"),
        ("https://proxy/a/api/b", "https://proxy/a/api/b"),
        ("http://h:5001/?token=1#x", "http://h:5001"),
        ("http://h:5001//v1//chat/completions//", "http://h:5001"),
        ("http://h:5001/v1/completions", "http://h:5001"),
        ("http://h:8080/completion", "http://h:8080"),
        ("http://h:5001/api/v1/generate", "http://h:5001"),
        ("https://xyz.trycloudflare.com/api", "https://xyz.trycloudflare.com"),
        ("https://text.novelai.net/oa/v1", "https://text.novelai.net/oa"),
        ("https://proxy/llama/v1", "https://proxy/llama"),
        ("HTTP://Host:80/V1", "http://host:80"),
        ("[::1]:5001", "http://[::1]:5001"),
    ],
)
def test_a_server_address_loses_its_api_path(typed: str, base: str) -> None:
    assert parse_base(typed, BaseRule.SERVER).url == base


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        ("http://h/v1/", "http://h/v1"),
        ("http://h/v1/chat/completions", "http://h/v1"),
        ("https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1"),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
        ("https://api.z.ai/api/paas/v4", "https://api.z.ai/api/paas/v4"),
    ],
)
def test_an_openai_address_keeps_its_path_and_a_bare_host_gets_v1(typed: str, base: str) -> None:
    assert parse_base(typed, BaseRule.OPENAI).url == base


def test_a_bare_host_gets_the_path_the_service_usually_has() -> None:
    def base(typed: str, rule: BaseRule, usual: str) -> str:
        return parse_base(typed, rule, usual=usual).url

    assert (
        base("127.0.0.1:9", BaseRule.AS_IS, "https://api.z.ai/api/paas/v4")
        == "http://127.0.0.1:9/api/paas/v4"
    )
    assert base("https://h/", BaseRule.OPENAI, "https://api.groq.com/openai/v1") == "https://h/openai/v1"
    assert base("https://h/v1", BaseRule.AS_IS, "https://api.deepseek.com/beta") == "https://h/v1"
    assert base("https://h", BaseRule.AS_IS, "https://api.perplexity.ai") == "https://h"
    assert base("https://h", BaseRule.SERVER, "https://h/v1") == "https://h"


@pytest.mark.parametrize(
    "typed", ["", "   ", "ftp://h/", "http://", "http://h:99999", "http://a b/", "http://h:x/", "file:///etc"]
)
def test_what_is_no_address_is_one_sentence(typed: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_base(typed, BaseRule.SERVER)
    assert "is not an address" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("typed", ["ws://h:5005/api/v1/stream", "WSS://h:5005"])
def test_the_old_streaming_address_of_text_generation_webui_says_what_to_do(typed: str) -> None:
    with pytest.raises(UsageError, match="--api"):
        parse_base(typed, BaseRule.SERVER)


@pytest.mark.parametrize("rule", list(BaseRule))
def test_query_and_fragment_are_never_part_of_a_base(rule: BaseRule) -> None:
    url = parse_base("https://h/oa/v1/?key=secret#top", rule).url
    without = rule in (BaseRule.SERVER, BaseRule.BEFORE_V1)
    assert url == ("https://h/oa" if without else "https://h/oa/v1")


def test_a_password_in_the_address_becomes_a_header_and_is_never_shown() -> None:
    base = parse_base("https://ann:p%40ss@h/v1", BaseRule.SERVER)
    assert base.url == "https://h"
    assert base.basic_auth == "Basic YW5uOnBAc3M="
    assert "YW5u" not in repr(base)
    with pytest.raises(UsageError) as error:
        parse_base("ftp://ann:secret@h/", BaseRule.SERVER)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("localhost", True), ("::1", True), ("10.0.0.1", False),
     ("example.org", False)],
)  # fmt: skip
def test_loopback_is_told_from_the_rest(host: str, here: bool) -> None:
    assert is_loopback(host) is here
