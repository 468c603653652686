"""What NovelAI tells of a subscription, and what that means for its models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tavern_tui.core.errors import ProviderError
from tavern_tui.core.generation import Model, ServerStatus
from tavern_tui.providers.base import Ask, ProviderSpec, ServerApi
from tavern_tui.providers.catalogue.novelai_lists import API, GLM, MODELS, OPENAI_LIST, NovelModel
from tavern_tui.providers.servers import read_models
from tavern_tui.providers.wire.decoder import as_dict, as_int

SUBSCRIPTION = "/user/subscription"
ASKED = (f"https://image.novelai.net{SUBSCRIPTION}", f"{API}{SUBSCRIPTION}")
"""The older place comes last."""
TIERS: Mapping[int, str] = {0: "Paper", 1: "Tablet", 2: "Scroll", 3: "Opus"}
OPUS = 3
ONLY_OPUS = frozenset({"llama-3-erato-v1"})
HOLDS_SECONDS = 3600.0
"""A subscription may be bought or run out while the program is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What the account behind a key has."""

    tier: int
    active: bool
    until: str = ""
    """The day it ends, as 2026-12-31."""
    context: int | None = None
    """Tokens of context that come with it, as it says."""

    @property
    def name(self) -> str:
        return TIERS.get(self.tier, f"tier {self.tier}")

    def __str__(self) -> str:
        if not self.active:
            ended = f" (it ended on {self.until})" if self.until and self.tier else ""
            return f"No subscription is active{ended}."
        return f"{self.name}{f' until {self.until}' if self.until else ''}."


def read_subscription(payload: object) -> Subscription | None:
    """The answer of `/user/subscription`; None if it is something else."""
    facts = as_dict(payload)
    tier = as_int(facts.get("tier"))
    if tier is None:
        return None
    context = as_int(as_dict(facts.get("perks")).get("contextTokens"))
    return Subscription(
        tier=tier,
        active=facts.get("active") is True,
        until=_day(as_int(facts.get("expiresAt"))),
        context=context if context is not None and context > 0 else None,
    )


def _day(seconds: int | None) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).date().isoformat() if seconds else ""
    except (OverflowError, OSError, ValueError):
        return ""


def context_of(model: NovelModel, account: Subscription | None) -> int:
    """Tokens of context a model has for this account."""
    if account is None:
        return model.context
    if account.tier not in TIERS or account.tier == 0:  # a trial has what it says
        return min(model.context, account.context or model.context)
    return model.context_by_tier.get(account.tier, model.context)


def longest_reply(model: NovelModel, account: Subscription | None) -> int:
    """Tokens of a reply; as long as nothing is known, what every account gets."""
    return model.max_reply_by_tier.get(account.tier if account is not None else 0, model.max_reply)


async def subscription(ask: Ask) -> Subscription | None:
    """The key's subscription; None: the server does not tell. Raises ProviderError."""
    for place in ASKED:
        found = read_subscription(await ask.maybe(place))
        if found is not None:
            return found
    return None


async def status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    account = await subscription(ask)
    own = MODELS.get(model)
    sentences = [str(account) if account is not None else "It tells nothing of the subscription."]
    if account is not None and account.tier != OPUS and model in ONLY_OPUS:
        sentences.append(f"{MODELS[model].title} needs Opus.")
    return ServerStatus(
        ok=True,
        title=f"{spec.title} {account.name}" if account is not None and account.active else spec.title,
        model=model,
        context_size=context_of(own, account) if own is not None else None,
        context_is_limit=own is not None,
        max_reply=longest_reply(own, account) if own is not None else None,
        detail=" ".join(sentences),
        valid_seconds=HOLDS_SECONDS,
    )


async def models(ask: Ask, spec: ProviderSpec) -> list[Model]:
    """Its own three, which no route lists, and those of its OpenAI-compatible route."""
    own = [Model(id=one.id, title=one.title, context_size=one.context) for one in MODELS.values()]
    try:
        listed = [one for one in read_models(await ask.maybe(OPENAI_LIST)) if one.id not in MODELS]
    except ProviderError:
        listed = []
    return [*(listed or [Model(id=GLM, title="GLM 4.6")]), *own]


SERVER = ServerApi(status=status, models=models, asks_first=lambda request: True)
