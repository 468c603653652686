"""Services that resell many models: NanoGPT, Electron Hub, AI/ML API, Chutes, Pollinations, CometAPI."""

from __future__ import annotations

import hashlib

from tavern_tui.providers import chat_lists, servers
from tavern_tui.providers.base import BaseRule, ProviderOption, ProviderSpec
from tavern_tui.providers.catalogue.chat import families, samplers
from tavern_tui.providers.catalogue.chat.shared import (
    ATTRIBUTION,
    CACHE_DEPTH,
    CACHE_LONG,
    CACHE_SYSTEM,
    at,
    ttl_of,
)
from tavern_tui.providers.dialects.chat import effort
from tavern_tui.providers.dialects.chat.call import ChatCall
from tavern_tui.providers.dialects.chat.recipe import Recipe, RecipeDialect
from tavern_tui.providers.dialects.chat.structured import described_schema, nameless_schema, no_schema
from tavern_tui.providers.samplers import OMIT
from tavern_tui.providers.shaping.caching import cached_at_depth, cached_system
from tavern_tui.providers.shaping.messages import Wire

# --- NanoGPT

BACKEND = ProviderOption(
    id="backend",
    title="Backend",
    help="Which provider behind NanoGPT answers; empty: it chooses.",
)
PAY_AS_YOU_GO = ProviderOption(
    id="pay_as_you_go",
    title="Pay as you go",
    help="Pay for each request, also for models that the subscription includes.",
    default=False,
)
NANO_CACHE = ProviderOption(
    id="cache",
    title="Cache prompts",
    help="For Claude models. Cheaper if the prompt's beginning stays the same, dearer if it does not.",
    default=False,
)


def _nano_cache(call: ChatCall) -> object:
    wanted = call.flag(NANO_CACHE) and "claude" in call.model
    return {"enabled": True, "ttl": ttl_of(call)} if wanted else OMIT


def _nano_reasoning(call: ChatCall) -> object:
    word = effort.NANOGPT.of(call)
    return {"effort": word} if word else {}


NANOGPT = ProviderSpec(
    id="nanogpt",
    title="NanoGPT",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(
            model=lambda call: f"{call.model}:online" if call.options.web_search else call.model,
            effort=effort.NANOGPT,
            effort_key="",
            extras={"reasoning": _nano_reasoning, "cache_control": _nano_cache},
            headers={
                "X-Provider": lambda call: call.text(BACKEND) or OMIT,
                "X-Billing-Mode": lambda call: "paygo" if call.flag(PAY_AS_YOU_GO) else OMIT,
            },
        )
    ),
    server=chat_lists.NANOGPT,
    default_url="https://nano-gpt.com/api/v1",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    models_path="/models?detailed=true",
    home="https://nano-gpt.com/api",
    key="required",
    secret="api_key_nanogpt",
    samplers=samplers.NANOGPT,
    model_rules=families.CLAUDE,
    needs_model=True,
    stop_limit=4,
    options=(BACKEND, PAY_AS_YOU_GO, NANO_CACHE, CACHE_LONG),
)

# --- Electron Hub


def _marked(call: ChatCall, messages: list[Wire]) -> list[Wire]:
    if not call.model.startswith("claude-"):
        return messages
    if call.flag(CACHE_SYSTEM):
        messages = cached_system(messages, ttl_of(call))
    if call.number(CACHE_DEPTH) >= 0:
        messages = cached_at_depth(messages, call.number(CACHE_DEPTH), ttl_of(call))
    return messages


ELECTRONHUB = ProviderSpec(
    id="electronhub",
    title="Electron Hub",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(
            messages=_marked,
            effort=effort.ELECTRONHUB,
            stop_key="",
            extras={"web_search": lambda call: True if call.options.web_search else OMIT},
            schema=described_schema,
        )
    ),
    server=chat_lists.ELECTRONHUB,
    default_url="https://api.electronhub.ai/v1",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    models_path="/models",
    home="https://playground.electronhub.ai/console",
    key="required",
    secret="api_key_electronhub",
    samplers=samplers.ELECTRONHUB,
    model_rules=families.CLAUDE,
    needs_model=True,
    options=(CACHE_SYSTEM, CACHE_DEPTH, CACHE_LONG),
)

