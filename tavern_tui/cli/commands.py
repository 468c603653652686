"""What each command does. Loaded only once the arguments are understood."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tavern_tui.core.errors import TavernError
from tavern_tui.storage.folders import Folders, find_folders

if TYPE_CHECKING:
    from tavern_tui.services.tavern import Tavern


def run(options: Namespace) -> int:
    """Run the command that `options` names and return its exit code."""
    folders = find_folders(options.data, options.config, os.environ)
    return RUNNERS[options.command](options, folders)


def _tavern(folders: Folders) -> Tavern:
    from tavern_tui.wiring import build_tavern

    return build_tavern(folders, os.environ)


def _app(options: Namespace, folders: Folders) -> int:
    if options.plain:
        from tavern_tui.cli.plain import talk

        return asyncio.run(talk(options, _tavern(folders)))
    from tavern_tui.wiring import build_app

    app = build_app(folders, os.environ, open_first=options.card)
    app.run()
    return app.return_code or 0


def _send(options: Namespace, folders: Folders) -> int:
    from tavern_tui.cli.send import send

    return asyncio.run(send(options, _tavern(folders)))


def _prompt(options: Namespace, folders: Folders) -> int:
    from tavern_tui.cli.send import show_prompt

    return asyncio.run(show_prompt(options, _tavern(folders)))


def _providers(options: Namespace, folders: Folders) -> int:
    rows = _tavern(folders).connections.providers()
    if options.json:
        print_json(
            [
                {
                    "id": row.id,
                    "title": row.title,
                    "kind": row.kind,
                    "url": row.default_url,
                    "key": row.key,
                    "home": row.home,
                    "samplers": list(row.samplers),
                    "options": {one.id: one.help for one in row.options},
                }
                for row in rows
            ]
        )
        return 0
    print_table(
        ["id", "title", "prompt", "key", "default address"],
        [[row.id, row.title, row.kind, row.key, row.default_url] for row in rows],
    )
    return 0


def _models(options: Namespace, folders: Folders) -> int:
    from tavern_tui.cli.servers import models

    return asyncio.run(models(options, _tavern(folders)))


def _keys(options: Namespace, folders: Folders) -> int:
    from tavern_tui.cli.keys import keys

    return asyncio.run(keys(options, _tavern(folders)))


def _connections(options: Namespace, folders: Folders) -> int:
    from tavern_tui.cli.servers import connections

    return asyncio.run(connections(options, _tavern(folders)))


def _check(options: Namespace, folders: Folders) -> int:
    from tavern_tui.cli.check import check

    return asyncio.run(check(options, folders, _tavern(folders)))


def _import(options: Namespace, folders: Folders) -> int:
    return asyncio.run(_import_files(options, _tavern(folders)))


async def _import_files(options: Namespace, tavern: Tavern) -> int:
    results: list[dict[str, str]] = []
    failed = False
    for name in options.files:
        try:
            said = await tavern.library.import_file(Path(name), character=options.character)
            results.append({"file": name, "result": said.sentence, "as": said.name, "kind": said.kind})
        except TavernError as error:
            failed = True
            results.append({"file": name, "error": f"{error} {error.hint}".strip()})
    await tavern.close()
    if options.json:
        print_json(results)
    else:
        for result in results:
            if "result" in result:
                print_line(result["result"])
            else:
                print_line(f"tavern-tui: {result['error']}", to=sys.stderr)
    return 1 if failed else 0


def _tokenizer(options: Namespace, folders: Folders) -> int:
    from tavern_tui.cli.tokenizer import tokenizer

    return asyncio.run(tokenizer(options, folders))


def _export(options: Namespace, folders: Folders) -> int:
    from tavern_tui.cli.chats import export

    return asyncio.run(export(options, _tavern(folders)))


def _search(options: Namespace, folders: Folders) -> int:
    from tavern_tui.cli.chats import search

    return asyncio.run(search(options, _tavern(folders)))


def _paths(options: Namespace, folders: Folders) -> int:
    places = {
        "data": folders.data,
        "settings": folders.config_file,
        "cache": folders.cache,
        "state": folders.state,
        "characters": folders.characters,
        "chats": folders.chats,
        "lorebooks": folders.worlds,
        "log": folders.log_file,
    }
    if options.json:
        print_json({name: str(path) for name, path in places.items()})
    else:
        print_table(["what", "where"], [[name, str(path)] for name, path in places.items()])
    return 0


RUNNERS: dict[str, Callable[[Namespace, Folders], int]] = {
    "app": _app,
    "send": _send,
    "prompt": _prompt,
    "providers": _providers,
    "models": _models,
    "connections": _connections,
    "keys": _keys,
    "check": _check,
    "import": _import,
    "export": _export,
    "search": _search,
    "tokenizer": _tokenizer,
    "paths": _paths,
}


def print_json(value: object) -> None:
    """One JSON value for programs. Escape sequences in data are JSON-escaped and so harmless."""
    print(json.dumps(value, ensure_ascii=not _speaks_unicode(), indent=2))


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def print_line(text: str, *, to: TextIO | None = None) -> None:
    """One line of words that may come from outside."""
    from tavern_tui.text.clean import clean_line

    print(clean_line(text), file=to or sys.stdout)


def print_table(head: list[str], rows: list[list[str]]) -> None:
    """Columns padded to their widest cell."""
    from tavern_tui.text.clean import clean_line

    cleaned = [[clean_line(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[column]) for row in cleaned) for column in range(len(head))]
    for row in cleaned:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
