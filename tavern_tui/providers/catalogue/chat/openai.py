"""OpenAI, its models on Azure, and any server that speaks its chat completions."""

from __future__ import annotations

import re
from urllib.parse import quote

from tavern_tui.core.errors import UsageError
from tavern_tui.providers import servers
from tavern_tui.providers.base import Auth, BaseRule, ProviderOption, ProviderSpec
from tavern_tui.providers.catalogue.chat import families, samplers
from tavern_tui.providers.catalogue.chat.shared import recalled
from tavern_tui.providers.dialects.chat import effort
from tavern_tui.providers.dialects.chat.call import ChatCall
from tavern_tui.providers.dialects.chat.recipe import Recipe, RecipeDialect
from tavern_tui.providers.samplers import OMIT
from tavern_tui.providers.shaping.messages import Wire
from tavern_tui.providers.shaping.openrouter import with_sound

WORDY = re.compile(r"^(gpt-5|gpt-6)")
"""Models that can be told how long to write."""


def heard(call: ChatCall, messages: list[Wire]) -> list[Wire]:
    """The messages with sounds in OpenAI's form."""
    return with_sound(messages)


def verbosity(call: ChatCall) -> object:
    """How long to write, for models that can be told."""
    wanted = call.options.verbosity
    return wanted if wanted != "auto" and WORDY.search(call.model) else OMIT


OPENAI = ProviderSpec(
    id="openai",
    title="OpenAI",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(messages=heard, effort=effort.OPENAI, extras={"verbosity": verbosity}, legacy=True)
    ),
    server=servers.LISTED,
    default_url="https://api.openai.com/v1",
    base_rule=BaseRule.OPENAI,
    generate_path="/chat/completions",
    models_path="/models",
    home="https://platform.openai.com/api-keys",
    key="required",
    secret="api_key_openai",
    samplers=samplers.OPENAI,
    model_rules=families.OPENAI_RULES,
    needs_model=True,
    stop_limit=4,
    asks_usage=True,
)

CUSTOM = ProviderSpec(
    id="custom",
    title="OpenAI-compatible (chat)",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(
            messages=lambda call, messages: heard(call, recalled(call, messages)),
            effort=effort.CUSTOM,
            extras={"verbosity": verbosity},
            echo="whole",
            legacy=True,
        )
    ),
    server=servers.LISTED,
    default_url="http://127.0.0.1:8080/v1",
    base_rule=BaseRule.OPENAI,
    generate_path="/chat/completions",
    models_path="/models",
    key="optional",
    secret="api_key_custom",
    samplers=samplers.OPENAI,
    model_rules=families.CLAUDE,
    stop_limit=4,
)

DEPLOYMENT = ProviderOption(
    id="deployment",
    title="Deployment",
    help="Name of the deployment on your Azure resource.",
)
API_VERSION = ProviderOption(
    id="api_version",
    title="API version",
    help="Date of Azure's API, such as 2024-10-21.",
    default="2024-10-21",
)


def deployed(call: ChatCall) -> str:
    """Where a deployment is asked. Raises UsageError if none is named."""
    name = call.text(DEPLOYMENT)
    if not name:
        raise UsageError(
            "The connection to Azure does not say which deployment to use.",
            hint="Put its name into the connection's options.",
        )
    version = quote(call.text(API_VERSION), safe="")
    return f"/openai/deployments/{quote(name, safe='')}/chat/completions?api-version={version}"


AZURE = ProviderSpec(
    id="azure_openai",
    title="Azure OpenAI",
    prompt_kind="chat",
    dialect=RecipeDialect(
        Recipe(
            messages=heard,
            model=lambda call: OMIT,
            # Deployments are mostly called like what they run.
            known_as=lambda call: call.model or call.text(DEPLOYMENT),
            effort=effort.AZURE,
            path=deployed,
        )
    ),
    server=servers.LISTED,
    base_rule=BaseRule.AS_IS,
    models_path="/openai/models?api-version={api_version}",
    home="https://portal.azure.com",
    key="required",
    secret="api_key_azure_openai",
    auth=Auth.API_KEY,
    samplers=samplers.OPENAI,
    model_rules=families.OPENAI_RULES,
    stop_limit=4,
    asks_usage=True,
    options=(DEPLOYMENT, API_VERSION),
)

OPENAI_FAMILY = (CUSTOM, OPENAI, AZURE)
