"""A Tavern without files or network, for screens that need awkward data on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Chat, Message, Role, Swipe, a_message
from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.core.generation import FinishReason, GenerationType, Model, ServerStatus
from tavern_tui.core.persona import Persona
from tavern_tui.core.prompt import BuiltPrompt, LeftOut, LoreVerdict, PromptPart, TextPrompt
from tavern_tui.core.settings import Settings
from tavern_tui.services.chat_places import ChatOwner
from tavern_tui.services.connection_offers import Offer
from tavern_tui.services.events import (
    MessageAdded,
    MessageChanged,
    MessageRemoved,
    ReplyEnded,
    ReplyGrew,
    ReplyStarted,
    SessionEvent,
)
from tavern_tui.services.preview import PromptPreview, WireView
from tavern_tui.services.signal import Signal
from tavern_tui.services.tabs import Tabs

Events = AsyncGenerator[SessionEvent, None]


@dataclass(frozen=True, kw_only=True)
class FakeSummary:
    file: str
    name: str
    tags: tuple[str, ...] = ()
    favourite: bool = False
    creator: str = ""
    modified: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    has_lorebook: bool = False


@dataclass(frozen=True, kw_only=True)
class FakeChatSummary:
    title: str
    messages: int | None
    modified: datetime
    preview: str
    size: int = 0


@dataclass(frozen=True, kw_only=True)
class FakeProvider:
    id: str
    title: str
    kind: str = "text"
    default_url: str = "http://127.0.0.1:8080"
    key: str = "none"
    home: str = ""
    samplers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FakeFound:
    title: str
    url: str
    model: str = ""
    provider_id: str = "llamacpp"


@dataclass(frozen=True, kw_only=True)
class FakeImported:
    sentence: str
    character: FakeSummary | None = None
    kind: str = "character"


class FakeConnections:
    def __init__(self, *connections: Connection) -> None:
        self.all = connections or (Connection(name="offline", provider="offline"),)
        self.current = self.all[0]
        self.status: ServerStatus | None = None
        self.changed: Signal[Connection] = Signal()
        self.status_changed: Signal[ServerStatus | None] = Signal()
        self.template_name = "ChatML (from the server)"
        self.context_size = 8192
        self.found: list[FakeFound] = []
        self.answers: ServerStatus | TavernError = ServerStatus(
            ok=True, title="llama.cpp", model="small.gguf"
        )
        self.keys: dict[str, str] = {}

    @property
    def model(self) -> str:
        return self.current.model

    def select(self, name: str) -> Connection:
        self.current = next(one for one in self.all if one.name == name)
        self.changed.send(self.current)
        return self.current

    async def switch(self, name: str) -> ServerStatus:
        self.select(name)
        return ServerStatus(ok=True)

    def work_of(self, connection: Connection) -> frozenset[str]:
        return frozenset()

    def save(self, connection: Connection, *, key: str | None = None, replaces: str = "") -> None:
        if key:
            self.keys[connection.name] = key
        self.all = (*(one for one in self.all if one.name != replaces), connection)
        if self.current.name in (replaces, connection.name):
            self.select(connection.name)

    def remove(self, name: str) -> None:
        if len(self.all) == 1:
            raise UsageError(f'"{name}" cannot be removed.')
        self.all = tuple(one for one in self.all if one.name != name)
        if self.current.name == name:
            self.select(self.all[0].name)

    def adopt(self, found: FakeFound) -> Connection:
        self.save(Connection(name=found.title, provider=found.provider_id, url=found.url, model=found.model))
        return self.select(found.title)

    def providers(self) -> list[FakeProvider]:
        return [
            FakeProvider(id="llamacpp", title="llama.cpp"),
            FakeProvider(id="koboldcpp", title="KoboldCpp", default_url="http://127.0.0.1:5001"),
            FakeProvider(id="openai", title="OpenAI", kind="chat", default_url="", key="required"),
        ]

    def has_template(self, connection: Connection) -> bool:
        return connection.provider != "openai"

    def template_names(self) -> list[str]:
        return ["ChatML", "Llama 3", "Mistral V7", "Alpaca"]

    async def check(self, connection: Connection, key: str | None = None) -> ServerStatus:
        if isinstance(self.answers, TavernError):
            raise self.answers
        return self.answers

    async def models(self, connection: Connection, key: str | None = None) -> list[Model]:
        return [Model(id="small.gguf"), Model(id="large.gguf", detail="70B")]

    async def probe(self) -> list[FakeFound]:
        return self.found


class FakeOffers:
    def fields(self, connection: Connection) -> tuple[str, ...]:
        return ("instruct",)

    def of(self, field: str, connection: Connection) -> list[Offer]:
        return [Offer(value=name, title=name) for name in ("auto", "none", "ChatML")]

    def title(self, field: str, connection: Connection) -> str:
        return str(getattr(connection, field))

    def lengths(self, field: str, connection: Connection) -> Mapping[str, int]:
        return {}


class FakeLibrary:
    def __init__(self, *characters: FakeSummary) -> None:
        self.all = list(characters) or [FakeSummary(file="Ann", name="Ann", tags=("miller",))]
        self.changed: Signal[None] = Signal()
        self.deleted: list[str] = []

    def characters(self) -> list[FakeSummary]:
        return [one for one in self.all if one.file not in self.deleted]

    def groups(self) -> list[Any]:
        return []

    def character(self, file: str) -> Character:
        name = next(one.name for one in self.all if one.file == file)
        return Character(name=name, file=file, description=f"{name} keeps the mill.")

    async def import_file(self, path: Path, **_: object) -> FakeImported:
        self.all.append(FakeSummary(file=path.stem, name=path.stem))
        self.changed.send(None)
        return FakeImported(sentence=f"{path.stem} is here.", character=self.all[-1])

    async def delete(self, file: str) -> str:
        self.deleted.append(file)
        self.changed.send(None)
        return file

    async def restore(self, trashed: str) -> None:
        self.deleted.remove(trashed)
        self.changed.send(None)

    def personas(self) -> list[Persona]:
        return [Persona(name="Otto", file="otto.png"), Persona(name="Mia", file="mia.png")]


@dataclass(kw_only=True)
class FakeSession:
    """Replies come from `replies`, word by word; `hold` keeps them from ending by themselves."""

    character: Character = field(default_factory=lambda: Character(name="Ann", file="Ann"))
    chat: Chat = field(default_factory=lambda: Chat(title="Ann - 2026-01-01"))
    persona: Persona = field(default_factory=lambda: Persona(name="Otto"))
    replies: list[str] = field(default_factory=lambda: ["The river is high today."])
    fails: TavernError | None = None
    hold: bool = False
    readonly_reason: str = ""
    draft: str = ""
    attached: list[Any] = field(default_factory=list)
    group: None = None
    auto_mode: bool = False
    sent: list[object] = field(default_factory=list)
    changed: Signal[SessionEvent] = field(default_factory=Signal)
    parts: list[PromptPart] = field(default_factory=list)
    busy: bool = False
    unchanged: int = 0

    def __post_init__(self) -> None:
        self._stopped = asyncio.Event()
        self._undo: list[list[Message]] = []

    def stop(self) -> None:
        self._stopped.set()

    @property
    def name(self) -> str:
        return self.character.name

    def hold_auto(self) -> None:
        """Nothing talks on by itself here."""

    async def send(self, text: str) -> Events:
        if text:
            self.chat.messages.append(a_message(self.persona.name, text, is_user=True))
            yield MessageAdded(len(self.chat.messages) - 1)
        self.sent.append(text)
        if self.fails is not None:
            raise self.fails
        async for event in self._reply(None):
            yield event

    async def send_edited(self, prompt: object) -> Events:
        self.sent.append(prompt)
        async for event in self._reply(None):
            yield event

    async def regenerate(self) -> Events:
        self._undo.append(list(self.chat.messages))
        self.chat.messages[-1] = self.chat.messages[-1].with_text("")
        async for event in self._reply(len(self.chat.messages) - 1):
            yield event

    async def continue_(self) -> Events:
        async for event in self._reply(len(self.chat.messages) - 1):
            yield event

    async def swipe_right(self, index: int = -1) -> Events:
        index %= len(self.chat.messages)
        message = self.chat.messages[index]
        if message.shown + 1 < len(message.swipes):
            self.chat.messages[index] = replace(message, shown=message.shown + 1)
            yield MessageChanged(index)
            return
        self.chat.messages[index] = message.with_swipe(Swipe(text=""))
        async for event in self._reply(index):
            yield event

    async def impersonate(self, text: str = "") -> Events:
        self.busy = True
        reply = self.replies.pop(0)
        yield ReplyGrew(None, reply[:4])
        yield ReplyGrew(None, reply[4:])
        self.busy = False
        yield ReplyEnded(index=None, text=reply, reason=FinishReason.STOP)

    async def _reply(self, index: int | None) -> Events:
        self.busy = True
        self._stopped.clear()
        yield ReplyStarted(index)
        try:
            reply = self.replies.pop(0) if self.replies else "And so on."
            for word in reply.split(" "):
                if index is None:
                    index = len(self.chat.messages)
                    self.chat.messages.append(a_message(self.character.name, ""))
                    yield MessageAdded(index)
                text = self.chat.messages[index].text
                delta = f" {word}" if text else word
                self.chat.messages[index] = self.chat.messages[index].with_text(text + delta)
                yield ReplyGrew(index, delta)
            if self.hold:
                await self._stopped.wait()
        finally:
            self.busy = False
        yield ReplyEnded(
            index=index,
            text=self.chat.messages[index or -1].text,
            reason=FinishReason.STOP,
            stopped=self._stopped.is_set(),
            tokens=12,
            seconds=0.5,
            first_token=0.1,
        )

    def shown_text(self, index: int) -> str:
        return self.chat.messages[index].text

    def shower(self) -> Callable[[Message, int], Message]:
        return lambda message, depth: message

    def swipe_left(self, index: int = -1) -> None:
        index %= len(self.chat.messages)
        message = self.chat.messages[index]
        self.chat.messages[index] = replace(message, shown=max(0, message.shown - 1))
        self.changed.send(MessageChanged(index))

    def edit(self, index: int, text: str) -> None:
        self.chat.messages[index] = self.chat.messages[index].with_text(text)
        self.changed.send(MessageChanged(index))

    def delete(self, index: int) -> None:
        self._undo.append(list(self.chat.messages))
        del self.chat.messages[index]
        self.changed.send(MessageRemoved(index))

    def hide_all(self, indexes: Iterable[int], hidden: bool = True) -> None:
        for index in indexes:
            self.hide(index, hidden)

    def hide(self, index: int, hidden: bool = True) -> None:
        self.chat.messages[index] = replace(self.chat.messages[index], hidden=hidden)
        self.changed.send(MessageChanged(index))

    def undo(self) -> str:
        if not self._undo:
            return ""
        self.chat.messages[:] = self._undo.pop()
        return "delete"

    def preview(self, text: str = "", generation: GenerationType = GenerationType.NORMAL) -> PromptPreview:
        parts = (*self.parts, *self._history(text))
        whole = "".join(part.text for part in parts)
        return PromptPreview(
            built=BuiltPrompt(
                prompt=TextPrompt(text=whole),
                parts=parts,
                left_out=(LeftOut(title="#0 Ann", origin="chat", reason="no room", tokens=41),),
                lore=(
                    LoreVerdict(
                        book="Valley", uid=1, title="The mill", active=True, reason='key "mill" in #2'
                    ),
                    LoreVerdict(book="Valley", uid=2, title="The fair", active=False, reason="no key"),
                ),
                tokens=sum(part.tokens for part in parts),
                budget=7842,
            ),
            text=whole,
            request=WireView(
                method="POST",
                url="http://127.0.0.1:8080/completion",
                headers={"Content-Type": "application/json"},
                body=json.loads(json.dumps({"prompt": whole, "n_predict": 350, "stream": True})),
            ),
            unchanged_chars=min(self.unchanged, len(whole)),
            unchanged_tokens=self.unchanged // 4,
        )

    def _history(self, text: str) -> list[PromptPart]:
        messages = [(one.name, one.text, one.role) for one in self.chat.messages]
        if text:
            messages.append((self.persona.name, text, Role.USER))
        return [
            PromptPart(
                kind="history",
                title=f"#{at} {name}",
                origin=f"message {at}",
                text=f"{name}: {words}\n",
                tokens=len(words) // 4 + 4,
            )
            for at, (name, words, _) in enumerate(messages)
        ]


class FakeLog:
    def __init__(self) -> None:
        self.added: Signal[Any] = Signal()

    def lines(self) -> list[Any]:
        return []


class FakeTavern:
    """The same attributes as `services.tavern.Tavern`."""

    def __init__(
        self,
        *,
        session: FakeSession | None = None,
        connections: FakeConnections | None = None,
        library: FakeLibrary | None = None,
        settings: Settings | None = None,
        themes: Sequence[Mapping[str, object]] = (),
    ) -> None:
        self.session = session or FakeSession()
        self.connections = connections or FakeConnections()
        self.library = library or FakeLibrary()
        self.settings = settings or Settings()
        self.log = FakeLog()
        self.opened: Signal[FakeSession] = Signal()
        self.notices: Signal[str] = Signal()
        self.settings_changed: Signal[Settings] = Signal()
        self.setup_changed: Signal[None] = Signal()
        self.unfolds_thinking = False
        self.counted: Signal[None] = Signal()
        self.presets_changed: Signal[str] = Signal()
        self.offers = FakeOffers()
        self.tools = SimpleNamespace(ask=None)
        self.persona = self.session.persona
        self.closed = False
        self.chat_files = SimpleNamespace(look=lambda: True, elsewhere=None)
        self.tabs = Tabs(self.session)  # type: ignore[arg-type]  # a session for screens
        self._themes = list(themes)

    def change_settings(self, **fields: Any) -> None:
        self.settings = replace(self.settings, **fields)
        self.settings_changed.send(self.settings)

    def themes(self) -> list[Mapping[str, object]]:
        return self._themes

    async def start(self, card: str | None = None) -> None:
        pass

    async def close(self) -> None:
        self.closed = True

    @property
    def owner(self) -> ChatOwner:
        return ChatOwner(id=self.session.character.file)

    async def open_owner(self, owner: ChatOwner) -> FakeSession:
        return await self.open_character(owner.id)

    async def open_character(self, file: str) -> FakeSession:
        return self._open(
            FakeSession(character=self.library.character(file), chat=Chat(title=f"{file} - new"))
        )

    async def switch_chat(self, title: str) -> FakeSession:
        return await self.open_chat(self.session.character.file, title)

    async def open_chat(self, character_file: str, title: str) -> FakeSession:
        return self._open(FakeSession(character=self.session.character, chat=Chat(title=title)))

    async def new_chat(self) -> FakeSession:
        return await self.open_chat(self.session.character.file, "a new one")

    def _open(self, session: FakeSession) -> FakeSession:
        self.session = session
        self.tabs.put(session)  # type: ignore[arg-type]
        self.opened.send(session)
        return session

    def chats(self) -> list[FakeChatSummary]:
        when = datetime(2026, 1, 2, 12, 30, tzinfo=UTC)
        return [
            FakeChatSummary(title=self.session.chat.title, messages=24, modified=when, preview="The river …"),
            FakeChatSummary(title="Ann - 2025-12-24", messages=3, modified=when, preview="Snow."),
        ]

    async def use_persona(self, file: str) -> None:
        self.persona = next(one for one in self.library.personas() if one.file == file)
        self.session.persona = self.persona
