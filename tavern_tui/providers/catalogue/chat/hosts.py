"""Services that run open models, in OpenAI's form: Groq, Fireworks, SiliconFlow, Workers AI."""

from __future__ import annotations

from urllib.parse import quote

from tavern_tui.core.errors import UsageError
from tavern_tui.providers import chat_lists, servers
from tavern_tui.providers.base import BaseRule, ProviderOption, ProviderSpec
from tavern_tui.providers.catalogue.chat import families, samplers
from tavern_tui.providers.catalogue.chat.shared import at, endpoint
from tavern_tui.providers.dialects.chat import effort
from tavern_tui.providers.dialects.chat.call import ChatCall
from tavern_tui.providers.dialects.chat.recipe import Recipe, RecipeDialect
from tavern_tui.providers.dialects.chat.structured import any_object, bare_schema, described_schema
from tavern_tui.providers.samplers import OMIT

GROQ = ProviderSpec(
    id="groq",
    title="Groq",
    prompt_kind="chat",
    dialect=RecipeDialect(Recipe(schema=described_schema)),
    server=servers.LISTED,
    default_url="https://api.groq.com/openai/v1",
    base_rule=BaseRule.OPENAI,
    generate_path="/chat/completions",
    models_path="/models",
    home="https://console.groq.com/keys",
    key="required",
    secret="api_key_groq",
    samplers=samplers.SEEDED,
    model_rules=families.CLAUDE,
    needs_model=True,
    stop_limit=4,
    asks_usage=True,
)

FIREWORKS = ProviderSpec(
    id="fireworks",
    title="Fireworks",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(
            effort=effort.FIREWORKS,
            schema=described_schema,
            headers={"x-session-affinity": lambda call: call.request.session or OMIT},
        )
    ),
    knows_chats=True,
    server=chat_lists.FIREWORKS,
    default_url="https://api.fireworks.ai/inference/v1",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    models_path=(
        "https://api.fireworks.ai/v1/accounts/fireworks/models?filter=supports_serverless%3Dtrue&pageSize=200"
    ),
    home="https://app.fireworks.ai/settings/users/api-keys",
    key="required",
    secret="api_key_fireworks",
    samplers=samplers.USUAL,
    model_rules=families.CLAUDE,
    needs_model=True,
    stop_limit=4,
)

SILICON_ENDPOINT = endpoint("SiliconFlow", "global", "cn")
SILICON_CN = "https://api.siliconflow.cn/v1"

SILICONFLOW = ProviderSpec(
    id="siliconflow",
    title="SiliconFlow",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(
            schema=any_object,
            path=lambda call: at(call, SILICON_CN if call.text(SILICON_ENDPOINT) == "cn" else ""),
        )
    ),
    server=servers.LISTED,
    default_url="https://api.siliconflow.com/v1",
    base_rule=BaseRule.AS_IS,
    generate_path="/chat/completions",
    models_path="/models?type=text&sub_type=chat",
    home="https://cloud.siliconflow.com/account/ak",
    key="required",
    secret="api_key_siliconflow",
    samplers=samplers.USUAL,
    model_rules=families.CLAUDE,
    needs_model=True,
    stop_limit=4,
    options=(SILICON_ENDPOINT,),
)

ACCOUNT = ProviderOption(
    id="account_id",
    title="Account ID",
    help="Of your Cloudflare account; the dashboard shows it.",
)


def _of_account(call: ChatCall) -> str:
    """Raises UsageError if the connection names no account."""
    account = call.text(ACCOUNT)
    if not account:
        raise UsageError(
            "The connection to Workers AI does not say whose account to use.",
            hint="Put the account ID into the connection's options.",
        )
    return f"/accounts/{quote(account, safe='')}/ai/v1/chat/completions"


def _streams(call: ChatCall) -> object:
    return call.request.stream and call.options.schema is None


WORKERS_AI = ProviderSpec(
    id="workers_ai",
    title="Cloudflare Workers AI",
    prompt_kind="chat",
    dialect=RecipeDialect(Recipe(path=_of_account, extras={"stream": _streams}, schema=bare_schema)),
    server=chat_lists.WORKERS_AI,
    default_url="https://api.cloudflare.com/client/v4",
    models_path="/accounts/{account_id}/ai/models/search?task=Text+Generation&per_page=1000",
    base_rule=BaseRule.AS_IS,
    home="https://dash.cloudflare.com/profile/api-tokens",
    key="required",
    secret="api_key_workers_ai",
    samplers=samplers.WORKERS_AI,
    model_rules=families.CLAUDE,
    needs_model=True,
    stop_limit=4,
    options=(ACCOUNT,),
)

HOSTS = (GROQ, FIREWORKS, SILICONFLOW, WORKERS_AI)
