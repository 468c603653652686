"""How much a model reads, by its name, for services whose lists do not say. What a list says goes first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from tavern_tui.core.generation import Model, ServerStatus

K = 1000
OPENAI = (
    (r"^gpt-(6-astra|5\.6)", 1050 * K),
    (r"^gpt-5\.[45]", 1000 * K),
    (r"^gpt-[56]", 400 * K),
    (r"^gpt-4\.1", 1000 * K),
    (r"^o1", 128 * K),
    (r"^o[34]", 200 * K),
    (r"^gpt-4-32k", 32_767),
    (r"^gpt-4(-0\d{3})?$", 8191),
    (r"^gpt-3\.5-turbo(-1106|-0125|-16k|$)", 16_383),
    (r"^gpt-3", 4095),
    (r"", 128 * K),
)
CLAUDE = ((r"sonnet-(4-[56]|5)|opus-(4-[678]|5)|fable", 1000 * K), (r"", 200 * K))
GEMINI = (
    (r"2\.5-flash-image|^gemma-3(?!-27b)", 32_767),
    (r"3-pro-image", 65_535),
    (r"3\.1-flash-image|^gemma-3-27b", 128 * K),
    (r"^gemini-(2\.0|2\.5|3)", 1000 * K),
    (r"^gemma-4", 256 * K),
    (r"", 128 * K),
)
BY_NAME: Mapping[str, tuple[tuple[str, int], ...]] = {
    "openai": OPENAI,
    "azure_openai": OPENAI,
    "claude": CLAUDE,
    "makersuite": GEMINI,
    "vertexai": ((r"^claude", 200 * K), *GEMINI),
    "xai": (
        (r"^grok-2-vision", 32_767),
        (r"^grok-4-fast", 2000 * K),
        (r"^grok-(4|code)", 256 * K),
        (r"", 128 * K),
    ),
    "perplexity": ((r"^sonar-pro", 200 * K), (r"^(sonar|r1-1776)", 127 * K), (r"", 128 * K)),
    "cohere": ((r"^command-a-03-2025", 256 * K), (r"^(command-r|c4ai-aya|command-a)", 128 * K)),
    "ai21": ((r"^jamba", 256 * K),),
    "deepseek": ((r"", 1000 * K),),
    "minimax": ((r"^M2-her", 65_536), (r"", 204_800)),
    "zai": (
        (r"^glm-5\.2", 1000 * K),
        (r"^glm-(5|4\.[67](?!v))", 200 * K),
        (r"^glm-4\.5v", 64 * K),
        (r"^glm-4\.", 128 * K),
    ),
    "siliconflow": ((r"", 32_767),),
}
"""Provider -> patterns of model names with their sizes in tokens; the first that fits counts."""


@cache
def known_context(provider: str, model: str) -> int | None:
    """Tokens a model reads, if its name tells."""
    if not model:
        return None
    return next((size for pattern, size in BY_NAME.get(provider, ()) if re.search(pattern, model)), None)


def with_context(provider: str, status: ServerStatus) -> ServerStatus:
    """A status with what the model's name tells, where the server was silent."""
    size = status.context_size or known_context(provider, status.model)
    return status if size == status.context_size else replace(status, context_size=size)


def with_contexts(provider: str, models: list[Model]) -> list[Model]:
    """The same for a list of models."""
    return [
        one if one.context_size else replace(one, context_size=known_context(provider, one.id))
        for one in models
    ]
