"""Tokenizer files that can be had from their makers, and how one comes into the user's folder."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tavern_tui.core.errors import DataError, UsageError
from tavern_tui.providers.download import download
from tavern_tui.storage.atomic import write_bytes
from tavern_tui.tokens.local import open_tokenizer
from tavern_tui.tokens.published import PUBLISHED, PublishedTokenizer


def offered(folder: Path) -> list[tuple[PublishedTokenizer, bool]]:
    """What can be fetched, and whether it is there already."""
    return [(one, (folder / one.file_name).is_file()) for one in PUBLISHED.values()]


async def fetch_tokenizer(name: str, folder: Path) -> tuple[Path, str]:
    """Fetch a tokenizer into the folder; the file's path, and what is still in the way of using it.

    Raises UsageError for a name there is not, ProviderError, WriteFailed."""
    wanted = PUBLISHED.get(name)
    if wanted is None:
        raise UsageError(
            f'There is no tokenizer "{name}" to fetch.', hint=f"There are: {', '.join(PUBLISHED)}."
        )
    path = folder / wanted.file_name
    write_bytes(path, await download(wanted.address, most_bytes=wanted.most_bytes))
    try:
        await asyncio.to_thread(open_tokenizer, path)
    except DataError as error:
        return path, f"{error} {error.hint}".strip()
    return path, ""
