"""TabbyAPI."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace

from tavern_tui.core.generation import Model, Progress, ServerStatus
from tavern_tui.providers.base import Ask, ModelDesk, ProviderSpec, ServerApi, TokenRoute
from tavern_tui.providers.self_hosted.facts import context_in_props, if_allowed, in_words, template_in_props
from tavern_tui.providers.servers import read_models
from tavern_tui.providers.together import together
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_text


async def status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    _, current, props = await together(ask.get(spec.models_path), ask.maybe("/v1/model"), ask.maybe("/props"))
    card, facts = as_dict(current), as_dict(props)
    settings = as_dict(card.get("parameters"))
    name = as_text(card.get("id"))
    return ServerStatus(
        ok=bool(name),
        title=spec.title,
        model=name,
        context_size=as_int(settings.get("max_seq_len")) or context_in_props(facts),
        chat_template=as_text(settings.get("prompt_template_content")) or template_in_props(facts),
        lacks_model=not name,
        detail="" if name else "It has no model loaded.",
    )


async def models(ask: Ask, spec: ProviderSpec) -> list[Model]:
    """Its folder of models, if the key is its admin's; else the loaded one."""
    listed, current = await together(ask.get("/v1/model/list"), if_allowed(ask, "/v1/model"))
    card = as_dict(current)
    settings = as_dict(card.get("parameters"))
    return [
        replace(
            model,
            detail="loaded" if model.id == card.get("id") else "",
            context_size=as_int(settings.get("max_seq_len")) if model.id == card.get("id") else None,
            capabilities=("vision",) if model.id == card.get("id") and settings.get("use_vision") else (),
        )
        for model in read_models(listed)
    ]


async def load(ask: Ask, spec: ProviderSpec, model: str) -> AsyncGenerator[Progress, None]:
    """It lets go of the model it has, but refuses one that it has already."""
    if as_text(as_dict(await ask.maybe("/v1/model")).get("id")) == model:
        return
    async for step in ask.follow("/v1/model/load", {"model_name": model}):
        done, total = as_int(step.get("module")) or 0, as_int(step.get("modules")) or 0
        note = in_words(as_text(step.get("model_type")), as_text(step.get("status")))
        yield Progress(done, total, note)


async def unload(ask: Ask, spec: ProviderSpec, model: str) -> AsyncGenerator[Progress, None]:
    await ask.send("POST", "/v1/model/unload")
    yield Progress(1, 1, "unloaded")


SERVER = ServerApi(
    status=status,
    models=models,
    tokens=TokenRoute(
        path="/v1/token/encode",
        text_key="text",
        extra={"add_bos_token": False, "encode_special_tokens": True},
    ),
    desk=ModelDesk(load=load, unload=unload),
)
