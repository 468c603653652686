"""Variables of the chat, and of all chats."""

from __future__ import annotations

import json

from tavern_tui.core.errors import UsageError
from tavern_tui.services.slash.commands.flow import with_entry
from tavern_tui.services.slash.registry import Call, Run, Slash
from tavern_tui.services.slash.runner import read_indexed
from tavern_tui.services.slash.values import as_json, as_number, as_text, written


def _read(call: Call, name: str, everywhere: bool) -> str:
    held = call.session.global_variables if everywhere else call.session.variables
    return as_text(held.get(name))


def _keep(call: Call, name: str, value: str | None, everywhere: bool) -> None:
    if not name:
        raise UsageError("A variable needs a name.")
    call.session.set_variables({name: value}, everywhere=everywhere)


def _name(call: Call) -> tuple[str, str]:
    """`key=name value`, or `name value`."""
    name = call.first_text("key", "name")
    if name is not None:
        return name, call.unnamed
    first, _, rest = call.unnamed.partition(" ")
    return first.strip(), rest.strip()


def commands_for(everywhere: bool) -> tuple[Slash, ...]:
    """The commands of one kind of variables."""

    async def set_(call: Call) -> object:
        name, value = _name(call)
        if "index" in call.named:
            value = with_entry(_read(call, name, everywhere), call.text("index"), value, call.text("as"))
        _keep(call, name, value, everywhere)
        return value

    async def get(call: Call) -> object:
        name = call.first_text("key", "name") or call.unnamed.strip()
        return read_indexed(_read(call, name, everywhere), call.text("index"))

    async def add(call: Call) -> object:
        name, value = _name(call)
        value = added(_read(call, name, everywhere), value)
        _keep(call, name, value, everywhere)
        return value

    def step(by: int) -> Run:
        async def run(call: Call) -> object:
            name = call.first_text("key", "name") or call.unnamed.strip()
            value = added(_read(call, name, everywhere), str(by))
            _keep(call, name, value, everywhere)
            return value

        return run

    async def flush(call: Call) -> object:
        _keep(call, call.unnamed.strip(), None, everywhere)
        return ""

    kind, where = ("globalvar", "all chats share") if everywhere else ("var", "of this chat")

    def aliases(verb: str) -> tuple[str, ...]:
        return () if everywhere else (f"{verb}chatvar",)

    def one(verb: str, run: Run, help: str, usage: str) -> Slash:
        return Slash(name=f"{verb}{kind}", aliases=aliases(verb), run=run, help=help, usage=usage)

    return (
        one("set", set_, f"Set a variable {where}.", "key=NAME VALUE"),
        one("get", get, f"Read a variable {where}.", "NAME"),
        one("add", add, f"Add to a variable {where}, or append.", "key=NAME VALUE"),
        one("inc", step(1), f"Add 1 to a variable {where}.", "NAME"),
        one("dec", step(-1), f"Take 1 from a variable {where}.", "NAME"),
        one("flush", flush, f"Forget a variable {where}.", "NAME"),
    )


def added(held: str, more: str) -> str:
    """Numbers are added, lists get one more entry, texts grow."""
    items = as_json(held)
    if isinstance(items, list):
        return json.dumps([*items, as_json(more)], ensure_ascii=False)
    one, other = as_number(held or "0"), as_number(more)
    return written(one + other) if one is not None and other is not None else held + more


async def list_all(call: Call) -> object:
    scope = call.text("scope", "all")
    rows = []
    if scope in ("all", "local"):
        rows += [{"key": k, "value": v, "scope": "local"} for k, v in call.session.variables.items()]
    if scope in ("all", "global"):
        rows += [{"key": k, "value": v, "scope": "global"} for k, v in call.session.global_variables.items()]
    if call.text("return") not in ("object", "none", "pipe"):
        lines = [f"{row['scope']:6}  {row['key']} = {as_text(row['value'])}" for row in rows]
        await call.front.show("\n".join(lines) or "There are no variables.")
    return rows


COMMANDS = (
    *commands_for(False),
    *commands_for(True),
    Slash(
        name="listvar",
        aliases=("listchatvar",),
        run=list_all,
        help="Show all variables.",
        usage="[scope=all|local|global]",
    ),
)