# --- AI/ML API, Chutes, CometAPI

AIMLAPI = ProviderSpec(
    id="aimlapi",
    title="AI/ML API",
    prompt_kind="chat",
    dialect=RecipeDialect(Recipe(effort=effort.EVERY_MODEL, schema=described_schema)),
    server=chat_lists.AIMLAPI,
    default_url="https://api.aimlapi.com/v1",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    models_path="/models",
    home="https://aimlapi.com/app/keys",
    key="required",
    secret="api_key_aimlapi",
    headers=ATTRIBUTION,
    samplers=samplers.AIMLAPI,
    model_rules=families.CLAUDE,
    needs_model=True,
    stop_limit=4,
)

CHUTES = ProviderSpec(
    id="chutes",
    title="Chutes",
    prompt_kind="chat",
    dialect=RecipeDialect(Recipe(effort=effort.EVERY_MODEL, schema=described_schema)),
    server=chat_lists.CHUTES,
    default_url="https://llm.chutes.ai/v1",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    models_path="/models",
    home="https://chutes.ai/app/api",
    key="required",
    secret="api_key_chutes",
    samplers=samplers.CHUTES,
    model_rules=families.CLAUDE,
    needs_model=True,
)

COMETAPI = ProviderSpec(
    id="cometapi",
    title="CometAPI",
    prompt_kind="chat",
    dialect=RecipeDialect(Recipe(effort=effort.EVERY_MODEL)),
    server=servers.LISTED,
    default_url="https://api.cometapi.com/v1",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    models_path="/models",
    home="https://api.cometapi.com/console/token",
    key="required",
    secret="api_key_cometapi",
    samplers=samplers.SEEDED,
    model_rules=families.CLAUDE,
    needs_model=True,
    stop_limit=4,
)

# --- Pollinations

SERVICE = ProviderOption(
    id="service",
    title="Service",
    help="`authenticated` needs a key; `anonymous` does not, but knows neither efforts nor schemas.",
    default="authenticated",
    choices=("authenticated", "anonymous"),
)
ANONYMOUS_URL = "https://text.pollinations.ai/v1"
HIGHEST_SEED = 99_999_999


def _is_anonymous(call: ChatCall) -> bool:
    return call.text(SERVICE) == "anonymous" and call.request.at_home


def _seed(call: ChatCall) -> object:
    """Always one, for it answers out of its cache where two requests are the same; without a seed of
    the user's, one that belongs to this generation."""
    seed = call.request.samplers.get("seed", -1)
    if isinstance(seed, int) and seed >= 0:
        return seed
    return int.from_bytes(hashlib.sha256(call.request.genkey.encode()).digest()[:8]) % HIGHEST_SEED


def _known_effort(call: ChatCall) -> object:
    return OMIT if _is_anonymous(call) else effort.EVERY_MODEL.of(call) or OMIT


def _known_schema(call: ChatCall) -> object:
    wanted = call.options.schema
    return OMIT if wanted is None or _is_anonymous(call) else nameless_schema(wanted)["response_format"]


POLLINATIONS = ProviderSpec(
    id="pollinations",
    title="Pollinations",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(
            extras={"seed": _seed, "reasoning_effort": _known_effort, "response_format": _known_schema},
            schema=no_schema,
            path=lambda call: at(call, ANONYMOUS_URL if _is_anonymous(call) else ""),
            headers={"Authorization": lambda call: "Bearer anonymous" if _is_anonymous(call) else OMIT},
        )
    ),
    server=chat_lists.POLLINATIONS,
    default_url="https://gen.pollinations.ai/v1",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    models_path="https://gen.pollinations.ai/text/models",
    home="https://enter.pollinations.ai",
    key="optional",
    secret="api_key_pollinations",
    samplers=samplers.SEEDED,
    model_rules=families.CLAUDE,
    needs_model=True,
    stop_limit=4,
    options=(SERVICE,),
)

ROUTERS = (NANOGPT, ELECTRONHUB, AIMLAPI, CHUTES, POLLINATIONS, COMETAPI)
