"""`tavern-tui tokenizer`: tokenizer files there are, and fetching one."""

from __future__ import annotations

import sys
from argparse import Namespace

from tavern_tui.cli.commands import print_line, print_table
from tavern_tui.services.tokenizer_files import fetch_tokenizer, offered
from tavern_tui.storage.folders import Folders


async def tokenizer(options: Namespace, folders: Folders) -> int:
    """List what can be fetched, or fetch one; naming it is the consent."""
    if not options.name:
        rows = [
            [one.name, one.about, "there" if has else "", one.address]
            for one, has in offered(folders.tokenizers)
        ]
        print_table(["name", "for", "", "address"], rows)
        return 0
    path, trouble = await fetch_tokenizer(options.name, folders.tokenizers)
    print_line(f"{path} is there now. Write {path.name} into a connection's field Tokenizer to use it.")
    if trouble:
        print_line(f"tavern-tui: {trouble}", to=sys.stderr)
    return 1 if trouble else 0
