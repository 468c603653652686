"""What the chat services' lists of models come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tavern_tui.core.generation import Model
from tavern_tui.providers.registry import ROWS


class Told:
    """Answers from a table of paths; what is not in it is asked by mistake."""

    def __init__(self, answers: Mapping[str, object]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    async def get(self, path: str) -> object:
        self.asked.append(path)
        return self._answers[path]

    async def maybe(self, path: str) -> object:
        return await self.get(path)


async def models_of(source: str, answer: object) -> list[Model]:
    spec = ROWS[source]
    assert spec.server is not None
    return await spec.server.models(Told({spec.models_path: answer}), spec)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "answer", "model"),
    [
        (
            "claude",
            {
                "data": [
                    {
                        "id": "claude-x", "display_name": "Claude X", "max_input_tokens": 200000,
                        "capabilities": {"image_input": {"supported": True}, "thinking": {"supported": False}},
                    }
                ]
            },
            Model(id="claude-x", title="Claude X", context_size=200000, capabilities=("vision",)),
        ),
        (
            "workers_ai",
            {
                "success": True,
                "result": [
                    {
                        "id": "0f1e", "name": "@cf/m/x",
                        "properties": [
                            {"property_id": "context_window", "value": "24000"},
                            {"property_id": "function_calling", "value": "true"},
                            {"property_id": "price", "value": [{"unit": "x"}]},
                        ],
                    }
                ],
            },
            Model(id="@cf/m/x", context_size=24000, capabilities=("tools",)),
        ),
        (
            "mistralai",
            {
                "data": [
                    {"id": "embed", "capabilities": {"completion_chat": False}},
                    {
                        "id": "mistral-x", "max_context_length": 32768,
                        "capabilities": {"completion_chat": True, "function_calling": True},
                    },
                ]
            },
            Model(id="mistral-x", context_size=32768, capabilities=("tools",)),
        ),
        (
            "electronhub",
            {
                "data": [
                    {"id": "draw", "endpoints": ["/v1/images"]},
                    {
                        "id": "chat", "endpoints": ["/v1/chat/completions"], "tokens": 8000,
                        "metadata": {"vision": True}, "pricing": {"input": 2, "output": 4},
                    },
                ]
            },
            Model(
                id="chat", context_size=8000, capabilities=("vision",), prompt_price=2e-6, reply_price=4e-6
            ),
        ),
        (
            "aimlapi",
            {
                "data": [
                    {"id": "x", "type": "image"},
                    {
                        "id": "gpt", "type": "chat-completion", "info": {"name": "GPT", "contextLength": 9},
                        "features": ["openai/chat-completion.function"],
                    },
                ]
            },
            Model(id="gpt", title="GPT", context_size=9, capabilities=("tools",)),
        ),
        (
            "fireworks",
            {
                "models": [
                    {"name": "e", "contextLength": 5, "kind": "EMBEDDING_MODEL"},
                    {"name": "gone", "contextLength": 0},
                    {"name": "accounts/fireworks/models/k", "contextLength": 7, "displayName": "K"},
                ]
            },
            Model(id="accounts/fireworks/models/k", title="K", context_size=7),
        ),
        (
            "nanogpt",
            {"data": [{"id": "n", "subscription": {"included": True}, "pricing": {"prompt": 1}}]},
            Model(id="n", detail="in the subscription", prompt_price=1e-6),
        ),
        (
            "chutes",
            {"data": [{"id": "c", "max_model_len": 3, "supported_features": ["reasoning"]}]},
            Model(id="c", context_size=3, capabilities=("reasoning",)),
        ),
        (
            "moonshot",
            {"data": [{"id": "kimi", "supports_image_in": True}]},
            Model(id="kimi", capabilities=("vision",)),
        ),
        (
            "pollinations",
            [{"name": "openai", "tools": True, "input_modalities": ["text", "image"]}],
            Model(id="openai", capabilities=("vision", "tools")),
        ),
    ],
)  # fmt: skip
async def test_only_models_that_chat_are_listed_with_what_is_known_of_them(
    source: str, answer: object, model: Model
) -> None:
    assert await models_of(source, answer) == [model]


def gemini(name: str, **more: Any) -> dict[str, Any]:
    return {"name": f"models/{name}", "supportedGenerationMethods": ["generateContent"], **more}


async def test_all_pages_of_googles_list_are_read_but_none_twice() -> None:
    spec = ROWS["makersuite"]
    first, second = spec.models_path, f"{spec.models_path}&pageToken=a%26b"
    told = Told(
        {
            first: {"models": [gemini("g-1", inputTokenLimit=10)], "nextPageToken": "a&b"},
            second: {"models": [gemini("g-2"), {"name": "models/embed"}], "nextPageToken": "a&b"},
        }
    )
    assert spec.server is not None
    found = await spec.server.models(told, spec)  # type: ignore[arg-type]
    assert [(model.id, model.context_size) for model in found] == [("g-1", 10), ("g-2", None)]
    assert told.asked == [first, second]


@pytest.mark.parametrize("source", ["perplexity", "vertexai", "zai", "minimax", "ai21"])
async def test_a_service_without_a_list_is_not_asked_for_one_but_some_models_are_known(source: str) -> None:
    spec = ROWS[source]
    assert spec.server is not None
    told = Told({})
    assert len(await spec.server.models(told, spec)) >= 2  # type: ignore[arg-type]
    status = await spec.server.status(told, spec, "m")  # type: ignore[arg-type]
    assert (status.ok, status.model, told.asked) == (True, "m", [])
