"""Giving a chat's file another name, never that of a file that is there."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from tavern_tui.core.errors import DataError
from tavern_tui.storage.atomic import failed, write_bytes
from tavern_tui.storage.chats.tail import journal_of, recovered
from tavern_tui.storage.json_keep import read_file

MAX_CHAT = 1024 * 2**20


def move_chat(old: Path, new: Path) -> None:
    """Rename a chat's file, and with it the journal of an unfinished write.

    Raises DataError if the new name is taken, WriteFailed; nothing has changed then."""
    try:
        _rename(old, new)
    except FileExistsError as error:
        raise DataError(f'There is a chat "{new.stem}" already.') from error
    except OSError as error:
        raise failed(old, error) from error
    journal = journal_of(old)
    if journal.exists():
        with contextlib.suppress(OSError):  # then the file is as it was before that write
            journal.replace(journal_of(new))


def copy_chat(source: Path, target: Path) -> None:
    """Copy a chat's file byte for byte, an unfinished write carried out.

    Raises DataError if the target exists, UnreadableFile, WriteFailed."""
    if os.path.lexists(target):
        raise DataError(f'There is a chat "{target.stem}" already.')
    write_bytes(target, chat_file_bytes(source))


def chat_file_bytes(path: Path) -> bytes:
    """A chat's file byte for byte, an unfinished write carried out. Raises UnreadableFile."""
    return recovered(path, read_file(path, MAX_CHAT))


def _rename(old: Path, new: Path) -> None:
    if os.path.lexists(new):
        if not new.exists() or not old.samefile(new):
            raise FileExistsError(new)
        old.rename(new)  # only the case changes, where files do not tell it apart
        return
    try:
        os.link(old, new, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):
        old.rename(new)  # a file system without hard links
    else:
        old.unlink()
