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
    (
        "input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, decrease input length "
        "or `max_tokens` and try again",
        (178959, 200000),
    ),
    (
        "This model's maximum prompt length is 131072 but the request contains 136973 tokens.",
        (136973, 131072),
    ),
    (
        "too many tokens: total number of tokens (prompt and prediction) cannot exceed 2048 - received 6354. "
        "Try using a shorter prompt or a smaller max_tokens value.",
        (6354, 2048),
    ),
    (
        "This endpoint's maximum context length is 131072 tokens. However, you requested about 138956 tokens "
        "(137884 of text input, 1072 in the output).",
        (137884, 131072),
    ),
    (
        "Prompt contains 40001 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        (40001, 32768),
    ),
    ("The input token count exceeds the maximum number of tokens allowed 1048576.", (None, 1048576)),
    ("Invalid request: Your request exceeded model token limit: 8192", (None, 8192)),
    (
        "You passed 202753 input tokens and requested 0 output tokens. However, the model's context length "
        "is only 202752 tokens, resulting in a maximum input length of 202752 tokens.",
        (202753, 202752),
    ),
    ("length of prompt_tokens (40000) must be less than max_seq_len (32768).", (40000, 32768)),
    ("Prompt exceeds max length", (None, None)),
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


def test_the_sentence_says_by_how_many_tokens() -> None:
    body = {"error": {"message": "prompt is too long: 210000 tokens > 200000 maximum"}}
    error = Explainer("the server").refusal(400, {}, json.dumps(body).encode())
    assert str(error).startswith("The prompt is too long for the server by 10000 tokens: ")


def test_a_request_of_too_many_bytes_says_what_to_leave_out() -> None:
    body = {"error": {"type": "request_too_large", "message": "Request exceeds the maximum size"}}
    error = Explainer("the server").refusal(413, {}, json.dumps(body).encode())
    assert not isinstance(error, ContextOverflow)
    assert "takes no request as large as this: Request exceeds the maximum size" in str(error)
    assert "fewer or smaller files" in error.hint
