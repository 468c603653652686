"""Headers and body keys of a connection as the YAML a user writes."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.core.errors import DataError
from tavern_tui.providers.masking import check_header
from tavern_tui.storage.yaml_files import parse_yaml, plain, yaml_text


def written(values: Mapping[str, object]) -> str:
    """The values as YAML; empty: none."""
    return yaml_text(values) if values else ""


def read_headers(text: str) -> Mapping[str, str]:
    """`Name: value` lines. Raises DataError for YAML that is none, or what HTTP cannot carry."""
    found = {name: "" if value is None else str(value) for name, value in _read(text, "Headers").items()}
    for name, value in found.items():
        try:
            check_header(name, value)
        except Exception as error:
            raise DataError(str(error)) from error
    return found


def read_body(text: str) -> Mapping[str, object]:
    """Keys to add to or override in request bodies; `null` drops one. A list of mappings counts as
    one, and a list of names (SillyTavern's way to exclude) as keys to drop. Raises DataError."""
    return {name: plain(value) for name, value in _read(text, "Body").items()}


def _read(text: str, what: str) -> Mapping[str, object]:
    if not text.strip():
        return {}
    if not text.lstrip().startswith("-"):
        return parse_yaml(text, what)
    entries = parse_yaml(f"all:\n{_indented(text)}", what)["all"]
    merged: dict[str, object] = {}
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, Mapping):
            merged |= {str(name): value for name, value in entry.items()}
        elif isinstance(entry, str):
            merged[entry] = None
        else:
            raise DataError(f"{what}: a list may hold names and mappings, not {str(entry)[:40]!r}.")
    return merged


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())
