"""`tavern-tui models` and `tavern-tui connections`: servers and the ways to them, without a screen."""

from __future__ import annotations

import sys
from argparse import Namespace
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.cli.commands import print_json, print_line, print_table
from tavern_tui.cli.send import pick_connection
from tavern_tui.core.errors import UsageError

if TYPE_CHECKING:
    from tavern_tui.core.connection import Connection
    from tavern_tui.services.tavern import Tavern

WORK = {"load": "loaded", "unload": "let go", "fetch": "there now"}
"""What a server can do with a model -> how it is when it is done."""


async def models(options: Namespace, tavern: Tavern) -> int:
    """List a server's models, or have it do something with one."""
    connection = pick_connection(options, tavern)
    try:
        for what, done in WORK.items():
            model = getattr(options, what)
            if model:
                await _manage(tavern, connection, what, model)
                print_line(f"{model} is {done}.")
                return 0
        found = await tavern.connections.models(connection)
    finally:
        await tavern.close()
    if options.json:
        print_json(
            [
                {
                    "id": one.id,
                    "title": one.title,
                    "context_size": one.context_size,
                    "detail": one.detail,
                    "capabilities": list(one.capabilities),
                    "prompt_price": one.prompt_price,
                    "reply_price": one.reply_price,
                }
                for one in found
            ]
        )
    elif found:
        print_table(
            ["id", "context", "about"],
            [[one.id, str(one.context_size or ""), one.detail or one.title] for one in found],
        )
    else:
        print("The server lists no models.")
    return 0


async def _manage(tavern: Tavern, connection: Connection, what: str, model: str) -> None:
    shown = ""
    async with aclosing(tavern.connections.manage(connection, what, model)) as steps:
        async for step in steps:
            share = f"{step.done * 100 // step.total:3d} %" if step.total else ""
            line = f"{share} {step.note}".strip()
            if line and line != shown:
                print_line(line, to=sys.stderr)
                shown = line


async def connections(options: Namespace, tavern: Tavern) -> int:
    """List, export or import connections."""
    from tavern_tui.services.connection_files import export_connections, import_connections

    try:
        if options.what == "list":
            return _list(options, tavern)
        if not options.file:
            raise UsageError(f"`tavern-tui connections {options.what}` needs a FILE.")
        path = Path(options.file)
        if options.what == "export":
            count = export_connections(tavern.connections, path, options.names)
            print_line(f"{count} connection{'s' * (count != 1)} written to {path}, without keys.")
            return 0
        names, warnings = import_connections(tavern.connections, path)
        for warning in warnings:
            print_line(f"tavern-tui: {warning}", to=sys.stderr)
        for name in names:
            print_line(f"{name} is there now; its key is not, if it needs one.")
        return 0 if names else 1
    finally:
        await tavern.close()


def _list(options: Namespace, tavern: Tavern) -> int:
    here = tavern.connections.current.name
    if options.json:
        print_json(
            [
                {"name": one.name, "provider": one.provider, "url": one.url, "model": one.model,
                 "current": one.name == here}
                for one in tavern.connections.all
            ]
        )  # fmt: skip
        return 0
    print_table(
        ["", "name", "provider", "model", "address"],
        [
            ["*" if one.name == here else "", one.name, one.provider, one.model, one.url]
            for one in tavern.connections.all
        ],
    )
    return 0
