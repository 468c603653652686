"""Reasoning effort, verbosity and the like: offered where they do something, kept, and sent."""

from __future__ import annotations

import json

import pytest

from tavern_tui.core.chat_choices import CHOICES, reply_schema
from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import UsageError
from tavern_tui.services.chat_choices import Probe
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tests.services.helpers import tavern


def offered(made: Tavern) -> set[str]:
    return {one.spec.id for one in made.samplers.all() if one.supported and one.spec.id in CHOICES}


def body(made: Tavern) -> dict[str, object]:
    return dict(made.session.preview("Hello").request.body)


def cloud(provider: str, model: str, **more: object) -> Connection:
    return Connection(name="cloud", provider=provider, url="http://127.0.0.1:9", model=model, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("provider", "model", "some", "none"),
    [
        (
            "openai",
            "gpt-4o",
            {"function_calling", "reply_schema"},
            {"reasoning_effort", "verbosity", "web_search"},
        ),
        ("openai", "gpt-5", {"reasoning_effort", "verbosity"}, {"use_sysprompt", "request_images"}),
        ("claude", "claude-opus-4-7", {"reasoning_effort", "use_sysprompt", "web_search"}, {"image_size"}),
        (
            "makersuite",
            "gemini-2.5-pro",
            {"reasoning_effort", "show_thoughts", "use_sysprompt"},
            {"verbosity"},
        ),
        (
            "openrouter",
            "openai/gpt-5",
            {"reasoning_effort", "web_search", "show_thoughts"},
            {"use_sysprompt"},
        ),
        ("minimax", "M2-her", {"function_calling"}, {"reply_schema", "reasoning_effort"}),
    ],
)
async def test_only_what_the_model_knows_is_offered(
    folders: Folders, provider: str, model: str, some: set[str], none: set[str]
) -> None:
    async with tavern(folders) as made:
        made.connections.save(cloud(provider, model))
        made.connections.select("cloud")
        assert some <= offered(made)
        assert not none & offered(made)


async def test_samplers_that_a_family_refuses_are_not_shown_or_are_left_out(folders: Folders) -> None:
    async with tavern(folders) as made:
        made.connections.save(cloud("openai", "o3", samplers={"temperature": 0.5}))
        made.connections.select("cloud")
        states = {one.spec.id: one for one in made.samplers.all()}
        assert not states["temperature"].supported
        assert "top_p" not in states
        assert "temperature" not in body(made)
        assert any("Temperature" in remark for remark in made.samplers.remarks())
        made.connections.change("cloud", model="gpt-4o")
        assert all(one.supported for one in made.samplers.all())
        assert body(made)["temperature"] == 0.5


async def test_a_text_connection_has_none_of_them(folders: Folders) -> None:
    async with tavern(folders) as made:
        made.connections.save(cloud("llamacpp", "m"))
        made.connections.select("cloud")
        assert not offered(made)


async def test_what_was_chosen_is_kept_with_the_connection_and_goes_out(folders: Folders) -> None:
    async with tavern(folders) as made:
        made.connections.save(cloud("openai", "gpt-5"))
        made.connections.select("cloud")
        assert "reasoning_effort" not in body(made)
        made.samplers.set("reasoning_effort", "high")
        made.samplers.step("verbosity", 1)
        assert made.connections.current.samplers == {"reasoning_effort": "high", "verbosity": "low"}
        assert (body(made)["reasoning_effort"], body(made)["verbosity"]) == ("high", "low")
        state = next(one for one in made.samplers.all() if one.spec.id == "reasoning_effort")
        assert (state.origin, state.differs) == ("connection", True)
        assert state.sent is not None
        assert state.sent.body == {"reasoning_effort": "high"}
        assert made.samplers.undo()
        assert "verbosity" not in body(made)
        made.samplers.clear()
        assert "reasoning_effort" not in body(made)


async def test_the_connection_s_choice_goes_before_the_preset_s(folders: Folders) -> None:
    async with tavern(folders) as made:
        folder = folders.openai_settings
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Mine.json").write_text(json.dumps({"reasoning_effort": "low", "function_calling": False}))
        made.connections.save(cloud("openai", "gpt-5", chat_preset="Mine"))
        made.connections.select("cloud")
        assert body(made)["reasoning_effort"] == "low"
        state = next(one for one in made.samplers.all() if one.spec.id == "reasoning_effort")
        assert state.origin == "preset"
        assert "tools" not in body(made)
        made.samplers.set("reasoning_effort", "high")
        made.samplers.set("function_calling", True)
        assert body(made)["reasoning_effort"] == "high"
        assert body(made)["tools"]


async def test_a_schema_for_replies_goes_out_and_a_broken_one_does_not(folders: Folders) -> None:
    async with tavern(folders) as made:
        made.connections.save(cloud("openai", "gpt-4o"))
        made.connections.select("cloud")
        made.samplers.set("reply_schema", '{"title": "scene", "type": "object", "properties": {}}')
        form = body(made)["response_format"]
        assert isinstance(form, dict)
        assert form["json_schema"]["name"] == "scene"
        made.samplers.set("reply_schema", "{broken")
        assert "response_format" not in body(made)


async def test_what_a_choice_cannot_be_is_said(folders: Folders) -> None:
    async with tavern(folders) as made:
        made.connections.save(cloud("openai", "gpt-5"))
        made.connections.select("cloud")
        with pytest.raises(UsageError, match="auto, min, low, medium, high, max"):
            made.samplers.set("reasoning_effort", "much")
        made.connections.change("cloud", samplers={"reasoning_effort": 5, "verbosity": ("x",)})
        assert "reasoning_effort" not in body(made)


async def test_a_choice_that_the_next_model_does_not_know_is_shown_as_left_out(folders: Folders) -> None:
    async with tavern(folders) as made:
        made.connections.save(cloud("openai", "gpt-4o", samplers={"reasoning_effort": "high"}))
        made.connections.select("cloud")
        assert "reasoning_effort" not in body(made)
        assert any("Reasoning effort" in remark for remark in made.samplers.remarks())


def test_only_objects_are_schemas() -> None:
    assert reply_schema("[1]") is None
    assert reply_schema("") is None
    found = reply_schema('{"type": "object", "title": "not a name!"}')
    assert found is not None
    assert found.name == "reply"


def test_the_form_of_a_picture_matters_only_where_pictures_are_wanted() -> None:
    from tavern_tui.providers.registry import ROWS

    def probe(**values: bool) -> Probe:
        connection = cloud("makersuite", "gemini-3-pro-image")
        return Probe(ROWS["makersuite"], connection, model=connection.model, max_tokens=300, values=values)

    assert not probe().knows(CHOICES["image_size"])
    assert probe(request_images=True).knows(CHOICES["image_size"])
