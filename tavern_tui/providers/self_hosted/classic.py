"""KoboldAI: the Classic client and United, by their own API."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from tavern_tui.core.errors import ConnectionFailed, StreamBroken
from tavern_tui.core.generation import GenerationRequest, Model, Progress, ServerStatus
from tavern_tui.providers.base import Ask, ModelDesk, ProviderSpec, ServerApi
from tavern_tui.providers.self_hosted.facts import polls
from tavern_tui.providers.self_hosted.kobold import NO_MODEL
from tavern_tui.providers.together import together
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_text

MODEL = "/api/v1/model"


async def status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    answer, version, context, other = await together(
        ask.get(MODEL),
        ask.maybe("/api/v1/info/version"),
        ask.maybe("/api/v1/config/max_context_length"),
        ask.maybe("/api/extra/version"),
    )
    name, number = _result(answer), _result(version)
    loaded = name not in NO_MODEL
    is_koboldcpp = _result(other) == "KoboldCpp"
    advice = 'This is KoboldCpp: the provider "KoboldCpp" shows its replies as they grow.'
    return ServerStatus(
        ok=loaded,
        title=f"{'KoboldCpp' if is_koboldcpp else 'KoboldAI'} API {number}".removesuffix(" API "),
        model=name if loaded else "",
        version=number,
        context_size=as_int(as_dict(context).get("value")),
        lacks_model=not loaded,
        detail=(advice if is_koboldcpp else "") if loaded else "It has no model loaded.",
    )


def _result(answer: object) -> str:
    return as_text(as_dict(answer).get("result"))


async def models(ask: Ask, spec: ProviderSpec) -> list[Model]:
    name = _result(await ask.get(MODEL))
    return [Model(id=name, detail="loaded")] if name not in NO_MODEL else []


async def load(ask: Ask, spec: ProviderSpec, model: str) -> AsyncGenerator[Progress, None]:
    """It answers only when it has loaded the model, which takes minutes."""
    yield Progress(0, 1, "loading")
    try:
        await ask.send("PUT", MODEL, {"model": model})
    except (ConnectionFailed, StreamBroken):
        async for _ in polls(spec, f"loaded {model}"):
            if _result(await ask.maybe(MODEL)) == model:
                break
    yield Progress(1, 1, "loaded")


def always(request: GenerationRequest) -> bool:
    """The version decides which keys a body may have."""
    return True


SERVER = ServerApi(status=status, models=models, asks_first=always, desk=ModelDesk(load=load))
