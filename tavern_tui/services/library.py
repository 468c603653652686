"""Characters, personas, lorebooks and presets: listing, opening, taking over from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tavern_tui.core.character import Character
from tavern_tui.core.errors import DataError, TavernError, UsageError
from tavern_tui.core.lorebook import Lorebook
from tavern_tui.core.persona import Persona
from tavern_tui.core.preset import ChatPreset
from tavern_tui.services.signal import Signal
from tavern_tui.storage import imports
from tavern_tui.storage.cards import read_card, save_card
from tavern_tui.storage.catalogue import CharacterSummary, list_characters
from tavern_tui.storage.folders import Folders, inside
from tavern_tui.storage.lorebooks import list_worlds, read_lorebook
from tavern_tui.storage.personas import list_personas
from tavern_tui.storage.presets import read_chat_preset
from tavern_tui.storage.trash import to_trash


class Library:
    """What the data folder holds. Reads files again only when they changed."""

    def __init__(self, folders: Folders, warn: Callable[[str], None]) -> None:
        self._folders = folders
        self._warn = warn
        self._books: dict[str, tuple[int, Lorebook | None]] = {}
        self.changed: Signal[None] = Signal()
