"""Services of those who make the models, in OpenAI's form: DeepSeek, xAI, Moonshot, Z.AI and others."""

from __future__ import annotations

from tavern_tui.providers import chat_lists, servers
from tavern_tui.providers.base import BaseRule, ProviderSpec
from tavern_tui.providers.catalogue.chat import families, samplers
from tavern_tui.providers.catalogue.chat.shared import at, endpoint, thinking
from tavern_tui.providers.dialects.chat import effort
from tavern_tui.providers.dialects.chat.call import ChatCall
from tavern_tui.providers.dialects.chat.cohere_reader import CohereReader
from tavern_tui.providers.dialects.chat.recipe import Recipe, RecipeDialect
from tavern_tui.providers.dialects.chat.structured import (
    any_object,
    cohere_tools,
    described_schema,
    nameless_schema,
    no_schema,
    no_tools,
    object_schema,
    tools_that_need_nothing,
    tools_without_choice,
)
from tavern_tui.providers.samplers import OMIT
from tavern_tui.providers.shaping.ai21 import ai21_messages
from tavern_tui.providers.shaping.cohere import cohere_messages
from tavern_tui.providers.shaping.deepseek import deepseek_messages, without_pictures
from tavern_tui.providers.shaping.messages import Wire
from tavern_tui.providers.shaping.mistral import mistral_messages
from tavern_tui.providers.shaping.moonshot import moonshot_messages
from tavern_tui.providers.shaping.xai import xai_messages

# --- DeepSeek


def _for_deepseek(call: ChatCall, messages: list[Wire]) -> list[Wire]:
    shaped = deepseek_messages(messages, tools=bool(call.tools))
    return without_pictures(shaped, call.model)


def _deepseek_effort(call: ChatCall) -> object:
    return (effort.DEEPSEEK.of(call) or OMIT) if call.options.show_thoughts else OMIT


DEEPSEEK = ProviderSpec(
    id="deepseek",
    title="DeepSeek",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(
            messages=_for_deepseek,
            extras={"thinking": thinking, "reasoning_effort": _deepseek_effort},
            schema=any_object,
            tools=tools_that_need_nothing,
        )
    ),
    server=servers.LISTED,
    default_url="https://api.deepseek.com/beta",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    models_path="https://api.deepseek.com/models",
    home="https://platform.deepseek.com/api_keys",
    key="required",
    secret="api_key_deepseek",
    samplers=samplers.DEEPSEEK,
    model_rules=families.CLAUDE,
    needs_model=True,
    stop_limit=4,
    asks_usage=True,
    post_processing="semi_tools",
)

# --- xAI

XAI = ProviderSpec(
    id="xai",
    title="xAI",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(messages=lambda call, messages: xai_messages(messages, call.names), effort=effort.XAI)
    ),
    server=servers.LISTED,
    default_url="https://api.x.ai/v1",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    models_path="/models",
    home="https://console.x.ai",
    key="required",
    secret="api_key_xai",
    samplers=samplers.XAI,
    model_rules=families.XAI_RULES,
    needs_model=True,
    stop_limit=4,
    asks_usage=True,
)

# --- Moonshot


def _for_moonshot(call: ChatCall, messages: list[Wire]) -> list[Wire]:
    if call.options.schema is not None:
        return messages
    return moonshot_messages(messages, tools=bool(call.tools))


MOONSHOT = ProviderSpec(
    id="moonshot",
    title="Moonshot",
    prompt_kind="chat",
    dialect=RecipeDialect(Recipe(messages=_for_moonshot, extras={"thinking": thinking}, schema=any_object)),
    server=chat_lists.MOONSHOT,
    default_url="https://api.moonshot.ai/v1",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    models_path="/models",
    home="https://platform.moonshot.ai/console/api-keys",
    key="required",
    secret="api_key_moonshot",
    samplers=samplers.MOONSHOT,
    model_rules=families.MOONSHOT_RULES,
    needs_model=True,
    stop_limit=4,
)

# --- Z.AI

ZAI_ENDPOINT = endpoint("Z.AI", "common", "coding")
ZAI_CODING = "https://api.z.ai/api/coding/paas/v4"

