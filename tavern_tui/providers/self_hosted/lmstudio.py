"""LM Studio: what its own API tells beyond the list of models."""

from __future__ import annotations

from dataclasses import replace

from tavern_tui.core.generation import Model, ServerStatus
from tavern_tui.providers.base import Ask, ProviderSpec, ServerApi
from tavern_tui.providers.self_hosted.facts import in_words, named
from tavern_tui.providers.servers import MAX_MODELS, listed_models, listed_status
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_list, as_text

OWN_LIST = "/api/v0/models"
KINDS = {"vlm": ("vision",)}


async def status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    found = await listed_status(ask, spec, model)
    answer = await ask.maybe(OWN_LIST)
    loaded = [entry for entry in _entries(answer) if entry.get("state") == "loaded"]
    wanted = [entry for entry in loaded if entry.get("id") == model] if model else loaded
    if not _entries(answer):
        return found
    if not wanted:
        advice = "It loads the model when it is first asked." if model else "It has no model loaded."
        return replace(found, context_size=None, detail=found.detail or advice)
    return replace(found, model=model or as_text(wanted[0].get("id")), context_size=_context(wanted[0]))


async def models(ask: Ask, spec: ProviderSpec) -> list[Model]:
    listed = await listed_models(ask, spec)
    answer = await ask.maybe(OWN_LIST)
    own = [_model(entry) for entry in _entries(answer)]
    entries = map(as_dict, as_list(as_dict(answer).get("data")))
    skipped = {as_text(entry.get("id")) for entry in entries if _embeds(entry)}
    known = [named(own, one.id) or one for one in listed if one.id not in skipped]
    return known or own


def _model(entry: dict[str, object]) -> Model:
    state = as_text(entry.get("state"))
    return Model(
        id=as_text(entry.get("id")),
        context_size=_context(entry),
        detail=in_words(
            "loaded" if state == "loaded" else "",
            as_text(entry.get("arch")),
            as_text(entry.get("quantization")),
        ),
        capabilities=(
            *KINDS.get(as_text(entry.get("type")), ()),
            *(("tools",) if "tool_use" in as_list(entry.get("capabilities")) else ()),
        ),
    )


def _context(entry: dict[str, object]) -> int | None:
    """What is allocated, else the most the model can have."""
    return as_int(entry.get("loaded_context_length")) or as_int(entry.get("max_context_length"))


def _entries(answer: object) -> list[dict[str, object]]:
    found = [as_dict(entry) for entry in as_list(as_dict(answer).get("data"))[:MAX_MODELS]]
    return [entry for entry in found if as_text(entry.get("id")) and not _embeds(entry)]


def _embeds(entry: dict[str, object]) -> bool:
    """Models that make vectors answer nobody."""
    return entry.get("type") == "embeddings"


SERVER = ServerApi(status=status, models=models)
