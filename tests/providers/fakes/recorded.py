"""What real servers answered, from the folder beside the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.providers.fakes.server import Answer, Handler, Seen, streams

SHARED = Path(__file__).resolve().parents[3].parent / "shared"

KOBOLD = "koboldcpp/koboldcpp-1.76-main.json"
KOBOLD_STREAMS = "koboldcpp/koboldcpp-1.76-streams.json"
KOBOLD_PASSWORD = "koboldcpp/koboldcpp-1.76-password.json"
LLAMACPP = "llamacpp/llamacpp-b11549.json"
TABBY = "tabbyapi/tabbyapi-2026-08-stub-model.json"
TABBY_EMPTY = "tabbyapi/tabbyapi-2026-08-no-model.json"
OOBA = "text-generation-webui/text-generation-webui-2026-05.json"


def recording(file: str) -> list[dict[str, Any]]:
    path = SHARED / "recorded" / file
    if not path.exists():
        pytest.skip("the folder with recorded answers is not here")
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return found


def exchange(file: str, name: str) -> dict[str, Any]:
    return next(entry for entry in recording(file) if entry["name"] == name)


def reply_bytes(file: str, name: str) -> bytes:
    """The body of a recorded answer."""
    response = exchange(file, name)["response"]
    if "lines" in response:
        return ("\n".join(response["lines"]) + "\n").encode()
    if "json" in response:
        return json.dumps(response["json"]).encode()
    return str(response["text"]).encode()


def replay(file: str, **instead: Handler) -> Handler:
    """A handler that answers as recorded; the first entry for a route wins, `instead` before it.

    `instead` names routes as `get__path_to_it`. Streams are sent when the request asks for one."""
    plain: dict[str, dict[str, Any]] = {}
    streamed: dict[str, bytes] = {}
    for entry in recording(file):
        key = f"{entry['request']['method']} {entry['request']['path']}"
        response = entry["response"]
        if "lines" in response:
            streamed.setdefault(key, ("\n".join(response["lines"]) + "\n").encode())
        elif "status" in response:
            plain.setdefault(key, response)

    async def handle(seen: Seen, answer: Answer) -> None:
        key = f"{seen.method} {seen.path}"
        name = key.lower().replace(" ", "_").replace("/", "_").replace("-", "_")
        wants_stream = seen.body.startswith(b"{") and seen.json.get("stream", key in streamed)
        if name in instead:
            await instead[name](seen, answer)
        elif wants_stream and key in streamed:
            await streams(streamed[key])(seen, answer)
        elif key in plain:
            response = plain[key]
            kind = response["headers"].get("content-type", "application/json")
            data = response["text"].encode() if "text" in response else json.dumps(response["json"]).encode()
            await answer.send(response["status"], data, kind=kind)
        else:
            await answer.send(404, {"detail": "Not Found"})

    return handle
