"""A prompt that is too long: what the servers' sentences say of their room, and of the prompt."""

from __future__ import annotations

import json

import pytest

from tavern_tui.core.errors import ContextOverflow
from tavern_tui.providers.explain import Explainer

SENTENCES = [
    (
        "This model's maximum context length is 4096 tokens. However, you requested 4196 tokens "
        "(3846 in the messages, 350 in the completion).",
        (3846, 4096),
    ),
    (
        "This model's maximum context length is 4097 tokens, however you requested 5000 tokens "
        "(4500 in your prompt; 500 for the completion).",
        (4500, 4097),
    ),
    (
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        (9000, 8192),
    ),
    ("request (2402 tokens) exceeds the available context size (256 tokens), try increasing it", (2402, 256)),
    ("prompt is too long: 210000 tokens > 200000 maximum", (210000, 200000)),
    ("The input token count (40000) exceeds the maximum number of tokens allowed (32768).", (40000, 32768)),
    ("This model's maximum context length is 512 tokens. However, you requested 900 tokens.", (None, 512)),
    ("too many tokens", (None, None)),
]


@pytest.mark.parametrize(("sentence", "numbers"), SENTENCES)
def test_the_numbers_in_a_sentence_are_read(sentence: str, numbers: tuple[int | None, int | None]) -> None:
    error = Explainer("the server").refusal(400, {}, json.dumps({"error": {"message": sentence}}).encode())
    assert isinstance(error, ContextOverflow)
    assert (error.prompt_tokens, error.context_size) == numbers
    assert sentence in str(error)


def test_fields_come_before_sentences() -> None:
    body = {"error": {"message": "maximum context length is 1", "n_prompt_tokens": 700, "n_ctx": 512}}
    error = Explainer("the server").refusal(400, {}, json.dumps(body).encode())
    assert isinstance(error, ContextOverflow)
    assert (error.prompt_tokens, error.context_size) == (700, 512)
