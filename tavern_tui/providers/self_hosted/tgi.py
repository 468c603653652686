"""Hugging Face's text-generation-inference (TGI) and Inference Endpoints."""

from __future__ import annotations

from dataclasses import replace

from tavern_tui.core.generation import Model, ServerStatus
from tavern_tui.providers.base import Ask, ProviderSpec, ServerApi, TokenRoute
from tavern_tui.providers.servers import listed_models, listed_status
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_text


async def status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    """An endpoint may run another server, which has no `/info`: then its list of models must do."""
    info = as_dict(await ask.maybe("/info"))
    if "model_id" not in info:
        return await listed_status(ask, spec, model)
    prompt, total = as_int(info.get("max_input_tokens")), as_int(info.get("max_total_tokens"))
    return ServerStatus(
        ok=True,
        title=f"{as_text(info.get('router')) or 'TGI'} {as_text(info.get('version'))}".strip(),
        model=as_text(info["model_id"]),
        context_size=total,
        detail=f"A prompt may have {prompt} tokens." if prompt and total and prompt < total - 1 else "",
    )


async def models(ask: Ask, spec: ProviderSpec) -> list[Model]:
    info = as_dict(await ask.maybe("/info"))
    if "model_id" not in info:
        return await listed_models(ask, spec)
    model = Model(
        id=as_text(info["model_id"]),
        context_size=as_int(info.get("max_total_tokens")),
        detail=as_text(info.get("model_pipeline_tag")),
    )
    return [replace(model, title=model.id)]


SERVER = ServerApi(
    status=status,
    models=models,
    tokens=TokenRoute(path="/tokenize", text_key="inputs", subtract_empty=True),
)
