"""Published API descriptions: is a request body what the service says it takes?"""

from __future__ import annotations

import functools
import json
from typing import Any

import jsonschema

from tests.providers.fakes.recorded import SHARED


@functools.cache
def _spec(name: str) -> dict[str, Any] | None:
    path = SHARED / "real-backends" / "specs" / f"{name}.json"
    found: dict[str, Any] | None = json.loads(path.read_text("utf-8")) if path.exists() else None
    return found


def _is_one_of(checker: Any, names: list[Any], found: object, _: object) -> Any:
    known = {one.upper() if isinstance(one, str) else one for one in names}
    if (found.upper() if isinstance(found, str) else found) not in known:
        yield jsonschema.ValidationError(f"{found!r} is not one of {names}")


_NamesInAnyCase: Any = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"enum": _is_one_of})
ANY_CASE = frozenset({"google-ai-studio", "vertex-ai"})
"""Descriptions whose services read the names of enumerations in any case: their documentation writes
`"thinkingLevel": "low"` where the description has `LOW`."""


@functools.cache
def _checker(name: str, schema: str) -> Any:
    spec = _spec(name)
    if spec is None:
        return None
    kind = _NamesInAnyCase if name in ANY_CASE else jsonschema.Draft202012Validator
    return kind({**_described(spec, schema), "schemas": spec["schemas"]})


def _described(spec: dict[str, Any], schema: str) -> dict[str, Any]:
    """A named schema, or that of an operation ("POST /v2/chat"), which need not have a name."""
    if " " not in schema:
        return {"$ref": f"#/schemas/{schema}"}
    method, path = schema.split(" ")
    found: dict[str, Any] = next(
        one["request"] for one in spec["operations"] if (one["method"], one["path"]) == (method, path)
    )
    return found


def complaint(name: str, schema: str, body: object) -> str:
    """What is wrong with a body by the description of that name; empty: nothing, or it is not here."""
    checker = _checker(name, schema)
    if checker is None:
        return ""
    errors = sorted(checker.iter_errors(body), key=lambda error: len(error.path))
    return "; ".join(f"{'.'.join(map(str, one.path)) or 'body'}: {one.message[:200]}" for one in errors[:3])
