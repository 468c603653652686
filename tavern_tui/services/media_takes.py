"""MediaTakes: which kinds of files the model that answers can be shown, and why not the others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import TavernError

if TYPE_CHECKING:
    from tavern_tui.services.attachments import Attached
    from tavern_tui.services.connections import ConnectionService

IMAGE = frozenset({"image"})
NOTHING: frozenset[str] = frozenset()
WAVE_AND_MP3 = frozenset({"audio/wav", "audio/mpeg"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Takes:
    """What a service takes."""

    kinds: frozenset[str] = IMAGE
    sees: str = ""
    """Only models with such names take anything; empty: all may."""
    blind: str = ""
    """Models with such names take nothing."""
    hears: str = ""
    """Only models with such names take sounds; empty: all may."""
    sounds: frozenset[str] = NOTHING
    """The kinds of sound it takes; empty: all we know."""


OPENAI_BLIND = r"^gpt-3|^gpt-4(-\d{4}|-32k|-1106|-0125)?(-preview)?$|^o1-(mini|preview)|^o3-mini"
ALL = frozenset({"image", "video", "audio", "document"})
SPOKEN = frozenset({"image", "audio"})

SERVICES: Mapping[str, Takes] = {
    "openai": Takes(
        kinds=frozenset({"image", "audio", "document"}),
        blind=OPENAI_BLIND,
        hears="audio",
        sounds=WAVE_AND_MP3,
    ),
    "azure_openai": Takes(blind=OPENAI_BLIND),
    "claude": Takes(kinds=frozenset({"image", "document"}), blind=r"claude-(2|instant)"),
    "makersuite": Takes(kinds=ALL, blind=r"^gemma-(2|3n?-1b)"),
    "vertexai": Takes(kinds=ALL),
    "openrouter": Takes(kinds=ALL, sounds=WAVE_AND_MP3),
    "zai": Takes(kinds=frozenset({"image", "video"}), sees=r"\dv"),
    "deepseek": Takes(sees="vision|-vl"),
    "cohere": Takes(sees="vision|command-a-plus"),
    "groq": Takes(sees=r"llama-4|vision|llava"),
    "xai": Takes(blind=r"^grok-(2(?!-vision)|3|beta|code)"),
    "ai21": Takes(kinds=NOTHING),
    "perplexity": Takes(kinds=NOTHING),
    "minimax": Takes(kinds=NOTHING),
    "custom": Takes(kinds=SPOKEN, sounds=WAVE_AND_MP3),
    "llamacpp-chat": Takes(kinds=SPOKEN, sounds=WAVE_AND_MP3),
}
"""By provider; the others take pictures."""

LISTED = frozenset({
    "claude", "mistralai", "openrouter", "electronhub", "aimlapi", "fireworks", "nanogpt", "chutes",
    "moonshot", "pollinations",
})  # fmt: skip
"""Providers whose list of models says which of them see."""

SKILLS = {"image": "vision", "audio": "audio", "video": "video", "document": "files"}
WORDS = {"image": "pictures", "audio": "sounds", "video": "films", "document": "PDFs"}


@dataclass(slots=True)
class MediaTakes:
    """Asks a service's list once for each model; without an answer everything the service takes is tried."""

    _connections: ConnectionService
    _skills: dict[tuple[str, str], Mapping[str, frozenset[str]]] = field(default_factory=dict)

    async def learn(self) -> None:
        """Look into the list of models of the connection that answers, where that helps."""
        connection = self._connections.current
        if connection.provider not in LISTED or _place(connection) in self._skills:
            return
        try:
            models = await self._connections.models(connection)
        except TavernError:
            return  # whoever is asked for a reply says it better
        skills = {model.id: frozenset(model.capabilities) for model in models}
        tells = any("vision" in found for found in skills.values())
        self._skills[_place(connection)] = skills if tells else {}

    def kinds(self) -> frozenset[str]:
        """What the model that answers takes, as far as one can tell."""
        takes = self._takes()
        model = self._connections.model
        if self._connections.spec_of(self._connections.current).prompt_kind != "chat" or not _sees(
            takes, model
        ):
            return NOTHING
        kinds = takes.kinds - ({"audio"} if takes.hears and not re.search(takes.hears, model) else NOTHING)
        listed = self._listed(model)
        if listed is None:
            return kinds
        # lists name pictures; what they do not speak of cannot be told apart from what a model cannot do
        silent = frozenset() if self._connections.current.provider == "openrouter" else kinds - IMAGE
        return frozenset(kind for kind in kinds if kind in silent or SKILLS[kind] in listed)

    def refusal(self, attached: Attached) -> str:
        """Why the model cannot be shown this file, in one sentence; empty: it can."""
        connection, takes = self._connections.current, self._takes()
        spec = self._connections.spec_of(connection)
        word = WORDS[attached.kind]
        if spec.prompt_kind != "chat":
            return f"{spec.title} reads text only: pictures and files need a chat-completion connection."
        if attached.kind not in takes.kinds:
            return f"{spec.title} takes no {word}."
        if attached.kind not in self.kinds():
            model = self._connections.model or "the model"
            return f"{model} takes no {word}; choose another model of {spec.title}."
        if attached.kind == "audio" and takes.sounds and attached.mime not in takes.sounds:
            return f"{spec.title} takes sounds as WAV or MP3 only, and {attached.name} is {attached.mime}."
        return ""

    def _takes(self) -> Takes:
        return SERVICES.get(self._connections.current.provider, Takes())

    def _listed(self, model: str) -> frozenset[str] | None:
        """What the list says of a model; None: nothing."""
        return self._skills.get(_place(self._connections.current), {}).get(model)


def _sees(takes: Takes, model: str) -> bool:
    if takes.blind and re.search(takes.blind, model):
        return False
    return not (takes.sees and model) or re.search(takes.sees, model) is not None


def _place(connection: Connection) -> tuple[str, str]:
    return connection.provider, connection.url
