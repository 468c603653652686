"""text-generation-webui ("Ooba")."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from tavern_tui.core.errors import NotFound, UsageError
from tavern_tui.core.generation import Model, Progress, ServerStatus
from tavern_tui.providers.base import Ask, ModelDesk, ProviderSpec, ServerApi, TokenRoute
from tavern_tui.providers.self_hosted.facts import if_allowed, in_words, texts
from tavern_tui.providers.servers import MAX_MODELS, read_models
from tavern_tui.providers.together import together
from tavern_tui.providers.wire.decoder import as_dict, as_text

INFO = "/v1/internal/model/info"


async def status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    try:
        info, listed = await together(ask.maybe(INFO), ask.get("/v1/models"))
    except NotFound as error:
        await _refuse_old_api(ask, error)
        raise
    facts, found = as_dict(info), read_models(listed)
    name = _loaded(facts) if facts else found[0].id if found else ""
    loader = as_text(facts.get("loader"))
    return ServerStatus(
        ok=bool(name),
        title=spec.title,
        model=name,
        context_size=found[0].context_size if found else None,
        lacks_model=not name,
        detail=(f"Loaded by {loader}." if loader else "") if name else "It has no model loaded.",
    )


def _loaded(info: dict[str, object]) -> str:
    """The loaded model; it writes `None` where there is none."""
    name = as_text(info.get("model_name"))
    return "" if name == "None" else name


async def _refuse_old_api(ask: Ask, error: NotFound) -> None:
    """Until 2023 it answered at /api/v1/generate, and streamed through a WebSocket at port 5005."""
    if as_text(as_dict(await ask.maybe("/api/v1/model")).get("result")):
        raise UsageError(
            "This server speaks the old API of text-generation-webui, which is no longer spoken here.",
            hint="Update text-generation-webui and start it with `--api`: its new API is at /v1, port 5000.",
        ) from error


async def models(ask: Ask, spec: ProviderSpec) -> list[Model]:
    """All its models, if the key is its admin's; else the loaded one."""
    listed, info, all_of_them = await together(
        ask.get("/v1/models"), ask.maybe(INFO), if_allowed(ask, "/v1/internal/model/list")
    )
    name, loader = _loaded(as_dict(info)), as_text(as_dict(info).get("loader"))
    names = texts(as_dict(all_of_them).get("model_names"))[:MAX_MODELS]
    known = list(dict.fromkeys((*(one.id for one in read_models(listed)), *names)))
    return [Model(id=id, detail=in_words("loaded", loader) if id == name else "") for id in known if id]


async def load(ask: Ask, spec: ProviderSpec, model: str) -> AsyncGenerator[Progress, None]:
    yield Progress(0, 1, "loading")
    async for _ in ask.follow("/v1/internal/model/load", {"model_name": model}):
        pass  # it says only "OK", in the end
    yield Progress(1, 1, "loaded")


async def unload(ask: Ask, spec: ProviderSpec, model: str) -> AsyncGenerator[Progress, None]:
    await ask.send("POST", "/v1/internal/model/unload", {})
    yield Progress(1, 1, "unloaded")


SERVER = ServerApi(
    status=status,
    models=models,
    tokens=TokenRoute(
        path="/v1/internal/token-count",
        ids_path="/v1/internal/encode",
        text_key="text",
        subtract_empty=True,
    ),
    desk=ModelDesk(load=load, unload=unload),
)
