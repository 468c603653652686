"""TwoModels: one message answered by two connections at the same time, kept as two swipes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Message, Swipe, a_message
from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.core.generation import GenerationType
from tavern_tui.services.editing import Editing
from tavern_tui.services.events import MessageAdded, MessageChanged, SessionEvent, SideEnded, SideGrew
from tavern_tui.services.generating import SAVE_EVERY
from tavern_tui.services.reply_facts import now, with_facts
from tavern_tui.services.rounds import Events, action

if TYPE_CHECKING:
    from tavern_tui.services.reply import Reply

LOOK_EVERY = 0.25
"""Seconds a side is waited for at most before the chat's file is looked after."""


def _new_reply() -> Reply:
    from tavern_tui.services.reply import Reply

    return Reply(clock=time.monotonic)


@dataclass(slots=True, eq=False)
class _Side:
    """One of the two replies while it arrives."""

    number: int
    connection: Connection
    reply: Reply = field(default_factory=_new_reply)
    done: bool = False


class TwoModels(Editing):
    """`compare` asks two connections; what both say is in the chat from the first word on."""

    _sides: tuple[_Side, ...] = ()

    def stop(self) -> None:
        super().stop()
        for side in self._sides:
            side.reply.stop()

    @action()
    async def compare(self, text: str, other: str) -> Events:
        """Send a message to the current connection and to the one named `other`.

        The reply has two swipes, the current connection's first. A side that fails says so in its
        `SideEnded`, and the other goes on; if both fail, the first one's error is raised."""
        second = self._desk.connections.find(other)
        if second is None:
            raise UsageError(f'There is no connection named "{other}".')
        first = self._desk.connections.current
        if second.name == first.name:
            raise UsageError("Two models need two connections.", hint="Set up another one with F2.")
        async with aclosing(self._said(text)) as events:
            async for event in events:
                yield event
        speaker = self._first_speaker()
        self.character = speaker
        sides = self._sides = (_Side(0, first), _Side(1, second))
        errors: dict[int, TavernError] = {}
        try:
            await asyncio.gather(*(self._begin(side, speaker, errors) for side in sides))
            index = len(self.chat.messages)
            async with aclosing(self._both(sides, index, errors)) as events:
                async for event in events:
                    yield event
        finally:
            for side in sides:
                side.reply.stop()
                self._keep_task(side.reply)
            self._sides = ()
        if len(errors) == len(sides):
            raise errors[0]

    async def _said(self, text: str) -> AsyncGenerator[SessionEvent, None]:
        """Put the user's message into the chat."""
        inputs = self._desk.inputs(self, user_input=text, seed=self._seed)
        going = self._desk.outgoing(text, inputs)
        self._apply(going.changes)
        if going.message is not None:
            self.chat.messages.append(going.message)
            self.store.append(self.chat)
            self.draft = ""
            self.attached.clear()
            yield MessageAdded(len(self.chat.messages) - 1)

    async def _begin(self, side: _Side, speaker: Character, errors: dict[int, TavernError]) -> None:
        """Send the request of one side, built as its own connection needs it."""
        from tavern_tui.services.retrying import persistent

        connections = self._desk.connections
        try:
            provider = connections.provider(side.connection)
            status = connections.status if side.connection == connections.current else None
            if status is None:
                with suppress(TavernError):
                    status = await provider.status()
            with connections.pretending(side.connection, status):
                inputs = self._desk.inputs(
                    self, user_input="", generation=GenerationType.NORMAL, seed=self._seed, speaker=speaker
                )
                inputs = replace(inputs, tools=())  # two cannot both go on from what tools answer
                built = self._desk.build(inputs)
                request = self._request(built, inputs)
                rules = self._desk.reply_rules(inputs, built.prompt)
                model, price = connections.model, connections.price
            reply = side.reply
            reply.api, reply.model = side.connection.provider, model or side.connection.provider
            reply.asked = built.tokens
            reply.price = price
            if side.number == 0:
                self._apply(built.changes)
            if not self._stopped:
                side.reply.start(persistent(provider.stream, request), rules)
        except TavernError as error:
            errors[side.number] = error
        side.done = not side.reply.has_started

    async def _both(self, sides: tuple[_Side, ...], index: int, errors: dict[int, TavernError]) -> Events:
        """Hand on what arrives on either side, and keep it in the message at `index`."""
        for side in sides:
            if side.done:
                yield self._ended(side, errors.get(side.number))
        waiting = {asyncio.create_task(side.reply.next(LOOK_EVERY)): side for side in sides if not side.done}
        saved = time.monotonic()
        try:
            while waiting:
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    side = waiting.pop(task)
                    error = task.exception()
                    if error is not None and not isinstance(error, TavernError):
                        raise error
                    batch = None if error is not None else task.result()
                    if batch is None:
                        if isinstance(error, TavernError):
                            errors[side.number] = error
                        side.done = True
                        side.reply.drain()
                        yield self._ended(side, errors.get(side.number))
                    else:
                        waiting[asyncio.create_task(side.reply.next(LOOK_EVERY))] = side
                        if batch.text or batch.reasoning:
                            yield SideGrew(side.number, batch.text, batch.reasoning)
                if any(side.reply.has_words for side in sides) and time.monotonic() - saved >= SAVE_EVERY:
                    self._write(sides, index, final=False)
                    saved = time.monotonic()
        finally:
            for task in waiting:
                task.cancel()
            for side in sides:
                if side.reply.has_started:
                    side.reply.drain()
            is_new = len(self.chat.messages) == index
            kept = any(side.reply.has_words for side in sides)
            if kept:
                self._write(sides, index, final=True)
        if kept:
            yield MessageAdded(index) if is_new else MessageChanged(index)

    def _ended(self, side: _Side, error: TavernError | None) -> SideEnded:
        reply = side.reply
        return SideEnded(
            side=side.number,
            text=reply.cleaned("", final=True) if reply.has_started else "",
            reasoning=reply.reasoning,
            thinking_seconds=reply.thinking_seconds,
            tokens=reply.tokens if reply.has_started else 0,
            seconds=reply.seconds,
            first_token=reply.first_token,
            cost=reply.cost if reply.has_started else None,
            error=f"{error} {error.hint}".strip() if error is not None else "",
        )

    def _write(self, sides: tuple[_Side, ...], index: int, *, final: bool) -> None:
        """The message as far as it goes: a swipe for each side that has said something."""
        swipes = tuple(self._swipe(side, final=final) for side in sides if side.reply.has_words)
        message = Message(name=self.character.name, is_user=False, swipes=swipes)
        if self.turns is not None:
            proto = self._new_reply("", self._batch())
            message = replace(proto, swipes=swipes)
        if len(self.chat.messages) == index:
            self.chat.messages.append(message)
        else:
            self.chat.messages[index] = message
        self.store.update(self.chat, index)

    def _swipe(self, side: _Side, *, final: bool) -> Swipe:
        reply = side.reply
        bare = a_message(self.character.name, reply.cleaned("", final=final), sent_at=now())
        return with_facts(bare, reply, self._drawn(reply) if final else ()).swipe

    def keep_side(self, index: int, side: int) -> None:
        """Of the two replies at `index`, keep this one only; `undo` brings the other back."""
        message = self.chat.messages[self._index(index)]
        if len(message.swipes) == 2 and side in (0, 1):
            self._change(index, "other reply", lambda one: replace(one, swipes=(one.swipes[side],), shown=0))
