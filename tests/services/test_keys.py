"""Keys with labels: several for a provider, chosen per connection, shown to nobody."""

from __future__ import annotations

import json

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import UsageError
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.secrets import KeyPlace
from tavern_tui.wiring import build_tavern
from tests.services.helpers import tavern

WORK, HOME = "sk-work-0123456789-aaaa", "sk-home-0123456789-bbbb"


def connected(made: Tavern, **more: str) -> Connection:
    made.connections.save(Connection(name="cloud", provider="openai", model="gpt-4o", **more))
    return made.connections.select("cloud")


def sent(made: Tavern) -> str:
    connection = made.connections.find("cloud")
    assert connection is not None
    return made.connections.key_of(connection) or ""


async def test_several_keys_are_kept_and_one_is_used(folders: Folders) -> None:
    async with tavern(folders) as made:
        keys = made.connections.keys
        keys.add(connected(made), "", HOME)
        assert sent(made) == HOME
        name = keys.add(made.connections.current, "work", WORK)
        assert sent(made) == WORK
        listed = keys.of(made.connections.current)
        assert [(one.label, one.ending, one.used) for one in listed] == [
            ("", "…bbbb", False),
            ("work", "…aaaa", True),
        ]
        keys.use(made.connections.current, "api_key_openai")
        assert sent(made) == HOME
        keys.use(made.connections.current, name)
        assert keys.rename(name, "office") == "api_key_openai/office"
        assert sent(made) == WORK
        keys.remove("api_key_openai/office")
        assert sent(made) == ""
        assert not any(WORK in repr(one) or HOME in repr(one) for one in listed)
    assert WORK not in folders.config_file.read_text()


async def test_the_provider_asks_with_the_key_that_was_chosen(folders: Folders) -> None:
    async with tavern(folders) as made:
        made.connections.keys.add(connected(made), "", HOME)
        before = made.connections.provider()
        made.connections.keys.add(made.connections.current, "work", WORK)
        assert made.connections.provider() is not before


async def test_a_service_s_key_goes_to_no_other_host(folders: Folders) -> None:
    async with tavern(folders) as made:
        made.connections.keys.add(connected(made), "", HOME)
        made.connections.change("cloud", url="https://proxy.example/v1")
        assert sent(made) == ""
        made.connections.keys.add(made.connections.current, "", WORK)
        assert sent(made) == WORK
        made.connections.change("cloud", url="https://api.openai.com/v1", secret="")
        assert sent(made) == HOME


async def test_sillytaverns_keys_are_used_without_being_copied(folders: Folders) -> None:
    folders.data.mkdir(parents=True, exist_ok=True)
    folders.st_secrets.write_text(
        json.dumps({
            "api_key_openai": [
                {"id": "1", "value": HOME, "active": True, "label": "home"},
                {"id": "2", "value": WORK, "active": False, "label": "work"},
            ]
        })
    )  # fmt: skip
    made = build_tavern(folders, {})
    connection = connected(made)
    assert sent(made) == HOME
    keys = made.connections.keys
    assert [(one.label, one.place) for one in keys.of(connection)] == [
        ("", KeyPlace.SILLYTAVERN), ("work", KeyPlace.SILLYTAVERN),
    ]  # fmt: skip
    keys.use(connection, "api_key_openai/work")
    assert sent(made) == WORK
    with pytest.raises(UsageError, match="SillyTavern"):
        keys.remove("api_key_openai/work")
    await made.close()


@pytest.mark.parametrize("label", ["a/b", "x" * 99, "line\nbreak"])
async def test_odd_labels_are_refused(folders: Folders, label: str) -> None:
    async with tavern(folders) as made:
        with pytest.raises(UsageError, match="label"):
            made.connections.keys.add(connected(made), label, HOME)
        with pytest.raises(UsageError, match="no key"):
            made.connections.keys.add(made.connections.current, "", "  ")
