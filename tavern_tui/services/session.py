"""ChatSession: everything one can do with the open chat."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Chat, Message, Role
from tavern_tui.core.errors import UsageError
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.prompt import Cargo, ChatPrompt, Prompt, PromptMessage, StateChanges, TextPrompt
from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.prompt.bare import bare_prompt
from tavern_tui.services.attachments import MOST_SENT, Attached
from tavern_tui.services.chat_store import ChatStore
from tavern_tui.services.events import MessageAdded, MessageChanged
from tavern_tui.services.group_turns import GroupTurns
from tavern_tui.services.preview import PromptPreview, make_preview
from tavern_tui.services.prompts import PromptDesk
from tavern_tui.services.rounds import Events, action
from tavern_tui.services.target import Target
from tavern_tui.services.two_models import TwoModels


class ChatSession(TwoModels):
    """One character or group, one chat, one file."""

    def __init__(
        self,
        *,
        character: Character,
        chat: Chat,
        store: ChatStore,
        desk: PromptDesk,
        turns: GroupTurns | None = None,
    ) -> None:
        super().__init__(character=character, chat=chat, store=store, desk=desk, turns=turns)
        self._undo = []

    # --- the composer

    @property
    def draft(self) -> str:
        """The text in the composer, kept per chat, also after a crash."""
        return self.store.draft

    @draft.setter
    def draft(self, text: str) -> None:
        self.store.draft = text

    async def attach(self, what: Path | bytes) -> Attached:
        """Let a file, or a picture from the clipboard, go out with the next message.

        Raises UsageError, DataError, UnreadableFile, WriteFailed."""
        if self.readonly_reason:
            raise UsageError(self.readonly_reason, hint="Begin a new chat to go on.")
        if len(self.attached) >= MOST_SENT:
            raise UsageError(f"No more than {MOST_SENT} files go out with a message.")
        desk, provider = self._desk, self._desk.connections.current.provider
        given = (provider, desk.picture_detail())
        if isinstance(what, Path):
            made = await asyncio.to_thread(desk.attachments.attach, self.name, what, *given)
        else:
            made = await asyncio.to_thread(desk.attachments.attach_data, self.name, "clipboard", what, *given)
        self.attached.append(made)
        await desk.media_takes.learn()
        return made

    def take_off(self) -> Attached | None:
        """Take the file off that was attached last; None: there is none."""
        if not self.attached:
            return None
        taken = self.attached.pop()
        self._desk.attachments.discard(taken)
        return taken

    async def aclose(self) -> None:
        """Stop, save, and let go of what was attached and never sent."""
        while self.take_off() is not None:
            pass
        await super().aclose()

    def media_refusals(self) -> list[str]:
        """Why files that are attached would not reach the model that answers, each reason once."""
        return list(dict.fromkeys(filter(None, map(self._desk.media_refusal, self.attached))))

    # --- asking for replies

    @action(talks_on=True)
    async def send(self, text: str) -> Events:
        """Add a user message and have it answered. An empty text asks for a reply to what is there.

        Raises UsageError, PromptError, ProviderError, WriteFailed; the user's message is saved
        before anything is asked of a server."""
        speakers = self._speakers(text)
        first = speakers[0] if speakers else self.character
        inputs = self._desk.inputs(self, user_input=text, seed=self._seed, speaker=first)
        going = self._desk.outgoing(text, inputs)
        self._apply(going.changes)
        if going.message is not None:
            self.chat.messages.append(going.message)
            self.store.append(self.chat)
            self.draft = ""
            self.attached.clear()
            yield MessageAdded(len(self.chat.messages) - 1)
        async with aclosing(self._round(speakers)) as events:
            async for event in events:
                yield event

    @action(talks_on=True)
    def speak(self, member: str) -> Events:
        """Let a member of the group say something, muted or not: a card's file, or a name.

        Raises as `send` does."""
        return self._round([self._group_turns().member(member)])

    @action(talks_on=True)
    def regenerate(self) -> Events:
        """Write the last reply anew. The old one comes back with `undo`, or if nothing arrives."""
        last = self._last_message()
        if last.is_user:
            return self._round(self._speakers())
        speaker = self._first_speaker(generation=GenerationType.REGENERATE)
        self._remember("regenerate")
        target = Target(index=len(self.chat.messages) - 1, before=last, extra=self._batch())
        return self._answer(GenerationType.REGENERATE, target, speaker)

    @action()
    def continue_(self) -> Events:
        """Let the last message go on."""
        last = self._last_message()
        speaker = self._first_speaker(generation=GenerationType.CONTINUE)
        target = Target(index=len(self.chat.messages) - 1, before=last, prefix=last.text)
        return self._answer(GenerationType.CONTINUE, target, speaker)

    @action()
    def continue_with(self, index: int, text: str) -> Events:
        """Begin another swipe of the last message with `text` (its beginning, and another token at the end,
        say) and let the model go on from there."""
        index = self._index(index)
        if index != len(self.chat.messages) - 1:
            raise UsageError("Only the last message can go on.")
        self._remember("another token")
        message = self.chat.messages[index]
        self._put(index, message.with_swipe(replace(message.swipe, text=text, source={})))
        self.changed.send(MessageChanged(index))
        speaker = self._first_speaker(generation=GenerationType.CONTINUE)
        before = self.chat.messages[index]
        return self._generate(
            GenerationType.CONTINUE, Target(index=index, before=before, prefix=text), speaker
        )

    @action()
    async def swipe_right(self, index: int = -1) -> Events:
        """Show a message's next swipe; past its last one, write a new one. For a message in the middle
        of the chat the model sees what stands before it."""
        index = self._index(index)
        message = self.chat.messages[index]
        if message.shown + 1 < len(message.swipes):
            self._put(index, replace(message, shown=message.shown + 1))
            yield MessageChanged(index)
            return
        if message.is_user:
            raise UsageError("Only a reply can be swiped.", hint="Send the message to get a reply first.")
        if self._is_greeting(index):
            self._put(index, replace(message, shown=0))
            yield MessageChanged(index)
            return
        speaker = self._author_of(index, GenerationType.SWIPE)
        target = Target(index=index, before=message, extra=self._batch())
        async with aclosing(self._answer(GenerationType.SWIPE, target, speaker)) as events:
            async for event in events:
                yield event

    @action()
    def impersonate(self, text: str = "") -> Events:
        """Have the model write the user's next message; it ends up in ReplyEnded.text."""
        speaker = self._first_speaker(generation=GenerationType.IMPERSONATE)
        return self._generate(GenerationType.IMPERSONATE, Target(), speaker, user_input=text)

    @action()
    def quietly(self, prompt: str) -> Events:
        """Have the model answer a prompt put after the chat; the answer is in ReplyEnded.text, and
        nothing is written into the chat."""
        speaker = self._first_speaker(generation=GenerationType.QUIET)
        return self._generate(GenerationType.QUIET, Target(), speaker, user_input=prompt)

    @action()
    async def ask(self, who: Character, prompt: str) -> Events:
        """The same, answered by somebody who need not be in this chat."""
        before = self.character
        try:
            stream = self._generate(GenerationType.QUIET, Target(), who, user_input=prompt)
            async with aclosing(stream) as events:
                async for event in events:
                    yield event
        finally:
            self.character = before

    @action()
    def bare(
        self,
        text: str,
        *,
        system: str = "",
        prefill: str = "",
        stop: tuple[str, ...] = (),
        max_tokens: int = 0,
        instruct: bool = True,
    ) -> Events:
        """Have the model answer this text alone, without chat and card; nothing is written into the
        chat. `max_tokens`: 0 for the connection's."""
        speaker = self._first_speaker(generation=GenerationType.QUIET)
        with self._answering():
            inputs = self._desk.inputs(self, user_input="", seed=self._seed, dry_run=True, speaker=speaker)
        prompt = bare_prompt(inputs, text, system=system, prefill=prefill, stop=stop, instruct=instruct)
        return self._generate(GenerationType.QUIET, Target(), speaker, edited=prompt, max_tokens=max_tokens)

    @action()
    def look_at(self, url: str, prompt: str) -> Events:
        """Have the model answer this about one of our files alone; nothing is written into the chat.

        Raises UsageError where the model cannot be shown it."""
        desk, connection = self._desk, self._desk.connections.current
        found = desk.attachments.for_prompt(
            (), connection.provider, desk.picture_detail(), kinds=desk.media_takes.kinds(), waiting=(url,)
        )
        if url not in found:
            raise UsageError(f"{desk.connections.model or 'The model'} cannot be shown {url[:200]}.")
        message = PromptMessage(role=Role.USER, content=prompt, cargo=Cargo(media=(found[url],)))
        speaker = self._first_speaker(generation=GenerationType.QUIET)
        edited = ChatPrompt(messages=(message,))
        return self._generate(GenerationType.QUIET, Target(), speaker, edited=edited)

    def count(self, text: str) -> int:
        """Tokens of a text, as far as the current connection's counter knows."""
        return self._desk.counts.counter().count(text)

    @property
    def reasoning(self) -> ReasoningTemplate:
        """How thinking is marked in texts."""
        return self._desk.reasoning

    def substitute(self, text: str) -> str:
        """A text with its macros resolved as in the prompt; changes to variables are kept."""
        inputs = self._desk.inputs(self, user_input="", seed=random.getrandbits(48))
        text, changes = self._desk.resolved(text, inputs)
        self._apply(changes)
        return text

    @property
    def variables(self) -> Mapping[str, object]:
        """The variables of this chat."""
        stored = self.chat.metadata.get("variables")
        return stored if isinstance(stored, Mapping) else {}

    @property
    def global_variables(self) -> Mapping[str, object]:
        """The variables all chats share."""
        return self._desk.global_variables

    def set_variables(self, values: Mapping[str, object], *, everywhere: bool = False) -> None:
        """Set these variables (None removes one), of this chat or of all."""
        merged = {**(self.global_variables if everywhere else self.variables), **values}
        kept = {name: value for name, value in merged.items() if value is not None}
        self._apply(StateChanges(global_variables=kept) if everywhere else StateChanges(chat_variables=kept))

    @action()
    def send_edited(self, edited: str | Sequence[Mapping[str, str]], *, speaker: str = "") -> Events:
        """Send exactly this prompt, once, and keep the reply as the character's next message.

        `speaker`: whose message that is in a group; empty: who would speak next."""
        who = self._group_turns().member(speaker) if speaker else self._first_speaker()
        prompt = self._edited_prompt(edited, who)
        return self._generate(GenerationType.NORMAL, Target(extra=self._batch()), who, edited=prompt)

    # --- immediate changes

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

    def shown_text(self, index: int) -> str:
        """A message's text as it is shown: macros resolved, display scripts applied. Not cleaned."""
        depth = len(self.chat.messages) - 1 - index
        return self._desk.shown(self, self.chat.messages[index], depth)

    def shower(self) -> Callable[[Message, int], Message]:
        """Makes of messages what is shown of them, as `shown_text` does; the number is the distance from
        the last message. For many: ask for a new one when settings or scripts have changed."""
        shown = self._desk.shower(self)

        def show(message: Message, depth: int) -> Message:
            text = shown(message, depth)
            return message if text == message.text else message.with_text(text)

        return show

    # --- looking ahead

    async def get_ready(self, text: str = "") -> None:
        """Learn what the server knows of itself and count with it, so that a preview is right."""
        await self._desk.get_ready(self, text, speaker=self._first_speaker(text))

    def preview(
        self, text: str = "", generation: GenerationType = GenerationType.NORMAL, *, speaker: str = ""
    ) -> PromptPreview:
        """The request as `send(text)` would send it now; in a group, the one for the member who
        would speak first, or for `speaker`. Changes nothing and waits for nothing; tokens are
        counted in the background where they are not known yet."""
        who = self._group_turns().member(speaker) if speaker else self._first_speaker(text, generation)
        inputs = self._desk.inputs(
            self, user_input=text, generation=generation, seed=self._seed, dry_run=True, speaker=who
        )
        built = self._desk.build(inputs)
        self._desk.counts.count_soon()
        request = self._desk.request(built, inputs)
        connection, sent = self._last_sent or ("", "")
        same = connection == self._desk.connections.current.name
        return make_preview(
            built,
            self._desk.wire(request),
            sent if same else None,
            speaker=who.name if self.turns is not None else "",
        )

    # --- inside

    def _edited_prompt(self, edited: str | Sequence[Mapping[str, str]], speaker: Character) -> Prompt:
        inputs = self._desk.inputs(self, user_input="", seed=self._seed, dry_run=True, speaker=speaker)
        built = self._desk.build(inputs)
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

    def _is_greeting(self, index: int) -> bool:
        """Whether the message is one whose swipes came with the card. Members of groups say one
        of their greetings only; another text is written for them."""
        alone = self.turns is None
        return alone and index == 0 and not any(message.is_user for message in self.chat.messages)

    def _last_message(self) -> Message:
        if not self.chat.messages:
            raise UsageError("The chat is empty.", hint="Write something first.")
        return self.chat.messages[-1]
