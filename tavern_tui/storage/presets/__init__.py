"""Preset files of all four kinds: found, read, told apart and saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tavern_tui.core.errors import DataError
from tavern_tui.core.preset import ChatPreset
from tavern_tui.core.samplers import SamplerValue
from tavern_tui.storage.atomic import write_json
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.json_keep import read_object
from tavern_tui.storage.named_files import names_in, path_in
from tavern_tui.storage.presets.chat import chat_preset_from_json, chat_preset_to_json
from tavern_tui.storage.presets.chat_options import (
    chat_biases,
    chat_options_from,
    picture_detail,
    preset_of_settings,
    shows_media,
    tool_rounds,
    wants_tools,
)
from tavern_tui.storage.presets.default import default_chat_preset
from tavern_tui.storage.presets.samplers import (
    CHAT,
    KOBOLD,
    LENGTHS,
    NOVEL,
    NOVEL_LENGTHS,
    ORDERS,
    TEXTGEN,
    lengths_from,
    samplers_from,
    samplers_from_textgen,
    with_samplers,
)

__all__ = [
    "PresetKind",
    "TextPreset",
    "chat_options_from",
    "chat_preset_from_json",
    "chat_preset_to_json",
    "default_chat_preset",
    "lengths_from",
    "list_presets",
    "ordered_samplers",
    "picture_detail",
    "preset_from_json",
    "preset_kind",
    "preset_of_settings",
    "preset_path",
    "read_any_preset",
    "read_chat_preset",
    "read_text_preset",
    "samplers_from_chat",
    "samplers_from_textgen",
    "samplers_in",
    "save_chat_preset",
    "save_preset",
    "shows_media",
    "text_kind",
    "text_preset_with",
    "tool_rounds",
    "wants_tools",
]

ENDING = ".json"


class PresetKind(StrEnum):
    """Which of SillyTavern's preset folders a file belongs to."""

    CHAT = "chat"
    TEXT = "text"
    KOBOLD = "kobold"
    NOVEL = "novel"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPreset:
    """A preset for text completion (text generation, KoboldAI or NovelAI)."""

    kind: PresetKind
    name: str
    samplers: Mapping[str, SamplerValue]
    """By our names."""
    lengths: Mapping[str, int]
    """`max_tokens` and `context_size`, where the preset has them."""
    source: Mapping[str, object]
    """The file's object."""


@dataclass(frozen=True, slots=True)
class _Kind:
    kind: PresetKind
    folder: Callable[[Folders], Path]
    samplers: Mapping[str, str]
    lengths: Mapping[str, str]
    marks: tuple[str, ...]
    """A file with one of these keys is of this kind."""


_KINDS = (
    _Kind(
        PresetKind.CHAT,
        lambda folders: folders.openai_settings,
        CHAT,
        LENGTHS,
        ("prompt_order", "prompts", "openai_max_context", "openai_max_tokens", "chat_completion_source"),
    ),
    _Kind(
        PresetKind.NOVEL,
        lambda folders: folders.novel_settings,
        NOVEL,
        NOVEL_LENGTHS,
        ("tail_free_sampling", "phrase_rep_pen", "repetition_penalty_frequency"),
    ),
    _Kind(PresetKind.KOBOLD, lambda folders: folders.kobold_settings, KOBOLD, LENGTHS, ("typical",)),
    _Kind(
        PresetKind.TEXT,
        lambda folders: folders.textgen_settings,
        TEXTGEN,
        LENGTHS,
        ("temp", "rep_pen", "typical_p", "min_p", "samplers", "temperature_last"),
    ),
)
"""In the order in which a file is tested."""
_BY_KIND = {one.kind: one for one in _KINDS}

KIND_OF = {"kobold": PresetKind.KOBOLD, "horde": PresetKind.KOBOLD, "novelai": PresetKind.NOVEL}
"""Providers whose presets lie in a folder of their own; all others have those of text generation."""


def text_kind(provider: str) -> PresetKind:
    """The kind of text-completion presets a provider is used with."""
    return KIND_OF.get(provider, PresetKind.TEXT)


def ordered_samplers(preset: TextPreset, provider: str) -> dict[str, SamplerValue]:
    """A preset's samplers, with the order it keeps for this provider."""
    if preset.kind is PresetKind.TEXT and provider in ORDERS:
        return {**preset.samplers, **samplers_from(preset.source, {ORDERS[provider]: "sampler_order"})}
    return dict(preset.samplers)


