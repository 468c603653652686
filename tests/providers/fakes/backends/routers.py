"""Services that resell many models in OpenAI's form, each as a row of data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.providers.fakes.chats import (
    EFFORT,
    LOGPROBS,
    SEED,
    USUAL,
    Body,
    Service,
    an_object,
    anything,
    bias,
    fake_of,
    openai_error,
)
from tests.providers.fakes.reasoning import thinking_models
from tests.providers.fakes.strict import Check, flag, number, one_of, texts, whole

WIDE: Mapping[str, Check] = {
    **USUAL, **SEED, "top_k": whole(0), "min_p": number(0, 1), "top_a": number(0, 1),
    "repetition_penalty": number(0, 2, above=0),
}  # fmt: skip


def _reasoning(value: Any) -> str:
    efforts = ("none", "minimal", "low", "medium", "high", "xhigh")
    fits = isinstance(value, dict) and set(value) <= {"exclude", "effort", "max_tokens", "enabled"}
    return "" if fits and value.get("effort", "none") in efforts else f"{value!r} is no way to reason"


def _plugins(value: Any) -> str:
    fits = isinstance(value, list) and all(isinstance(one, dict) and one.get("id") == "web" for one in value)
    return "" if fits else f"{value!r} are no plugins"


def _transforms(value: Any) -> str:
    return "" if value in ([], ["middle-out"]) else f"{value!r} are no transforms"


# --- shapes of errors


def routed_error(status: int, sentence: str) -> object:
    return {"error": {"code": status, "message": sentence}, "user_id": "user_1"}


def pollen_error(status: int, sentence: str) -> object:
    codes = {401: "UNAUTHORIZED", 402: "PAYMENT_REQUIRED", 403: "FORBIDDEN"}
    error = {"message": sentence, "code": codes.get(status, "INTERNAL_ERROR"), "timestamp": "2026-11-01"}
    return {"status": status, "success": False, "error": error}


def chutes_error(status: int, sentence: str) -> object:
    return {"detail": {"message": sentence}} if status == 422 else {"detail": sentence}


def aiml_error(status: int, sentence: str) -> object:
    return {"requestId": "r-1", "statusCode": status, "message": sentence, "path": "/v1/chat/completions"}


# --- shapes of lists


def routed_entry(model: str, context: int | None) -> dict[str, Any]:
    return {
        "id": model, "canonical_slug": model, "name": "Vendor: Tale", "created": 1, "context_length": context,
        "pricing": {"prompt": "0.0000008", "completion": "0.000004"},
        "architecture": {"input_modalities": ["text"], "output_modalities": ["text"], "tokenizer": "Mistral"},
        "top_provider": {"context_length": context, "max_completion_tokens": 4096},
        "supported_parameters": ["max_tokens", "reasoning", "tools"],
    }  # fmt: skip


def nano_entry(model: str, context: int | None) -> dict[str, Any]:
    return {
        "id": model, "object": "model", "context_length": context, "capabilities": {"vision": False},
        "pricing": {"prompt": 1.5, "completion": 5, "currency": "USD", "unit": "per_million_tokens"},
        "subscription": {"included": True, "note": ""},
    }  # fmt: skip


def electron_entry(model: str, context: int | None) -> dict[str, Any]:
    return {
        "id": model, "name": "Tale", "tokens": context, "endpoints": ["/v1/chat/completions"],
        "metadata": {
            "vision": False, "reasoning": True, "supported_reasoning_efforts": ["low", "high"],
        }, "pricing": {"input": 2, "output": 4},
        "premium_model": False,
    }  # fmt: skip


def aiml_entry(model: str, context: int | None) -> dict[str, Any]:
    facts = {"name": "GPT", "developer": "OpenAI", "contextLength": context}
    return {"id": model, "type": "chat-completion", "info": facts, "features": ["openai/chat-completion"]}


def chutes_entry(model: str, context: int | None) -> dict[str, Any]:
    return {
        "id": model, "max_model_len": context, "input_modalities": ["text"], "supported_features": ["tools"],
        "pricing": {"prompt": 0.2, "completion": 0.8},
    }  # fmt: skip


def pollen_entry(model: str, context: int | None) -> dict[str, Any]:
    return {"name": model, "description": "Tale", "tools": True, "input_modalities": ["text"]}


# --- rules


def google_only(body: Body) -> str:
    theirs = str(body.get("model")).startswith("google/")
    return "safety_settings: only for Google's models" if "safety_settings" in body and not theirs else ""


def claude_only(body: Body) -> str:
    wrong = "cache_control" in body and "claude" not in body["model"]
    return "cache_control: only for Claude" if wrong else ""


def with_a_seed(body: Body) -> str:
    return "" if "seed" in body else "seed: a request without one is answered out of the cache"


SERVICES = (
    Service(
        id="openrouter", models=("vendor/tale-large", "openai/o3", "openai/gpt-5", "google/gemini-3-pro"),
        base="/api/v1", context=8192, entry=routed_entry, open_list=True, error=routed_error,
        comment="OPENROUTER PROCESSING", extra={"provider": "DeepInfra"},
        fields={
            **WIDE, **LOGPROBS, "logit_bias": bias, "transforms": _transforms, "plugins": _plugins,
            "reasoning": _reasoning, "provider": an_object, "route": one_of("fallback"),
            "verbosity": one_of("low", "medium", "high"), "safety_settings": anything,
            "max_completion_tokens": whole(1), "top_logprobs": whole(0, 20),
        },
        rules=(thinking_models, google_only), published=("openrouter", "ChatRequest"),
    ),
    Service(
        id="nanogpt", models=("tale-large", "claude-x"), base="/api/v1", models_path="/models", context=8192,
        entry=nano_entry, searches=":online", fields={**WIDE, "reasoning": _reasoning, "cache_control": an_object},
        rules=(claude_only,), error=openai_error,
    ),
    Service(
        id="electronhub", models=("tale-large",), context=8192, entry=electron_entry,
        noise=({"id": "draw", "endpoints": ["/v1/images/generations"]},),
        fields={
            **{name: check for name, check in USUAL.items() if name != "stop"}, **SEED, **EFFORT,
            "top_k": whole(0), "logit_bias": bias, "web_search": flag,
        },
    ),
    Service(
        id="aimlapi", models=("openai/gpt-4o",), context=8192, entry=aiml_entry, open_list=True,
        noise=({"id": "flux", "type": "image"},), error=aiml_error,
        fields={**USUAL, **SEED, **LOGPROBS, **EFFORT, "n": whole(1, 128)},
    ),
    Service(
        id="chutes", models=("org/tale-70b",), context=8192, entry=chutes_entry, error=chutes_error,
        fields={
            **USUAL, **SEED, **LOGPROBS, **EFFORT, "stop": texts(least=1), "logit_bias": bias, "top_k": whole(1),
            "min_p": number(0, 1), "repetition_penalty": number(above=0),
        },
    ),
    Service(
        id="pollinations", models=("openai",), models_path="//text/models", entry=pollen_entry, open_list=True,
        listing=lambda entries: entries, fields={**USUAL, **SEED, **EFFORT}, rules=(with_a_seed,),
        error=pollen_error,
    ),
    Service(id="cometapi", models=("tale-large",), fields={**USUAL, **SEED, **EFFORT}),
)  # fmt: skip

FAKES = {service.id: fake_of(service) for service in SERVICES}
