"""`tavern-tui send` and `tavern-tui prompt`: one turn without a screen."""

from __future__ import annotations

import asyncio
import contextlib
import json
import select
import signal
import sys
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.cli.commands import print_json, print_line, print_table
from tavern_tui.core.chat_choices import CHOICES
from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import UsageError
from tavern_tui.core.prompt import TextPrompt
from tavern_tui.core.samplers import SAMPLERS, SamplerKind, SamplerValue
from tavern_tui.services.events import ReplyEnded, ReplyGrew, ReplyStarted, RoundStarted, SessionEvent
from tavern_tui.text.clean import clean_line, clean_text

if TYPE_CHECKING:
    from tavern_tui.services.session import ChatSession
    from tavern_tui.services.tavern import Tavern

LOOK_AT_PIPE = 0.2
"""Seconds between looks whether the reader of our output has left."""


async def send(options: Namespace, tavern: Tavern) -> int:
    """Send one message; the reply goes to standard output as it arrives."""
    message = read_message(options)
    try:
        session = await open_session(options, tavern, save=not (options.no_save or options.dry_run))
        if options.dry_run:
            await session.get_ready(message)
            request = session.preview(message).request
            print_json(
                {
                    "method": request.method,
                    "url": request.url,
                    "headers": dict(request.headers),
                    "body": request.body,
                }
            )
            return 0
        return await _stream(session, message)
    finally:
        await tavern.close()


async def _stream(session: ChatSession, message: str) -> int:
    """Print what arrives. A closed pipe or a signal stops the server, too."""
    page = _Page()
    reader_left = False
    async with _stopping_with_the_reader(session), aclosing(session.send(message)) as events:
        async for event in events:
            if reader_left:
                continue
            try:
                page.print(event)
            except BrokenPipeError:
                reader_left = True
                session.stop()
    if reader_left:
        raise BrokenPipeError
    return 0


class _Page:
    """Writes replies to standard output, each on lines of its own; a group's with their names."""

    def __init__(self) -> None:
        self._shown = False

    def print(self, event: SessionEvent) -> None:
        match event:
            case RoundStarted(speakers=()):
                raise UsageError("Nobody in this group answers by themselves; the message is kept.")
            case ReplyStarted(speaker=speaker) if speaker:
                print(f"{clean_line(speaker)}: ", end="", flush=True)
            case ReplyGrew(delta=delta):
                print(clean_text(delta), end="", flush=True)
                self._shown = True
            case ReplyEnded(text=text):
                words = "" if self._shown else clean_text(text)
                if self._shown or words:
                    print(words)
                self._shown = False
            case _:
                pass


@contextlib.asynccontextmanager
async def _stopping_with_the_reader(session: ChatSession) -> AsyncIterator[None]:
    """Stop the reply when the pipe we write to is closed, or when we are told to end."""
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            with contextlib.suppress(NotImplementedError, RuntimeError):
                loop.add_signal_handler(getattr(signal, name), session.stop)
    watcher = asyncio.create_task(_watch_pipe(session))
    try:
        yield
    finally:
        watcher.cancel()


async def _watch_pipe(session: ChatSession) -> None:
    if not hasattr(select, "poll"):
        return
    with contextlib.suppress(OSError, ValueError):
        watched = select.poll()
        watched.register(sys.stdout.fileno(), 0)
        while True:
            if any(flags & (select.POLLERR | select.POLLHUP) for _, flags in watched.poll(0)):
                session.stop()
                return
            await asyncio.sleep(LOOK_AT_PIPE)


async def show_prompt(options: Namespace, tavern: Tavern) -> int:
    """Print what would be sent, for people or for programs."""
    message = read_message(options)
    try:
        session = await open_session(options, tavern, save=False)
        await session.get_ready(message)
        preview = session.preview(message)
    finally:
        await tavern.close()
    built = preview.built
    prompt = built.prompt
    if options.parts:
        rows = [
            {"kind": part.kind, "title": part.title, "origin": part.origin, "tokens": part.tokens}
            for part in built.parts
        ]
        if options.json:
            print_json(
                {
                    "parts": rows,
                    "tokens": built.tokens,
                    "budget": built.budget,
                    "counter": built.counter,
                    "exact": built.exact,
                }
            )
        else:
            print_table(
                ["tokens", "part", "from"],
                [[str(row["tokens"]), str(row["title"]), str(row["origin"])] for row in rows]
                + [[str(built.tokens), f"of {built.budget} for the prompt", preview.counted_by]],
            )
        return 0
    if isinstance(prompt, TextPrompt):
        if options.json:
            print_json({"prompt": prompt.text, "stop": list(prompt.stop)})
        else:
            print(clean_text(prompt.text))
            print_line(f"stop: {json.dumps(prompt.stop, ensure_ascii=False)}")
        return 0
    messages = [
        {"role": str(one.role), "content": one.content} | ({"name": one.name} if one.name else {})
        for one in prompt.messages
    ]
    if options.json:
        print_json({"messages": messages, "stop": list(prompt.stop)})
    else:
        print(clean_text(preview.text))
    return 0


