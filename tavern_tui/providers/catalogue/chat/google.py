"""Google AI Studio and Vertex AI."""

from __future__ import annotations

from tavern_tui.providers import chat_lists
from tavern_tui.providers.base import Auth, BaseRule, ProviderSpec
from tavern_tui.providers.catalogue.chat import samplers
from tavern_tui.providers.dialects.chat.google import (
    API_VERSION,
    AUTH_MODE,
    PROJECT,
    REGION,
    GoogleDialect,
    VertexDialect,
)

AI_STUDIO = ProviderSpec(
    id="makersuite",
    title="Google AI Studio",
    prompt_kind="chat",
    dialect=GoogleDialect(),
    server=chat_lists.GOOGLE,
    default_url="https://generativelanguage.googleapis.com",
    base_rule=BaseRule.AS_IS,
    models_path="/v1beta/models?pageSize=1000",
    home="https://aistudio.google.com/app/apikey",
    key="required",
    secret="api_key_makersuite",
    auth=Auth.GOOGLE,
    samplers=samplers.GOOGLE,
    needs_model=True,
    options=(API_VERSION,),
)

VERTEX = ProviderSpec(
    id="vertexai",
    title="Google Vertex AI",
    prompt_kind="chat",
    opener="vertex",
    dialect=VertexDialect(),
    server=chat_lists.known(
        "gemini-2.5-pro",
        "gemini-2.5-flash",
        "gemini-2.5-flash-lite",
        "gemini-3.1-pro-preview",
        "gemini-3-flash-preview",
    ),
    default_url="https://aiplatform.googleapis.com",
    base_rule=BaseRule.AS_IS,
    home="https://console.cloud.google.com/vertex-ai",
    key="required",
    secret="api_key_vertexai",
    auth=Auth.GOOGLE,
    samplers=samplers.GOOGLE,
    needs_model=True,
    options=(AUTH_MODE, REGION, PROJECT),
)

GOOGLE = (AI_STUDIO, VERTEX)
