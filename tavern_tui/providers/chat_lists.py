"""What the chat services tell of their models: which of a list chat, their contexts, skills and prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import quote

from tavern_tui.core.generation import Model, ServerStatus
from tavern_tui.providers.base import Ask, ProviderSpec, ServerApi, TokenRoute
from tavern_tui.providers.hosted_servers import Entry, Offer, hosted, listing, plain_offer, price, read_offers
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_list, as_text

NONE = Offer(model=Model(id=""))
"""For an entry that is no model to chat with."""
PER_MILLION = 1e-6
MAX_PAGES = 20
WORKERS_CONTEXT = 8191
"""Of models that name none."""


def anthropic_offer(entry: Entry) -> Offer:
    skills = as_dict(entry.get("capabilities"))
    names = {"image_input": "vision", "thinking": "reasoning"}
    model = replace(
        plain_offer(entry).model,
        context_size=_size(entry.get("max_input_tokens")),
        capabilities=tuple(
            name for skill, name in names.items() if as_dict(skills.get(skill)).get("supported") is True
        ),
    )
    return Offer(model=model, max_reply=_size(entry.get("max_tokens")))


def google_offer(entry: Entry) -> Offer:
    """Only models that write; their ids have the word `models/` before them in the list."""
    if "generateContent" not in as_list(entry.get("supportedGenerationMethods")):
        return NONE
    model = Model(
        id=as_text(entry.get("name")).removeprefix("models/"),
        title=as_text(entry.get("displayName")),
        context_size=_size(entry.get("inputTokenLimit")),
        capabilities=("reasoning",) if entry.get("thinking") is True else (),
    )
    return Offer(model=model, max_reply=_size(entry.get("outputTokenLimit")))


def mistral_offer(entry: Entry) -> Offer:
    skills = as_dict(entry.get("capabilities"))
    if skills and skills.get("completion_chat") is not True:
        return NONE
    names = {"vision": "vision", "function_calling": "tools", "reasoning": "reasoning"}
    return _with(entry, (name for skill, name in names.items() if skills.get(skill) is True))


def electronhub_offer(entry: Entry) -> Offer:
    """Contexts are called tokens there, and prices are for a million."""
    if "/v1/chat/completions" not in as_list(entry.get("endpoints")):
        return NONE
    skills = as_dict(entry.get("metadata"))
    names = {"vision": "vision", "function_call": "tools", "reasoning": "reasoning"}
    offer = _with(entry, (name for skill, name in names.items() if skills.get(skill) is True))
    efforts = tuple(one for one in as_list(skills.get("supported_reasoning_efforts")) if isinstance(one, str))
    sized = replace(offer.model, context_size=_size(entry.get("tokens")), efforts=efforts)
    return Offer(model=_priced(sized, entry, "input", "output"))


def aimlapi_offer(entry: Entry) -> Offer:
    if entry.get("type") != "chat-completion":
        return NONE
    facts, features = as_dict(entry.get("info")), as_list(entry.get("features"))
    names = {"openai/chat-completion.vision": "vision", "openai/chat-completion.function": "tools"}
    offer = _with(entry, (name for feature, name in names.items() if feature in features))
    size = _size(facts.get("contextLength")) or offer.model.context_size
    return Offer(model=replace(offer.model, title=as_text(facts.get("name")), context_size=size))


def fireworks_offer(entry: Entry) -> Offer:
    size = _size(entry.get("contextLength"))
    if size is None or entry.get("kind") == "EMBEDDING_MODEL":
        return NONE
    names = {"supportsImageInput": "vision", "supportsTools": "tools"}
    offer = _with(entry, (name for skill, name in names.items() if entry.get(skill) is True))
    return Offer(
        model=replace(offer.model, title=as_text(entry.get("displayName")), context_size=size),
    )


def nanogpt_offer(entry: Entry) -> Offer:
    skills, included = as_dict(entry.get("capabilities")), as_dict(entry.get("subscription"))
    names = {"vision": "vision", "tool_calling": "tools", "reasoning": "reasoning"}
    offer = _with(entry, (name for skill, name in names.items() if skills.get(skill) is True))
    detail = "in the subscription" if included.get("included") is True else ""
    return Offer(model=_priced(replace(offer.model, detail=detail), entry, "prompt", "completion"))


def chutes_offer(entry: Entry) -> Offer:
    features, inputs = as_list(entry.get("supported_features")), as_list(entry.get("input_modalities"))
    skills = ["vision"] if "image" in inputs else []
    skills += [name for name in ("tools", "reasoning") if name in features]
    offer = _with(entry, skills)
    return Offer(model=_priced(offer.model, entry, "prompt", "completion"))


def moonshot_offer(entry: Entry) -> Offer:
    return _with(entry, ("vision",) if entry.get("supports_image_in") is True else ())


def pollinations_offer(entry: Entry) -> Offer:
    skills = ["vision"] if "image" in as_list(entry.get("input_modalities")) else []
    skills += ["tools"] if entry.get("tools") is True else []
    offer = _with(entry, skills)
    return Offer(model=replace(offer.model, detail=as_text(entry.get("description"))))


def _with(entry: Entry, capabilities: Iterable[str]) -> Offer:
    """An entry in OpenAI's form, with what the model can do."""
    return Offer(model=replace(plain_offer(entry).model, capabilities=tuple(capabilities)))


