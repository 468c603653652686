"""Moving in: the character that comes with the program goes into a data folder without one."""

from __future__ import annotations

import shutil

from tavern_tui.core.errors import WriteFailed
from tavern_tui.storage.bundled import bundled_files, bundled_folder
from tavern_tui.storage.folders import Folders


def copy_bundled(folders: Folders) -> None:
    """Put the bundled character and its lorebook into the data folder; what is there stays.

    Raises WriteFailed."""
    pairs = [(path, folders.characters) for path in bundled_files("bundled", ".png")]
    pairs += [
        (path, folders.worlds) for path in sorted((bundled_folder("bundled") / "worlds").glob("*.json"))
    ]
    for path, folder in pairs:
        target = folder / path.name
        if path.name.startswith("default") or target.exists():
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        except OSError as error:
            raise WriteFailed(f"{target} could not be written: {error.strerror or error}.") from error
