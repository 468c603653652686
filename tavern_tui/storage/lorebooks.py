"""Lorebook files: SillyTavern's worlds, and those of other programs for taking over."""

from __future__ import annotations

import io
from pathlib import Path

from tavern_tui.core.errors import DataError
from tavern_tui.core.lorebook import Lorebook
from tavern_tui.lore.books import import_lorebook, lorebook_from_json, lorebook_to_json
from tavern_tui.storage.atomic import write_json
from tavern_tui.storage.cards.containers import decoded_text
from tavern_tui.storage.cards.png_chunks import is_png, read_texts
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.json_keep import parse_json, read_file, read_object
from tavern_tui.storage.named_files import names_in, path_in

ENDING = ".json"
NOVEL_KEYWORD = "naidata"
"""The text chunk NovelAI keeps a lorebook's picture in."""


def list_worlds(folders: Folders) -> list[str]:
    """Names of the lorebooks, in alphabetical order."""
    return names_in(folders.worlds, ENDING)


def world_path(folders: Folders, name: str) -> Path:
    """Where the lorebook of this name is or would be. Raises DataError."""
    return path_in(folders.worlds, name, ENDING)


def read_lorebook(path: Path, warnings: list[str] | None = None) -> Lorebook:
    """A world file. Raises UnreadableFile, DataError."""
    return lorebook_from_json(path.name.removesuffix(ENDING), read_object(path), warnings)


def read_foreign_lorebook(path: Path, warnings: list[str] | None = None) -> Lorebook:
    """A lorebook of any program we know, its name taken from the file. Raises DataError."""
    data = read_file(path)
    if is_png(data):
        texts = read_texts(io.BytesIO(data), path.name)
        if NOVEL_KEYWORD not in texts:
            raise DataError(f"{path.name} is a picture without a lorebook in it.")
        data = decoded_text(texts[NOVEL_KEYWORD], path.name)
    return import_lorebook(path.stem, parse_json(data, path.name), warnings)


def save_lorebook(folders: Folders, book: Lorebook) -> Path:
    """Write a world file, named like the book. Raises DataError, WriteFailed."""
    path = world_path(folders, book.name)
    write_json(path, lorebook_to_json(book))
    return path
