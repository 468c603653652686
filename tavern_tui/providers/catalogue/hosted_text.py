"""Rows of services that complete a text: Mancer, DreamGen, Together, Infermatic, Featherless."""

from __future__ import annotations

from tavern_tui.providers import hosted_servers
from tavern_tui.providers.base import Auth, ProviderSpec
from tavern_tui.providers.catalogue import hosted_samplers as samplers
from tavern_tui.providers.dialects.openai import OpenAITextDialect

TITLE_HEADER = {"X-Title": "tavern-tui"}
"""Whose traffic it is, for services that count it."""

HOSTED_TEXT = (
    ProviderSpec(
        id="mancer",
        title="Mancer",
        prompt_kind="text",
        dialect=OpenAITextDialect(),
        server=hosted_servers.MANCER,
        default_url="https://neuro.mancer.tech",
        middle="/oai",
        generate_path="/oai/v1/completions",
        models_path="/oai/v1/models",
        home="https://mancer.tech/dashboard/account",
        key="required",
        secret="api_key_mancer",
        auth=Auth.BOTH,
        samplers=samplers.MANCER,
        needs_model=True,
    ),
    ProviderSpec(
        id="dreamgen",
        title="DreamGen",
        prompt_kind="text",
        dialect=OpenAITextDialect(),
        server=hosted_servers.DREAMGEN,
        default_url="https://dreamgen.com",
        middle="/api/openai",
        generate_path="/api/openai/v1/completions",
        models_path="/api/openai/v1/models",
        home="https://dreamgen.com/account/api-keys",
        key="required",
        secret="api_key_dreamgen",
        samplers=samplers.DREAMGEN,
        needs_model=True,
    ),
    ProviderSpec(
        id="togetherai",
        title="Together AI",
        prompt_kind="text",
        dialect=OpenAITextDialect(),
        server=hosted_servers.TOGETHER,
        default_url="https://api.together.xyz",
        generate_path="/v1/completions",
        models_path="/api/models?&info",
        home="https://api.together.xyz/settings/api-keys",
        key="required",
        secret="api_key_togetherai",
        samplers=samplers.TOGETHER,
        needs_model=True,
    ),
    ProviderSpec(
        id="infermaticai",
        title="Infermatic",
        prompt_kind="text",
        dialect=OpenAITextDialect(),
        server=hosted_servers.INFERMATIC,
        default_url="https://api.totalgpt.ai",
        generate_path="/v1/completions",
        home="https://ui.infermatic.ai",
        key="required",
        secret="api_key_infermaticai",
        samplers=samplers.INFERMATIC,
        needs_model=True,
    ),
    ProviderSpec(
        id="featherless",
        title="Featherless",
        prompt_kind="text",
        dialect=OpenAITextDialect(),
        server=hosted_servers.FEATHERLESS,
        default_url="https://api.featherless.ai/v1",
        generate_path="/v1/completions",
        home="https://featherless.ai/account/api-keys",
        key="required",
        secret="api_key_featherless",
        headers=TITLE_HEADER,
        samplers=samplers.FEATHERLESS,
        needs_model=True,
    ),
)
