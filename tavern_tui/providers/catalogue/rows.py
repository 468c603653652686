"""Where the rows are: a kind's module is loaded when one of its rows is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from tavern_tui.providers.base import ProviderSpec

SHELVES = (
    ("local.LOCAL", "koboldcpp llamacpp ollama ooba tabby vllm aphrodite lmstudio generic huggingface kobold "
                    "llamacpp-chat koboldcpp-chat ollama-chat"),
    ("hosted_text.HOSTED_TEXT", "mancer dreamgen togetherai infermaticai featherless openrouter-text "
                                "novelai"),
    ("horde.HORDE", "horde"),
    ("chat.openai.OPENAI_FAMILY", "custom openai azure_openai"),
    ("chat.claude.CLAUDE", "claude"),
    ("chat.google.GOOGLE", "makersuite vertexai"),
    ("chat.openrouter.OPENROUTER", "openrouter"),
    ("chat.labs.LABS", "deepseek xai moonshot zai minimax mistralai ai21 cohere perplexity"),
    ("chat.hosts.HOSTS", "groq fireworks siliconflow workers_ai"),
    ("chat.routers.ROUTERS", "nanogpt electronhub aimlapi chutes pollinations cometapi"),
    ("builtin.OFFLINE", "offline scripted scripted-chat"),
    ("gguf.GGUF", "local"),
)  # fmt: skip
"""A module of this folder and the name of its row or rows; their ids, in their order."""


class Rows(Mapping[str, ProviderSpec]):
    """Every row by id. All of them take 30 ms and 2 MB, and a start needs one."""

    def __init__(self) -> None:
        self._where = {id: place for place, ids in SHELVES for id in ids.split()}
        self._rows: dict[str, ProviderSpec] = {}

    def __getitem__(self, id: str) -> ProviderSpec:
        if id not in self._rows:
            module, _, name = self._where[id].rpartition(".")
            rows = getattr(import_module(f"{__package__}.{module}"), name)
            self._rows |= {row.id: row for row in (rows if isinstance(rows, tuple) else (rows,))}
        return self._rows[id]

    def __contains__(self, id: object) -> bool:
        return id in self._where

    def __iter__(self) -> Iterator[str]:
        return iter(self._where)

    def __len__(self) -> int:
        return len(self._where)
