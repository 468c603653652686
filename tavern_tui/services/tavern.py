"""Tavern: what is open now - settings, connections, library and one chat session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Chat, Message, Swipe
from tavern_tui.core.errors import TavernError, UnreadableFile, UsageError
from tavern_tui.core.lorebook import Lorebook
from tavern_tui.core.persona import Persona
from tavern_tui.core.samplers import SamplerValue
from tavern_tui.core.settings import Settings
from tavern_tui.services.chat_store import ChatStore
from tavern_tui.services.connections import ConnectionService
from tavern_tui.services.library import Library
from tavern_tui.services.log import LogView
from tavern_tui.services.prompts import PromptDesk
from tavern_tui.services.session import ChatSession
from tavern_tui.services.settings import SettingsService
from tavern_tui.services.signal import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetValues:
    """What a text-completion preset file sets."""

    samplers: Mapping[str, SamplerValue]
    lengths: Mapping[str, int]
    """`max_tokens`, `context_size`, where the preset has them."""


class Tavern:
    """One per program; the app and the command line both drive it."""
