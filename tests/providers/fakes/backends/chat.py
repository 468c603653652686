"""Labs and hosts that speak OpenAI's chat completions, each as a row of data."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from tests.providers.fakes.chats import (
    BASIC,
    EFFORT,
    FORMAT,
    LOGPROBS,
    OPENAI,
    PENALTIES,
    SEED,
    TOOLS,
    USAGE,
    USUAL,
    Body,
    Service,
    detail_error,
    fake_of,
)
from tests.providers.fakes.reasoning import THINKERS, thinking_models
from tests.providers.fakes.strict import Check, flag, number, texts, whole
from tests.providers.fakes.turns import Turns


def switch(value: Any) -> str:
    known = isinstance(value, dict) and set(value) == {"type"} and value["type"] in ("enabled", "disabled")
    return "" if known else f"{value!r} is no switch of thinking"


COOL: Mapping[str, Check] = {"temperature": number(0, 1)}
THINKING: Mapping[str, Check] = {"thinking": switch}
SEVERAL: Mapping[str, Check] = {"n": whole(1, 128)}
STOP: Mapping[str, Check] = {"stop": texts(4, least=1)}
MESSAGE = ("role", "content", "tool_calls", "tool_call_id")


def without(fields: Mapping[str, Check], *names: str) -> dict[str, Check]:
    return {name: check for name, check in fields.items() if name not in names}


# --- shapes of errors


def azure_error(status: int, sentence: str) -> object:
    return {"error": {"code": str(status), "message": sentence}}


def flat_error(status: int, sentence: str) -> object:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"object": "error", "message": sentence, "type": kind, "param": None, "code": str(status)}


def xai_error(status: int, sentence: str) -> object:
    return {"code": "Client specified an invalid argument", "error": sentence}


def zai_error(status: int, sentence: str) -> object:
    return {
        "error": {"code": {401: "1000", 404: "1211", 429: "1302"}.get(status, "1210"), "message": sentence}
    }


def silicon_error(status: int, sentence: str) -> object:
    return {"code": 20015, "message": sentence, "data": None}


def perplexity_error(status: int, sentence: str) -> object:
    return {"error": {"message": sentence, "type": "invalid_message", "code": status}}


def minimax_error(status: int, sentence: str) -> object:
    return {
        "type": "error",
        "error": {"type": "bad_request_error", "message": sentence, "http_code": str(status)},
    }


def workers_error(status: int, sentence: str) -> object:
    return {"errors": [{"message": sentence, "code": 7003}], "success": False, "result": {}, "messages": []}


# --- shapes of lists


def mistral_entry(model: str, context: int | None) -> dict[str, Any]:
    skills = {"completion_chat": True, "function_calling": True, "vision": False, "fine_tuning": False}
    return {
        "id": model, "object": "model", "created": 1, "owned_by": "mistralai", "capabilities": skills,
        "max_context_length": context, "aliases": [], "type": "base",
    }  # fmt: skip


def groq_entry(model: str, context: int | None) -> dict[str, Any]:
    return {"id": model, "object": "model", "owned_by": "Meta", "active": True, "context_window": context}


def workers_entry(model: str, context: int | None) -> dict[str, Any]:
    size = {"property_id": "context_window", "value": str(context)}
    return {
        "id": "0f1e",
        "name": model,
        "properties": [size, {"property_id": "function_calling", "value": "true"}],
    }


def result_list(entries: list[dict[str, Any]]) -> object:
    return {"success": True, "errors": [], "messages": [], "result": entries}


def fireworks_entry(model: str, context: int | None) -> dict[str, Any]:
    return {"name": model, "displayName": "K", "kind": "HF_BASE_MODEL", "contextLength": context}


# --- rules


def tools_need_something(body: Body) -> str:
    empty = any(
        tool["function"].get("parameters", {}).get("required") == [] for tool in body.get("tools", [])
    )
    return "Invalid schema for function: [] is too short" if empty else ""


def grok(body: Body) -> str:
    model, named = body["model"], set(body)
    refused: set[str] = set()
    if "grok-3-mini" in model or "grok-4" in model or "grok-code" in model:
        refused = {*PENALTIES, "stop"} - ({"stop"} if "non-reasoning" in model else set())
    if "grok-3-mini" not in model:
        refused |= {"reasoning_effort"}
    wrong = sorted(refused & named)
    return f"Argument not supported on this model: {wrong[0]}" if wrong else ""


def kimi(body: Body) -> str:
    wrong = sorted({"temperature", "top_p", *PENALTIES} & set(body)) if "kimi-k2.5" in body["model"] else []
    return f"invalid {wrong[0]}: only the default is allowed for this model" if wrong else ""


def neighbours(body: Body) -> str:
    roles = [message["role"] for message in body["messages"]]
    twice = any(one == two != "tool" for one, two in pairwise(roles))
    return "invalid params, roles of neighbouring messages are equal (2013)" if twice else ""


def short_story(body: Body) -> str:
    too_long = "M2-her" in body["model"] and body["max_tokens"] > 2048
    return "invalid params, max_tokens must be at most 2048 (2013)" if too_long else ""


OPENAI_MODELS = ("gpt-4o", "gpt-4.5-preview", "gpt-5-chat-latest", *THINKERS)

SERVICES = (
    Service(
        id="openai", models=OPENAI_MODELS, fields=OPENAI, rules=(thinking_models,),
        published=("openai", "CreateChatCompletionRequest"),
    ),
    Service(id="custom", models=("tiny-7b",), fields=OPENAI, needed=("messages",), key_needed=False, context=8192),
    Service(
        id="azure_openai", models=("gpt-4o",), base="", path="/openai/deployments/dep/chat/completions",
        query="?api-version=2024-10-21", models_path="/openai/models", options={"deployment": "dep"},
        key_header="api-key", fields=without(OPENAI, "model", "verbosity"), needed=("messages",),
        error=azure_error,
        opening=({"choices": [], "prompt_filter_results": [{"prompt_index": 0}], "id": "", "model": ""},),
    ),
    Service(
        id="deepseek", models=("deepseek-v4-flash",), base="/beta", models_path="//models", comment="keep-alive",
        fields={
            **USUAL, **LOGPROBS, **USAGE, **EFFORT, **THINKING, "top_p": number(0, 1, above=0),
        },
        turns=Turns(keys=(*MESSAGE, "prefix", "reasoning_content"), last=("user", "tool", "prefix")),
        rules=(tools_need_something, neighbours), refusal=422,
    ),
    Service(
        id="xai", models=("grok-2", "grok-3-mini", "grok-4", "grok-4-fast-non-reasoning"), error=xai_error,
        fields={**USUAL, **SEED, **LOGPROBS, **USAGE, **EFFORT, **SEVERAL}, rules=(grok,),
    ),
    Service(
        id="moonshot", models=("moonshot-v1-32k", "kimi-k2.5"), context=32768,
        fields={**USUAL, **COOL, **SEVERAL, **THINKING}, rules=(kimi,),
        turns=Turns(keys=(*MESSAGE, "name", "partial")),
    ),
    Service(
        id="zai", models=("glm-5", "glm-5.2"), base="/api/paas/v4", models_path=None, error=zai_error,
        headers={"accept-language": "en-US,en"},
        fields={
            **BASIC, **COOL, **TOOLS, **FORMAT, **THINKING, "top_p": number(0.01, 1), "stop": texts(1, least=1),
        },
    ),
    Service(
        id="minimax", models=("MiniMax-M2", "M2-her"), models_path=None, error=minimax_error,
        fields={**BASIC, **TOOLS, **STOP, "temperature": number(0, 1, above=0)},
        turns=Turns(keys=MESSAGE), rules=(neighbours, short_story),
    ),
    Service(
        id="mistralai", models=("mistral-small-latest",), context=32768, entry=mistral_entry,
        noise=({"id": "mistral-embed", "type": "base", "capabilities": {"completion_chat": False}},), error=flat_error,
        fields={
            **BASIC, **PENALTIES, **TOOLS, **FORMAT, "stop": texts(least=1), "random_seed": whole(0),
            "safe_prompt": flag, "temperature": number(0, 1.5),
        },
        turns=Turns(keys=(*MESSAGE, "prefix"), last=("user", "tool", "prefix")),
        published=("mistral", "ChatCompletionRequest"),
    ),
    Service(
        id="ai21", models=("jamba-large",), base="/studio/v1", models_path=None, error=detail_error,
        fields={**BASIC, "tools": TOOLS["tools"], **FORMAT, **STOP}, refusal=422,
        turns=Turns(keys=MESSAGE),  # its guide wants system messages first, what SillyTavern sends has them anywhere
        rules=(neighbours,), published=("ai21", "ChatRequest"),
    ),
    Service(
        id="perplexity", models=("sonar",), base="", models_path=None, error=perplexity_error,
        fields={**BASIC, **PENALTIES, **FORMAT, **EFFORT, "top_k": whole(0, 2048)},
        turns=Turns(keys=("role", "content"), system="first", alternating=True, last=("user",)),
        extra={"citations": ["https://example.org/a"], "search_results": []},
    ),
    Service(
        id="groq", models=("llama-3.3-70b-versatile",), base="/openai/v1", context=131072, entry=groq_entry,
        fields={**USUAL, **SEED, **USAGE},
    ),
    Service(
        id="fireworks", models=("accounts/fireworks/models/k",), base="/inference/v1", context=8192,
        models_path="//v1/accounts/fireworks/models", entry=fireworks_entry, fields={**USUAL, **EFFORT},
        listing=lambda entries: {"models": entries, "nextPageToken": ""},
        noise=({"name": "e", "kind": "EMBEDDING_MODEL", "contextLength": 512},),
    ),
    Service(
        id="siliconflow", models=("deepseek-ai/DeepSeek-V3",), fields=USUAL, error=silicon_error,
    ),
    Service(
        id="workers_ai", models=("@cf/meta/llama-3.1-8b-instruct",), base="/client/v4", context=24000,
        models_path="/accounts/acc/ai/models/search", entry=workers_entry, listing=result_list,
        path="/accounts/acc/ai/v1/chat/completions", options={"account_id": "acc"}, error=workers_error,
        fields={
            **USUAL, "temperature": number(0, 5), "top_p": number(0.001, 1), "top_k": whole(1, 50),
            "repetition_penalty": number(0, 2), "seed": whole(1, 9_999_999_999),
        },
    ),
)  # fmt: skip

FAKES = {service.id: fake_of(service) for service in SERVICES}
