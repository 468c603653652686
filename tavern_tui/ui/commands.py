"""The command palette's entries: every action of the key table, by name."""

from __future__ import annotations

from functools import partial
from inspect import isawaitable

from textual.actions import parse
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode

from tavern_tui.ui.key import Key
from tavern_tui.ui.keys import KEYS, SCOPES, shown_keys
from tavern_tui.ui.screens.bench import Bench
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
        node = await self._node(key.scope)
        _, name, parameters = parse(key.action)
        result = getattr(node, f"action_{name}")(*parameters)
        if isawaitable(result):
            await result

    async def _node(self, scope: str) -> DOMNode:
        """The node whose actions a scope means; a bench that stands before it is left."""
        screen = self.screen
        if isinstance(screen, Bench):
            if scope in (screen.scope, "bench"):
                return screen
            screen.save_now()
            await screen.dismiss(None)
            screen = self.app.screen
        return await screen.reach(scope) if isinstance(screen, Frame) else self.app
