"""llama.cpp's server: one model, or as a router of many."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from urllib.parse import quote

from tavern_tui.core.errors import NotFound, ServerFailed, UsageError
from tavern_tui.core.generation import GenerationRequest, Model, Progress, ServerStatus
from tavern_tui.providers.base import Ask, ModelDesk, ProviderSpec, ServerApi, TokenRoute
from tavern_tui.providers.self_hosted.facts import (
    context_in_props,
    in_words,
    named,
    polls,
    size_text,
    template_in_props,
    texts,
)
from tavern_tui.providers.servers import MAX_MODELS, context_of
from tavern_tui.providers.together import together
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_list, as_text

AWAKE = ("loaded", "sleeping")
"""A sleeping model wakes up when it is asked something."""


def read_models(answer: object) -> list[Model]:
    """The models of `/v1/models`; a router tells of each whether it is loaded."""
    return [_model(entry) for entry in _entries(answer) if as_text(entry.get("id"))]


def _entries(answer: object) -> list[dict[str, object]]:
    return [as_dict(entry) for entry in as_list(as_dict(answer).get("data"))[:MAX_MODELS]]


def _model(entry: dict[str, object]) -> Model:
    takes = texts(as_dict(entry.get("architecture")).get("input_modalities"))
    meta = as_dict(entry.get("meta"))
    return Model(
        id=as_text(entry["id"]),
        context_size=context_of(entry),
        detail=in_words(_state(entry), size_text(meta.get("size")), as_text(meta.get("ftype"))),
        capabilities=tuple({"image": "vision"}.get(kind, kind) for kind in takes if kind != "text"),
    )


def _state(entry: dict[str, object]) -> str:
    return as_text(as_dict(entry.get("status")).get("value"))


async def models(ask: Ask, spec: ProviderSpec) -> list[Model]:
    return read_models(await ask.get("/v1/models"))


async def status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    found, answer = await together(ask.get("/props"), ask.maybe("/v1/models"))
    props, listed = as_dict(found), read_models(answer)
    chosen, detail = _chosen(props, listed, model), ""
    if _is_router(props):
        props, detail = await _props_of(ask, props, chosen, answer)
    build = as_text(props.get("build_info")).partition("-")[0]
    entry = named(listed, chosen)
    return ServerStatus(
        ok=True,
        title=f"llama.cpp {build}" if build and build != "b0" else "llama.cpp",
        model=chosen,
        context_size=context_in_props(props) or (entry.context_size if entry else None),
        max_replies=as_int(props.get("total_slots")),
        chat_template=template_in_props(props),
        detail=detail,
    )


def _is_router(props: dict[str, object]) -> bool:
    return props.get("role") == "router"


def _chosen(props: dict[str, object], listed: list[Model], model: str) -> str:
    if model or not _is_router(props):
        return model or as_text(props.get("model_alias")) or (listed[0].id if len(listed) == 1 else "")
    awake = [one.id for one in listed if one.detail.startswith(AWAKE)]
    return awake[0] if len(awake) == 1 else ""


async def _props_of(
    ask: Ask, props: dict[str, object], model: str, answer: object
) -> tuple[dict[str, object], str]:
    """A router's facts of one model. Only of a loaded one: to ask is to load it."""
    state = next((_state(entry) for entry in _entries(answer) if entry.get("id") == model), "")
    if state in AWAKE:
        return as_dict(await ask.maybe(f"/props?model={quote(model, safe='')}")) or props, ""
    if model:
        return props, f'"{model}" is {state or "not one of its models"}.'
    return props, f"Choose one of its {len(_entries(answer))} models."


async def load(ask: Ask, spec: ProviderSpec, model: str) -> AsyncGenerator[Progress, None]:
    if await _state_on_router(ask, model) in AWAKE:
        return
    await ask.post("/models/load", {"model": model})
    async for _ in polls(spec, f"loaded {model}"):
        entry = await _entry(ask, model)
        state, facts = _state(entry), as_dict(entry.get("status"))
        if state in AWAKE:
            yield Progress(1, 1, state)
            return
        if facts.get("failed") is True:
            code = as_int(facts.get("exit_code"))
            raise ServerFailed(f"{spec.title} could not load {model}{f' (exit {code})' if code else ''}.")
        yield Progress(0, 1, state or "loading")


async def unload(ask: Ask, spec: ProviderSpec, model: str) -> AsyncGenerator[Progress, None]:
    if await _state_on_router(ask, model) == "unloaded":
        return
    await ask.post("/models/unload", {"model": model})
    async for _ in polls(spec, f"unloaded {model}"):
        state = _state(await _entry(ask, model))
        yield Progress(int(state == "unloaded"), 1, state)
        if state == "unloaded":
            return


async def _entry(ask: Ask, model: str) -> dict[str, object]:
    found = (entry for entry in _entries(await ask.get("/models")) if entry.get("id") == model)
    return next(found, {})


async def _state_on_router(ask: Ask, model: str) -> str:
    """Raises UsageError for a server that is no router, NotFound for a model it does not have."""
    entries = _entries(await ask.get("/models"))
    if not any(_state(entry) for entry in entries):
        raise UsageError(
            "This llama.cpp has the one model it was started with.",
            hint="Start llama-server without a model: then it loads those of its models folder when told.",
        )
    for entry in entries:
        if entry.get("id") == model:
            return _state(entry)
    raise NotFound(f'This llama.cpp has no model "{model}".', hint="`tavern-tui models` lists its models.")


def several_replies(request: GenerationRequest) -> bool:
    """It refuses more replies at once than it has slots."""
    return request.samplers.get("n", 1) not in (0, 1)


SERVER = ServerApi(
    status=status,
    models=models,
    tokens=TokenRoute(
        path="/tokenize",
        text_key="content",
        extra={"add_special": False, "parse_special": True},
        takes_model=True,
    ),
    asks_first=several_replies,
    desk=ModelDesk(load=load, unload=unload),
)
