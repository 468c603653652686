"""Sampler values: where they come from, what is sent of them, and presets that hold them without loss."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import UsageError
from tavern_tui.core.samplers import SAMPLERS, SamplerKind
from tavern_tui.services.samplers import SamplerService
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.presets import PresetKind, TextPreset, preset_from_json, text_preset_with
from tests.services.helpers import tavern

HERE = Connection(name="here", provider="koboldcpp", url="http://127.0.0.1:9", instruct="none")
PRESET = {
    "temp": 0.7, "rep_pen": 1.1, "min_p": 0.05, "typical_p": 1, "sampler_order": [6, 0, 1, 3, 4, 2, 5],
    "samplers": ["top_k", "temperature"], "logit_bias": [{"id": "x", "text": " dragon", "value": -5}],
    "banned_tokens": '"once upon"\n[1,2]\nfoo', "dry_sequence_breakers": '["\\n",":"]',
    "json_schema": {"type": "object"}, "speculative_ngram": True, "my_own": {"kept": 1}, "genamt": 222,
}  # fmt: skip


def put(folders: Folders, name: str, value: dict[str, Any], folder: str = "textgen_settings") -> None:
    path = getattr(folders, folder)
    path.mkdir(parents=True, exist_ok=True)
    (path / f"{name}.json").write_text(json.dumps(value))


def state(service: SamplerService, name: str) -> Any:
    return next(one for one in service.all() if one.spec.id == name)


async def test_values_of_the_connection_go_before_the_presets(folders: Folders) -> None:
    put(folders, "Warm", PRESET)
    async with tavern(folders, HERE) as made:
        service = made.samplers
        assert state(service, "temperature").origin == ""
        made.presets.choose("Warm", PresetKind.TEXT)
        assert (state(service, "temperature").value, state(service, "temperature").origin) == (0.7, "preset")
        service.set("temperature", 1.4)
        assert (state(service, "temperature").value, state(service, "temperature").origin) == (
            1.4,
            "connection",
        )
        request = made.session.preview("Hello").request
        assert request.body["temperature"] == 1.4
        assert request.body["rep_pen"] == 1.1
        assert request.body["sampler_order"] == [6, 0, 1, 3, 4, 2, 5]
        service.set("temperature", None)
        assert state(service, "temperature").value == 0.7
        assert service.undo()
        assert state(service, "temperature").value == 1.4


async def test_what_a_server_has_not_is_left_out_and_said(folders: Folders) -> None:
    async with tavern(folders, HERE) as made:
        service = made.samplers
        service.set("skew", 2.0)
        service.set("repetition_range", -1)
        assert not state(service, "skew").supported
        assert any("Skew" in one for one in service.remarks())
        assert "skew" not in made.session.preview("Hello").request.body
        assert state(service, "repetition_range").sent.body == {"rep_pen_range": 8192}
        assert any("Repetition range is sent as" in one for one in service.remarks())


async def test_what_is_left_out_in_a_request_like_this_is_said(folders: Folders) -> None:
    there = replace(HERE, provider="ooba")
    async with tavern(folders, there) as made:
        service = made.samplers
        service.set("n", 3)
        assert any(one.startswith("Not sent, as it stands here: ") for one in service.remarks())
        assert "n" not in made.session.preview("Hello").request.body
        made.connections.change("here", stream=False)
        assert not service.remarks()
        assert made.session.preview("Hello").request.body["n"] == 3


async def test_words_for_a_server_that_takes_only_ids_need_a_tokenizer(folders: Folders) -> None:
    async with tavern(folders, replace(HERE, provider="mancer")) as made:
        service = made.samplers
        service.set("logit_bias", ("[5] = 3",))
        assert not service.remarks()
        service.set("logit_bias", ("dragon = -20",))
        assert any("Logit bias: the words in it are not sent" in one for one in service.remarks())
        made.connections.change("here", tokenizer="/models/tokenizer.json")
        assert not any("words in it" in one for one in service.remarks())


async def test_what_follows_another_sampler_that_is_off_is_no_complaint(folders: Folders) -> None:
    async with tavern(folders, replace(HERE, provider="tabby")) as made:
        made.samplers.set("dry_base", 2.5)
        made.samplers.set("mirostat_tau", 3.0)
        assert made.samplers.remarks() == []


async def test_steps_stay_in_the_range_and_flip_switches(folders: Folders) -> None:
    async with tavern(folders, HERE) as made:
        service = made.samplers
        service.step("temperature", 10)
        assert service.values()["temperature"] == 1.1
        service.step("temperature", 10_000)
        assert service.values()["temperature"] == 5
        service.step("top_k", -3)
        assert service.values()["top_k"] == -1
        service.step("ban_eos_token", 1)
        assert service.values()["ban_eos_token"] is True
        with pytest.raises(UsageError):
            service.set("no such thing", 1)
        with pytest.raises(UsageError):
            service.set("temperature", "hot")
        service.neutralise()
        assert not any(one.differs for one in service.all())
        service.clear()
        assert made.connections.current.samplers == {}


async def test_saving_into_a_preset_keeps_what_is_not_known_here(folders: Folders) -> None:
    put(folders, "Warm", PRESET)
    async with tavern(folders, HERE) as made:
        made.presets.choose("Warm", PresetKind.TEXT)
        made.samplers.set("temperature", 1.25)
        made.samplers.set("sampler_order", (0, 6, 1, 3, 4, 2, 5))
        assert made.samplers.save_into_preset() == "Warm"
        kept = json.loads((folders.textgen_settings / "Warm.json").read_text())
        assert kept == {**PRESET, "temp": 1.25, "sampler_order": [0, 6, 1, 3, 4, 2, 5],
                        "logit_bias": [{"id": "bias-0", "text": " dragon", "value": -5.0}],
                        "dry_sequence_breakers": '["\\n", ":"]', "genamt": 222}  # fmt: skip
        assert made.connections.current.samplers == {}
        assert made.samplers.save_into_preset("Hot") == "Hot"
        assert made.connections.current.text_preset == "Hot"
        assert json.loads((folders.textgen_settings / "Hot.json").read_text())["my_own"] == {"kept": 1}
        with pytest.raises(UsageError, match="already"):
            made.samplers.save_into_preset("Warm")


async def test_services_of_their_own_have_presets_of_their_own(folders: Folders) -> None:
    put(folders, "Novel", {"temperature": 1.2, "tail_free_sampling": 0.9, "order": [1, 0]}, "novel_settings")
    put(folders, "Classic", {"temp": 0.5, "typical": 0.9}, "kobold_settings")
    horde = Connection(name="h", provider="horde", url="http://127.0.0.1:9", instruct="none")
    async with tavern(folders, horde) as made:
        assert made.presets.kind_sent is PresetKind.KOBOLD
        assert made.presets.names(made.presets.kind_sent) == ["Classic"]
        made.presets.choose("Classic", PresetKind.KOBOLD)
        assert made.samplers.values() == {"temperature": 0.5, "typical_p": 0.9}


def value_of(name: str) -> st.SearchStrategy[Any]:
    spec = SAMPLERS[name]
    match spec.kind:
        case SamplerKind.BOOL:
            return st.booleans()
        case SamplerKind.FLOAT:
            return st.floats(spec.low, spec.high).map(lambda one: round(one, 3))
        case SamplerKind.INT:
            return st.integers(int(spec.low), int(spec.high))
    if name == "logit_bias":
        words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=5)
        return st.lists(st.tuples(words, st.integers(-100, 100)), max_size=3).map(
            lambda rows: tuple(f"{text} = {number}" for text, number in rows)
        )
    if spec.kind is SamplerKind.STRINGS:
        return st.lists(st.text(st.characters(categories=["L"]), min_size=1), max_size=3).map(tuple)
    return st.sampled_from(spec.choices) if spec.choices else st.just('{"a": 1}')


@pytest.mark.parametrize("kind", [PresetKind.TEXT, PresetKind.KOBOLD, PresetKind.NOVEL])
@given(data=st.data())
def test_what_is_written_into_a_preset_is_read_again(kind: PresetKind, data: Any) -> None:
    marks = {
        PresetKind.TEXT: {"rep_pen": 1.0},
        PresetKind.KOBOLD: {"typical": 1},
        PresetKind.NOVEL: {"phrase_rep_pen": "off"},
    }
    before = preset_from_json("x", marks[kind])
    assert isinstance(before, TextPreset)
    names = data.draw(
        st.sets(st.sampled_from(sorted(set(SAMPLERS) - {"sampler_order", "n", "logprobs"})), max_size=6)
    )
    values = {name: data.draw(value_of(name)) for name in names}
    made = text_preset_with(kind, {**marks[kind], "unknown": [1]}, values)
    again = preset_from_json("x", made)
    assert isinstance(again, TextPreset)
    assert made["unknown"] == [1]
    for name, value in again.samplers.items():
        if name in values:
            assert value == values[name], name
