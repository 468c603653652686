"""Rows out of the user's settings file: an endpoint of their own, described by fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tavern_tui.core.errors import UsageError
from tavern_tui.providers.base import Auth, BaseRule, ProviderSpec

LIKE = {"chat": "custom", "text": "generic"}
"""The row a new one is modelled on, by the kind of prompt it takes."""

TEXT_FIELDS = {
    "title": "title",
    "url": "default_url",
    "path": "generate_path",
    "models_path": "models_path",
    "home": "home",
    "secret": "secret",
    "post_processing": "post_processing",
}
FLAGS = ("needs_model", "sends_model", "asks_usage")


def own_spec(row: Mapping[str, object], rows: Mapping[str, ProviderSpec]) -> ProviderSpec:
    """A row of the settings file.

    `id` is needed; `like` names the row it resembles, or `kind` is `chat` or `text`. Every other
    field replaces that row's. Raises UsageError, naming the row and the field."""
    row_id = row.get("id")
    if not isinstance(row_id, str) or not row_id.strip():
        raise UsageError("A provider in the settings file has no id.")
    like = row.get("like", LIKE.get(str(row.get("kind", "chat"))))
    model = rows.get(like) if isinstance(like, str) else None
    if model is None:
        raise _bad(row_id, f"it is like {like!r}, which does not exist")
    changes: dict[str, object] = {"id": row_id, "title": row_id, "secret": f"api_key_{row_id}"}
    for name, field in TEXT_FIELDS.items():
        if name in row:
            changes[field] = _text(row_id, name, row[name])
    for name in FLAGS:
        if name in row:
            changes[name] = _flag(row_id, name, row[name])
    changes |= _choices(row_id, row, model)
    return replace(model, **changes)  # type: ignore[arg-type]  # each value was checked above


def _choices(row_id: str, row: Mapping[str, object], model: ProviderSpec) -> dict[str, object]:
    changes: dict[str, object] = {}
    if "key" in row:
        if row["key"] not in ("none", "optional", "required"):
            raise _bad(row_id, '"key" must be none, optional or required')
        changes["key"] = row["key"]
    for name, field, kinds in (("auth", "auth", Auth), ("base", "base_rule", BaseRule)):
        if name in row:
            try:
                changes[field] = kinds(str(row[name]))
            except ValueError:
                raise _bad(row_id, f'"{name}" must be one of {", ".join(kinds)}') from None
    if "stop_limit" in row:
        limit = row["stop_limit"]
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
            raise _bad(row_id, '"stop_limit" must be a whole number')
        changes["stop_limit"] = limit
    if "headers" in row:
        changes["headers"] = {**model.headers, **_mapping(row_id, "headers", row["headers"])}
    if "body" in row:
        changes["body"] = {**model.body, **_mapping(row_id, "body", row["body"])}
    return changes


def _text(row_id: str, name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _bad(row_id, f'"{name}" must be a text')
    return value


def _flag(row_id: str, name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _bad(row_id, f'"{name}" must be true or false')
    return value


def _mapping(row_id: str, name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise _bad(row_id, f'"{name}" must be a table')
    return {str(key): str(item) if name == "headers" else item for key, item in value.items()}


def _bad(row_id: str, what: str) -> UsageError:
    return UsageError(f'The provider "{row_id[:60]}" in the settings file cannot be used: {what}.')
