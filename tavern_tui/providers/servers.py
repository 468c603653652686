"""Model lists, token counts, and the servers that tell no more of themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tavern_tui.core.generation import Model, ServerStatus
from tavern_tui.providers.base import Ask, ProviderSpec, ServerApi, TokenRoute
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_list, as_text

CONTEXT_KEYS = (
    "context_length", "max_model_len", "context_window", "max_context_length", "max_seq_len", "n_ctx",
)  # fmt: skip
MAX_MODELS = 5000


def read_models(payload: object) -> list[Model]:
    """A model list in any of the shapes servers use: `data[]`, `models[]` or a bare list."""
    entries = payload if isinstance(payload, list) else as_list(as_dict(payload).get("data"))
    if not entries:
        entries = as_list(as_dict(payload).get("models"))
    models: dict[str, Model] = {}
    for entry in map(as_dict, entries[:MAX_MODELS]):
        model_id = as_text(entry.get("id")) or as_text(entry.get("name"))
        if model_id:
            models[model_id] = Model(
                id=model_id,
                title=as_text(entry.get("display_name")) or as_text(entry.get("name")),
                context_size=context_of(entry),
                detail=as_text(entry.get("owned_by")),
            )
    return list(models.values())


def context_of(entry: dict[str, object]) -> int | None:
    """The context size in a model entry, under whichever of its names it comes."""
    for place in (entry, as_dict(entry.get("meta")), as_dict(entry.get("parameters"))):
        for key in CONTEXT_KEYS:
            size = as_int(place.get(key))
            if size is not None and size > 0:
                return size
    return None


async def listed_models(ask: Ask, spec: ProviderSpec) -> list[Model]:
    return read_models(await ask.get(spec.models_path))


def _model_named(models: Iterable[Model], name: str) -> Model | None:
    known = list(models)
    return next((model for model in known if model.id == name), known[0] if known and not name else None)


async def listed_status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    """For servers of which a model list is all there is to know."""
    answer = await ask.maybe(spec.models_path)
    if answer is None:
        return ServerStatus(ok=True, title=spec.title, model=model, detail="It has no list of models.")
    models = read_models(answer)
    found = _model_named(models, model)
    missing = bool(model) and bool(models) and found is None
    usual = found.id if found is not None and (not spec.needs_model or len(models) == 1) else ""
    return ServerStatus(
        ok=True,
        title=spec.title,
        model=model or usual,
        context_size=found.context_size if found is not None else None,
        detail=f'The model "{model}" is not in its list.' if missing else "",
    )


LISTED = ServerApi(status=listed_status, models=listed_models)
COHERE = replace(
    LISTED,
    tokens=TokenRoute(
        path="https://api.cohere.ai/v1/tokenize",
        text_key="text",
        needs_model=True,
        framed=True,
        longest=65_536,
        on_request=True,
    ),
)


def read_count(payload: object) -> int | None:
    """The number of tokens in a tokeniser's answer."""
    answer = as_dict(payload)
    for key in ("length", "count", "value", "input_tokens", "totalTokens"):
        count = as_int(answer.get(key))
        if count is not None and count >= 0:
            return count
    for key in ("tokens", "ids"):
        if isinstance(answer.get(key), list):
            return len(as_list(answer[key]))
    return len(payload) if isinstance(payload, list) else None


def read_ids(payload: object) -> tuple[int, ...] | None:
    """The token ids in a tokeniser's answer: numbers, or objects that have an id."""
    entries = payload if isinstance(payload, list) else None
    answer = as_dict(payload)
    for key in ("tokens", "ids"):
        entries = as_list(answer[key]) if isinstance(answer.get(key), list) else entries
    if entries is None:
        return None
    ids = [as_int(as_dict(one).get("id")) if isinstance(one, dict) else as_int(one) for one in entries]
    return tuple(id for id in ids if id is not None)
