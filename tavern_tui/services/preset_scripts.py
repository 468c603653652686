"""The regex scripts of the preset in use, read again only when its file changed."""

from __future__ import annotations

from pathlib import Path

from tavern_tui.core.errors import DataError
from tavern_tui.core.preset import RegexScript
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.json_keep import dig, read_object
from tavern_tui.storage.presets import PresetKind, preset_path
from tavern_tui.storage.sillytavern import PRESET_SCRIPTS, TavernSetup, regex_scripts_from

APIS = {PresetKind.CHAT: "openai", PresetKind.TEXT: "textgenerationwebui"}
"""Kind of preset -> SillyTavern's name of the API it is for."""


class PresetScripts:
    """What the presets bring along besides samplers and prompts."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._held: dict[Path, tuple[tuple[int, int], tuple[RegexScript, ...]]] = {}

    def path(self, kind: PresetKind, name: str) -> Path | None:
        """Where a preset's file is or would be; None for a name that no file can have."""
        try:
            return preset_path(self._folders, kind, name)
        except DataError:
            return None

    def all(self, kind: PresetKind, name: str) -> tuple[RegexScript, ...]:
        """The scripts of a preset, whether they may run or not; none if it cannot be read."""
        path = self.path(kind, name) if name else None
        if path is None:
            return ()
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if path not in self._held or self._held[path][0] != stamp:
                found = dig(read_object(path), PRESET_SCRIPTS)
                self._held[path] = stamp, regex_scripts_from(found, f"The preset {name}", [])
        except (DataError, OSError):
            return ()  # whoever needs its samplers says so
        return self._held[path][1]

    def allowed(self, setup: TavernSetup, kind: PresetKind, name: str) -> tuple[RegexScript, ...]:
        """The scripts of a preset that may run: all of them if the user said so, else none."""
        return self.all(kind, name) if name in setup.allowed_preset_regex.get(APIS[kind], ()) else ()
