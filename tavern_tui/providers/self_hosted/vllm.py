"""vLLM, and Aphrodite, which came from it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace

from tavern_tui.core.generation import GenerationRequest, Progress, ServerStatus
from tavern_tui.providers.base import Ask, ModelDesk, ProviderSpec, ServerApi, TokenRoute
from tavern_tui.providers.servers import listed_models, listed_status, read_models
from tavern_tui.providers.wire.decoder import as_dict, as_text


async def status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    """A model list and a version."""
    found = await listed_status(ask, spec, model)
    number = as_text(as_dict(await ask.maybe("/version")).get("version"))
    return replace(found, title=f"{spec.title} {number}".strip(), version=number)


def is_structured(request: GenerationRequest) -> bool:
    """What grammars and schemas are called changed with a version."""
    return any(request.samplers.get(name) for name in ("grammar", "json_schema"))


async def load(ask: Ask, spec: ProviderSpec, model: str) -> AsyncGenerator[Progress, None]:
    """Aphrodite loads one model, into an engine that has none."""
    loaded = [one.id for one in read_models(await ask.maybe(spec.models_path))]
    if model in loaded:
        return
    if loaded:
        async for step in unload(ask, spec, loaded[0]):
            yield step
    yield Progress(0, 1, "loading")
    async for _ in ask.follow("/v1/model/load", {"model": model}):
        pass
    yield Progress(1, 1, "loaded")


async def unload(ask: Ask, spec: ProviderSpec, model: str) -> AsyncGenerator[Progress, None]:
    await ask.send("DELETE", "/v1/model/unload")
    yield Progress(1, 1, "unloaded")


VLLM = ServerApi(
    status=status,
    models=listed_models,
    tokens=TokenRoute(
        path="/tokenize", text_key="prompt", extra={"add_special_tokens": False}, needs_model=True
    ),
    asks_first=is_structured,
)
APHRODITE = ServerApi(
    status=status,
    models=listed_models,
    tokens=TokenRoute(
        path="/v1/tokenize", text_key="prompt", extra={"add_special_tokens": False}, needs_model=True
    ),
    desk=ModelDesk(load=load, unload=unload),
)
