"""`tavern-tui export` and `tavern-tui search`: what one does with chats without a screen."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.cli.commands import print_json, print_line
from tavern_tui.core.errors import UsageError
from tavern_tui.services.chat_export import ExportFormat, HiddenMessages
from tavern_tui.text.clean import clean_line, clean_text

if TYPE_CHECKING:
    from tavern_tui.services.search import SearchHit
    from tavern_tui.services.tavern import Tavern


async def export(options: Namespace, tavern: Tavern) -> int:
    """Write a chat to a file, or to standard output."""
    try:
        owner = tavern.chat_places.find(options.character)
        data = tavern.exporter.export(
            _format(options),
            owner,
            options.chat or "",
            hidden=HiddenMessages(options.hidden),
            thinking=options.thinking,
        )
        _put_out(options.output, data, tavern)
    finally:
        await tavern.close()
    return 0


async def search(options: Namespace, tavern: Tavern) -> int:
    """Print where the words are."""
    try:
        owner = tavern.chat_places.find(options.character) if options.character else None
        results = await tavern.search.search(
            _query(options.words), owner=owner, limit=options.limit, best_first=options.best
        )
    finally:
        await tavern.close()
    for sentence in results.problems:
        print_line(f"tavern-tui: {sentence}", to=sys.stderr)
    if options.json:
        print_json([_hit_json(hit) for hit in results.hits])
        return 0
    for hit in results.hits:
        print_line(f"{hit.owner_name} / {hit.title} #{hit.index} {_when(hit)}")
        print(f"    {clean_line(f'{hit.speaker}: {hit.snippet}')}")
    if not results.hits:
        print_line("tavern-tui: no message holds these words.", to=sys.stderr)
    if results.more:
        print_line(f"tavern-tui: there are more than {options.limit}; --limit shows them.", to=sys.stderr)
    return 0


def _query(words: list[str]) -> str:
    """One query; a word the shell kept together is a phrase."""
    return " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)


def _when(hit: SearchHit) -> str:
    return f"({hit.date:%Y-%m-%d %H:%M})" if hit.date is not None else ""


def _hit_json(hit: SearchHit) -> dict[str, object]:
    return {
        "group" if hit.owner.is_group else "character": hit.owner.id,
        "name": hit.owner_name,
        "chat": hit.title,
        "message": hit.index,
        "speaker": hit.speaker,
        "date": hit.date.isoformat() if hit.date is not None else None,
        "snippet": hit.snippet,
        "matches": [list(one) for one in hit.matches],
    }


def _put_out(output: str | None, data: bytes, tavern: Tavern) -> None:
    if output and output != "-":
        tavern.exporter.write(Path(output).expanduser(), data)
    elif sys.stdout.isatty():
        print(clean_text(data.decode("utf-8", "replace")))
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _format(options: Namespace) -> ExportFormat:
    """The format that was asked for, else the one the output's name promises, else Markdown."""
    if options.format:
        return ExportFormat(options.format)
    ending = Path(options.output or "").suffix.lower().removeprefix(".")
    if not ending:
        return ExportFormat.MARKDOWN
    try:
        return ExportFormat("html" if ending == "htm" else ending)
    except ValueError:
        known = ", ".join(ExportFormat)
        raise UsageError(
            f'No format is known by the ending ".{ending}".', hint=f"--format: {known}."
        ) from None
