"""KoboldCpp, with its admin routes where they are switched on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress

from tavern_tui.core.errors import AuthFailed, NotFound, ProviderError, ServerFailed, UsageError
from tavern_tui.core.generation import GenerationRequest, Model, Progress, ServerStatus, StreamEvent
from tavern_tui.providers.base import Ask, ModelDesk, ProviderSpec, ServerApi, TokenRoute
from tavern_tui.providers.dialects.chosen import token_choices
from tavern_tui.providers.self_hosted.facts import (
    context_in_props,
    if_allowed,
    in_words,
    modalities_in_props,
    polls,
    template_in_props,
)
from tavern_tui.providers.servers import MAX_MODELS
from tavern_tui.providers.together import together
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_list, as_text

NO_MODEL = ("", "inactive", "ReadOnly")
PERF = "/api/extra/perf"
UNLOAD = "unload_model"


async def status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    found, answer, context, props, perf = await together(
        ask.get("/api/extra/version"),
        ask.maybe("/api/v1/model"),
        ask.maybe("/api/extra/true_max_context_length"),
        ask.maybe("/props"),
        ask.maybe(PERF),
    )
    version, facts = as_dict(found), as_dict(props)
    name = as_text(as_dict(answer).get("result"))
    loaded = name not in NO_MODEL
    number = as_text(version.get("version"))
    return ServerStatus(
        ok=loaded,
        title=f"{as_text(version.get('result')) or 'KoboldCpp'} {number}".strip(),
        model=name.removeprefix("koboldcpp/") if loaded else "",
        context_size=as_int(as_dict(context).get("value")) or context_in_props(facts),
        chat_template=template_in_props(facts),
        lacks_model=not loaded,
        detail=_performance(as_dict(perf)) if loaded else "It has no model loaded.",
    )


def _performance(perf: dict[str, object]) -> str:
    """How fast its last reply was, and who waits; versions up to 1.76 tell no speeds."""
    tokens, queue = as_int(perf.get("last_token_count")), as_int(perf.get("queue"))
    speed = perf.get("last_eval_speed")
    fast = float(speed) if isinstance(speed, int | float) else 0.0
    return in_words(
        f"its last reply had {tokens:,} tokens, {fast:.1f} per second" if tokens and fast > 0 else "",
        f"{queue} waiting" if queue and queue > 0 else "",
    )


async def models(ask: Ask, spec: ProviderSpec) -> list[Model]:
    """The loaded model, and the files its admin may load."""
    answer, options, props, context = await together(
        ask.get("/api/v1/model"),
        if_allowed(ask, "/api/admin/list_options"),
        ask.maybe("/props"),
        ask.maybe("/api/extra/true_max_context_length"),
    )
    name = as_text(as_dict(answer).get("result"))
    takes = modalities_in_props(as_dict(props))
    current = Model(
        id=name,
        context_size=as_int(as_dict(context).get("value")),
        detail=in_words("loaded", *takes),
        capabilities=takes,
    )
    files = [Model(id=file, detail="can be loaded") for file in _files(options)]
    return [*([current] if name not in NO_MODEL else []), *files]


def _files(options: object) -> list[str]:
    found = [one for one in as_list(options)[:MAX_MODELS] if isinstance(one, str) and one]
    return [one for one in found if one != UNLOAD]


async def load(ask: Ask, spec: ProviderSpec, model: str) -> AsyncGenerator[Progress, None]:
    files = _files(await _admin(ask))
    if model not in files:
        raise NotFound(
            f'This KoboldCpp has no file "{model}" to load.',
            hint=f"It offers {', '.join(files[:5])}." if files else "Its --admindir is empty.",
        )
    async for step in _reload(ask, spec, model):
        yield step


async def unload(ask: Ask, spec: ProviderSpec, model: str) -> AsyncGenerator[Progress, None]:
    await _admin(ask)
    async for step in _reload(ask, spec, UNLOAD):
        yield step


async def _admin(ask: Ask) -> object:
    try:
        return await ask.get("/api/admin/list_options")
    except (NotFound, AuthFailed) as error:
        raise UsageError(
            "This KoboldCpp does not let itself be told what to load.",
            hint="Start it with --admin --admindir FOLDER; the connection's key is its --adminpassword.",
        ) from error


async def _reload(ask: Ask, spec: ProviderSpec, file: str) -> AsyncGenerator[Progress, None]:
    """The server answers at once, goes down, and comes back with the other model."""
    before = await _uptime(ask)
    answer = as_dict(await ask.post("/api/admin/reload_config", {"filename": file}))
    if answer.get("success") not in (True, "true"):
        raise ServerFailed(f"{spec.title} will not load {file}.")
    yield Progress(0, 1, "restarting")
    async for _ in polls(spec, f"come back with {file}"):
        with suppress(ProviderError):  # nobody answers while it restarts
            now = await _uptime(ask)
            name = as_text(as_dict(await ask.get("/api/v1/model")).get("result"))
            if now < before and (name not in NO_MODEL) == (file != UNLOAD):
                yield Progress(1, 1, name)
                return
        yield Progress(0, 1, "loading")


async def _uptime(ask: Ask) -> float:
    """Seconds since it was started."""
    seconds = as_dict(await ask.get(PERF)).get("uptime")
    return float(seconds) if isinstance(seconds, int | float) else 0.0


async def choices_afterwards(ask: Ask, request: GenerationRequest) -> Sequence[StreamEvent]:
    """The token probabilities of a streamed reply, which the stream does not tell."""
    if not request.stream or not request.samplers.get("logprobs"):
        return ()
    answer = await ask.post("/api/extra/last_logprobs", {"genkey": request.genkey})
    return tuple(token_choices(as_dict(answer).get("logprobs")))


TOKENS = TokenRoute(
    path="/api/extra/tokencount", text_key="prompt", extra={"special": False}, subtract_empty=True
)
DESK = ModelDesk(load=load, unload=unload)
SERVER = ServerApi(
    status=status,
    models=models,
    tokens=TOKENS,
    abort="/api/extra/abort",
    afterwards=choices_afterwards,
    desk=DESK,
)
# Its chat route takes no genkey, and an abort without one could end somebody else's reply.
CHAT_SERVER = ServerApi(status=status, models=models, tokens=TOKENS, desk=DESK)
