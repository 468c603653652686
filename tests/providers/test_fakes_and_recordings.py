"""Do the strict fakes answer what the real servers were recorded to answer?"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.providers.fakes.known import all_fakes
from tests.providers.fakes.recorded import (
    KOBOLD,
    KOBOLD_PASSWORD,
    LLAMACPP,
    OOBA,
    TABBY,
    TABBY_EMPTY,
    exchange,
)
from tests.providers.fakes.server import FakeServer

FAKES = all_fakes()
KEY = "sekret"
ASKED = [
    ("koboldcpp", KOBOLD, "get /api/v1/model"),
    ("koboldcpp", KOBOLD, "get /api/extra/version"),
    ("koboldcpp", KOBOLD, "get /api/extra/true_max_context_length"),
    ("koboldcpp", KOBOLD, "get /api/v1/info/version"),
    ("koboldcpp", KOBOLD, "get /v1/models"),
    ("koboldcpp", KOBOLD, "tokencount"),
    ("koboldcpp", KOBOLD, "tokencount empty"),
    ("koboldcpp", KOBOLD, "generate minimal"),
    ("koboldcpp", KOBOLD, "generate stop kept"),
    ("koboldcpp", KOBOLD, "generate bad json"),
    ("koboldcpp", KOBOLD, "abort when idle"),
    ("koboldcpp", KOBOLD_PASSWORD, "no key: /api/v1/generate"),
    ("koboldcpp", KOBOLD_PASSWORD, "wrong key: /api/extra/tokencount"),
    ("llamacpp", LLAMACPP, "get /health"),
    ("llamacpp", LLAMACPP, "get /v1/models"),
    ("llamacpp", LLAMACPP, "get /props"),
    ("llamacpp", LLAMACPP, "get /nonexistent"),
    ("llamacpp", LLAMACPP, "completion"),
    ("llamacpp", LLAMACPP, "completion probs"),
    ("llamacpp", LLAMACPP, "bad types"),
    ("ooba", OOBA, "get /v1/models"),
    ("ooba", OOBA, "get /v1/internal/model/info"),
    ("ooba", OOBA, "get /v1/internal/model/list"),
    ("ooba", OOBA, "get /api/v1/model"),
    ("ooba", OOBA, "token count"),
    ("ooba", OOBA, "encode"),
    ("ooba", OOBA, "completions grammar"),
    ("ooba", OOBA, "logprobs"),
    ("ooba", OOBA, "completions bad types"),
    ("tabby", TABBY, "get /health"),
    ("tabby", TABBY, "get /v1/models"),
    ("tabby", TABBY, "get /v1/model"),
    ("tabby", TABBY, "get /v1/model/list"),
    ("tabby", TABBY, "get /props"),
    ("tabby", TABBY, "get /nonexistent"),
    ("tabby", TABBY, "no key"),
    ("tabby", TABBY, "wrong key"),
    ("tabby", TABBY, "encode"),
    ("tabby", TABBY, "completions bad types"),
    ("tabby", TABBY_EMPTY, "get /v1/model"),
    ("tabby", TABBY_EMPTY, "completions stream usage"),
]
"""Fake, recording, and the recorded question that both are asked."""


@pytest.mark.parametrize(("id", "file", "name"), ASKED)
async def test_a_fake_answers_in_the_recorded_shape(id: str, file: str, name: str) -> None:
    entry = exchange(file, name)
    fake = FAKES[id](key=KEY)
    if file == TABBY_EMPTY:
        fake.loaded = ""  # type: ignore[attr-defined]  # TabbyFake
    async with FakeServer(fake) as server, httpx.AsyncClient(base_url=server.url) as client:
        request = entry["request"]
        answer = await client.request(
            request["method"],
            request["path"],
            headers=_key_for(name),
            content=_content(request),
        )
    recorded = entry["response"]
    assert answer.status_code == recorded["status"]
    if "json" in recorded:
        assert_same_shape(answer.json(), recorded["json"], "answer")


def _key_for(name: str) -> dict[str, str]:
    if name.startswith("no key"):
        return {}
    return {"Authorization": f"Bearer {'wrong' if name.startswith('wrong key') else KEY}"}


def _content(request: dict[str, Any]) -> bytes | None:
    if "raw_body" in request:
        return str(request["raw_body"]).encode()
    return json.dumps(request["body"]).encode() if "body" in request else None


def assert_same_shape(said: Any, recorded: Any, where: str) -> None:
    """What both have must be of one kind, and there must be something that both have."""
    if isinstance(recorded, dict) and isinstance(said, dict):
        common = said.keys() & recorded.keys()
        assert common or not recorded or where.endswith("top_logprobs[0]"), where
        for key in common:
            assert_same_shape(said[key], recorded[key], f"{where}.{key}")
    elif isinstance(recorded, list) and isinstance(said, list):
        if recorded and said:
            assert_same_shape(said[0], recorded[0], f"{where}[0]")
    elif recorded is not None and said is not None:
        assert _kind(said) is _kind(recorded), f"{where}: {said!r} where {recorded!r} was recorded"


def _kind(value: Any) -> type:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)