def _priced(model: Model, entry: Entry, prompt: str, reply: str) -> Model:
    pricing = as_dict(entry.get("pricing"))
    found = [price(pricing.get(name)) for name in (prompt, reply)]
    per_token = [None if one is None else one * PER_MILLION for one in found]
    return replace(model, prompt_price=per_token[0], reply_price=per_token[1])


def _size(value: object) -> int | None:
    found = as_int(value)
    return found if found is not None and found > 0 else None


# --- asking


async def _paged(ask: Ask, spec: ProviderSpec) -> list[Offer]:
    """All pages of Google's list. A token that was there before ends it."""
    offers: list[Offer] = []
    path, seen = spec.models_path, {""}
    for _ in range(MAX_PAGES):
        page: Mapping[str, object] = as_dict(await ask.get(path))
        offers += read_offers(page, google_offer)
        token = as_text(page.get("nextPageToken"))
        if token in seen:
            break
        seen.add(token)
        path = f"{spec.models_path}&pageToken={quote(token, safe='')}"
    return offers


def known(*ids: str) -> ServerApi:
    """A service that tells nothing until it is asked to write. `ids`: models it is known to have, the usual
    one first; it may have others."""

    async def status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
        detail = "It has no list of models; its key is tried with the first message."
        return ServerStatus(ok=True, title=spec.title, model=model, detail=detail)

    async def models(ask: Ask, spec: ProviderSpec) -> list[Model]:
        return [Model(id=id) for id in ids]

    return ServerApi(status=status, models=models)


def workers_offer(entry: Entry) -> Offer:
    """Facts are in a list of properties there, as texts."""
    facts = {
        as_text(one.get("property_id")): one.get("value")
        for one in map(as_dict, as_list(entry.get("properties")))
    }
    size = as_text(facts.get("context_window"))
    names = {"vision": "vision", "function_calling": "tools", "reasoning": "reasoning"}
    model = Model(
        id=as_text(entry.get("name")),
        context_size=int(size) if size.isascii() and size.isdigit() else WORKERS_CONTEXT,
        capabilities=tuple(name for fact, name in names.items() if facts.get(fact) == "true"),
    )
    return Offer(model=model)


async def _workers(ask: Ask, spec: ProviderSpec) -> list[Offer]:
    found = as_dict(await ask.get(spec.models_path))
    return read_offers(found.get("result"), workers_offer)


ANTHROPIC = replace(
    hosted(anthropic_offer),
    tokens=TokenRoute(
        path="/messages/count_tokens",
        text_key="messages",
        wrap=lambda text: [{"role": "user", "content": text}],
        needs_model=True,
        framed=True,
        on_request=True,
    ),
)
GOOGLE = replace(
    listing(_paged),
    tokens=TokenRoute(
        path="/v1beta/models/{model}:countTokens",
        text_key="contents",
        wrap=lambda text: [{"role": "user", "parts": [{"text": text}]}],
        needs_model=True,
        framed=True,
        on_request=True,
    ),
)
WORKERS_AI = listing(_workers)
MISTRAL = hosted(mistral_offer)
ELECTRONHUB = hosted(electronhub_offer)
AIMLAPI = hosted(aimlapi_offer)
FIREWORKS = hosted(fireworks_offer)
NANOGPT = hosted(nanogpt_offer)
CHUTES = hosted(chutes_offer)
MOONSHOT = hosted(moonshot_offer)
POLLINATIONS = hosted(pollinations_offer)
