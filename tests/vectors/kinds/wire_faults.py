"""Recorded requests that a service refuses, or that we make otherwise on purpose, by rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from tavern_tui.providers.base import PreparedRequest

Json = Mapping[str, Any]
Request = dict[str, Any]

OUR_HEADERS = frozenset({"user-agent", "accept", "accept-encoding", "http-referer", "x-title"})
"""Who asks, and what answer it can read: these name the program."""
OUR_KEYS = frozenset({"stream_options"})
"""We ask services that take it for their count of tokens."""


def meant(vector: Json, recorded: Json | None) -> Request | None:
    """The recorded request as we send the same: what we do otherwise on purpose."""
    if recorded is None:
        return None
    request = deepcopy(dict(recorded))
    key_in_header(request)
    return request


def right(vector: Json, request: Request | None) -> Request | None:
    """Such a request without the faults that get it refused."""
    if request is None:
        return None
    mended = deepcopy(request)
    for rule in FAULTS:
        rule(vector, mended)
    return mended


def key_in_header(request: Request) -> None:
    """Google's key goes to Google in a header: addresses end up in logs."""
    head, mark, rest = request["url"].partition("key=")
    if mark and "googleapis.com" in head:
        key, _, query = rest.partition("&")
        request["url"] = f"{head}{query}".rstrip("?&")
        request["headers"]["x-goog-api-key"] = key


def one_slash(vector: Json, request: Request) -> None:
    """An address that ends in a slash: SillyTavern sends two, which some servers do not find."""
    scheme, _, rest = request["url"].partition("://")
    request["url"] = f"{scheme}://{rest.replace('//', '/')}"


def answerable_by_mistral(vector: Json, request: Request) -> None:
    """Mistral refuses a last message of the assistant's that is not marked as one to go on with."""
    if vector["source"] == "mistralai" and request["body"]["messages"][-1]["role"] == "assistant":
        request["body"]["messages"][-1]["prefix"] = True


def schema_of_cohere(vector: Json, request: Request) -> None:
    """Cohere knows no `json_schema` format, but an object with a schema."""
    wanted = request["body"].get("response_format")
    if vector["source"] == "cohere" and wanted and "schema" in wanted:
        request["body"]["response_format"] = {"type": "json_object", "json_schema": wanted["schema"]}


FAULTS: tuple[Callable[[Json, Request], None], ...] = (
    one_slash,
    answerable_by_mistral,
    schema_of_cohere,
)


def recorded_seed(prepared: PreparedRequest, vector: Json, recorded: Json | None) -> PreparedRequest:
    """Pollinations is always given a seed; where the user has none it is drawn, here and there."""
    if vector["source"] != "pollinations" or vector["variant"] != "seed_minus1" or recorded is None:
        return prepared
    body = dict(prepared.body)
    assert body["seed"] in range(99_999_999)
    body["seed"] = recorded["body"]["seed"]
    return replace(prepared, body_bytes=json.dumps(body).encode())
