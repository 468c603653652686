"""The chat routes of llama.cpp, KoboldCpp and Ollama, beside what else these servers have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.providers.fakes.backends import koboldcpp, llamacpp, ollama
from tests.providers.fakes.chats import EFFORT, SEED, USAGE, USUAL, Service, Talks, anything, openai_error
from tests.providers.fakes.server import Answer, Seen
from tests.providers.fakes.strict import Check, flag, number, one_of, text, texts, whole

ROUTE = frozenset({"POST /v1/chat/completions"})
MESSAGES: Mapping[str, Check] = {
    "messages": anything, "model": text, "max_tokens": whole(1), "stream": flag, "stop": texts(),
    "tools": anything, "tool_choice": anything, "response_format": anything,
}  # fmt: skip
NOT_IN_CHATS = (
    "prompt", "memory", "max_length", "max_context_length", "stop_sequence", "sampler_seed", "mirostat",
    "trim_stop", "genkey",
)  # fmt: skip


class LlamaCppChatFake(Talks, llamacpp.LlamaCppFake):
    """Takes every sampler of its own route."""

    id = "llamacpp-chat"
    generate = ROUTE
    service = Service(
        id="llamacpp-chat", models=(llamacpp.LlamaCppFake.model,), needed=("messages",),
        fields={**llamacpp.SAMPLERS, **MESSAGES, **USAGE, "n": whole(1, llamacpp.SLOTS), "cache_prompt": flag},
    )  # fmt: skip

    @property
    def routes(self) -> Mapping[str, Any]:
        own = {name: one for name, one in super().routes.items() if name != "POST /completion"}
        return {**own, "POST /v1/chat/completions": self.chat}


class KoboldCppChatFake(Talks, koboldcpp.KoboldCppFake):
    """Notices in a stream that the client is gone; knows nothing of usage."""

    id = "koboldcpp-chat"
    generate = ROUTE
    stops_by = "closing the connection"
    service = Service(
        id="koboldcpp-chat", models=(koboldcpp.KoboldCppFake.model,), needed=("messages",),
        fields={
            **{name: check for name, check in koboldcpp.FIELDS.items() if name not in NOT_IN_CHATS}, **MESSAGES,
            "mirostat_mode": one_of(0, 1, 2), "seed": whole(1, 999_999), "frequency_penalty": number(-2, 2),
        },
    )  # fmt: skip

    @property
    def routes(self) -> Mapping[str, Any]:
        own = {name: one for name, one in super().routes.items() if "/generate" not in name}
        return {**own, "POST /v1/chat/completions": self.chat}

    def open_routes(self) -> frozenset[str]:
        return super().open_routes() - ROUTE


class OllamaChatFake(Talks, ollama.OllamaFake):
    """OpenAI's form without a choice of tools, biases and several replies."""

    id = "ollama-chat"
    generate = ROUTE
    service = Service(
        id="ollama-chat", models=(ollama.OllamaFake.model, "llava:latest"),
        fields={
            **{name: check for name, check in USUAL.items() if name != "tool_choice"}, **SEED, **USAGE, **EFFORT,
            "stop": texts(), "temperature": number(0),
        },
    )  # fmt: skip

    @property
    def routes(self) -> Mapping[str, Any]:
        own = {name: one for name, one in super().routes.items() if name != "POST /api/generate"}
        return {**own, "POST /v1/chat/completions": self.talk}

    def error(self, status: int, sentence: str) -> object:
        return openai_error(status, sentence)

    async def talk(self, seen: Seen, answer: Answer) -> None:
        self.loaded[seen.json.get("model", self.model)] = self.context or 0
        await self.chat(seen, answer)


FAKES = {
    "llamacpp-chat": LlamaCppChatFake,
    "koboldcpp-chat": KoboldCppChatFake,
    "ollama-chat": OllamaChatFake,
}
