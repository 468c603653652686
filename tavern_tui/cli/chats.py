"""`tavern-tui export` and `tavern-tui search`: chats without a screen."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from tavern_tui.core.errors import UsageError
from tavern_tui.services.chat_export import ExportFormat, HiddenMessages
from tavern_tui.text.clean import clean_text

if TYPE_CHECKING:
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
