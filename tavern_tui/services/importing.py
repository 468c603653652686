"""Tells what a file from elsewhere is and puts it where it belongs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tavern_tui.core.errors import DataError, UsageError
from tavern_tui.services.chat_import import Whose, import_chat, import_foreign
from tavern_tui.services.template_import import import_templates
from tavern_tui.storage.cards import import_card
from tavern_tui.storage.chats_import import find_format
from tavern_tui.storage.folders import Folders, free_name
from tavern_tui.storage.json_keep import as_object, parse_json, read_file, read_object
from tavern_tui.storage.lorebooks import read_foreign_lorebook, save_lorebook
from tavern_tui.storage.personas import add_personas
from tavern_tui.storage.presets import PresetKind, preset_kind, preset_path, save_preset
from tavern_tui.storage.script_lists import global_list
from tavern_tui.storage.sillytavern import read_regex_scripts, script_json
from tavern_tui.storage.templates import TemplateStore

Outcome = tuple[str, str, str]
"""What it was, under which name it is kept, and a sentence."""


def import_any(folders: Folders, path: Path, whose: Whose, warnings: list[str]) -> Outcome:
    """Take over one file. Raises UsageError, DataError, UnreadableFile, WriteFailed."""
    path = path.expanduser()
    if not path.is_file():
        raise UsageError(f"There is no file {path}.")
    importer = IMPORTERS.get(path.suffix.lower())
    if importer is None:
        known = ", ".join(sorted(IMPORTERS))
        raise UsageError(f"{path.name} has an ending nothing is known of.", hint=f"Known: {known}.")
    return importer(folders, path, whose, warnings)


def _card(folders: Folders, path: Path, whose: Whose, warnings: list[str]) -> Outcome:
    try:
        made = import_card(folders, path, warnings)
    except DataError:
        if path.suffix.lower() != ".png":
            raise
        return _lorebook_picture(folders, path, warnings)
    return "character", made.file, f'{path.name}: the character "{made.name}" is in the library.'


def _lorebook_picture(folders: Folders, path: Path, warnings: list[str]) -> Outcome:
    try:
        return _lorebook(folders, path, warnings)
    except DataError as error:
        raise DataError(f"{path.name} holds neither a character card nor a lorebook.") from error


def _lorebook(folders: Folders, path: Path, warnings: list[str]) -> Outcome:
    book = read_foreign_lorebook(path, warnings)
    name = save_lorebook(folders, book).stem
    return "lorebook", name, f'{path.name}: the lorebook "{name}" has {len(book.entries)} entries.'


def _json(folders: Folders, path: Path, whose: Whose, warnings: list[str]) -> Outcome:
    found = parse_json(read_file(path), path.name)
    if isinstance(found, list) or "findRegex" in as_object(found):
        return _scripts(folders, path, warnings)
    value = read_object(path)
    chats = find_format(value)
    if chats is not None:
        return import_foreign(folders, path, value, chats, whose, warnings)
    if not CARD_MARKS & value.keys() and any(keys <= value.keys() for keys in TEMPLATES):
        return _templates(folders, path)
    if isinstance(value.get("personas"), dict):
        names = add_personas(folders, value)
        return "personas", ", ".join(names), f"{path.name}: {len(names)} new personas."
    if "spec" in value and value.get("spec") != "lorebook_v3":
        return _card(folders, path, whose, warnings)
    kind = preset_kind(value)
    if kind is not None:
        free = _free_preset(folders, kind, path.stem, value)
        name = save_preset(folders, kind, free, value).stem
        return "preset", name, f'{path.name}: the {kind} preset "{name}" is in the data folder.'
    if LOREBOOK_KEYS & value.keys():
        return _lorebook(folders, path, warnings)
    if CARD_KEYS & value.keys():
        return _card(folders, path, whose, warnings)
    raise DataError(f"{path.name} is no card, chat, lorebook or preset that we know.")


def _free_preset(folders: Folders, kind: PresetKind, name: str, value: Mapping[str, object]) -> str:
    """The name, or one like it where another preset has it already."""
    path = preset_path(folders, kind, name)
    if not path.exists() or read_object(path) == value:
        return name
    return free_name(path.parent, name, path.suffix)


def _templates(folders: Folders, path: Path) -> Outcome:
    said = import_templates(folders, TemplateStore(folders), path)
    return "template", path.stem, f"{path.name}: {'; '.join(said)}."


def _scripts(folders: Folders, path: Path, warnings: list[str]) -> Outcome:
    """Regex scripts join those that run everywhere; one that is there already stays as it is."""
    scripts = read_regex_scripts(path, warnings)
    where = global_list(folders)
    rows = where.read()
    have = {as_object(row).get("id") for row in rows} - {None}
    fresh = [script_json(script) for script in scripts if script.source.get("id") not in have]
    where.write([*rows, *fresh])
    names = ", ".join(script.name for script in scripts)
    return "regex", names, f"{path.name}: {len(fresh)} regex scripts more ({names})."


TEMPLATES: tuple[set[str], ...] = (
    *({key} for key in ("input_sequence", "story_string", "instruct", "context", "sysprompt", "reasoning")),
    {"name", "content"},
    {"name", "prefix", "suffix"},
)
"""Keys that together only templates and master exports have."""
CARD_MARKS = {"first_mes", "char_name", "spec", "prompts", "description", "entries"}
LOREBOOK_KEYS = {"entries", "lorebookVersion", "kind", "spec"}
CARD_KEYS = {"name", "char_name"}


IMPORTERS: dict[str, Callable[[Folders, Path, Whose, list[str]], Outcome]] = {
    ".png": _card,
    ".apng": _card,
    ".charx": _card,
    ".yaml": _card,
    ".yml": _card,
    ".json": _json,
    ".jsonl": import_chat,
}
