"""What the hosted text services tell of their models: contexts, lengths of replies, prices."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from tavern_tui.core.generation import Model, ServerStatus
from tavern_tui.providers.base import Ask, ProviderSpec, ServerApi
from tavern_tui.providers.servers import MAX_MODELS, context_of
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_list, as_text

NOT_TEXT = frozenset({"image", "embedding", "rerank", "audio", "transcribe", "video", "moderation"})
"""Kinds of models (`type`, `display_type`) that write nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A model of a service's list, and how long a reply of it may be."""

    model: Model
    max_reply: int | None = None


Entry = dict[str, object]
ReadEntry = Callable[[Entry], Offer]
ListOffers = Callable[[Ask, ProviderSpec], Awaitable[list[Offer]]]


def read_offers(payload: object, read: ReadEntry) -> list[Offer]:
    """The text models in a list, whatever holds it: `data[]`, `models[]`, or nothing at all."""
    entries = payload if isinstance(payload, list) else as_list(as_dict(payload).get("data"))
    entries = entries or as_list(as_dict(payload).get("models"))
    offers: dict[str, Offer] = {}
    for entry in map(as_dict, entries[:MAX_MODELS]):
        if {as_text(entry.get("type")), as_text(entry.get("display_type"))} & NOT_TEXT:
            continue
        offer = read(entry)
        if offer.model.id:
            offers[offer.model.id] = offer
    return list(offers.values())


def plain_offer(entry: Entry) -> Offer:
    """A model as OpenAI's form has it, with a context where one is told."""
    name = as_text(entry.get("id")) or as_text(entry.get("name"))
    title = as_text(entry.get("display_name")) or as_text(entry.get("name"))
    return Offer(model=Model(id=name, title="" if title == name else title, context_size=context_of(entry)))


def mancer_offer(entry: Entry) -> Offer:
    """Mancer's limits, and its prices in credits."""
    limits, pricing = as_dict(entry.get("limits")), as_dict(entry.get("pricing"))
    prices = [price(pricing.get(name)) for name in ("prompt", "completion")]
    told = " / ".join(f"{one:g}" for one in prices if one is not None)
    model = replace(
        plain_offer(entry).model,
        context_size=_size(limits.get("context")),
        detail=f"{told} credits for a token" if told else "",
    )
    return Offer(model=model, max_reply=_size(limits.get("completion")))


def together_offer(entry: Entry) -> Offer:
    """The older list calls a model's id its name; the newer one has prices for a million tokens."""
    pricing = as_dict(entry.get("pricing"))
    return Offer(
        model=Model(
            id=as_text(entry.get("name")) or as_text(entry.get("id")),
            title=as_text(entry.get("display_name")),
            context_size=context_of(entry),
            prompt_price=_times(price(pricing.get("input")), 1e-6),
            reply_price=_times(price(pricing.get("output")), 1e-6),
        )
    )


def featherless_offer(entry: Entry) -> Offer:
    """`model_class` says which family and size it is, which decides how many run at once."""
    model = plain_offer(entry).model
    return Offer(model=replace(model, detail=as_text(entry.get("model_class"))))


def openrouter_offer(entry: Entry) -> Offer:
    """Prices are dollars for a token, as texts; what it can do stands in two places."""
    pricing, architecture = as_dict(entry.get("pricing")), as_dict(entry.get("architecture"))
    upstream = as_dict(entry.get("top_provider"))
    model = replace(
        plain_offer(entry).model,
        prompt_price=price(pricing.get("prompt")),
        reply_price=price(pricing.get("completion")),
        cached_price=price(pricing.get("input_cache_read")),
        capabilities=tuple(_capabilities(architecture, as_list(entry.get("supported_parameters")))),
        detail=_tokenizer(as_text(architecture.get("tokenizer"))),
    )
    return Offer(model=model, max_reply=_size(upstream.get("max_completion_tokens")))


def _capabilities(architecture: Entry, parameters: list[object]) -> Iterable[str]:
    inputs = as_list(architecture.get("input_modalities"))
    if not inputs:  # the older form: `text+image->text`
        inputs = list(as_text(architecture.get("modality")).partition("->")[0].split("+"))
    names: Mapping[str, str] = {"image": "vision", "audio": "audio", "video": "video", "file": "files"}
    yield from (name for kind, name in names.items() if kind in inputs)
    yield from (name for name in ("tools", "reasoning") if name in parameters)


def _tokenizer(name: str) -> str:
    return f"{name} tokenizer" if name and name != "Other" else ""


def price(value: object) -> float | None:
    """A price, which may be a number or a text; None for what is neither. A price below 0 means that
    it is not known beforehand (OpenRouter's automatic choice)."""
    try:
        found = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else -1.0
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _size(value: object) -> int | None:
    found = as_int(value)
    return found if found is not None and found > 0 else None


# --- asking


def hosted(read: ReadEntry) -> ServerApi:
    """A service that has one list of models."""

    async def listed(ask: Ask, spec: ProviderSpec) -> list[Offer]:
        return read_offers(await ask.get(spec.models_path), read)

    return listing(listed)


def listing(offers: ListOffers) -> ServerApi:
    """A service of which the list of models is all there is to know."""

    async def status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
        return status_of(spec, await offers(ask, spec), model)

    async def models(ask: Ask, spec: ProviderSpec) -> list[Model]:
        return [offer.model for offer in await offers(ask, spec)]

    return ServerApi(status=status, models=models)


def status_of(spec: ProviderSpec, offers: list[Offer], model: str) -> ServerStatus:
    """What a list says of the chosen model."""
    found = next((offer for offer in offers if offer.model.id == model), None)
    if found is None and not model and len(offers) == 1:
        found = offers[0]
    missing = bool(model) and found is None and bool(offers)
    return ServerStatus(
        ok=True,
        title=spec.title,
        model=model or (found.model.id if found is not None else ""),
        context_size=found.model.context_size if found is not None else None,
        max_reply=found.max_reply if found is not None else None,
        prompt_price=found.model.prompt_price if found is not None else None,
        reply_price=found.model.reply_price if found is not None else None,
        cached_price=found.model.cached_price if found is not None else None,
        efforts=found.model.efforts if found is not None else (),
        detail=f'The model "{model}" is not in its list.' if missing else "",
    )


async def _together(ask: Ask, spec: ProviderSpec) -> list[Offer]:
    """The list with contexts may go away; the one in OpenAI's place stays."""
    offers = read_offers(await ask.maybe(spec.models_path), together_offer)
    return offers or read_offers(await ask.get("/v1/models"), together_offer)


MANCER = hosted(mancer_offer)
DREAMGEN = hosted(plain_offer)
TOGETHER = listing(_together)
INFERMATIC = hosted(plain_offer)
FEATHERLESS = hosted(featherless_offer)
OPENROUTER = hosted(openrouter_offer)
