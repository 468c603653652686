"""The page of all keys and commands, made from their tables: `python -m tavern_tui.ui.keys_page`."""

from __future__ import annotations

from collections.abc import Iterator

from tavern_tui.services.slash.commands import all_commands
from tavern_tui.ui.keys import SCOPES, keys_of, shown_keys

HEAD = """\
# Keys and commands

Made from the tables the program itself uses (`python -m tavern_tui.ui.keys_page > docs/keys.md`). Every
row is also in the command palette (Ctrl+P) unless it only moves a cursor, and what is shown at the bottom
of the screen can be clicked. Give an action other keys in the settings file:

```toml
[keymap]
"chat.regenerate" = "ctrl+y"
```
"""


def lines() -> Iterator[str]:
    """The page, line by line."""
    yield HEAD
    for scope, title in SCOPES.items():
        yield f"## {title}\n"
        yield "| keys | action | what it does | id |"
        yield "|---|---|---|---|"
        for key in keys_of(scope):
            keys = " ".join(f"`{one}`" for one in shown_keys(key, {}).replace("|", "\\|").split())
            yield f"| {keys} | {key.title} | {key.help} | `{key.id}` |"
        yield ""
    yield "## Slash commands\n"
    yield "Written into the composer, or into plain mode; `|` hands a result on. `/help NAME` explains one.\n"
    yield "| command | also | arguments | what it does |"
    yield "|---|---|---|---|"
    for one in sorted(all_commands().commands.values(), key=lambda one: one.name):
        also = " ".join(f"`/{name}`" for name in one.aliases)
        usage = f"`{one.usage}`".replace("|", "\\|") if one.usage else ""
        yield f"| `/{one.name}` | {also} | {usage} | {one.help} |"


def page() -> str:
    """The whole page."""
    return "\n".join(lines()) + "\n"


if __name__ == "__main__":
    print(page(), end="")
