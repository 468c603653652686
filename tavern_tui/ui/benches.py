"""The full screens there are, by scope of the key table. Their modules are loaded when first opened."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tavern_tui.services.tavern import Tavern
    from tavern_tui.ui.screens.bench import Bench

BENCHES: dict[str, str] = {
    "lorebooks": "tavern_tui.ui.panes.lorebook.bench:LorebookBench",
    "note": "tavern_tui.ui.panes.authors_note.bench:NoteBench",
    "personas": "tavern_tui.ui.panes.persona.bench:PersonaBench",
    "templates": "tavern_tui.ui.panes.templates.bench:TemplateBench",
    "chats": "tavern_tui.ui.panes.chats.bench:ChatsBench",
    "samplers": "tavern_tui.ui.panes.samplers.bench:SamplerBench",
    "regex": "tavern_tui.ui.panes.regex.bench:RegexBench",
    "replies": "tavern_tui.ui.panes.replies.bench:ReplyBench",
    "group": "tavern_tui.ui.panes.groups.bench:GroupBench",
    "manager": "tavern_tui.ui.panes.presets.bench:ManagerBench",
}
"""Scope of the key table -> module and class, imported when it is first opened."""


def build_bench(id: str, tavern: Tavern) -> Bench:
    """A bench by its id."""
    module, _, name = BENCHES[id].partition(":")
    bench: Bench = getattr(import_module(module), name)(tavern)
    return bench
