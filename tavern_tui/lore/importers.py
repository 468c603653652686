"""Lorebooks of other programs: NovelAI, Agnai, RisuAI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tavern_tui.core.lorebook import Lorebook, LoreEntry
from tavern_tui.lore import values
from tavern_tui.lore.fields import Table, read_fields

_Recogniser = Callable[[Mapping[str, object]], bool]
_Converter = Callable[[str, Mapping[str, object], list[str]], Lorebook]

_NOVEL: Table = (
    ("keys", "keys", values.texts),
    ("content", "text", values.text),
    ("comment", "displayName", values.text),
    ("disabled", "enabled", values.negated),
)
_AGNAI: Table = (
    ("keys", "keywords", values.texts),
    ("content", "entry", values.text),
    ("comment", "name", values.text),
    ("order", "weight", values.whole),
    ("disabled", "enabled", values.negated),
)
_RISU: Table = (
    ("keys", "key", values.comma_list),
    ("secondary_keys", "secondkey", values.comma_list),
    ("content", "content", values.text),
    ("comment", "comment", values.text),
    ("constant", "alwaysActive", values.flag),
    ("selective", "selective", values.flag),
    ("order", "insertorder", values.whole),
    ("probability", "activationPercent", values.number),
)


def _from_novel(name: str, data: Mapping[str, object], warnings: list[str]) -> Lorebook:
    def more(raw: Mapping[str, Any]) -> dict[str, object]:
        config = raw.get("contextConfig")
        priority = config.get("budgetPriority") if isinstance(config, Mapping) else None
        return {"selective": False, "order": priority if isinstance(priority, int) else 0}

    return _converted(name, data.get("entries"), _NOVEL, more, warnings)


def _from_agnai(name: str, data: Mapping[str, object], warnings: list[str]) -> Lorebook:
    return _converted(name, data.get("entries"), _AGNAI, lambda raw: {"selective": False}, warnings)


def _from_risu(name: str, data: Mapping[str, object], warnings: list[str]) -> Lorebook:
    def more(raw: Mapping[str, Any]) -> dict[str, object]:
        return {"use_probability": bool(raw.get("activationPercent"))}

    return _converted(name, data.get("data"), _RISU, more, warnings)


def _converted(
    name: str,
    raw: object,
    table: Table,
    more: Callable[[Mapping[str, Any]], dict[str, object]],
    warnings: list[str],
) -> Lorebook:
    entries: list[LoreEntry] = []
    for index, item in enumerate(raw if isinstance(raw, list) else ()):
        if not isinstance(item, Mapping):
            warnings.append(f'Lorebook "{name}": entry {index} is not an object and was left out.')
            continue
        found = read_fields(item, table)
        if found.oddities:
            odd = ", ".join(found.oddities)
            warnings.append(f'Lorebook "{name}", entry {index}: not readable and left at the default: {odd}.')
        fields = {**more(item), **found.fields, "display_index": index}
        entries.append(LoreEntry(uid=index, **fields))  # type: ignore[arg-type]  # read by the table
    if not isinstance(raw, list):
        warnings.append(f'Lorebook "{name}": it has no entries.')
    return Lorebook(name=name, entries=tuple(entries))


IMPORTERS: tuple[tuple[_Recogniser, _Converter], ...] = (
    (lambda data: "lorebookVersion" in data, _from_novel),
    (lambda data: data.get("kind") == "memory", _from_agnai),
    (lambda data: data.get("type") == "risu", _from_risu),
)
"""(does this file come from there?, convert), tried in order."""
