"""Preset files as they are now: read again when they changed, and what is odd in one said once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tavern_tui.core.errors import DataError
from tavern_tui.core.preset import ChatPreset
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.presets import PresetKind, TextPreset, preset_path, read_chat_preset, read_text_preset

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A preset file as it was read."""

    stamp: Stamp
    preset: ChatPreset | TextPreset | None
    """None: it cannot be read, or is of another kind."""
    warnings: tuple[str, ...]


class PresetShelf:
    """One per program, because a prompt is built with every key that is typed."""

    def __init__(self, folders: Folders, warn: Callable[[str], None]) -> None:
        self._folders = folders
        self._warn = warn
        self._held: dict[tuple[PresetKind, str], Shelved] = {}

    def chat(self, name: str) -> ChatPreset | None:
        """A chat-completion preset; None, with a notice, if it cannot be read."""
        preset = self._look(PresetKind.CHAT, name).preset
        return preset if isinstance(preset, ChatPreset) else None

    def text(self, name: str, kind: PresetKind = PresetKind.TEXT) -> TextPreset | None:
        """A text-completion preset; None, with a notice, if it cannot be read."""
        preset = self._look(kind, name).preset
        return preset if isinstance(preset, TextPreset) else None

    def warnings(self, kind: PresetKind, name: str) -> tuple[str, ...]:
        """What is odd in a preset, one sentence each."""
        return self._look(kind, name).warnings

    def _look(self, kind: PresetKind, name: str) -> Shelved:
        stamp = self._stamp(kind, name)
        held = self._held.get((kind, name))
        if held is not None and held.stamp == stamp:
            return held
        fresh = self._read(kind, name, stamp)
        self._held[kind, name] = fresh
        for sentence in fresh.warnings:
            if held is None or sentence not in held.warnings:
                self._warn(sentence)
        return fresh

    def _stamp(self, kind: PresetKind, name: str) -> Stamp:
        """Tells one state of the file from the next; every writing makes a new inode."""
        try:
            stat = preset_path(self._folders, kind, name).stat()
        except (DataError, OSError):
            return (0, 0, 0)
        return stat.st_mtime_ns, stat.st_size, stat.st_ino

    def _read(self, kind: PresetKind, name: str, stamp: Stamp) -> Shelved:
        warnings: list[str] = []
        preset: ChatPreset | TextPreset | None = None
        try:
            path = preset_path(self._folders, kind, name)
            if kind is PresetKind.CHAT:
                preset = read_chat_preset(path, warnings)
            else:
                preset = read_text_preset(path, kind, warnings)
        except DataError as error:
            warnings.append(f"{error} {error.hint}".strip())
        return Shelved(stamp=stamp, preset=preset, warnings=tuple(warnings))