def preset_kind(preset: Mapping[str, object]) -> PresetKind | None:
    """The kind of preset this object is, by its keys; None if it looks like none."""
    for row in _KINDS:
        if any(mark in preset for mark in row.marks):
            return row.kind
    # Chat presets stripped down to samplers have no key of their own.
    return PresetKind.CHAT if "temperature" in preset else None


def read_any_preset(path: Path, warnings: list[str] | None = None) -> ChatPreset | TextPreset:
    """A preset file of any kind. Raises UnreadableFile, DataError."""
    return preset_from_json(path.name.removesuffix(ENDING), read_object(path), warnings)


def read_text_preset(path: Path, kind: PresetKind, warnings: list[str] | None = None) -> TextPreset:
    """A preset out of the folder of its kind, where it may set as little as it likes.

    Raises UnreadableFile, DataError for one of another kind."""
    name, preset = path.name.removesuffix(ENDING), read_object(path)
    if any(mark in preset for mark in _BY_KIND[PresetKind.CHAT].marks):
        raise DataError(f'"{name}" is a preset for chat completion.')
    return _text_preset(name, preset, _BY_KIND[kind], warnings if warnings is not None else [])


def preset_from_json(
    name: str, preset: Mapping[str, object], warnings: list[str] | None = None
) -> ChatPreset | TextPreset:
    """A preset of any kind from its object. Raises DataError if it is none."""
    kind = preset_kind(preset)
    if kind is None:
        raise DataError(f'"{name}" is not a preset: it sets no sampler and has no prompts.')
    heard = warnings if warnings is not None else []
    if kind is PresetKind.CHAT:
        return chat_preset_from_json(name, preset, heard)
    return _text_preset(name, preset, _BY_KIND[kind], heard)


def _text_preset(name: str, preset: Mapping[str, object], row: _Kind, heard: list[str]) -> TextPreset:
    return TextPreset(
        kind=row.kind,
        name=name,
        samplers=samplers_from(preset, row.samplers, f'Preset "{name}"', heard),
        lengths=lengths_from(preset, row.lengths),
        source=preset,
    )


def samplers_in(kind: PresetKind, source: Mapping[str, object]) -> dict[str, SamplerValue]:
    """The samplers a text-completion preset's object sets, by our names."""
    return samplers_from(source, _BY_KIND[kind].samplers)


def text_preset_with(
    kind: PresetKind,
    source: Mapping[str, object],
    values: Mapping[str, SamplerValue | None],
    *,
    backend: str = "",
    lengths: Mapping[str, int] | None = None,
) -> dict[str, object]:
    """A text-completion preset's object with these samplers and lengths in it. `backend`: the provider
    whose sampler order the file keeps."""
    row = _BY_KIND[kind]
    names = dict(row.samplers)
    if kind is PresetKind.TEXT and backend in ORDERS:
        names[ORDERS[backend]] = "sampler_order"
    made = with_samplers(source, names, values)
    theirs_of = {ours: theirs for theirs, ours in reversed(list(row.lengths.items()))}
    return made | {theirs_of[ours]: tokens for ours, tokens in (lengths or {}).items() if ours in theirs_of}


def samplers_from_chat(preset: ChatPreset) -> dict[str, SamplerValue]:
    """The samplers a chat-completion preset sets, by our names."""
    return samplers_from(preset.source, CHAT) | chat_biases(preset.source)


def list_presets(folders: Folders, kind: PresetKind) -> list[str]:
    """Names of the presets of one kind."""
    return names_in(_BY_KIND[kind].folder(folders), ENDING)


def preset_path(folders: Folders, kind: PresetKind, name: str) -> Path:
    """Where the preset of this name is or would be. Raises DataError."""
    return path_in(_BY_KIND[kind].folder(folders), name, ENDING)


def save_preset(folders: Folders, kind: PresetKind, name: str, preset: Mapping[str, object]) -> Path:
    """Write a preset's object as it is. Raises DataError, WriteFailed."""
    path = preset_path(folders, kind, name)
    write_json(path, preset)
    return path


def read_chat_preset(path: Path, warnings: list[str] | None = None) -> ChatPreset:
    """A chat-completion preset file. Raises UnreadableFile."""
    heard = warnings if warnings is not None else []
    return chat_preset_from_json(path.name.removesuffix(ENDING), read_object(path), heard)


def save_chat_preset(folders: Folders, preset: ChatPreset) -> Path:
    """Write a chat-completion preset. Raises DataError, WriteFailed."""
    return save_preset(folders, PresetKind.CHAT, preset.name, chat_preset_to_json(preset))
