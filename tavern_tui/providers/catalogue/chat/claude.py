"""Anthropic."""

from __future__ import annotations

from tavern_tui.providers import chat_lists
from tavern_tui.providers.base import Auth, BaseRule, ProviderSpec
from tavern_tui.providers.catalogue.chat import samplers
from tavern_tui.providers.dialects.chat.claude import (
    ADAPTIVE,
    BETAS,
    CACHE_DEPTH,
    CACHE_LONG,
    CACHE_SYSTEM,
    ClaudeDialect,
)

CLAUDE = ProviderSpec(
    id="claude",
    title="Anthropic",
    prompt_kind="chat",
    dialect=ClaudeDialect(),
    server=chat_lists.ANTHROPIC,
    default_url="https://api.anthropic.com/v1",
    base_rule=BaseRule.AS_IS,
    generate_path="/messages",
    models_path="/models?limit=1000",
    home="https://platform.claude.com/settings/keys",
    key="required",
    secret="api_key_claude",
    auth=Auth.X_API_KEY,
    headers={"anthropic-version": "2023-06-01"},
    samplers=samplers.CLAUDE,
    needs_model=True,
    options=(CACHE_SYSTEM, CACHE_DEPTH, CACHE_LONG, ADAPTIVE, BETAS),
)
