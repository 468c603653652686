"""ChatSession: everything one can do with the open chat."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Chat, Message, Role, Swipe, a_message
from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.persona import Persona
from tavern_tui.core.prompt import ChatPrompt, Prompt, PromptMessage, StateChanges, TextPrompt
from tavern_tui.services.chat_store import ChatStore
from tavern_tui.services.events import (
    MessageAdded,
    MessageChanged,
    MessageRemoved,
    ReasoningGrew,
    ReplyEnded,
    ReplyGrew,
    ReplyProgress,
    ReplyStarted,
    SessionEvent,
)
from tavern_tui.services.preview import PromptPreview, make_preview, prompt_as_text
from tavern_tui.services.prompts import PromptDesk
from tavern_tui.services.reply import Reply
from tavern_tui.services.signal import Signal

SAVE_EVERY = 1.5
"""Seconds between saves of a reply that is still arriving (the promise is 2)."""


@dataclass(slots=True)
class _Undo:
    """Messages as they were before a deletion or a regeneration."""

    label: str
    messages: list[Message]


@dataclass(slots=True)
class _Target:
    """The message a reply is written into."""

    index: int | None
    before: Message | None
    """As it was; put back when nothing arrives. None: a new message."""
    prefix: str = ""
    """Text that stays in front of what arrives (continue)."""
    fields: Mapping[str, object] = field(default_factory=dict)


class ChatSession:
    """One character, one chat, one file."""

    def __init__(self, *, character: Character, chat: Chat, store: ChatStore, desk: PromptDesk) -> None:
        self.character = character
        self.chat = chat
        self.store = store
        self._desk = desk
        self._undo: list[_Undo] = []
        self._reply: Reply | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._seed = random.getrandbits(48)
        self._last_sent: tuple[str, str] | None = None
        self.changed: Signal[SessionEvent] = Signal()
        """Changes made outside a running action: edits, deletions, a stop."""

    # --- what it is

    @property
    def persona(self) -> Persona:
        return self._desk.persona

    @property
    def busy(self) -> bool:
        """A reply is on its way."""
        return self._reply is not None

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

    @property
    def draft(self) -> str:
        """The text in the composer, kept per chat, also after a crash."""
        return self.store.draft

    @draft.setter
    def draft(self, text: str) -> None:
        self.store.draft = text

    # --- asking for replies

    async def send(self, text: str) -> AsyncGenerator[SessionEvent, None]:
        """Add a user message and have it answered. An empty text asks for a reply to what is there.

        Raises UsageError, PromptError, ProviderError, WriteFailed; the user's message is saved
        before anything is asked of a server."""
        self._check_free()
        inputs = self._desk.inputs(self, user_input=text, seed=self._seed)
        going = self._desk.outgoing(text, inputs)
        self._apply(going.changes)
        if going.message is not None:
            self.chat.messages.append(going.message)
            self.store.append(self.chat)
            self.draft = ""
            yield MessageAdded(len(self.chat.messages) - 1)
        target = _Target(index=None, before=None)
        async with aclosing(self._generate(GenerationType.NORMAL, target)) as events:
            async for event in events:
                yield event

    async def regenerate(self) -> AsyncGenerator[SessionEvent, None]:
        """Write the last reply anew. The old one comes back with `undo`, or if nothing arrives."""
        self._check_free()
        last = self._last_message()
        if last.is_user:
            target = _Target(index=None, before=None)
            generation = GenerationType.NORMAL
        else:
            self._remember("regenerate")
            target = _Target(index=len(self.chat.messages) - 1, before=last)
            generation = GenerationType.REGENERATE
        async with aclosing(self._generate(generation, target)) as events:
            async for event in events:
                yield event

    async def continue_(self) -> AsyncGenerator[SessionEvent, None]:
        """Let the last message go on."""
        self._check_free()
        last = self._last_message()
        target = _Target(index=len(self.chat.messages) - 1, before=last, prefix=last.text)
        async with aclosing(self._generate(GenerationType.CONTINUE, target)) as events:
            async for event in events:
                yield event

    async def swipe_right(self, index: int = -1) -> AsyncGenerator[SessionEvent, None]:
        """Show the next swipe; past the last one of the last message, write a new one."""
        self._check_free()
        index = self._index(index)
        message = self.chat.messages[index]
        if message.shown + 1 < len(message.swipes):
            self._put(index, replace(message, shown=message.shown + 1))
            yield MessageChanged(index)
            return
        if index != len(self.chat.messages) - 1:
            return
        if message.is_user:
            raise UsageError("Only a reply can be swiped.", hint="Send the message to get a reply first.")
        if self._is_greeting(index):
            self._put(index, replace(message, shown=0))
            yield MessageChanged(index)
            return
        target = _Target(index=index, before=message)
        async with aclosing(self._generate(GenerationType.SWIPE, target)) as events:
            async for event in events:
                yield event

    async def impersonate(self, text: str = "") -> AsyncGenerator[SessionEvent, None]:
        """Have the model write the user's next message; it ends up in ReplyEnded.text."""
        self._check_free()
        target = _Target(index=None, before=None)
        async with aclosing(self._generate(GenerationType.IMPERSONATE, target, text)) as events:
            async for event in events:
                yield event

    async def send_edited(
        self, edited: str | Sequence[Mapping[str, str]]
    ) -> AsyncGenerator[SessionEvent, None]:
        """Send exactly this prompt, once, and keep the reply as the character's next message."""
        self._check_free()
        prompt = self._edited_prompt(edited)
        target = _Target(index=None, before=None)
        async with aclosing(self._generate(GenerationType.NORMAL, target, edited=prompt)) as events:
            async for event in events:
                yield event

    def stop(self) -> None:
        """End the running reply now; what arrived is kept and saved."""
        if self._reply is not None:
            self._reply.stop()

    # --- immediate changes

    def swipe_left(self, index: int = -1) -> None:
        """Show the swipe before the one that is shown."""
        self._check_free()
        index = self._index(index)
        message = self.chat.messages[index]
        if message.shown > 0:
            self._put(index, replace(message, shown=message.shown - 1))
            self.changed.send(MessageChanged(index))

    def edit(self, index: int, text: str) -> None:
        """Give the shown swipe of a message another text."""
        self._check_free()
        index = self._index(index)
        self._remember("edit")
        self._put(index, self.chat.messages[index].with_text(text))
        self.changed.send(MessageChanged(index))

    def delete(self, index: int) -> None:
        """Take a message out of the chat; `undo` brings it back."""
        self._check_free()
        index = self._index(index)
        self._remember("delete")
        del self.chat.messages[index]
        self.store.rewrite(self.chat)
        self.changed.send(MessageRemoved(index))

    def hide(self, index: int, hidden: bool = True) -> None:
        """Keep a message from the model, or show it to it again."""
        self._check_free()
        index = self._index(index)
        self._put(index, replace(self.chat.messages[index], hidden=hidden))
        self.changed.send(MessageChanged(index))

    def change_metadata(self, changes: Mapping[str, object]) -> None:
        """Set these keys of the chat's metadata (None removes one) and keep the chat.

        Raises UsageError when the chat cannot be written, WriteFailed."""
        if self.readonly_reason:
            raise UsageError(self.readonly_reason, hint="Begin a new chat to go on.")
        for name, value in changes.items():
            if value is None:
                self.chat.metadata.pop(name, None)
            else:
                self.chat.metadata[name] = value
        self.store.rewrite(self.chat)

    def undo(self) -> str:
        """Take back the last edit, deletion or regeneration; says which, or the empty string."""
        self._check_free()
        if not self._undo:
            return ""
        step = self._undo.pop()
        self.chat.messages[:] = step.messages
        self.store.rewrite(self.chat)
        return step.label

    undo_delete = undo

    def shown_text(self, index: int) -> str:
        """A message's text as it is shown: macros resolved, display scripts applied. Not cleaned."""
        depth = len(self.chat.messages) - 1 - index
        return self._desk.shown(self, self.chat.messages[index], depth)

    # --- looking ahead

    async def get_ready(self, text: str = "") -> None:
        """Learn what the server knows of itself and count with it, so that a preview is right."""
        await self._desk.get_ready(self, text)

    def preview(self, text: str = "", generation: GenerationType = GenerationType.NORMAL) -> PromptPreview:
        """The request as `send(text)` would send it now. Changes nothing; no I/O."""
        inputs = self._desk.inputs(
            self, user_input=text, generation=generation, seed=self._seed, dry_run=True
        )
        built = self._desk.build(inputs)
        request = self._desk.request(built, inputs)
        connection, sent = self._last_sent or ("", "")
        same = connection == self._desk.connections.current.name
        return make_preview(built, self._desk.wire(request), sent if same else None)

    # --- inside

    async def _generate(
        self,
        generation: GenerationType,
        target: _Target,
        user_input: str = "",
        edited: Prompt | None = None,
    ) -> AsyncGenerator[SessionEvent, None]:
        connection = self._desk.connections.current
        reply = Reply(clock=time.monotonic)
        self._reply = reply
        ended: ReplyEnded | None = None
        failure: BaseException | None = None
        try:
            await self._desk.get_ready(self)
            inputs = self._desk.inputs(self, user_input=user_input, generation=generation, seed=self._seed)
            built = self._desk.build(inputs)
            prompt = edited or built.prompt
            request = self._desk.request(replace(built, prompt=prompt), inputs)
            provider = self._desk.connections.provider(connection)
            if reply.stopped:
                return
            self._remember_sent(prompt, connection.name)
            self._apply(built.changes)
            reply.start(provider.stream(request), self._desk.reply_rules(inputs, prompt))
            yield ReplyStarted(target.index)
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
            self._reply = None
            self._seed = random.getrandbits(48)
            if failure is not None and ended is not None:
                self.changed.send(ended)
        if ended is not None:
            yield ended

    async def _collect(
        self, reply: Reply, target: _Target, generation: GenerationType
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
                if generation is not GenerationType.IMPERSONATE:
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
        self, reply: Reply, target: _Target, generation: GenerationType
    ) -> MessageAdded | MessageChanged | None:
        """Put the reply as it stands into its message; says so the first time."""
        text = target.prefix + reply.text
        extra: dict[str, object] = {"reasoning": reply.reasoning} if reply.reasoning else {}
        if target.index is None:
            target.index = len(self.chat.messages)
            self.chat.messages.append(self._new_reply(text, extra))
            return MessageAdded(target.index)
        message = self.chat.messages[target.index]
        if message is target.before:
            fresh = self._new_reply(text, extra)
            if generation is GenerationType.SWIPE:
                self.chat.messages[target.index] = message.with_swipe(fresh.swipe)
            elif generation is GenerationType.REGENERATE:
                self.chat.messages[target.index] = replace(
                    fresh, force_avatar=message.force_avatar, original_avatar=message.original_avatar
                )
            else:
                self.chat.messages[target.index] = message.with_text(text)
            return MessageChanged(target.index)
        message = message.with_text(text)
        self.chat.messages[target.index] = message.with_extra(extra) if extra else message
        return None

    def _new_reply(self, text: str, extra: Mapping[str, object]) -> Message:
        return a_message(self.character.name, text, sent_at=_now(), extra=extra)

    def _finish(self, reply: Reply, target: _Target, generation: GenerationType) -> ReplyEnded:
        """Clean the text, save it and say how it went."""
        reply.drain()
        text = reply.cleaned(target.prefix, final=True)
        if generation is not GenerationType.IMPERSONATE and reply.has_words:
            self._write_into(reply, target, generation)
            assert target.index is not None
            message = self.chat.messages[target.index].with_text(text)
            self.chat.messages[target.index] = self._with_facts(message, reply)
            self.store.update(self.chat, target.index)
        return ReplyEnded(
            index=target.index if reply.has_words else None,
            text=text,
            reason=reply.reason,
            stopped=reply.stopped_by_user,
            tokens=reply.tokens,
            seconds=reply.seconds,
            first_token=reply.first_token,
        )

    def _with_facts(self, message: Message, reply: Reply) -> Message:
        connection = self._desk.connections.current
        facts: dict[str, object] = {
            "api": connection.provider,
            "model": self._desk.connections.model or connection.provider,
            "token_count": reply.tokens,
        }
        if reply.reasoning:
            facts["reasoning"] = reply.reasoning
        if reply.first_token is not None:
            facts["time_to_first_token"] = round(reply.first_token * 1000)
        swipe: Swipe = message.swipe
        return message.with_shown(
            replace(
                swipe,
                extra={**swipe.extra, **facts},
                started_at=reply.started_at or swipe.started_at,
                finished_at=_now(),
            )
        )

    def _apply(self, changes: StateChanges) -> None:
        """Keep what the macros and the lore changed."""
        if changes.chat_variables is not None:
            self.chat.metadata["variables"] = dict(changes.chat_variables)
        if changes.timed_lore is not None:
            self.chat.metadata["timedWorldInfo"] = dict(changes.timed_lore)
        if changes.chat_variables is not None or changes.timed_lore is not None:
            self.store.header_changed = True
        if changes.global_variables is not None:
            self._desk.keep_global_variables(changes.global_variables)

    def _edited_prompt(self, edited: str | Sequence[Mapping[str, str]]) -> Prompt:
        built = self._desk.build(self._desk.inputs(self, user_input="", seed=self._seed, dry_run=True))
        if isinstance(edited, str):
            return TextPrompt(text=edited, stop=built.prompt.stop)
        messages = tuple(
            PromptMessage(
                role=Role(one.get("role", "user")),
                content=one.get("content", ""),
                name=one.get("name", ""),
            )
            for one in edited
        )
        return ChatPrompt(messages=messages, stop=built.prompt.stop)

    def _remember_sent(self, prompt: Prompt, connection: str) -> None:
        self._last_sent = (connection, prompt_as_text(prompt))

    def _remember(self, label: str) -> None:
        self._undo.append(_Undo(label, list(self.chat.messages)))
        del self._undo[:-50]

    def _keep_task(self, reply: Reply) -> None:
        task = reply.closing
        if task is not None:
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _put(self, index: int, message: Message) -> None:
        self.chat.messages[index] = message
        self.store.update(self.chat, index)

    def _index(self, index: int) -> int:
        count = len(self.chat.messages)
        if not -count <= index < count:
            raise UsageError("There is no such message.")
        return index % count

    def _is_greeting(self, index: int) -> bool:
        return index == 0 and not any(message.is_user for message in self.chat.messages)

    def _last_message(self) -> Message:
        if not self.chat.messages:
            raise UsageError("The chat is empty.", hint="Write something first.")
        return self.chat.messages[-1]

    def _check_free(self) -> None:
        if self._reply is not None:
            raise UsageError("A reply is still arriving.", hint="Wait for it, or press Esc to stop it.")
        if self.readonly_reason:
            raise TavernError(self.readonly_reason)

    async def aclose(self) -> None:
        """Stop what runs and write what is not written yet."""
        self.stop()
        if self._closing:
            await asyncio.wait(self._closing, timeout=2)
        self.store.close(self.chat)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
