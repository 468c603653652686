"""Rows of services that speak OpenAI's chat completions: address, key and fields differ, nothing else."""

from __future__ import annotations

from tavern_tui.providers import servers
from tavern_tui.providers.base import BaseRule, ModelRule, ProviderSpec
from tavern_tui.providers.catalogue import samplers
from tavern_tui.providers.dialects.openai import OpenAIChatDialect

SAMPLING = ("temperature", "top_p")
PENALTIES = ("frequency_penalty", "presence_penalty")
NEWER_LENGTH = {"max_tokens": "max_completion_tokens"}

OPENAI_RULES = (
    ModelRule(pattern=r"^(openai/)?o[134]", drop=(*SAMPLING, *PENALTIES, "stop"), rename=NEWER_LENGTH),
    ModelRule(
        pattern=r"gpt-5(?!-chat-latest|\.[1-4])",
        drop=(*SAMPLING, *PENALTIES, "stop"),
        rename=NEWER_LENGTH,
    ),
    ModelRule(pattern=r"gpt-5\.[1-4](?!.*chat-latest)", drop=(*PENALTIES, "stop"), rename=NEWER_LENGTH),
    ModelRule(pattern=r"gpt-5.*chat-latest", rename=NEWER_LENGTH),
    ModelRule(pattern=r"gpt-6", drop=SAMPLING, rename=NEWER_LENGTH),
)
CLAUDE_RULES = (
    ModelRule(
        pattern=r"claude-(fable|opus-5|sonnet-5)",
        drop=(*SAMPLING, "top_k", *PENALTIES),
    ),
)

CUSTOM = ProviderSpec(
    id="custom",
    title="OpenAI-compatible (chat)",
    prompt_kind="chat",
    dialect=OpenAIChatDialect(echo="whole", legacy=True),
    server=servers.LISTED,
    default_url="http://127.0.0.1:8080/v1",
    base_rule=BaseRule.OPENAI,
    generate_path="/chat/completions",
    models_path="/models",
    key="optional",
    secret="api_key_custom",
    samplers=samplers.OPENAI,
    model_rules=CLAUDE_RULES,
    stop_limit=4,
)

HOSTED = (
    ProviderSpec(
        id="openai",
        title="OpenAI",
        prompt_kind="chat",
        dialect=OpenAIChatDialect(legacy=True),
        server=servers.LISTED,
        default_url="https://api.openai.com/v1",
        base_rule=BaseRule.OPENAI,
        generate_path="/chat/completions",
        models_path="/models",
        home="https://platform.openai.com/api-keys",
        key="required",
        secret="api_key_openai",
        samplers=samplers.OPENAI,
        model_rules=OPENAI_RULES,
        needs_model=True,
        stop_limit=4,
        asks_usage=True,
    ),
    ProviderSpec(
        id="openrouter",
        title="OpenRouter",
        prompt_kind="chat",
        dialect=OpenAIChatDialect(),
        server=servers.LISTED,
        default_url="https://openrouter.ai/api/v1",
        base_rule=BaseRule.OPENAI,
        generate_path="/chat/completions",
        models_path="/models",
        home="https://openrouter.ai/keys",
        key="required",
        secret="api_key_openrouter",
        headers={"X-Title": "tavern-tui"},
        samplers=samplers.OPENROUTER,
        model_rules=(*OPENAI_RULES, *CLAUDE_RULES),
        needs_model=True,
        stop_limit=4,
    ),
    ProviderSpec(
        id="deepseek",
        title="DeepSeek",
        prompt_kind="chat",
        dialect=OpenAIChatDialect(),
        server=servers.LISTED,
        default_url="https://api.deepseek.com",
        base_rule=BaseRule.AS_IS,
        generate_path="/chat/completions",
        models_path="/models",
        home="https://platform.deepseek.com/api_keys",
        key="required",
        secret="api_key_deepseek",
        samplers=samplers.OPENAI_NO_SEED,
        needs_model=True,
        stop_limit=4,
        asks_usage=True,
    ),
    ProviderSpec(
        id="groq",
        title="Groq",
        prompt_kind="chat",
        dialect=OpenAIChatDialect(),
        server=servers.LISTED,
        default_url="https://api.groq.com/openai/v1",
        base_rule=BaseRule.OPENAI,
        generate_path="/chat/completions",
        models_path="/models",
        home="https://console.groq.com/keys",
        key="required",
        secret="api_key_groq",
        samplers=samplers.OPENAI,
        needs_model=True,
        stop_limit=4,
        asks_usage=True,
    ),
    ProviderSpec(
        id="mistralai",
        title="Mistral",
        prompt_kind="chat",
        dialect=OpenAIChatDialect(echo="always"),
        server=servers.LISTED,
        default_url="https://api.mistral.ai/v1",
        base_rule=BaseRule.OPENAI,
        generate_path="/chat/completions",
        models_path="/models",
        home="https://console.mistral.ai/api-keys",
        key="required",
        secret="api_key_mistralai",
        samplers=samplers.MISTRAL,
        needs_model=True,
        post_processing="strict",
    ),
)

OPENAI_LIKES = (CUSTOM, *HOSTED)
