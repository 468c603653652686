"""The connection that SillyTavern's chat-completion settings describe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import DataError
from tavern_tui.core.samplers import SamplerValue
from tavern_tui.services.connection_extras import read_body, read_headers
from tavern_tui.storage.json_keep import as_object, dig, flag, read_object, read_value, text, texts, whole

Settings = Mapping[str, object]

MODELS = {"makersuite": "google_model"}
"""Sources whose model is not in `<source>_model`."""

ADDRESSES = {"custom": "custom_url", "azure_openai": "azure_base_url"}
"""Where sources say their address, if the user gives it."""

BEHIND_PROXIES = frozenset(
    {"openai", "claude", "makersuite", "vertexai", "mistralai", "deepseek", "xai", "moonshot", "zai"}
)
"""Sources for which the reverse proxy of the settings counts."""


def _names(value: object) -> str:
    """A list of names between commas."""
    return ", ".join(texts(value))


OPTIONS: Mapping[str, Mapping[str, tuple[str, Callable[[object], object]]]] = {
    "openrouter": {
        "provider_order": ("openrouter_providers", _names),
        "allow_fallbacks": ("openrouter_allow_fallbacks", flag),
        "quantizations": ("openrouter_quantizations", _names),
        "fallback_model": ("openrouter_use_fallback", flag),
        "middle_out": ("openrouter_middleout", text),
    },
    "nanogpt": {
        "backend": ("nanogpt_provider", text),
        "pay_as_you_go": ("nanogpt_payg_override", flag),
    },
    "azure_openai": {
        "deployment": ("azure_deployment_name", text),
        "api_version": ("azure_api_version", text),
    },
    "vertexai": {
        "auth_mode": ("vertexai_auth_mode", text),
        "region": ("vertexai_region", text),
        "project": ("vertexai_express_project_id", text),
    },
    "workers_ai": {"account_id": ("workers_ai_account_id", text)},
    "pollinations": {"service": ("pollinations_endpoint", text)},
    "zai": {"endpoint": ("zai_endpoint", text)},
    "siliconflow": {"endpoint": ("siliconflow_endpoint", text)},
    "minimax": {"endpoint": ("minimax_endpoint", text)},
}
"""By source: our option -> their key, and what it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundConnection:
    """A connection, and the key that stood beside it in the clear."""

    connection: Connection
    password: str = field(default="", repr=False)
    """Of a reverse proxy; goes into the key store, not into the connection."""


def read_st_connection(path: Path, warnings: list[str]) -> FoundConnection:
    """The connection in a settings.json, or in a chat preset that was saved with one.

    Its key is named only where it goes to the service itself: whoever wrote the file also chose the
    address. Raises UnreadableFile, DataError."""
    file = read_object(path)
    inner = as_object(file.get("oai_settings")) or file
    asked = dig(file, ("power_user", "request_token_probabilities"))
    settings = {**inner, "request_token_probabilities": asked}
    found = connection_of_settings(settings, warnings)
    secret = "" if found.connection.url else found.connection.secret
    return replace(found, connection=replace(found.connection, secret=secret))


def connection_of_settings(settings: Settings, warnings: list[str]) -> FoundConnection:
    """The connection of `oai_settings`. Raises DataError if they name no source."""
    source = _text(settings, "chat_completion_source")
    if not source:
        raise DataError("These settings do not say which chat service is used.")
    proxy = _text(settings, "reverse_proxy") if source in BEHIND_PROXIES else ""
    found = Connection(
        name=source,
        provider=source,
        url=proxy or _text(settings, ADDRESSES.get(source, "")),
        model=_text(settings, MODELS.get(source, f"{source}_model")),
        secret=f"proxy_{source}" if proxy else _secret(settings, source),
        max_tokens=read_value(settings.get("openai_max_tokens"), whole, 300, "", None),
        context_size=read_value(settings.get("openai_max_context"), whole, 0, "", None),
        post_processing=_text(settings, "custom_prompt_post_processing"),
        stream=read_value(settings.get("stream_openai"), flag, True, "", None),
        samplers=_samplers(settings),
        extra_headers=_read(settings, "custom_include_headers", read_headers, warnings, source),
        extra_body={
            **_read(settings, "custom_include_body", read_body, warnings, source),
            **_read(settings, "custom_exclude_body", _dropped, warnings, source),
        },
        options={
            name: value
            for name, (key, reader) in OPTIONS.get(source, {}).items()
            if (value := read_value(settings.get(key), reader, None, key, warnings)) not in (None, "")
        },
    )
    return FoundConnection(connection=found, password=_text(settings, "proxy_password") if proxy else "")


def _text(settings: Settings, key: str) -> str:
    found: str = read_value(settings.get(key), text, "", "", None)
    return found.strip()


def _secret(settings: Settings, source: str) -> str:
    """What SillyTavern calls the key."""
    if source == "vertexai" and _text(settings, "vertexai_auth_mode") == "full":
        return "vertexai_service_account_json"
    return f"api_key_{source}"


def _samplers(settings: Settings) -> dict[str, SamplerValue]:
    """What SillyTavern keeps outside of its presets."""
    wanted = read_value(settings.get("request_token_probabilities"), flag, False, "", None)
    return {"logprobs": 5} if wanted else {}


def _read(
    settings: Settings,
    key: str,
    reader: Callable[[str], Mapping[str, Any]],
    warnings: list[str],
    source: str,
) -> Mapping[str, Any]:
    """YAML of the source `custom`; what cannot be read is left out, with a warning."""
    if source != "custom":
        return {}
    try:
        return reader(_text(settings, key))
    except DataError as error:
        warnings.append(f"{key}: {error}")
        return {}


def _dropped(written: str) -> Mapping[str, object]:
    """Keys to leave out: a list, a mapping's keys, or one name alone."""
    alone = bool(written) and written.replace("_", "").isalnum()
    return dict.fromkeys([written] if alone else read_body(written))
