"""Rounds: one action at a time; in a group, members who speak in turn and may go on by themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from tavern_tui.core.character import Character, Group
from tavern_tui.core.errors import UsageError
from tavern_tui.core.generation import GenerationType
from tavern_tui.prompt.inputs import GroupCast
from tavern_tui.services.events import ReplyEnded, RoundDue, RoundStarted, SessionEvent
from tavern_tui.services.following import wants_more, wants_swipe
from tavern_tui.services.group_turns import GroupTurns, quiet_for
from tavern_tui.services.target import Target
from tavern_tui.services.tool_rounds import ToolRounds

Events = AsyncGenerator[SessionEvent, None]
Given = ParamSpec("Given")
Here = TypeVar("Here", bound="Rounds")


def action(
    *, talks_on: bool = False
) -> Callable[[Callable[Concatenate[Here, Given], Events]], Callable[Concatenate[Here, Given], Events]]:
    """Marks what a user asks for: one at a time, and refused where the chat cannot be written.

    `talks_on`: in auto mode the group goes on by itself afterwards."""

    def decorate(
        steps: Callable[Concatenate[Here, Given], Events],
    ) -> Callable[Concatenate[Here, Given], Events]:
        @wraps(steps)
        async def run(session: Here, /, *args: Given.args, **given: Given.kwargs) -> Events:
            with session._acting() as held:
                async with aclosing(steps(session, *args, **given)) as events:
                    async for event in events:
                        yield event
            if talks_on:
                async with aclosing(session._talk_on(held)) as events:
                    async for event in events:
                        yield event

        return run

    return decorate


class Rounds(ToolRounds):
    """A chat with one character, who answers, or with a group, some of whom do."""

    # --- who is there

    @property
    def group(self) -> Group | None:
        """The group this chat is with; None: it is with one character."""
        return self.turns.group if self.turns is not None else None

    @property
    def name(self) -> str:
        """Whom the chat is with: the group's name, or the character's."""
        return self.turns.group.name if self.turns is not None else self.character.name

    @property
    def identity(self) -> tuple[str, str]:
        """Whom the chat is with, in the terms of a persona's connections: `group` and its id, or
        `character` and its card's file name."""
        if self.turns is not None:
            return "group", self.turns.group.id
        return "character", f"{self.character.file}.png"

    def recast(self, cast: GroupCast) -> None:
        """The group changed: from the next turn on, this is the cast."""
        if self.turns is not None:
            self.turns.cast = cast
            here = {member.file: member for member in cast.members}
            self.character = here.get(self.character.file, self.character)

    def take_card(self, character: Character) -> None:
        """A card was written; where it is the one of whoever speaks here, it is gone on with."""
        if not character.file:
            return
        if self.character.file == character.file:
            self.character = character
        if self.turns is not None:
            cast = self.turns.cast
            members = (character if one.file == character.file else one for one in cast.members)
            self.turns.cast = replace(cast, members=tuple(members))

    def who(self, file: str) -> Character | None:
        """Who of this chat has this card, as the chat knows them."""
        there = self.turns.cast.members if self.turns is not None else ()
        return next((one for one in (self.character, *there) if one.file == file), None)

    # --- auto mode

    @property
    def auto_mode(self) -> bool:
        """Whether the group talks on by itself after each round, until it is stopped."""
        return self.turns is not None and self.turns.auto

    @auto_mode.setter
    def auto_mode(self, wanted: bool) -> None:
        self._group_turns().auto = wanted
        if not wanted:
            self.hold_auto()

    def hold_auto(self) -> None:
        """The user is about to do something (types, say): no round begins by itself any more
        until they have sent it."""
        self._held.set()

    async def talk_on(self) -> Events:
        """In auto mode, go on from here: wait, and let the group talk, until the user does something.

        Raises as `send` does."""
        self._check_free()
        held = self._held = asyncio.Event()
        async with aclosing(self._talk_on(held)) as events:
            async for event in events:
                yield event

    # --- turns

    def _speakers(
        self, typed: str = "", generation: GenerationType = GenerationType.NORMAL
    ) -> list[Character]:
        """Who answers, in order; in a group perhaps nobody."""
        if self.turns is None:
            return [self.character]
        return self.turns.choose(self.chat.messages, self._seed, typed=typed, generation=generation)

    def _first_speaker(
        self, typed: str = "", generation: GenerationType = GenerationType.NORMAL
    ) -> Character:
        """Who answers first; where nobody does by themselves, whoever spoke last."""
        return next(iter(self._speakers(typed, generation)), self.character)

    def _author_of(self, index: int, generation: GenerationType) -> Character:
        """Who goes on with a message, or writes it anew. Raises UsageError where they have left the group."""
        if self.turns is None:
            return self.character
        there = self.chat.messages[: index + 1]
        chosen = self.turns.choose(there, self._seed, generation=generation)
        return next(iter(chosen), self.character)

    def _group_turns(self) -> GroupTurns:
        if self.turns is None:
            raise UsageError(f"This chat is with {self.character.name} alone, not with a group.")
        return self.turns

    def _batch(self) -> Mapping[str, object]:
        """What marks the replies of one round in a group's file."""
        return {"gen_id": time.time_ns() // 1_000_000} if self.turns is not None else {}

    async def _round(self, speakers: Sequence[Character]) -> Events:
        """Let these speak, one after the other; a stop ends the whole round."""
        if self.turns is not None:
            yield RoundStarted(tuple(speaker.name for speaker in speakers))
        batch = self._batch()
        for speaker in speakers:
            if self._stopped:
                return
            answer = self._answer(GenerationType.NORMAL, Target(extra=batch), speaker)
            async with aclosing(answer) as events:
                async for event in events:
                    yield event

    async def _answer(self, generation: GenerationType, target: Target, speaker: Character) -> Events:
        """One reply, and those that follow because tools were called."""
        with self._answering():
            most = self._desk.tool_rounds()
        for called in range(most + 1):
            self._may_call = called < most
            async with aclosing(self._answer_once(generation, target, speaker)) as events:
                async for event in events:
                    yield event
            calls = self._done.calls if self._done is not None else ()
            if not calls or not self._may_call or self._stopped:
                return
            waits = self._waits(target)
            async with aclosing(self._use_tools(calls, target)) as events:
                kept = False
                async for event in events:
                    kept = True
                    yield event
            if not kept:
                return
            if not waits:
                generation, target = GenerationType.NORMAL, Target(extra=target.extra)

    async def _answer_once(self, generation: GenerationType, target: Target, speaker: Character) -> Events:
        """One reply, and what the user wants to follow it by itself."""
        with self._answering():
            rules, counter = self._desk.following, self._desk.counts.counter()
        swiped = continued = 0
        length = len(target.prefix)
        while True:
            ended: ReplyEnded | None = None
            async with aclosing(self._generate(generation, target, speaker)) as events:
                async for event in events:
                    ended = event if isinstance(event, ReplyEnded) else ended
                    yield event
            if ended is None or ended.calls or self._stopped:
                return
            grew, length = len(ended.text) - length, len(ended.text)
            if generation is not GenerationType.CONTINUE and wants_swipe(rules.anew, ended, swiped):
                swiped, length = swiped + 1, 0
                if ended.index is not None:
                    message = self.chat.messages[ended.index]
                    generation = GenerationType.SWIPE
                    target = Target(index=ended.index, before=message, extra=target.extra)
            elif (
                ended.index is not None
                and not self.store.draft.strip()  # the user is writing already: it is their turn
                and wants_more(rules.more, ended, counter.count(ended.text), grew, continued)
            ):
                continued += 1
                message = self.chat.messages[ended.index]
                generation = GenerationType.CONTINUE
                target = Target(index=ended.index, before=message, prefix=message.text)
            else:
                return

    async def _talk_on(self, held: asyncio.Event) -> Events:
        """Auto mode: round after round, until the user does something. It ends where nobody speaks."""
        while self.auto_mode and not held.is_set():
            seconds = max(0.0, self._group_turns().group.auto_mode_delay)
            yield RoundDue(seconds)
            if not await quiet_for(seconds, held):
                return
            speakers = self._speakers()
            self._group_turns().auto = bool(speakers)
            with self._occupied():
                async with aclosing(self._round(speakers)) as events:
                    async for event in events:
                        yield event
