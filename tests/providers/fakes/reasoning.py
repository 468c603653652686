"""What models of OpenAI's families refuse, in its words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

WORDS = ("logprobs", "top_logprobs", "logit_bias")
PENALTIES = ("frequency_penalty", "presence_penalty")
SAMPLING = ("temperature", "top_p")
OLD_LENGTH = ("max_tokens",)

REFUSED = (
    (r"^(openai/)?o[134]", (*OLD_LENGTH, *SAMPLING, *PENALTIES, *WORDS, "stop")),
    (r"gpt-5(\.\d+)?-chat-latest", (*OLD_LENGTH, "tools", "tool_choice", "logprobs", "top_logprobs")),
    (r"gpt-5(-|$)(?!chat)", (*OLD_LENGTH, *SAMPLING, *PENALTIES, *WORDS, "stop")),
    (r"gpt-5\.[1-4](-|$)(?!chat)", (*OLD_LENGTH, *PENALTIES, *WORDS, "stop")),
    (r"gpt-5\.[5-9]", (*OLD_LENGTH, *SAMPLING, *PENALTIES, *WORDS, "stop")),
    (r"gpt-6", (*OLD_LENGTH, *SAMPLING, "logprobs", "top_logprobs")),
    (r"gpt-4\.5|^(?=.*gpt)(?=.*vision)", ("logprobs", "top_logprobs")),
)
THINKERS = (
    "o1", "o3", "o3-mini", "o4-mini", "gpt-5", "gpt-5-mini", "gpt-5.1", "gpt-5.2", "gpt-5.4", "gpt-5.5",
    "gpt-5.6", "gpt-6-astra",
)  # fmt: skip
"""Models that think before they answer."""


def thinking_models(body: Mapping[str, Any]) -> str:
    """A rule of a service that has OpenAI's models."""
    model = str(body.get("model", ""))
    for pattern, names in REFUSED:
        if re.search(pattern, model):
            for name in names:
                if name in body and not _is_usual(name, body[name]):
                    return _sentence(name)
    sampled = [name for name in SAMPLING if name in body and not _is_usual(name, body[name])]
    if re.search(r"gpt-5\.[1-4]", model) and body.get("reasoning_effort", "none") != "none" and sampled:
        return _sentence(sampled[0])
    return _first_of_them(body) if re.search(r"^o1", model) else ""


def _is_usual(name: str, value: object) -> bool:
    """The only value these models take; the old length is refused whatever it is."""
    return name in SAMPLING and value == 1


def _first_of_them(body: Mapping[str, Any]) -> str:
    """o1 knows neither instructions nor several replies."""
    if any(message["role"] == "system" for message in body["messages"]):
        return "Unsupported value: 'messages[0].role' does not support 'system' with this model."
    if body.get("n", 1) != 1:
        return "Unsupported value: 'n' does not support more than 1 with this model."
    return _sentence("tools") if body.get("tools") else ""


def _sentence(name: str) -> str:
    if name == "max_tokens":
        return (
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead."
        )
    if name in SAMPLING:
        return (
            f"Unsupported value: '{name}' does not support this value with this model. "
            "Only the default (1) value is supported."
        )
    return f"Unsupported parameter: '{name}' is not supported with this model."
