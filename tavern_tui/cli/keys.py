"""`tavern-tui keys`: API keys by name. No key is printed, and none is taken from the command line."""

from __future__ import annotations

import sys
from argparse import Namespace
from getpass import getpass
from pathlib import Path

from tavern_tui.cli.commands import print_json, print_line, print_table
from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import UsageError
from tavern_tui.services.tavern import Tavern


async def keys(options: Namespace, tavern: Tavern) -> int:
    """List, add, choose, remove or take over keys."""
    try:
        service = tavern.connections.keys
        match options.what:
            case "add":
                connection = _connection(options, tavern)
                print_line(f"Kept as {service.add(connection, options.label, _read_key())}.")
            case "use":
                connection = _connection(options, tavern)
                if not options.key:
                    raise UsageError("Which key?", hint="`tavern-tui keys` lists them.")
                service.use(connection, options.key)
                print_line(f"{connection.name} uses {options.key} from now on.")
            case "remove":
                if not options.name:
                    raise UsageError("Which key?", hint="`tavern-tui keys` lists them.")
                service.remove(options.name)
                print_line(f"{options.name} is gone.")
            case "import":
                if not options.name:
                    raise UsageError("`tavern-tui keys import` needs a secrets.json.")
                for name in service.take_over(Path(options.name)):
                    print_line(f"{name} is there now.")
            case _:
                _list(options, tavern)
        return 0
    finally:
        await tavern.close()


def _connection(options: Namespace, tavern: Tavern) -> Connection:
    found = tavern.connections.find(options.name) if options.name else None
    if found is None:
        raise UsageError("Which connection?", hint="`tavern-tui connections` lists them.")
    return found


def _read_key() -> str:
    """From the keyboard without showing it, or a line of what is piped in."""
    return getpass("The key: ") if sys.stdin.isatty() else sys.stdin.readline()


def _list(options: Namespace, tavern: Tavern) -> None:
    found = tavern.connections.keys.all()
    users = {
        one.name: [
            connection.name
            for connection in tavern.connections.all
            if tavern.connections.keys.used_by(connection) == one.name
        ]
        for one in found
    }
    if options.json:
        print_json(
            [
                {"name": one.name, "ending": one.ending, "place": str(one.place), "used_by": users[one.name]}
                for one in found
            ]
        )
        return
    print_table(
        ["name", "ends in", "kept in", "used by"],
        [[one.name, one.ending, str(one.place), ", ".join(users[one.name])] for one in found],
    )
