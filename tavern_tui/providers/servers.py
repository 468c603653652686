"""What each kind of server tells of itself: version, model, context size, models, token counts."""

from __future__ import annotations

from collections.abc import Iterable

from tavern_tui.core.generation import Model, ServerStatus
from tavern_tui.providers.base import Ask, ProviderSpec, ServerApi, TokenRoute
from tavern_tui.providers.together import together
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
    return ServerStatus(
        ok=True,
        title=spec.title,
        model=model or (found.id if found is not None and not spec.needs_model else ""),
        context_size=found.context_size if found is not None else None,
        detail=f'The model "{model}" is not in its list.' if missing else "",
    )


def _n_ctx(props: dict[str, object]) -> int | None:
    settings = as_dict(props.get("default_generation_settings"))
    return as_int(settings.get("n_ctx")) or as_int(props.get("n_ctx"))


def _template(props: dict[str, object]) -> str:
    return as_text(props.get("chat_template")).removesuffix("\0")


async def llamacpp_status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    found, answer = await together(ask.get("/props"), ask.maybe("/v1/models"))
    props, models = as_dict(found), read_models(answer)
    build = as_text(props.get("build_info")).partition("-")[0]
    chosen = _model_named(models, model) or (models[0] if len(models) == 1 else None)
    return ServerStatus(
        ok=True,
        title=f"llama.cpp {build}" if build and build != "b0" else "llama.cpp",
        model=model or as_text(props.get("model_alias")) or (chosen.id if chosen else ""),
        context_size=_n_ctx(props) or (chosen.context_size if chosen else None),
        max_replies=as_int(props.get("total_slots")),
        chat_template=_template(props),
    )


async def kobold_status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    found, named, context, props = await together(
        ask.get("/api/extra/version"),
        ask.maybe("/api/v1/model"),
        ask.maybe("/api/extra/true_max_context_length"),
        ask.maybe("/props"),
    )
    version, facts = as_dict(found), as_dict(props)
    name = as_text(as_dict(named).get("result"))
    loaded = name not in ("", "inactive", "ReadOnly")
    number = as_text(version.get("version"))
    return ServerStatus(
        ok=loaded,
        title=f"{as_text(version.get('result')) or 'KoboldCpp'} {number}".strip(),
        model=name.removeprefix("koboldcpp/") if loaded else "",
        context_size=as_int(as_dict(context).get("value")) or _n_ctx(facts),
        chat_template=_template(facts),
        detail="" if loaded else "It has no model loaded.",
    )


async def kobold_models(ask: Ask, spec: ProviderSpec) -> list[Model]:
    name = as_text(as_dict(await ask.get("/api/v1/model")).get("result"))
    return [Model(id=name)] if name not in ("", "inactive", "ReadOnly") else []


async def ooba_status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    info, listed = await together(ask.maybe("/v1/internal/model/info"), ask.get("/v1/models"))
    models = read_models(listed)
    name = as_text(as_dict(info).get("model_name"))
    name = "" if name == "None" else name or (models[0].id if models else "")
    return ServerStatus(
        ok=bool(name),
        title=spec.title,
        model=name,
        context_size=models[0].context_size if models else None,
        detail="" if name else "It has no model loaded.",
    )


async def tabby_status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    _, current, props = await together(ask.get(spec.models_path), ask.maybe("/v1/model"), ask.maybe("/props"))
    card, facts = as_dict(current), as_dict(props)
    settings = as_dict(card.get("parameters"))
    name = as_text(card.get("id"))
    return ServerStatus(
        ok=bool(name),
        title=spec.title,
        model=name,
        context_size=as_int(settings.get("max_seq_len")) or _n_ctx(facts),
        chat_template=as_text(settings.get("prompt_template_content")) or _template(facts),
        detail="" if name else "It has no model loaded.",
    )


async def versioned_status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    """vLLM and Aphrodite: a model list and a version."""
    status = await listed_status(ask, spec, model)
    answer = await ask.maybe("/version")
    number = as_text(as_dict(answer).get("version"))
    return ServerStatus(
        ok=status.ok,
        title=f"{spec.title} {number}".strip(),
        model=status.model,
        context_size=status.context_size,
        detail=status.detail,
    )


async def ollama_status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    version, listed = await together(ask.get("/api/version"), ask.maybe("/api/tags"))
    names = [one.id for one in read_models(listed)]
    chosen = model or (names[0] if len(names) == 1 else "")
    return ServerStatus(
        ok=True,
        title=f"Ollama {as_text(as_dict(version).get('version'))}".strip(),
        model=chosen,
        context_size=await _ollama_context(ask, chosen),
        detail="" if chosen or not names else f"Choose one of its {len(names)} models.",
    )


async def _ollama_context(ask: Ask, model: str) -> int | None:
    """What is allocated for the model if it is loaded; what it was trained for says little."""
    for entry in map(as_dict, as_list(as_dict(await ask.maybe("/api/ps")).get("models"))):
        if model in (entry.get("name"), entry.get("model")):
            return as_int(entry.get("context_length"))
    return None


async def ollama_models(ask: Ask, spec: ProviderSpec) -> list[Model]:
    return read_models(await ask.get("/api/tags"))


LLAMACPP_TOKENS = TokenRoute(
    path="/tokenize", text_key="content", extra={"add_special": False, "parse_special": True}
)
KOBOLD_TOKENS = TokenRoute(
    path="/api/extra/tokencount", text_key="prompt", extra={"special": False}, subtract_empty=True
)

LISTED = ServerApi(status=listed_status, models=listed_models)
LLAMACPP = ServerApi(
    status=llamacpp_status, models=listed_models, tokens=LLAMACPP_TOKENS, limits_replies=True
)
KOBOLD = ServerApi(status=kobold_status, models=kobold_models, tokens=KOBOLD_TOKENS, abort="/api/extra/abort")
# Its chat route takes no genkey, and an abort without one could end somebody else's reply.
KOBOLD_CHAT = ServerApi(status=kobold_status, models=kobold_models, tokens=KOBOLD_TOKENS)
OOBA = ServerApi(
    status=ooba_status,
    models=listed_models,
    tokens=TokenRoute(
        path="/v1/internal/token-count",
        ids_path="/v1/internal/encode",
        text_key="text",
        subtract_empty=True,
    ),
)
TABBY = ServerApi(
    status=tabby_status,
    models=listed_models,
    tokens=TokenRoute(
        path="/v1/token/encode",
        text_key="text",
        extra={"add_bos_token": False, "encode_special_tokens": True},
    ),
)
VLLM = ServerApi(
    status=versioned_status,
    models=listed_models,
    tokens=TokenRoute(
        path="/tokenize", text_key="prompt", extra={"add_special_tokens": False}, needs_model=True
    ),
)
APHRODITE = ServerApi(
    status=versioned_status,
    models=listed_models,
    tokens=TokenRoute(
        path="/v1/tokenize", text_key="prompt", extra={"add_special_tokens": False}, needs_model=True
    ),
)
OLLAMA = ServerApi(status=ollama_status, models=ollama_models)


def read_count(payload: object) -> int | None:
    """The number of tokens in a tokeniser's answer."""
    answer = as_dict(payload)
    for key in ("length", "count", "value"):
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
