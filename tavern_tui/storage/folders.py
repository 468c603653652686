"""Where everything lies: every path of the program, in one place."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.errors import DataError

if TYPE_CHECKING:
    from tavern_tui.core.character import Character  # 14 ms that the first frame need not pay

APP = "tavern-tui"
DEFAULT_HANDLE = "default-user"
"""The user folder of a SillyTavern without accounts."""
HANDLE_MARKS = ("settings.json", "characters", "chats")
"""What tells SillyTavern's user folder from its data root."""

MAX_NAME_BYTES = 200
"""Room for an ending, a number and a temporary prefix within the usual limit of 255."""
FORBIDDEN = re.compile(r'[/?<>\\:*|"\x00-\x1f\x7f-\x9f\ud800-\udfff]')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Device names of Windows, where these folders may be opened, too."""


@dataclass(frozen=True, slots=True)
class Folders:
    """The data folder in SillyTavern's own layout, and the program's own places."""

    data: Path
    config_file: Path
    cache: Path
    """Can be deleted at any time."""
    state: Path
    """Logs, drafts."""

    @property
    def characters(self) -> Path:
        return self.data / "characters"

    @property
    def chats(self) -> Path:
        return self.data / "chats"

    @property
    def group_chats(self) -> Path:
        return self.data / "group chats"

    @property
    def groups(self) -> Path:
        return self.data / "groups"

    @property
    def worlds(self) -> Path:
        return self.data / "worlds"

    @property
    def avatars(self) -> Path:
        """Persona pictures."""
        return self.data / "User Avatars"

    @property
    def openai_settings(self) -> Path:
        """Chat-completion presets."""
        return self.data / "OpenAI Settings"

    @property
    def textgen_settings(self) -> Path:
        return self.data / "TextGen Settings"

    @property
    def kobold_settings(self) -> Path:
        return self.data / "KoboldAI Settings"

    @property
    def novel_settings(self) -> Path:
        return self.data / "NovelAI Settings"

    @property
    def instruct(self) -> Path:
        return self.data / "instruct"

    @property
    def context(self) -> Path:
        return self.data / "context"

    @property
    def sysprompt(self) -> Path:
        return self.data / "sysprompt"

    @property
    def reasoning(self) -> Path:
        return self.data / "reasoning"

    @property
    def instruct_templates(self) -> Path:
        """Templates in this program's own YAML form."""
        return self.data / "instruct_templates"

    @property
    def tokenizers(self) -> Path:
        """Tokenizer files of the user's."""
        return self.data / "tokenizers"

    @property
    def user_images(self) -> Path:
        """Pictures in messages, a folder for each character."""
        return self.data / "user" / "images"

    @property
    def user_files(self) -> Path:
        """Documents in messages."""
        return self.data / "user" / "files"

    @property
    def themes(self) -> Path:
        return self.data / "themes"

    @property
    def quick_replies(self) -> Path:
        return self.data / "QuickReplies"

    @property
    def st_settings(self) -> Path:
        """SillyTavern's settings: personas, lore settings, regex scripts, ..."""
        return self.data / "settings.json"

    @property
    def st_secrets(self) -> Path:
        return self.data / "secrets.json"

    @property
    def backups(self) -> Path:
        return self.data / "backups"

    @property
    def trash(self) -> Path:
        return self.data / "trash"

    @property
    def secrets_file(self) -> Path:
        """Keys, readable by their owner only."""
        return self.config_file.with_name("secrets.toml")

    @property
    def drafts(self) -> Path:
        """What stood in the composer, per chat."""
        return self.state / "drafts"

    @property
    def open_chats(self) -> Path:
        """Who has which chat open."""
        return self.state / "open"

    @property
    def log_file(self) -> Path:
        return self.state / f"{APP}.log"

    def card(self, file: str) -> Path:
        """The card of the character `file`. Raises DataError if the name leaves the folder."""
        return inside(self.characters, f"{file}.png")

    def chats_of(self, character: Character | str) -> Path:
        """The folder with a character's chats. Raises DataError if the name leaves the folder."""
        file = character if isinstance(character, str) else character.file
        return inside(self.chats, file)


def find_folders(data: str | None, config: str | None, environ: Mapping[str, str]) -> Folders:
    """The folders of this run: options first, then the environment, then the system's usual places.

    `data` may be the user folder, the data root, or the program folder of a SillyTavern."""
    from platformdirs import PlatformDirs  # 3 ms that `--help` need not pay

    usual = PlatformDirs(APP, appauthor=False)
    given_data = data or environ.get("TAVERN_TUI_DATA")
    given_config = config or environ.get("TAVERN_TUI_CONFIG")
    return Folders(
        data=user_folder(_absolute(given_data)) if given_data else usual.user_data_path,
        config_file=_absolute(given_config) if given_config else usual.user_config_path / "settings.toml",
        cache=usual.user_cache_path,
        state=usual.user_state_path,
    )


def _absolute(given: str) -> Path:
    return Path(os.path.abspath(Path(given).expanduser()))  # noqa: PTH100  # `resolve` would follow symlinks


def user_folder(data: Path) -> Path:
    """The user folder at `data`: itself, or the one of a SillyTavern installed there."""
    if any((data / mark).exists() for mark in HANDLE_MARKS):
        return data
    for root in (data / "data", data):
        if (root / DEFAULT_HANDLE).is_dir():
            return root / DEFAULT_HANDLE
        handles = _handles(root)
        if len(handles) == 1:
            return handles[0]
    return data


def _handles(root: Path) -> list[Path]:
    """User folders in a data root; those that begin with an underscore are the server's own."""
    if not root.is_dir():
        return []
    folders = [one for one in root.iterdir() if one.is_dir() and not one.name.startswith(("_", "."))]
    return [one for one in folders if (one / HANDLE_MARKS[0]).is_file()]


def safe_name(name: str) -> str:
    """`name` as a file name without ending, for every file system. Never empty."""
    cleaned = FORBIDDEN.sub("", name).strip()
    if RESERVED.fullmatch(cleaned):
        cleaned = f"_{cleaned}"
    shortened = cleaned.encode("utf-8")[:MAX_NAME_BYTES].decode("utf-8", "ignore")
    return shortened.rstrip(". ") or "unnamed"


def inside(folder: Path, name: str) -> Path:
    """`folder / name`, if that is a direct child of the folder, symlinks followed.

    Raises DataError for names with separators, `..`, and links that lead elsewhere."""
    path = folder / name
    plain = name not in ("", ".", "..") and not set(name) & {"/", "\\", "\0"} and path.name == name
    if not plain or not _stays(folder, path):
        raise DataError(f'"{name}" is not a name for a file in {folder}.')
    return path


def _stays(folder: Path, path: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a loop of links
        return False


def free_name(folder: Path, name: str, ending: str) -> str:
    """`name` made safe, with the first number that makes it new in `folder` (`Ann`, `Ann1`, ...)."""
    base = safe_name(name)
    taken = {one.name.casefold() for one in folder.iterdir()} if folder.is_dir() else set()
    candidate, number = base, 1
    while f"{candidate}{ending}".casefold() in taken:
        candidate, number = f"{base}{number}", number + 1
    return candidate
