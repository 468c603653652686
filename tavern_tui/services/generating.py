"""Conversation: one chat with who answers in it, and the reply that is on its way."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Chat, Message, a_message
from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import ContextOverflow, TavernError, UsageError
from tavern_tui.core.generation import GenerationRequest, GenerationType, ServerStatus
from tavern_tui.core.persona import Persona
from tavern_tui.core.prompt import BuiltPrompt, Prompt, StateChanges
from tavern_tui.prompt.inputs import GroupCast, PromptInputs
from tavern_tui.services.attachments import Attached
from tavern_tui.services.chat_state import drop_injects, keep_changes
from tavern_tui.services.chat_store import ChatStore
from tavern_tui.services.connections import ConnectionService
from tavern_tui.services.events import (
    MessageAdded,
    MessageChanged,
    ReasoningGrew,
    ReplyEnded,
    ReplyGrew,
    ReplyProgress,
    ReplyStarted,
    SessionEvent,
)
from tavern_tui.services.group_turns import GroupTurns, member_message
from tavern_tui.services.preview import prompt_as_text
from tavern_tui.services.prompts import PromptDesk
from tavern_tui.services.reply_facts import held_back, now, with_facts, with_others
from tavern_tui.services.signal import Signal
from tavern_tui.services.target import Target
from tavern_tui.storage.chat_injections import summary_of

if TYPE_CHECKING:
    from tavern_tui.services.reply import Reply
    from tavern_tui.services.retrying import Rebuild

UNKEPT = frozenset({GenerationType.IMPERSONATE, GenerationType.QUIET})
"""Whose words go to whoever asked, not into the chat."""

SAVE_EVERY = 1.5
"""Seconds between saves of a reply that is still arriving (the promise is 2)."""


class Conversation:
    """Asks for one reply at a time and writes it into the chat and its file."""

    def __init__(
        self,
        *,
        character: Character,
        chat: Chat,
        store: ChatStore,
        desk: PromptDesk,
        turns: GroupTurns | None = None,
    ) -> None:
        self.character = character
        """Who answers; in a group, whoever speaks now or spoke last."""
        self.chat = chat
        self.store = store
        self.turns = turns
        """None: the chat is with one character."""
        self.persona = Persona()
        """Who the user is in this chat."""
        self.away: tuple[Connection, ServerStatus | None] | None = None
        """Who goes on answering while the user looks at another chat; None: the current connection."""
        self.attached: list[Attached] = []
        """Files that go out with the user's next message."""
        self._desk = desk
        self._reply: Reply | None = None
        self._done: Reply | None = None
        """The reply that ended last."""
        self._may_call = True
        """Whether the next reply may call tools; else it has to do with the answers there are."""
        self._acts = False
        self._stopped = False
        self._held = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()
        self._seed = random.getrandbits(48)
        self._last_sent: tuple[str, str] | None = None
        self._summary: tuple[list[Message], str] = [], ""
        self.passing: set[str] = set()
        """Ids of injected texts that go when the next reply has come."""
        self.changed: Signal[SessionEvent] = Signal()
        """Changes made outside a running action: edits, deletions, a stop."""

    # --- what it is

    @property
    def cast(self) -> GroupCast | None:
        """The group and its members' cards; None outside groups."""
        return self.turns.cast if self.turns is not None else None

    @property
    def summary(self) -> str:
        """What is kept in the chat as its summary; empty: nothing."""
        messages, found = self._summary
        if messages != self.chat.messages:  # 6 us where nothing changed, against 1 ms for the search
            messages, found = list(self.chat.messages), summary_of(self.chat.messages)
            self._summary = messages, found
        return found

    @property
    def busy(self) -> bool:
        """A reply, or a group's round of them, is on its way."""
        return self._acts

    @property
    def _mark(self) -> str:
        """What tells this chat from the others."""
        owner = self.turns.group.id if self.turns is not None else self.character.file
        return f"{owner}/{self.chat.title}"

    @property
    def generating_since(self) -> float | None:
        """When the running request was sent (monotonic seconds)."""
        return self._reply.started if self._reply is not None else None

    @property
    def last_event_at(self) -> float | None:
        """When the server last said anything for the running request (monotonic seconds)."""
        return self._reply.last_event if self._reply is not None else None

    @property
    def readonly_reason(self) -> str:
        """Why this chat cannot be written; empty: it can."""
        return self.store.readonly_reason

    def stop(self) -> None:
        """End the running reply now, and with it a group's round and auto mode.

        What arrived is kept and saved."""
        self._stopped = True
        self._held.set()
        if self.turns is not None:
            self.turns.auto = False
        if self._reply is not None:
            self._reply.stop()

    async def aclose(self) -> None:
        """Stop what runs and write what is not written yet."""
        self.stop()
        if self._closing:
            await asyncio.wait(self._closing, timeout=2)
        self.store.close(self.chat)

    # --- one action at a time

    def _check_free(self) -> None:
        """Ready for something new; a group that would talk on by itself waits from now on."""
        if self._acts:
            raise UsageError("A reply is still arriving.", hint="Wait for it, or press Esc to stop it.")
        if self.readonly_reason:
            raise TavernError(self.readonly_reason)
        self._held.set()

    @contextmanager
    def _acting(self) -> Iterator[asyncio.Event]:
        """Around what the user asked for. The event is set by whatever the user does next."""
        self._check_free()
        self._held = asyncio.Event()
        with self._occupied():
            yield self._held

    @contextmanager
    def _occupied(self) -> Iterator[None]:
        self._acts, self._stopped = True, False
        try:
            yield
        finally:
            self._acts = False

    # --- one reply

    async def _generate(
        self,
        generation: GenerationType,
        target: Target,
        speaker: Character,
        *,
        user_input: str = "",
        edited: Prompt | None = None,
        max_tokens: int = 0,
    ) -> AsyncGenerator[SessionEvent, None]:
        from tavern_tui.services.reply import Reply  # with the first reply: a chat at rest has none
        from tavern_tui.services.retrying import persistent

        self.character = speaker
        reply = Reply(clock=time.monotonic)
        self._reply, self._done = reply, None
        ended: ReplyEnded | None = None
        failure: BaseException | None = None
        try:
            if self.away is None:
                await self._desk.get_ready(self)
            if reply.stopped:
                return
            with self._answering() as connections:
                connection = connections.current
                reply.api, reply.model = connection.provider, connections.model or connection.provider
                inputs = self._desk.inputs(
                    self,
                    user_input=user_input,
                    generation=generation,
                    seed=self._seed,
                    last=target.index if generation is GenerationType.SWIPE else None,
                )
                built = self._desk.build(inputs)
                prompt = edited or built.prompt
                if edited is not None:  # nothing but this: calls would need another prompt after it
                    inputs = replace(inputs, tools=())
                request = self._request(replace(built, prompt=prompt), inputs)
                if max_tokens:
                    request = replace(request, max_tokens=max_tokens)
                provider = connections.provider(connection)
                reply.asked = built.tokens
                reply.price = connections.price
                self._last_sent = (connection.name, prompt_as_text(prompt))
                rebuild = None if edited else self._rebuild(inputs, built)
                if edited is None or generation not in UNKEPT:
                    self._apply(built.changes)
                rules = self._desk.reply_rules(inputs, prompt)
                reply.start(persistent(provider.stream, request, rebuild=rebuild), rules)
            yield ReplyStarted(target.index, speaker.name if self.turns is not None else "")
            async with aclosing(self._collect(reply, target, generation)) as events:
                async for event in events:
                    yield event
        except BaseException as error:
            failure = error
            raise
        finally:
            if reply.has_started:
                reply.stop()
                self._keep_task(reply)
                ended = self._finish(reply, target, generation)
            self._reply, self._done = None, reply
            drop_injects(self.chat, self.store, self.passing)
            self._seed = random.getrandbits(48)
            if failure is not None and ended is not None:
                self.changed.send(ended)
        if ended is not None:
            yield ended

    @contextmanager
    def _answering(self) -> Iterator[ConnectionService]:
        """For the time of the block, which must not wait for anything, whoever answers here is the
        current connection."""
        connections = self._desk.connections
        if self.away is None:
            yield connections
            return
        with connections.pretending(*self.away):
            yield connections

    @contextmanager
    def answered_by(self, connection: Connection, status: ServerStatus | None) -> Iterator[None]:
        """For the time of the block, which may wait, this connection answers in this chat."""
        before, self.away = self.away, (connection, status)
        try:
            yield
        finally:
            if self.away == (connection, status):
                self.away = before

    def _request(self, built: BuiltPrompt, inputs: PromptInputs) -> GenerationRequest:
        request = self._desk.request(built, inputs, chat=self._mark)
        if self._may_call or not request.chat.tools:
            return request
        return replace(request, chat=replace(request.chat, tool_choice="none"))

    def _rebuild(self, inputs: PromptInputs, built: BuiltPrompt) -> Rebuild:
        """Builds this prompt anew, as if it had not been built before, for a server with less room."""
        from tavern_tui.services.retrying import smaller_context

        before = replace(inputs, metadata=dict(inputs.metadata))
        connections = self._desk.connections
        held = connections.current, connections.status

        def rebuild(error: ContextOverflow) -> GenerationRequest | None:
            size = smaller_context(
                error,
                context_size=inputs.context_size,
                reply=inputs.response_length,
                counted=built.tokens,
            )
            if size is None:
                return None
            smaller = replace(before, context_size=size)
            with connections.pretending(*held):
                again = self._desk.build(smaller)
                self._last_sent = held[0].name, prompt_as_text(again.prompt)
                self._apply(again.changes)
                return self._request(again, smaller)

        return rebuild

    async def _collect(
        self, reply: Reply, target: Target, generation: GenerationType
    ) -> AsyncGenerator[SessionEvent, None]:
        """Hand on what arrives, and save it now and then."""
        saved_at = time.monotonic()
        saved_length = 0
        while True:
            batch = await reply.next(max(0.01, saved_at + SAVE_EVERY - time.monotonic()))
            if batch is None:
                return
            if batch.progress is not None:
                yield ReplyProgress(batch.progress.done, batch.progress.total, batch.progress.note)
            if batch.reasoning or batch.text:
                if generation not in UNKEPT:
                    added = self._write_into(reply, target, generation)
                    if added is not None:
                        yield added
                if batch.reasoning:
                    yield ReasoningGrew(target.index, batch.reasoning)
                if batch.text:
                    yield ReplyGrew(target.index, batch.text)
            now = time.monotonic()
            if target.index is not None and reply.length != saved_length and now - saved_at >= SAVE_EVERY:
                self.store.update(self.chat, target.index)
                saved_at, saved_length = now, reply.length
            elif now - saved_at >= SAVE_EVERY:
                saved_at = now

    def _write_into(
        self, reply: Reply, target: Target, generation: GenerationType
    ) -> MessageAdded | MessageChanged | None:
        """Put the reply as it stands into its message; says so the first time."""
        text = target.prefix + reply.text
        extra: dict[str, object] = {"reasoning": reply.reasoning} if reply.reasoning else {}
        if target.index is None:
            target.index = len(self.chat.messages)
            self.chat.messages.append(self._new_reply(text, {**target.extra, **extra}))
            return MessageAdded(target.index)
        message = self.chat.messages[target.index]
        if message is target.before:
            fresh = self._new_reply(text, {**target.extra, **extra})
            if generation is GenerationType.SWIPE:
                self.chat.messages[target.index] = message.with_swipe(fresh.swipe)
            elif generation is GenerationType.REGENERATE:
                known = fresh if fresh.original_avatar else message
                self.chat.messages[target.index] = replace(
                    fresh, force_avatar=known.force_avatar, original_avatar=known.original_avatar
                )
            else:
                self.chat.messages[target.index] = message.with_text(text)
            return MessageChanged(target.index)
        message = message.with_text(text)
        self.chat.messages[target.index] = message.with_extra(extra) if extra else message
        return None

    def _new_reply(self, text: str, extra: Mapping[str, object]) -> Message:
        if self.turns is not None:
            return member_message(self.character, text, sent_at=now(), extra=extra)
        return a_message(self.character.name, text, sent_at=now(), extra=extra)

    def _finish(self, reply: Reply, target: Target, generation: GenerationType) -> ReplyEnded:
        """Clean the text, save it and say how it went."""
        reply.drain()
        text = reply.cleaned(target.prefix, final=True)
        if generation not in UNKEPT and reply.has_words:
            self._write_into(reply, target, generation)
            assert target.index is not None
            message = self.chat.messages[target.index].with_text(text)
            self.chat.messages[target.index] = with_others(
                with_facts(message, reply, self._drawn(reply)), reply
            )
            self.store.update(self.chat, target.index)
        return ReplyEnded(
            index=target.index if reply.has_words else None,
            text=text,
            reason=reply.reason,
            stopped=reply.stopped_by_user,
            tokens=reply.tokens,
            seconds=reply.seconds,
            first_token=reply.first_token,
            held_back=held_back(reply),
            calls=len(reply.calls),
            cost=reply.cost,
        )

    def _drawn(self, reply: Reply) -> Sequence[object]:
        """The pictures of a reply, kept as files."""
        if not reply.pictures:
            return ()
        owner = self.character.name
        return self._desk.attachments.keep_drawn(owner, f"{owner}_{reply.api}", reply.pictures)

    def _apply(self, changes: StateChanges) -> None:
        """Keep what the macros and the lore changed."""
        keep_changes(self.chat, self.store, changes)
        if changes.global_variables is not None:
            self._desk.keep_global_variables(changes.global_variables)

    def _keep_task(self, reply: Reply) -> None:
        task = reply.closing
        if task is not None:
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
