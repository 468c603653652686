"""What dialects share: prompts as text, stop strings, finish reasons."""

from __future__ import annotations

import json
import re

from tavern_tui.core.errors import UsageError
from tavern_tui.core.generation import FinishReason, GenerationRequest
from tavern_tui.core.prompt import ChatPrompt, TextPrompt
from tavern_tui.providers.base import ProviderSpec
from tavern_tui.providers.samplers import Values

LONE_SURROGATE = re.compile("[\ud800-\udfff]")

FINISH_REASONS = {
    "stop": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "eos_token": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "end_turn": FinishReason.STOP,
    "word": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "limit": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,
    "content_filter": FinishReason.FILTER,
    "sensitive": FinishReason.FILTER,
    "tool_calls": FinishReason.TOOL,
    "function_call": FinishReason.TOOL,
}


def finish_reason(word: str) -> FinishReason:
    """What a server's word for the end means."""
    return FINISH_REASONS.get(word.lower(), FinishReason.UNKNOWN)


def prompt_text(request: GenerationRequest, spec: ProviderSpec) -> str:
    """The prompt of a text completion. Raises UsageError for a chat prompt."""
    if isinstance(request.prompt, TextPrompt):
        return request.prompt.text
    raise UsageError(f"{spec.title} takes one text as its prompt, not messages.")


def prompt_messages(request: GenerationRequest, spec: ProviderSpec) -> list[dict[str, object]]:
    """The messages of a chat completion. Raises UsageError for a text prompt."""
    if not isinstance(request.prompt, ChatPrompt):
        raise UsageError(f"{spec.title} takes messages as its prompt, not one text.")
    messages: list[dict[str, object]] = []
    for message in request.prompt.messages:
        entry: dict[str, object] = {"role": str(message.role), "content": message.content}
        if message.name:
            entry["name"] = message.name
        messages.append(entry)
    if request.prompt.prefill:
        messages.append({"role": "assistant", "content": request.prompt.prefill})
    return messages


def stop_strings(request: GenerationRequest, spec: ProviderSpec) -> list[str]:
    """The stop strings this server is given: each once, no empty ones, at most its limit."""
    wanted = dict.fromkeys(filter(None, (*request.prompt.stop, *request.stop)))
    return list(wanted)[: spec.stop_limit]


def sampler_values(request: GenerationRequest) -> Values:
    return Values(
        samplers=request.samplers,
        context_size=request.context_size,
        max_tokens=request.max_tokens,
        token_ids=request.token_ids,
        stream=request.stream,
        max_replies=request.max_replies,
        server_version=request.server_version,
    )


def model_key(request: GenerationRequest, spec: ProviderSpec) -> dict[str, object]:
    """The `model` key, where the provider has one and a model is chosen."""
    return {"model": request.model} if request.model and spec.sends_model else {}


def body_bytes(body: dict[str, object]) -> bytes:
    """A body as JSON. Half characters (lone surrogates) are replaced; NaN is a UsageError."""
    try:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise UsageError(f"The request cannot be written as JSON: {error}.") from error
    return LONE_SURROGATE.sub("\ufffd", text).encode()
