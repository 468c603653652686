"""Vectors of whole HTTP requests: settings, messages, source and model -> method, address, headers, body.

Each goes the way a real send goes: the settings become a connection and a preset, these a request, and the
provider of that connection says what it would put on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from tavern_tui.core.chat import Role
from tavern_tui.core.chat_options import ReplySchema, Tool
from tavern_tui.core.connection import Connection
from tavern_tui.core.generation import GenerationRequest, GenerationType
from tavern_tui.core.names import Names
from tavern_tui.core.preset import ChatPreset
from tavern_tui.core.prompt import ChatPrompt, PromptMessage
from tavern_tui.prompt.as_chat import prefill_text
from tavern_tui.prompt.inputs import PLACEHOLDER
from tavern_tui.prompt.post_process import post_process, stricter
from tavern_tui.providers.base import PreparedRequest
from tavern_tui.providers.registry import ROWS, open_provider
from tavern_tui.providers.vertex import VertexProvider
from tavern_tui.services.requests import for_chat, samplers_for
from tavern_tui.services.st_connections import MODELS, connection_of_settings
from tavern_tui.storage.presets import chat_preset_from_json, preset_of_settings, samplers_from_chat
from tests.providers.accounts import a_service_account
from tests.vectors.kinds import wire_faults
from tests.vectors.kinds.case import Case, Json

CONTINUED = ("prefill_last_assistant", "continue_with_continue_prefill")
"""Variants whose messages end with one of the assistant's."""
LAST = {"role": "assistant", "content": "And then"}

DICE = Tool(
    name="roll_dice",
    description="Rolls a die.",
    parameters={
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {"sides": {"type": "integer"}},
        "required": [],
    },
)
BIASES = {"5277": -50, "6703": -25, "15135": -50, "86667": -50}
"""Token ids of the recorder's bias preset, whose words it does not tell."""


def wire_cases(file: Json) -> Iterator[Case]:
    """One case per recorded send. Only what the chat itself asks counts, not lists of models."""
    for vector in file["vectors"]:
        sent = [one for one in vector["requests"] if one.get("body") is not None]
        recorded = sent[-1] if sent else None
        meant = wire_faults.meant(vector, recorded)
        right = wire_faults.right(vector, meant)
        yield Case(
            name=f"{vector['source']} {vector['model']} {vector['variant']}",
            run=partial(_sent, file, vector, recorded),
            expected=_compared(right),
            fault=right != meant,
        )


def _compared(request: Json | None) -> Any:
    """A recorded request with its address taken apart, its headers named alike."""
    if request is None:
        return None
    return {
        "method": request["method"],
        **_address(request["url"]),
        "headers": _headers(request["headers"]),
        "body": request["body"],
    }


def _address(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    return {
        "at": f"{parts.scheme}://{parts.netloc}{parts.path}",
        "query": dict(parse_qsl(parts.query, keep_blank_values=True)),
    }


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name.lower(): value for name, value in headers.items() if name.lower() not in wire_faults.OUR_HEADERS
    }


# --- the same send, by the product


def _sent(file: Json, vector: Json, recorded: Json | None) -> Any:
    settings = _settings(file, vector)
    found = connection_of_settings(settings, [])
    preset = chat_preset_from_json("recorded", preset_of_settings(settings), [])
    generation = GenerationType(vector["type"])
    spec = ROWS[found.connection.provider]
    mode = stricter(found.connection.post_processing, spec.post_processing)
    request = GenerationRequest(
        prompt=_prompt(file, vector, preset, generation, mode),
        model=found.connection.model,
        max_tokens=found.connection.max_tokens,
        samplers=samplers_for(generation, {**samplers_from_chat(preset), **found.connection.samplers}),
        stop=tuple(file["custom_stop_strings"]),
        stream=found.connection.stream,
        genkey="recorded",
    )
    request = for_chat(
        request,
        preset,
        generation,
        post_processing=mode,
        tools=[DICE],
        schema=_schema(file) if vector["variant"] == "json_schema" else None,
    )
    if found.connection.options.get("auth_mode") == "full":
        return _answer(asyncio.run(_signed_in(found.connection, request)))
    provider = open_provider(found.connection, key=found.password or f"KEY_{vector['source'].upper()}")
    return _answer(wire_faults.recorded_seed(provider.wire(request), vector, recorded))


def _settings(file: Json, vector: Json) -> dict[str, object]:
    source = vector["source"]
    return {
        **file["base_settings"],
        "chat_completion_source": source,
        MODELS.get(source, f"{source}_model"): vector["model"],
        "request_token_probabilities": file["request_token_probabilities"],
        "bias_presets": {"Anti-bond": [{"text": f"[{id}]", "value": value} for id, value in BIASES.items()]},
        **vector["overrides"],
    }


def _prompt(
    file: Json, vector: Json, preset: ChatPreset, generation: GenerationType, mode: str
) -> ChatPrompt:
    messages = [*file["messages"], *([LAST] if vector["variant"] in CONTINUED else [])]
    names = Names(user=file["names"]["user"], char=file["names"]["char"])
    return ChatPrompt(
        messages=tuple(
            PromptMessage(role=Role(str(one["role"])), content=str(one["content"]))
            for one in post_process(messages, mode, names, PLACEHOLDER)
        ),
        prefill=prefill_text(preset, generation),
        names=names,
        placeholder=PLACEHOLDER,
    )


def _schema(file: Json) -> ReplySchema:
    wanted = file["json_schema_used"]
    return ReplySchema(
        name=wanted["name"],
        schema=wanted["value"],
        description=wanted["description"],
        strict=wanted["strict"],
    )


async def _signed_in(connection: Connection, request: GenerationRequest) -> PreparedRequest:
    """The request of a service account, after Google has given it the token of the recording."""
    token = httpx.MockTransport(
        lambda asked: httpx.Response(200, json={"access_token": "FAKE_TOKEN", "expires_in": 3600})
    )
    account = a_service_account(project="proj-123")
    provider = VertexProvider(ROWS["vertexai"], connection, key=account, transport=token)
    await provider.learn(request)
    prepared = provider.wire(request)
    await provider.aclose()
    return prepared


def _answer(prepared: PreparedRequest) -> Any:
    return {
        "method": prepared.method,
        **_address(prepared.url),
        "headers": _headers(prepared.headers),
        "body": {key: value for key, value in prepared.body.items() if key not in wire_faults.OUR_KEYS},
    }
