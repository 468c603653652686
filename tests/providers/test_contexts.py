"""Contexts that are known by a model's name."""

from __future__ import annotations

import pytest

from tavern_tui.core.generation import Model, ServerStatus
from tavern_tui.providers.contexts import BY_NAME, known_context, with_context, with_contexts
from tavern_tui.providers.registry import ROWS

SIZES = [
    ("openai", "gpt-5.6-mini", 1_050_000), ("openai", "gpt-5.4", 1_000_000), ("openai", "gpt-5-mini", 400_000),
    ("openai", "gpt-4.1-nano", 1_000_000), ("openai", "gpt-4o", 128_000), ("openai", "chatgpt-4o-latest", 128_000),
    ("openai", "gpt-4", 8191), ("openai", "gpt-4-32k", 32_767), ("openai", "gpt-4-turbo", 128_000),
    ("openai", "gpt-3.5-turbo-instruct", 4095), ("openai", "gpt-3.5-turbo-1106", 16_383),
    ("openai", "o1-mini", 128_000), ("azure_openai", "o3", 200_000),
    ("claude", "claude-3-haiku", 200_000), ("claude", "claude-opus-4-6", 1_000_000),
    ("claude", "claude-opus-4-5", 200_000),
    ("makersuite", "gemini-2.5-pro", 1_000_000), ("makersuite", "gemini-2.5-flash-image", 32_767),
    ("makersuite", "gemma-3-27b-it", 128_000), ("makersuite", "gemma-3-4b-it", 32_767),
    ("xai", "grok-4-fast-reasoning", 2_000_000), ("xai", "grok-4", 256_000), ("xai", "grok-3", 128_000),
    ("perplexity", "sonar-pro", 200_000), ("perplexity", "sonar-reasoning-pro", 127_000),
    ("cohere", "command-a-03-2025", 256_000), ("cohere", "command-r-plus", 128_000),
    ("zai", "glm-4.6", 200_000), ("zai", "glm-4.6v", 128_000), ("zai", "glm-4.5v", 64_000), ("zai", "glm-5.2", 1_000_000),
    ("minimax", "M2-her", 65_536), ("deepseek", "deepseek-chat", 1_000_000),
    ("custom", "gpt-4o", None), ("openai", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "model", "size"), SIZES)
def test_a_name_tells_the_context(provider: str, model: str, size: int | None) -> None:
    assert known_context(provider, model) == size


def test_what_the_server_says_goes_first() -> None:
    told = ServerStatus(ok=True, model="gpt-4o", context_size=9)
    assert with_context("openai", told) is told
    assert with_context("openai", ServerStatus(ok=True, model="gpt-4o")).context_size == 128_000
    listed = with_contexts("openai", [Model(id="gpt-4o"), Model(id="gpt-4", context_size=5)])
    assert [one.context_size for one in listed] == [128_000, 5]


def test_only_providers_that_exist_are_named() -> None:
    assert set(BY_NAME) <= set(ROWS)
