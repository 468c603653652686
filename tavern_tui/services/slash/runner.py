"""Runs scripts: resolves arguments, hands results through the pipe, keeps scopes apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tavern_tui.core.errors import UsageError
from tavern_tui.services.slash.language import Closure, Command, Piece, Script, Value, parse_script
from tavern_tui.services.slash.registry import Call, Front, Registry
from tavern_tui.services.slash.values import Held, Scope, as_json, as_text

if TYPE_CHECKING:
    from tavern_tui.services.tavern import Tavern

SCOPED = re.compile(r"\{\{\s*(pipe|var::[^{}]*|[\w-]+)\s*\}\}", re.IGNORECASE)
MAX_STEPS = 100_000
"""Commands and rounds of one script: a loop without end ends here."""
MAX_DEPTH = 50
"""Closures that run each other; deeper, Python's own stack would end."""
MAX_TEXT = 4_000_000
"""Characters of a value: what doubles itself ends here."""


class Aborted(Exception):
    """`/abort`: the whole script ends."""

    def __init__(self, reason: str, *, quiet: bool) -> None:
        super().__init__(reason)
        self.quiet = quiet


class Broken(Exception):
    """`/break`: the enclosing loop or closure ends with this value."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self.value = value


class Runner:
    """Runs one script after the other for one tavern."""

    def __init__(self, tavern: Tavern, front: Front, registry: Registry) -> None:
        self._tavern = tavern
        self._front = front
        self._registry = registry
        self._steps = 0
        self._depth = 0
        self._here = tavern.session

    async def run(self, text: str) -> str:
        """Run a script; the result of its last command. Raises UsageError for what is wrong in it,
        with the command's name, and what commands raise."""
        script = parse_script(text)
        for command in script.commands:
            self._registry.find(command.name)
        self._steps = self._depth = 0
        self._here = self._tavern.session
        try:
            return await self._script(script, Scope())
        except Aborted as aborted:
            if not aborted.quiet:
                self._front.say(f"The script was stopped{f': {aborted}' if str(aborted) else '.'}")
            return ""
        except Broken as broken:
            return broken.value

    async def _script(self, script: Script, scope: Scope) -> str:
        for command in script.commands:
            self._step()
            scope.pipe = short_enough(as_text(await self._command(command, scope)))
        return scope.pipe

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise UsageError(f"The script ran {MAX_STEPS:,} commands and was stopped.")

    async def _command(self, command: Command, scope: Scope) -> object:
        slash = self._registry.find(command.name)
        named: dict[str, Held] = {}
        for name, value in command.named:
            named[name] = await self._one(value, scope)
        pieces = tuple([await self._piece(piece, scope) for piece in command.unnamed])
        unnamed = "".join(piece if isinstance(piece, str) else piece.source for piece in pieces)
        if not command.unnamed and command.takes_pipe:
            unnamed, pieces = scope.pipe, (scope.pipe,) if scope.pipe else ()
        call = Call(
            tavern=self._tavern,
            session=self._here,
            front=self._front,
            scope=scope,
            named=named,
            unnamed=unnamed,
            pieces=pieces,
            registry=self._registry,
            run=lambda closure, given: self.closure(closure, scope, given),
        )
        try:
            if not slash.in_view:
                return await slash.run(call)
            await self._look()
            try:
                return await slash.run(call)
            finally:
                self._here = self._tavern.session
        except UsageError as error:
            if str(error).startswith("/"):
                raise
            raise UsageError(f"/{command.name}: {error}", hint=error.hint) from error

    async def _look(self) -> None:
        """Go to the tab of the chat this script is about."""
        tab = self._tavern.tabs.of_session(self._here)
        if tab is None:
            raise UsageError("The chat of this script was closed.")
        await self._tavern.go_to(tab)

    async def closure(self, closure: Closure, scope: Scope, given: Mapping[str, str]) -> str:
        """Run a closure with these arguments laid over its own. A `/break` in it ends it."""
        self._step()
        if self._depth >= MAX_DEPTH:
            raise UsageError(f"The script's closures ran each other {MAX_DEPTH} times, one in the other.")
        inner = Scope(parent=scope, pipe=scope.pipe)
        for name, value in closure.arguments:
            inner.held[name] = await self._one(value, scope)
        inner.held |= {name: value for name, value in given.items() if name not in LOOP_MACROS}
        inner.macros |= {name: value for name, value in given.items() if name in LOOP_MACROS}
        self._depth += 1
        try:
            return await self._script(closure.script, inner)
        finally:
            self._depth -= 1

    async def _one(self, value: Value, scope: Scope) -> Held:
        pieces = [await self._piece(piece, scope) for piece in value]
        if len(pieces) == 1:
            return pieces[0]
        return "".join(piece if isinstance(piece, str) else piece.source for piece in pieces)

    async def _piece(self, piece: Piece, scope: Scope) -> Held:
        if isinstance(piece, str):
            return self.substituted(piece, scope)
        if piece.at_once:
            try:
                return await self.closure(piece, scope, {})
            except Broken as broken:
                return broken.value
        return piece

    def substituted(self, text: str, scope: Scope) -> str:
        """A text with the script's own macros resolved, then all others."""
        if "{{" not in text:
            return text
        text = short_enough(SCOPED.sub(lambda found: self._scoped(found, scope), text))
        return self._here.substitute(text) if "{{" in text else text

    @staticmethod
    def _scoped(found: re.Match[str], scope: Scope) -> str:
        name = found.group(1)
        if name.lower() == "pipe":
            return scope.pipe
        if name.lower().startswith("var::"):
            _, variable, *index = name.split("::")
            return read_indexed(scope.get(variable), index[0] if index else "")
        value = scope.macro(name)
        return found.group() if value is None else value


def short_enough(value: str) -> str:
    """The value. Raises UsageError if it is longer than any script needs."""
    if len(value) > MAX_TEXT:
        raise UsageError(f"The script made a text of more than {MAX_TEXT:,} characters and was stopped.")
    return value


LOOP_MACROS = frozenset({"timesIndex"})


def read_indexed(held: Held | None, index: str) -> str:
    """A variable's value, or one entry of the list or dictionary it is."""
    if held is None:
        return ""
    text = held if isinstance(held, str) else held.source
    if not index:
        return text
    value = as_json(text)
    if isinstance(value, dict):
        return as_text(value.get(index))
    if isinstance(value, list):
        try:
            return as_text(value[int(index)])
        except (ValueError, IndexError):
            return ""
    return ""
