"""`tavern-tui check`: what is installed, found and reachable."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import platform
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from tavern_tui import __version__
from tavern_tui.cli.commands import print_json, print_table
from tavern_tui.core.errors import TavernError

if TYPE_CHECKING:
    from tavern_tui.services.tavern import Tavern
    from tavern_tui.storage.folders import Folders

EXTRAS = {
    "images": ("PIL", "textual_image"),
    "local": ("xllamacpp",),
    "keyring": ("keyring",),
}
"""Optional parts and the packages they need."""

LIBRARIES = ("textual", "httpx", "rich", "pyyaml", "regex")


async def check(options: Namespace, folders: Folders, tavern: Tavern) -> int:
    """Print the report. Returns 0 also when no server answers: `offline` always does."""
    try:
        report = {
            "version": __version__,
            "python": f"{platform.python_version()} ({sys.platform})",
            "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
            "extras": {
                name: all(importlib.util.find_spec(package) for package in packages)
                for name, packages in EXTRAS.items()
            },
            "data": str(folders.data),
            "characters": len(tavern.library.characters()),
            "settings": str(folders.config_file),
            "problems": list(tavern.problems),
            "connections": await _connections(tavern),
            "found": [
                {"provider": one.provider_id, "title": one.title, "url": one.url, "model": one.model}
                for one in await tavern.connections.probe()
            ],
        }
    finally:
        await tavern.close()
    if options.json:
        print_json(report)
    else:
        _print_report(report)
    return 0


async def _connections(tavern: Tavern) -> list[dict[str, object]]:
    async def ask(name: str) -> dict[str, object]:
        connection = tavern.connections.find(name)
        assert connection is not None
        row: dict[str, object] = {
            "name": name,
            "provider": connection.provider,
            "current": name == tavern.connections.current.name,
        }
        try:
            status = await tavern.connections.check(connection)
        except TavernError as error:
            return {**row, "ok": False, "detail": f"{error} {error.hint}".strip()}
        return {
            **row,
            "ok": status.ok,
            "model": status.model,
            "context_size": status.context_size,
            "detail": status.title or status.detail,
        }

    return list(await asyncio.gather(*(ask(one.name) for one in tavern.connections.all)))


def _print_report(report: dict[str, object]) -> None:
    rows: list[list[str]] = []
    for name in ("version", "python", "data", "characters", "settings"):
        rows.append([name, "", str(report[name])])
    for group in ("libraries", "extras"):
        for name, value in dict(report[group]).items():  # type: ignore[call-overload]  # both are mappings
            shown = {True: "installed", False: f"not installed: pip install 'tavern-tui[{name}]'"}
            rows.append([group, name, shown[value] if isinstance(value, bool) else str(value)])
    for one in report["connections"]:  # type: ignore[attr-defined]  # a list of mappings
        state = "ok" if one["ok"] else "no answer"
        about = " ".join(str(one.get(key) or "") for key in ("model", "detail")).strip()
        mark = " (current)" if one["current"] else ""
        rows.append(["connection", f"{one['name']}{mark}", f"{state}: {about}"])
    for one in report["found"]:  # type: ignore[attr-defined]  # a list of mappings
        rows.append(["found", one["title"], f"{one['url']} {one['model']}".strip()])
    for problem in report["problems"]:  # type: ignore[attr-defined]  # a list of sentences
        rows.append(["problem", "", str(problem)])
    print_table(["what", "name", "state"], rows)
