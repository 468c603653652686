"""The command palette's entries: every action of the key table, by name."""

from __future__ import annotations

from functools import partial
from inspect import isawaitable

from textual.actions import parse
from textual.command import DiscoveryHit, Hit, Hits, Provider

from tavern_tui.ui.keys import KEYS, SCOPES, Key, shown_keys
from tavern_tui.ui.screens.frame import Frame

PLAIN = ("app", "main", "chat")
"""Scopes whose actions need no word about where they belong."""
ENTRIES = tuple(key for key in KEYS if key.palette)


class TavernCommands(Provider):
    """Runs an action wherever the focus is; a pane it needs is opened first."""

    async def discover(self) -> Hits:
        for key in ENTRIES:
            yield DiscoveryHit(self._name(key), partial(self.run, key), help=key.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for key in ENTRIES:
            name = self._name(key)
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), partial(self.run, key), help=key.help)

    def _name(self, key: Key) -> str:
        keys = shown_keys(key, self.app._keymap)
        place = "" if key.scope in PLAIN else f"{SCOPES[key.scope]}: "
        return f"{place}{key.title}   {keys}"

    async def run(self, key: Key) -> None:
        """Do what the key does."""
        screen = self.screen
        node = await screen.reach(key.scope) if isinstance(screen, Frame) else self.app
        _, name, parameters = parse(key.action)
        result = getattr(node, f"action_{name}")(*parameters)
        if isawaitable(result):
            await result
