"""Rows, the user's own rows, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import UsageError
from tavern_tui.core.samplers import SAMPLERS
from tavern_tui.providers.catalogue.rows import SHELVES
from tavern_tui.providers.registry import OPENERS, ROWS, all_specs, open_provider
from tests.providers.asking import chat_request


def test_every_row_can_be_opened_and_names_only_samplers_that_exist() -> None:
    for spec in ROWS.values():
        assert spec.opener in OPENERS
        assert set(spec.samplers) <= SAMPLERS.keys()
        assert spec.key == "none" or spec.secret
        address = spec.default_url or "https://my-resource.example"
        connection = Connection(name="x", provider=spec.id, url=address, extra_body={"replies": ["a"]})
        assert open_provider(connection, key="k").spec is spec


def test_a_service_without_an_address_of_its_own_asks_for_one() -> None:
    with pytest.raises(UsageError, match="does not say where Azure OpenAI is"):
        open_provider(Connection(name="x", provider="azure_openai"), key="k")


def test_an_unknown_provider_is_one_sentence() -> None:
    with pytest.raises(UsageError, match='no provider "nope"'):
        open_provider(Connection(name="x", provider="nope"), key=None)


def test_a_row_of_the_users_own() -> None:
    rows = all_specs(
        [
            {
                "id": "mine", "title": "My box", "kind": "chat", "url": "https://box/api/v3",
                "key": "required", "auth": "x-api-key", "stop_limit": 2,
                "headers": {"X-Org": "7"}, "body": {"safe": False},
            }
        ]
    )  # fmt: skip
    assert list(rows)[-1] == "mine"
    provider = open_provider(Connection(name="x", provider="mine"), key="k", specs=rows)
    prepared = provider.wire(chat_request(stop=("a", "b", "c")))
    assert prepared.url == "https://box/api/v3/chat/completions"
    assert {"X-API-Key": "k", "X-Org": "7"}.items() <= prepared.headers.items()
    assert (prepared.body["stop"], prepared.body["safe"]) == (["a", "b"], False)
    assert provider.spec.secret == "api_key_mine"


def test_a_row_may_be_like_another() -> None:
    rows = all_specs([{"id": "kobold2", "like": "koboldcpp", "url": "http://box:5001"}])
    assert rows["kobold2"].dialect is ROWS["koboldcpp"].dialect
    assert rows["kobold2"].default_url == "http://box:5001"


@pytest.mark.parametrize(
    "row",
    [
        {}, {"id": 7}, {"id": "x", "like": "nope"}, {"id": "x", "kind": "smell"}, {"id": "x", "url": 5},
        {"id": "x", "key": "maybe"}, {"id": "x", "auth": "magic"}, {"id": "x", "stop_limit": "4"},
        {"id": "x", "headers": []}, {"id": "x", "needs_model": "yes"}, {"id": "x", "base": "x"},
    ],
)  # fmt: skip
def test_a_bad_row_is_one_sentence(row: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="provider"):
        all_specs([row])


def test_rows_and_offline_writing_do_without_httpx() -> None:
    code = (
        "import sys\n"
        "from tavern_tui.core.connection import Connection\n"
        "from tavern_tui.providers import base, probe, registry, wirelog\n"
        "registry.open_provider(Connection(name='o', provider='offline'), key=None)\n"
        "sys.exit(3 if 'httpx' in sys.modules else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0


def test_the_table_of_rows_names_those_there_are_in_their_order() -> None:
    for place, ids in SHELVES:
        module, _, name = place.rpartition(".")
        rows = getattr(import_module(f"tavern_tui.providers.catalogue.{module}"), name)
        assert [row.id for row in (rows if isinstance(rows, tuple) else (rows,))] == ids.split()
    assert [row.id for row in ROWS.values()] == list(ROWS)
    assert len(ROWS) == len(list(ROWS))


def test_who_needs_one_row_loads_no_other_kind() -> None:
    code = (
        "import sys\n"
        "from tavern_tui.providers.registry import ROWS\n"
        "ROWS['offline'], 'claude' in ROWS\n"
        "sys.exit(3 if 'tavern_tui.providers.catalogue.chat' in sys.modules else 0)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