def read_message(options: Namespace) -> str:
    """The message of the command line, or of standard input for `-`."""
    if options.message == "-":
        return sys.stdin.read().rstrip("\n")
    return options.message or ""


async def open_session(options: Namespace, tavern: Tavern, *, save: bool) -> ChatSession:
    """The chat session that these options describe."""
    connection = pick_connection(options, tavern, preset=options.preset)
    if options.provider:
        connection = await tavern.connections.with_model(connection)
    tavern.connections.use_once(connection)
    return await tavern.open_once(
        character=options.character,
        group=options.group,
        persona=options.persona,
        lorebooks=[Path(one) for one in options.lorebook],
        chat=Path(options.chat) if options.chat else None,
        chat_preset=Path(options.preset) if options.preset else None,
        save=save,
    )


def pick_connection(options: Namespace, tavern: Tavern, *, preset: str | None = None) -> Connection:
    """The connection these options name, with their changes laid over it."""
    given = vars(options)
    connection = _base_connection(options, tavern)
    changes: dict[str, object] = {}
    if given.get("model") and not options.provider:
        changes["model"] = options.model
    if given.get("template"):
        changes["instruct"] = tavern.check_template(options.template)
    if given.get("max_tokens"):
        changes["max_tokens"] = options.max_tokens
    if given.get("context"):
        changes["context_size"] = options.context
    if given.get("options"):
        changes["options"] = {**connection.options, **dict(read_option(one) for one in options.options)}
    if given.get("no_stream"):
        changes["stream"] = False
    samplers = dict(connection.samplers)
    if preset:
        loaded = tavern.preset_samplers(Path(preset))
        samplers |= loaded.samplers
        changes = {**loaded.lengths, **changes}
    samplers |= dict(read_sampler(one) for one in given.get("samplers") or [])
    changes["samplers"] = samplers
    return replace(connection, **changes)  # type: ignore[arg-type]  # fields of Connection


def _base_connection(options: Namespace, tavern: Tavern) -> Connection:
    if options.provider and options.connection:
        raise UsageError("--connection and --provider exclude each other.")
    if options.provider:
        if options.provider not in tavern.connections.specs:
            raise UsageError(
                f'There is no provider "{options.provider}".', hint="`tavern-tui providers` lists them."
            )
        return Connection(
            name=f"{options.provider} (command line)",
            provider=options.provider,
            url=options.url or "",
            model=vars(options).get("model") or "",
            key_env=options.key_env or "",
        )
    if options.url or options.key_env:
        raise UsageError("--url and --key-env go with --provider.")
    if options.connection:
        named = tavern.connections.find(options.connection)
        if named is None:
            raise UsageError(
                f'There is no connection named "{options.connection}".',
                hint="`tavern-tui check` lists the connections.",
            )
        return named
    return tavern.connections.current


def read_option(text: str) -> tuple[str, object]:
    """`trusted_workers=true` as a name and a value: JSON where it is some, else text. Raises UsageError."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f'"{text}" is not NAME=VALUE.', hint="`tavern-tui providers --json` lists options.")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


def read_sampler(text: str) -> tuple[str, SamplerValue]:
    """`temperature=0.7` as a sampler's name and value. Raises UsageError."""
    name, equals, value = text.partition("=")
    spec = SAMPLERS.get(name.strip()) or CHOICES.get(name.strip())
    if not equals or spec is None:
        known = ", ".join((*SAMPLERS, *CHOICES))
        raise UsageError(f'"{text}" is not NAME=VALUE with a known sampler.', hint=f"Known: {known}.")
    try:
        match spec.kind:
            case SamplerKind.FLOAT:
                return spec.id, float(value)
            case SamplerKind.INT:
                return spec.id, int(value)
            case SamplerKind.BOOL:
                return spec.id, {"true": True, "false": False}[value.strip().lower()]
            case SamplerKind.TEXT:
                if spec.choices and value not in spec.choices:
                    raise ValueError(value)
                return spec.id, value
            case SamplerKind.STRINGS:
                return spec.id, tuple(str(one) for one in json.loads(value))
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f'"{value}" is no value for {spec.id} ({spec.kind}).') from error
