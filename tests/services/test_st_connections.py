"""SillyTavern's chat-completion settings become a connection of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tavern_tui.core.errors import DataError
from tavern_tui.providers.registry import ROWS
from tavern_tui.services.connection_files import import_connections
from tavern_tui.services.st_connections import MODELS, OPTIONS, connection_of_settings
from tavern_tui.storage.folders import Folders
from tavern_tui.wiring import build_tavern


def found(source: str, **settings: Any) -> Any:
    return connection_of_settings({"chat_completion_source": source, **settings}, [])


def test_every_option_that_is_read_is_one_of_its_row() -> None:
    for source, options in OPTIONS.items():
        assert set(options) <= {one.id for one in ROWS[source].options}
    assert MODELS.keys() <= ROWS.keys()


def test_a_source_its_model_and_its_key() -> None:
    made = found("makersuite", google_model="gemini-x", makersuite_model="old", openai_max_tokens=900)
    assert (made.connection.model, made.connection.max_tokens) == ("gemini-x", 900)
    assert (made.connection.url, made.connection.secret) == ("", "api_key_makersuite")
    full = found("vertexai", vertexai_auth_mode="full", vertexai_region="europe-west4")
    assert full.connection.secret == "vertexai_service_account_json"
    assert full.connection.options == {"auth_mode": "full", "region": "europe-west4"}


def test_a_reverse_proxy_counts_where_sillytavern_has_one() -> None:
    proxy = {"reverse_proxy": "https://proxy.example/v1", "proxy_password": "open sesame"}
    made = found("claude", **proxy)
    assert (made.connection.url, made.password) == ("https://proxy.example/v1", "open sesame")
    assert "sesame" not in repr(made)
    other = found("groq", **proxy)
    assert (other.connection.url, other.password) == ("", "")


@pytest.mark.parametrize(
    ("written", "dropped"),
    [
        ("- top_p\n- seed", ["top_p", "seed"]),
        ("top_p", ["top_p"]),
        ("top_p: 1\nseed: 2", ["top_p", "seed"]),
        ("", []),
    ],
)
def test_what_a_custom_server_gets_besides_or_not(written: str, dropped: list[str]) -> None:
    made = found(
        "custom",
        custom_url="http://127.0.0.1:5000/v1",
        custom_include_body="- top_k: 33\n- min_p: 0.1",
        custom_exclude_body=written,
        custom_include_headers="X-Room: blue",
    ).connection
    assert made.extra_body == {"top_k": 33, "min_p": 0.1, **dict.fromkeys(dropped)}
    assert made.extra_headers == {"X-Room": "blue"}


def test_yaml_that_is_none_is_named_and_the_rest_is_read() -> None:
    warnings: list[str] = []
    settings = {"chat_completion_source": "custom", "custom_include_body": "a: [", "custom_model": "m"}
    assert connection_of_settings(settings, warnings).connection.model == "m"
    assert len(warnings) == 1
    assert warnings[0].startswith("custom_include_body")


def test_odd_values_do_no_harm() -> None:
    keys = ("openai_max_tokens", "stream_openai", "openrouter_providers", "reverse_proxy")
    odd = {key: {"a": []} for key in keys}
    assert found("openrouter", **odd).connection.provider == "openrouter"
    with pytest.raises(DataError, match="which chat service"):
        connection_of_settings({"chat_completion_source": 7.5j}, [])


async def test_a_settings_file_is_imported_without_handing_our_keys_to_its_address(
    folders: Folders, tmp_path: Path
) -> None:
    path = tmp_path / "settings.json"
    made = build_tavern(folders, {})
    home = {"chat_completion_source": "deepseek", "deepseek_model": "deepseek-v4-flash"}
    path.write_text(json.dumps({"oai_settings": home, "power_user": {"request_token_probabilities": True}}))
    assert import_connections(made.connections, path) == (["DeepSeek"], [])
    connection = made.connections.find("DeepSeek")
    assert connection is not None
    assert (connection.secret, connection.samplers) == ("api_key_deepseek", {"logprobs": 5})
    elsewhere = {"chat_completion_source": "custom", "custom_url": "https://collector.example/v1"}
    path.write_text(json.dumps({"oai_settings": elsewhere}))
    names, _ = import_connections(made.connections, path)
    connection = made.connections.find(names[0])
    assert connection is not None
    assert (connection.url, connection.secret) == ("https://collector.example/v1", "")
    path.write_text(json.dumps({"oai_settings": {"chat_completion_source": "nowhere"}}))
    with pytest.raises(DataError, match="nowhere"):
        import_connections(made.connections, path)
    await made.close()
