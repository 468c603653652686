"""Vectors of what is added to messages: cache markers, sound, signatures; schemas and budgets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from tavern_tui.providers.shaping.caching import cached_at_depth, cached_system
from tavern_tui.providers.shaping.openrouter import with_signatures, with_sound
from tavern_tui.providers.shaping.schema import flat_schema
from tavern_tui.providers.shaping.thinking import claude_budget, claude_effort, google_thinking
from tests.vectors.kinds.case import Case, Json, title_of

CALLS: Mapping[str, Callable[[Json], Any]] = {
    "cachingAtDepthForClaude": lambda one: cached_at_depth(one["input"], one["depth"], one["ttl"]),
    "cachingAtDepthForOpenRouterClaude": lambda one: cached_at_depth(one["input"], one["depth"], one["ttl"]),
    "cachingSystemPromptForOpenRouter": lambda one: cached_system(one["input"], one["ttl"]),
    "embedOpenRouterMedia": lambda one: with_sound(one["input"]) if one["options"]["audio"] else one["input"],
    "addOpenRouterSignatures": lambda one: with_signatures(one["input"], one["model"]),
    "flattenSchema": lambda one: flat_schema(
        one["input"], for_google=one.get("api") in ("makersuite", "vertexai")
    ),
}
"""By the function whose work a vector records."""


def call_cases(file: Json) -> Iterator[Case]:
    """One case per recorded call."""
    for number, vector in enumerate(file["vectors"]):
        run = CALLS.get(vector["fn"], _unknown)
        yield Case(name=title_of(vector, number), run=partial(run, vector), expected=vector["output"])


def _unknown(vector: Json) -> Any:
    raise LookupError(f"no runner for the function {vector['fn']} yet")


def budget_cases(file: Json) -> Iterator[Case]:
    """One case per service, model, length and effort."""
    for vector in file.get("claude", ()):
        yield _budget("claude", vector, partial(_claude, vector))
    for vector in file.get("google", ()):
        yield _budget(
            "google",
            vector,
            partial(
                google_thinking, vector["effort"], model=vector["model"], max_tokens=vector["max_tokens"]
            ),
        )


def _claude(vector: Json) -> int | str | None:
    if vector["adaptive"]:
        return claude_effort(vector["effort"])
    return claude_budget(vector["effort"], max_tokens=vector["max_tokens"], stream=vector["stream"])


def _budget(service: str, vector: Json, run: Callable[[], Any]) -> Case:
    given = " ".join(f"{key}={value}" for key, value in vector.items() if key != "output")
    return Case(name=f"{service} {given}", run=run, expected=vector["output"])
