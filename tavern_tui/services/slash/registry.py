"""What a command is: its names, its arguments, what it does - and what it may use."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Protocol

from tavern_tui.core.errors import UsageError
from tavern_tui.services.slash.language import Closure
from tavern_tui.services.slash.not_here import NOT_HERE
from tavern_tui.services.slash.values import Scope

if TYPE_CHECKING:
    from tavern_tui.services.events import SessionEvent
    from tavern_tui.services.session import ChatSession
    from tavern_tui.services.tavern import Tavern


class Front(Protocol):
    """Whoever runs scripts: a screen or a command line."""

    def say(self, words: str, *, kind: str = "information") -> None:
        """Show a sentence: `information`, `warning` or `error`."""
        ...

    async def show(self, words: str) -> None:
        """Show a longer text until it is put away."""
        ...

    async def ask(self, question: str, value: str = "") -> str | None:
        """Have the user write something; None: they would not."""
        ...

    async def choose(self, question: str, choices: list[str]) -> str | None:
        """Have the user pick one."""
        ...

    async def follow(self, session: ChatSession, stream: AsyncGenerator[SessionEvent, None]) -> None:
        """Let an action of the session run and show what happens. Raises what it raises."""
        ...

    def set_input(self, text: str) -> None:
        """Put a text where the user writes."""
        ...

    def jump(self, index: int) -> None:
        """Bring a message into view."""
        ...

    def fold(self, indexes: list[int], folded: bool | None) -> None:
        """Hide or show what the model thought for these messages; None: the other way round."""
        ...


@dataclass(slots=True, kw_only=True)
class Call:
    """One run of a command, its macros resolved."""

    tavern: Tavern
    session: ChatSession
    """The chat the script is about; the user may be looking at another one by now."""
    front: Front
    scope: Scope
    named: Mapping[str, str | Closure]
    unnamed: str
    """The words behind the name, or what came through the pipe if there were none."""
    pieces: tuple[str | Closure, ...] = ()
    """The same in its pieces: closures are still closures."""
    registry: Registry
    run: Callable[[Closure, Mapping[str, str]], Awaitable[str]]
    """Runs a closure; gives its last result."""

    def text(self, name: str, otherwise: str = "") -> str:
        """A named argument as text."""
        value = self.named.get(name, otherwise)
        return value if isinstance(value, str) else value.source

    def first_text(self, *names: str) -> str | None:
        """The first of these named arguments that was given."""
        return next((self.text(name) for name in names if name in self.named), None)

    def closures(self) -> list[Closure]:
        return [piece for piece in self.pieces if isinstance(piece, Closure)]


Run = Callable[[Call], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slash:
    """A command."""

    name: str
    run: Run
    help: str
    aliases: tuple[str, ...] = ()
    usage: str = ""
    """Its arguments, as `/help` shows them."""
    in_view: bool = False
    """It acts on the chat that is looked at, or opens another one: the script's chat is gone to first."""


@dataclass(slots=True)
class Registry:
    """All commands by name and alias."""

    commands: dict[str, Slash] = field(default_factory=dict)
    subjects: dict[str, list[Slash]] = field(default_factory=dict)
    """The same by what they are about."""
    _names: dict[str, Slash] = field(default_factory=dict)

    def add(self, commands: Iterable[Slash], subject: str) -> None:
        for command in commands:
            self.subjects.setdefault(subject, []).append(command)
            self.commands[command.name] = command
            for name in (command.name, *command.aliases):
                self._names[name] = command

    def has(self, name: str) -> bool:
        """Whether there is a command of this name or alias."""
        return name in self._names

    def find(self, name: str) -> Slash:
        """Raises UsageError, with names that look like it."""
        found = self._names.get(name)
        if found is None and name in NOT_HERE:
            raise UsageError(f"There is no command /{name} here. {NOT_HERE[name]}")
        if found is None:
            near = get_close_matches(name, self._names, n=3, cutoff=0.6)
            hint = f"Did you mean {', '.join(f'/{one}' for one in near)}?" if near else "/help lists them."
            raise UsageError(f"There is no command /{name[:40]}.", hint=hint)
        return found

    def about(self, words: str) -> list[Slash]:
        """Commands with all of these words in their name, aliases or help, by name."""
        wanted = words.casefold().split()
        found = [
            one
            for one in self.commands.values()
            if all(word in f"{one.name} {' '.join(one.aliases)} {one.help}".casefold() for word in wanted)
        ]
        return sorted(found, key=lambda one: one.name)

    def starting_with(self, begun: str) -> list[Slash]:
        """Commands whose name or alias begins so, by name."""
        found = {one.name: one for name, one in self._names.items() if name.startswith(begun.lower())}
        return [found[name] for name in sorted(found)]
