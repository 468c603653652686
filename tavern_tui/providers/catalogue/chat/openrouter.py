"""OpenRouter's route for chats."""

from __future__ import annotations

from tavern_tui.providers import hosted_servers
from tavern_tui.providers.base import BaseRule, ProviderOption, ProviderSpec
from tavern_tui.providers.catalogue.chat import families, samplers
from tavern_tui.providers.catalogue.chat.shared import (
    ATTRIBUTION,
    CACHE_DEPTH,
    CACHE_LONG,
    CACHE_SYSTEM,
    recalled,
    ttl_of,
)
from tavern_tui.providers.dialects.chat import effort
from tavern_tui.providers.dialects.chat.call import SAFETY_CATEGORIES, ChatCall
from tavern_tui.providers.dialects.chat.reader import RoutedReader
from tavern_tui.providers.dialects.chat.recipe import Recipe, RecipeDialect
from tavern_tui.providers.dialects.openrouter import FALLBACKS, ORDER, QUANTIZATIONS, preferences
from tavern_tui.providers.samplers import OMIT
from tavern_tui.providers.shaping.caching import cached_at_depth, cached_system
from tavern_tui.providers.shaping.messages import Wire
from tavern_tui.providers.shaping.openrouter import with_signatures, with_sound

ACCOUNT_MODEL = "OR_Website"
"""SillyTavern's name for "the model that is chosen on the website"."""

MIDDLE_OUT = ProviderOption(
    id="middle_out",
    title="Middle-out",
    help="A prompt that is too long loses its middle: on, off, or auto (as the model's context suggests).",
    default="on",
    choices=("on", "off", "auto"),
)
FALLBACK_MODEL = ProviderOption(
    id="fallback_model",
    title="Other models",
    help="If the model cannot answer, another one may.",
    default=False,
)


def shaped(call: ChatCall, messages: list[Wire]) -> list[Wire]:
    """Sounds, signatures and cache marks where OpenRouter looks for them."""
    messages = with_signatures(with_sound(recalled(call, messages)), call.model)
    claude, gemini = call.model.startswith("anthropic/claude"), call.model.startswith("google/gemini")
    if call.flag(CACHE_SYSTEM) and (claude or gemini):
        messages = cached_system(messages, ttl_of(call) if claude else None)
    if claude and call.number(CACHE_DEPTH) >= 0:
        messages = cached_at_depth(messages, call.number(CACHE_DEPTH), ttl_of(call))
    return messages


def transforms(call: ChatCall) -> object:
    return {"on": ["middle-out"], "off": []}.get(call.text(MIDDLE_OUT), OMIT)


def reasoning(call: ChatCall) -> object:
    """Whether thoughts come along, and how much to think."""
    shown = call.options.show_thoughts
    word = EFFORT.of(call)
    if word is not None and call.options.reasoning_effort == "min" and not shown:
        word = "none"
    return {"exclude": not shown} | ({"effort": word} if word else {})


def safety(call: ChatCall) -> object:
    """Google's filters, for its models."""
    if not call.model.startswith("google/"):
        return OMIT
    return [{"category": f"HARM_CATEGORY_{name}", "threshold": "OFF"} for name in SAFETY_CATEGORIES]


EFFORT = effort.EVERY_MODEL

OPENROUTER = ProviderSpec(
    id="openrouter",
    title="OpenRouter",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(
            messages=shaped,
            model=lambda call: None if call.model in ("", ACCOUNT_MODEL) else call.model,
            effort=EFFORT,
            effort_key="",
            extras={
                "transforms": transforms,
                "plugins": lambda call: [{"id": "web"}] if call.options.web_search else [],
                "reasoning": reasoning,
                "provider": lambda call: preferences(call.request.options) or OMIT,
                "route": lambda call: "fallback" if call.flag(FALLBACK_MODEL) else OMIT,
                "verbosity": lambda call: (
                    call.options.verbosity if call.options.verbosity != "auto" else OMIT
                ),
                "safety_settings": safety,
            },
            reader=RoutedReader,
        )
    ),
    server=hosted_servers.OPENROUTER,
    default_url="https://openrouter.ai/api/v1",
    base_rule=BaseRule.OPENAI,
    generate_path="/chat/completions",
    models_path="/models",
    home="https://openrouter.ai/keys",
    key="required",
    secret="api_key_openrouter",
    headers=ATTRIBUTION,
    samplers=samplers.OPENROUTER,
    model_rules=families.OPENROUTER_RULES,
    needs_model=True,
    stop_limit=4,
    options=(
        ORDER, FALLBACKS, QUANTIZATIONS, MIDDLE_OUT, FALLBACK_MODEL, CACHE_SYSTEM, CACHE_DEPTH, CACHE_LONG
    ),
)  # fmt: skip
