"""What the data folder says about prompts: lore settings, notes, regex scripts, tags, options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tavern_tui.core.errors import TavernError
from tavern_tui.services.signal import Signal
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.json_keep import KeyPath
from tavern_tui.storage.sillytavern import TavernSetup, read_setup, write_global_variables
from tavern_tui.storage.st_settings import change_st_settings


class SetupService:
    """Reads the folder's settings once, and again when the file changed."""

    def __init__(self, folders: Folders, warn: Callable[[str], None]) -> None:
        self._folders = folders
        self._warn = warn
        self._stamp: tuple[int, int] | None = None
        self._value: TavernSetup | None = None
        self.changed: Signal[None] = Signal()
        """The user changed settings that bear on prompts, replies or how they are shown."""

    @property
    def value(self) -> TavernSetup:
        """The settings in force."""
        stamp = self._stamp_now()
        if self._value is None or stamp != self._stamp:
            warnings: list[str] = []
            self._value, self._stamp = read_setup(self._folders, warnings), stamp
            for sentence in warnings:
                self._warn(sentence)
        return self._value

    def _stamp_now(self) -> tuple[int, int] | None:
        try:
            stat = self._folders.st_settings.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size

    def change_option(self, name: str, value: object) -> None:
        """Set one of SillyTavern's own options (`power_user`). Raises UnreadableFile, WriteFailed."""
        self.change({("power_user", name): value})

    def change(self, changes: Mapping[KeyPath, object]) -> None:
        """Set these keys of settings.json. Raises UnreadableFile, WriteFailed."""
        change_st_settings(self._folders, changes)
        self.changed.send(None)

    def change_global_variables(self, variables: Mapping[str, object]) -> None:
        """Keep the global variables; where the file cannot be written, for this run only."""
        value = self.value
        try:
            write_global_variables(self._folders, dict(variables))
        except TavernError as error:
            self._warn(f"The global variables could not be kept. {error}")
        self._value = replace(value, global_variables=dict(variables))
        self._stamp = self._stamp_now()