ZAI = ProviderSpec(
    id="zai",
    title="Z.AI",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(
            extras={"thinking": thinking},
            schema=any_object,
            path=lambda call: at(call, ZAI_CODING if call.text(ZAI_ENDPOINT) == "coding" else ""),
        )
    ),
    server=chat_lists.known(
        "glm-5.2", "glm-5", "glm-4.7", "glm-4.6", "glm-4.6v", "glm-4.5", "glm-4.5-air", "glm-4.5v"
    ),
    default_url="https://api.z.ai/api/paas/v4",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    home="https://z.ai/manage-apikey/apikey-list",
    key="required",
    secret="api_key_zai",
    headers={"Accept-Language": "en-US,en"},
    samplers=samplers.ZAI,
    model_rules=families.CLAUDE,
    needs_model=True,
    stop_limit=1,
    options=(ZAI_ENDPOINT,),
)

# --- MiniMax

MINIMAX_ENDPOINT = endpoint("MiniMax", "global", "cn")
MINIMAX_CN = "https://api.minimaxi.com/v1"

MINIMAX = ProviderSpec(
    id="minimax",
    title="MiniMax",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(
            schema=no_schema,
            path=lambda call: at(call, MINIMAX_CN if call.text(MINIMAX_ENDPOINT) == "cn" else ""),
        )
    ),
    server=chat_lists.known("M2-her", "MiniMax-M2.7", "MiniMax-M2"),
    default_url="https://api.minimax.io/v1",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    home="https://platform.minimax.io/user-center/basic-information/interface-key",
    key="required",
    secret="api_key_minimax",
    samplers=samplers.MINIMAX,
    model_rules=families.MINIMAX_RULES,
    needs_model=True,
    stop_limit=4,
    post_processing="merge_tools",
    options=(MINIMAX_ENDPOINT,),
)

# --- Mistral, AI21, Cohere, Perplexity

MISTRAL = ProviderSpec(
    id="mistralai",
    title="Mistral",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(
            messages=lambda call, messages: mistral_messages(messages, call.names),
            extras={"safe_prompt": lambda call: False},
            schema=described_schema,
            echo="always",
        )
    ),
    server=chat_lists.MISTRAL,
    default_url="https://api.mistral.ai/v1",
    base_rule=BaseRule.OPENAI,
    generate_path="/chat/completions",
    models_path="/models",
    home="https://console.mistral.ai/api-keys",
    key="required",
    secret="api_key_mistralai",
    samplers=samplers.MISTRAL,
    model_rules=families.CLAUDE,
    needs_model=True,
)

AI21 = ProviderSpec(
    id="ai21",
    title="AI21",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(
            messages=lambda call, messages: ai21_messages(
                messages, call.names, placeholder=call.prompt.placeholder
            ),
            schema=any_object,
            tools=tools_without_choice,
        )
    ),
    server=chat_lists.known("jamba-large", "jamba-mini"),
    default_url="https://api.ai21.com/studio/v1",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    home="https://studio.ai21.com/account/api-key",
    key="required",
    secret="api_key_ai21",
    samplers=samplers.AI21,
    needs_model=True,
    stop_limit=4,
)

COHERE = ProviderSpec(
    id="cohere",
    title="Cohere",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(
            messages=lambda call, messages: cohere_messages(
                messages, call.names, placeholder=call.prompt.placeholder
            ),
            stop_key="stop_sequences",
            extras={
                "documents": lambda call: [],
                # The other models refuse to be told that there is no filter.
                "safety_mode": lambda call: "OFF" if call.model.endswith("08-2024") else OMIT,
            },
            schema=object_schema,
            tools=cohere_tools,
            always_tools=True,
            reader=CohereReader,
        )
    ),
    server=servers.COHERE,
    default_url="https://api.cohere.ai/v2",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat",
    models_path="https://api.cohere.ai/v1/models?endpoint=chat&page_size=1000",
    home="https://dashboard.cohere.com/api-keys",
    key="required",
    secret="api_key_cohere",
    samplers=samplers.COHERE,
    needs_model=True,
    stop_limit=5,
)

PERPLEXITY = ProviderSpec(
    id="perplexity",
    title="Perplexity",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(effort=effort.EVERY_MODEL, stop_key="", schema=nameless_schema, tools=no_tools)
    ),
    server=chat_lists.known(
        "sonar", "sonar-pro", "sonar-reasoning", "sonar-reasoning-pro", "sonar-deep-research"
    ),
    default_url="https://api.perplexity.ai",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    home="https://www.perplexity.ai/settings/api",
    key="required",
    secret="api_key_perplexity",
    samplers=samplers.PERPLEXITY,
    model_rules=families.CLAUDE,
    needs_model=True,
    post_processing="strict",
)

LABS = (DEEPSEEK, XAI, MOONSHOT, ZAI, MINIMAX, MISTRAL, AI21, COHERE, PERPLEXITY)
