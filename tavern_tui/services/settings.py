"""The program's own settings: one frozen value, replaced and saved as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tavern_tui.core.settings import Settings
from tavern_tui.services.signal import Signal
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.settings import load_settings, save_settings


class SettingsService:
    """Holds the settings in force and writes every change to the settings file."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        loaded = load_settings(folders.config_file)
        self.value: Settings = loaded.settings
        self.warnings: tuple[str, ...] = loaded.warnings
        """One sentence for each thing in the file that could not be used."""
        self._writable = loaded.writable
        self.changed: Signal[Settings] = Signal()

    def change(self, **fields: Any) -> None:
        """Replace these fields; saved at once, unless the file was unreadable.

        Raises WriteFailed."""
        changed = replace(self.value, **fields)
        if changed == self.value:
            return
        if self._writable:
            save_settings(self._folders.config_file, changed)
        self.value = changed
        self.changed.send(changed)
