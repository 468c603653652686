"""Plain mode: a conversation line by line, for screen readers and terminals that can do little."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from argparse import Namespace
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, TextIO

from tavern_tui.core.errors import TavernError
from tavern_tui.services.events import (
    MessageAdded,
    MessageChanged,
    ReasoningGrew,
    ReplyEnded,
    ReplyGrew,
    ReplyProgress,
    ReplyStarted,
    RoundStarted,
    SessionEvent,
)
from tavern_tui.services.slash.commands import all_commands
from tavern_tui.services.slash.registry import Call, Slash
from tavern_tui.services.slash.runner import Runner
from tavern_tui.text.clean import clean_line, clean_text

if TYPE_CHECKING:
    from tavern_tui.services.session import ChatSession
    from tavern_tui.services.tavern import Tavern

LAST = 6
"""Messages that are read out when a chat is opened."""
WELCOME = "Write and press Enter to send. /help lists commands, /quit leaves, Ctrl-C stops a reply."


class Page:
    """Writes lines. Colours only where the terminal has them and nobody asked for none."""

    def __init__(self, out: TextIO, environ: dict[str, str]) -> None:
        self._out = out
        self._colours = out.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"

    def say(self, words: str) -> None:
        """Something about the program, in brackets."""
        self.line(f"[{clean_line(words)}]", "2")

    def line(self, text: str, style: str = "") -> None:
        print(self._styled(text, style), file=self._out, flush=True)

    def name(self, name: str, *, user: bool = False) -> None:
        """Who speaks; their words follow on the same line."""
        print(
            self._styled(f"{clean_line(name)}: ", "1;36" if user else "1;33"),
            end="",
            file=self._out,
            flush=True,
        )

    def more(self, text: str) -> None:
        print(clean_text(text), end="", file=self._out, flush=True)

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colours and style else text


class Plain:
    """One conversation. Implements `slash.registry.Front`."""

    def __init__(self, tavern: Tavern, page: Page, lines: TextIO) -> None:
        self._tavern = tavern
        self._page = page
        self._lines = lines
        self._said_progress = ""
        self._open = False
        """Words of a reply stand in the last line."""
        self.left = False
        self._registry = all_commands()
        self._registry.add(
            [Slash(name="quit", aliases=("exit", "q"), run=self._quit, help="Leave."),
             Slash(name="read", run=self._read, help="Read the last messages again.", usage="[N]")],
            "Here",
        )  # fmt: skip

    async def run(self) -> None:
        """Talk until the input ends or the user leaves."""
        self._tavern.opened.listen(lambda _: self._introduce())
        self._introduce()
        self._page.say(WELCOME)
        while not self.left:
            line = await self._next_line()
            if line is None:
                return
            try:
                if line.startswith("/"):
                    result = await Runner(self._tavern, self, self._registry).run(line)
                    if result:
                        self._page.line(clean_text(result))
                else:
                    await self.follow(self._tavern.session, self._tavern.session.send(line))
            except TavernError as error:
                self._end_line()
                self._page.say(f"{error} {error.hint}".strip())

    async def _next_line(self) -> str | None:
        line = await asyncio.to_thread(self._lines.readline)
        return line.rstrip("\n") if line else None

    def _introduce(self) -> None:
        session = self._tavern.session
        count = len(session.chat.messages)
        self._page.say(
            f"Chat with {session.name}: {session.chat.title}, {count} messages. "
            f"{self._tavern.connections.current.name} answers. You are {session.persona.name}."
        )
        self._read_out(LAST)

    def _read_out(self, number: int) -> None:
        session = self._tavern.session
        for index in range(max(0, len(session.chat.messages) - number), len(session.chat.messages)):
            message = session.chat.messages[index]
            self._page.name(message.name, user=message.is_user)
            self._page.more(session.shown_text(index))
            self._page.line(" [hidden from the model]" if message.hidden else "")

    async def _quit(self, call: Call) -> object:
        self.left = True
        return ""

    async def _read(self, call: Call) -> object:
        self._read_out(int(call.unnamed) if call.unnamed.strip().isdigit() else LAST)
        return ""

    # --- what scripts may do

    def say(self, words: str, *, kind: str = "information") -> None:
        self._page.say(words if kind == "information" else f"{kind}: {words}")

    async def show(self, words: str) -> None:
        self._page.line(clean_text(words))

    async def ask(self, question: str, value: str = "") -> str | None:
        self._page.say(question)
        return await self._next_line()

    async def choose(self, question: str, choices: list[str]) -> str | None:
        self._page.say(f"{question} Answer with a number.")
        for number, choice in enumerate(choices, start=1):
            self._page.line(f"{number}. {clean_line(choice)}")
        answer = (await self._next_line() or "").strip()
        number = int(answer) if answer.isdigit() else 0
        return choices[number - 1] if 1 <= number <= len(choices) else None

    def set_input(self, text: str) -> None:
        self._page.say(f"For you to send: {text}")

    def fold(self, indexes: list[int], folded: bool | None) -> None:
        """Read what the model thought; nothing stands here that could be hidden again."""
        for index in indexes if folded is not True else ():
            thoughts = self._tavern.session.chat.messages[index].reasoning
            if thoughts:
                self._page.say("what the model thought")
                self._page.line(clean_text(thoughts))

    def jump(self, index: int) -> None:
        session = self._tavern.session
        self._page.name(session.chat.messages[index].name)
        self._page.line(clean_text(session.shown_text(index)))

    async def follow(self, session: ChatSession, stream: AsyncGenerator[SessionEvent, None]) -> None:
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError, RuntimeError):
            loop.add_signal_handler(signal.SIGINT, session.stop)
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    self._show(event)
        finally:
            with suppress(NotImplementedError, RuntimeError):
                loop.remove_signal_handler(signal.SIGINT)

    def _show(self, event: SessionEvent) -> None:
        session = self._tavern.session
        match event:
            case RoundStarted(speakers=()):
                self._page.say("Nobody speaks by themselves. /trigger NAME lets a member speak.")
            case ReplyStarted():
                self._page.say(f"{session.character.name} is asked")
                self._said_progress = ""
            case ReplyProgress(note=note) if note and note != self._said_progress:
                self._said_progress = note
                self._page.say(note)
            case ReasoningGrew() if self._said_progress != "thinking":
                self._said_progress = "thinking"
                self._page.say("thinking")
            case ReplyGrew(delta=delta):
                delta = delta if self._open else delta.lstrip()
                if delta and not self._open:
                    self._page.name(session.character.name)
                    self._open = True
                self._page.more(delta)
            case ReplyEnded():
                self._ended(event)
            case MessageChanged(index=index) if not session.busy or not self._open:
                self._changed(index)
            case MessageAdded() | _:
                pass

    def _changed(self, index: int) -> None:
        message = self._tavern.session.chat.messages[index]
        if len(message.swipes) > 1 and not self._tavern.session.generating_since:
            self._page.say(f"version {message.shown + 1} of {len(message.swipes)}")
            self.jump(index)

    def _ended(self, event: ReplyEnded) -> None:
        was_open = self._open
        self._end_line()
        if event.text and not was_open:
            self._page.line(clean_text(event.text))
        stopped = "stopped, " if event.stopped else ""
        self._page.say(
            f"{stopped}{event.tokens} tokens, {event.seconds:.1f} seconds"
            if event.text
            else "A tool is called."
            if event.calls
            else "Nothing was said."
        )

    def _end_line(self) -> None:
        if self._open:
            self._page.line("")
            self._open = False


async def talk(options: Namespace, tavern: Tavern) -> int:
    """Open a chat and talk in lines until the input ends."""
    page = Page(sys.stdout, dict(os.environ))
    plain = Plain(tavern, page, sys.stdin)
    tavern.notices.listen(page.say)
    try:
        await tavern.start(options.card)
        await plain.run()
    finally:
        await tavern.close()
    return 0
