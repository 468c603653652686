"""Ollama: its models, what it knows of them, and getting, loading and dropping them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping

from tavern_tui.core.errors import ProviderError
from tavern_tui.core.generation import Model, Progress, ServerStatus
from tavern_tui.providers.base import Ask, ModelDesk, ProviderOption, ProviderSpec, ServerApi
from tavern_tui.providers.self_hosted.facts import in_words, size_text, texts
from tavern_tui.providers.servers import MAX_MODELS
from tavern_tui.providers.together import together
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_list, as_text

SMALL_CONTEXT = 8192
"""A model trained for less than this is not asked for more."""
MOST_SHOWN = 60
"""Models whose abilities are asked for one by one, where the list does not tell them."""
ASKED_AT_ONCE = 4

KEEP_ALIVE = ProviderOption(
    id="keep_alive",
    title="Keep loaded",
    help="How long the model stays in memory: 30m, 2h, a number of seconds; -1 is forever, 0 not at all.",
    default="-1",
)


async def status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    version, listed, running = await together(
        ask.get("/api/version"), ask.maybe("/api/tags"), ask.maybe("/api/ps")
    )
    names = [as_text(entry.get("name")) for entry in _entries(listed)]
    chosen = model or (names[0] if len(names) == 1 else "")
    shown = await _shown(ask, chosen) if chosen else {}
    allocated, trained = _allocated(running, chosen), _trained(shown)
    return ServerStatus(
        ok=True,
        title=f"Ollama {as_text(as_dict(version).get('version'))}".strip(),
        model=chosen,
        context_size=allocated or (trained if trained and trained <= SMALL_CONTEXT else None),
        chat_template=as_text(shown.get("template")),
        detail=_advice(chosen, names, trained),
    )


def _advice(chosen: str, names: list[str], trained: int | None) -> str:
    if not chosen:
        return f"Choose one of its {len(names)} models." if names else "It has no models yet."
    if names and not any(_is_same(chosen, name) for name in names):
        return f'The model "{chosen}" is not in its list.'
    return f"The model was trained for a context of {trained} tokens." if trained else ""


async def models(ask: Ask, spec: ProviderSpec) -> list[Model]:
    listed, running = await together(ask.get("/api/tags"), ask.maybe("/api/ps"))
    entries = [entry for entry in _entries(listed) if as_text(entry.get("name"))]
    shown = await _abilities(ask, entries)
    return [_model(entry, running, shown) for entry in entries]


def _model(entry: dict[str, object], running: object, shown: Mapping[str, dict[str, object]]) -> Model:
    name, details = as_text(entry["name"]), as_dict(entry.get("details"))
    more = shown.get(name, {})
    abilities = texts(entry.get("capabilities")) or texts(more.get("capabilities"))
    return Model(
        id=name,
        context_size=as_int(details.get("context_length")) or _trained(more),
        detail=in_words(
            "loaded" if _allocated(running, name) is not None else "",
            as_text(details.get("parameter_size")),
            as_text(details.get("quantization_level")),
            size_text(entry.get("size")),
        ),
        capabilities=tuple(
            {"thinking": "reasoning"}.get(one, one) for one in abilities if one != "completion"
        ),
    )


async def _abilities(ask: Ask, entries: list[dict[str, object]]) -> dict[str, dict[str, object]]:
    """What it tells of the models whose entry in the list leaves it out."""
    unknown = [as_text(entry["name"]) for entry in entries if not as_list(entry.get("capabilities"))]
    gate = asyncio.Semaphore(ASKED_AT_ONCE)

    async def one(name: str) -> dict[str, object]:
        async with gate:
            return await _shown(ask, name)

    names = unknown[:MOST_SHOWN]
    return dict(zip(names, await together(*(one(name) for name in names)), strict=True))


async def _shown(ask: Ask, model: str) -> dict[str, object]:
    try:
        return as_dict(await ask.post("/api/show", {"model": model}))
    except ProviderError:
        return {}  # a model that is gone, or a server that only pretends to be Ollama


def _entries(listed: object) -> list[dict[str, object]]:
    return [as_dict(entry) for entry in as_list(as_dict(listed).get("models"))[:MAX_MODELS]]


def _allocated(running: object, model: str) -> int | None:
    """The context of a loaded model; 0 if it is loaded and does not tell."""
    for entry in _entries(running):
        if any(_is_same(model, as_text(entry.get(key))) for key in ("name", "model")):
            return as_int(entry.get("context_length")) or 0
    return None


def _is_same(one: str, other: str) -> bool:
    """Whether two names mean one model: the tag `latest` may be left out."""
    return bool(one) and one.removesuffix(":latest") == other.removesuffix(":latest")


def _trained(shown: dict[str, object]) -> int | None:
    """The context the model was trained for."""
    facts = as_dict(shown.get("model_info"))
    family = as_text(facts.get("general.architecture"))
    return as_int(facts.get(f"{family}.context_length"))


async def load(ask: Ask, spec: ProviderSpec, model: str) -> AsyncGenerator[Progress, None]:
    """A request without a prompt only loads."""
    yield Progress(0, 1, "loading")
    async for _ in ask.follow("/api/generate", {"model": model, "stream": False}):
        pass
    yield Progress(1, 1, "loaded")


async def unload(ask: Ask, spec: ProviderSpec, model: str) -> AsyncGenerator[Progress, None]:
    async for _ in ask.follow("/api/generate", {"model": model, "keep_alive": 0, "stream": False}):
        pass
    yield Progress(1, 1, "unloaded")


async def fetch(ask: Ask, spec: ProviderSpec, model: str) -> AsyncGenerator[Progress, None]:
    """Download a model by its name in Ollama's library, or as `hf.co/USER/REPOSITORY`."""
    async for step in ask.follow("/api/pull", {"model": model, "stream": True}):
        done, total = as_int(step.get("completed")) or 0, as_int(step.get("total")) or 0
        yield Progress(done, total, as_text(step.get("status")))


SERVER = ServerApi(status=status, models=models, desk=ModelDesk(load=load, unload=unload, fetch=fetch))
