"""KeyLine: the keys that do something right now, in one line. Each can be clicked."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget

from tavern_tui.ui.keys import display, footer_rank

ALWAYS = ("app.help", "app.palette")
"""Ids of the keys that keep their place at the right end, however narrow it gets."""

GAP = "  "


class KeyLine(Widget, can_focus=False):
    """One widget, one line: Textual's Footer makes a widget for every key."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "KeyLine { height: 1; padding: 0 1; }"

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        if self.is_attached and screen is self.screen:
            self.refresh()

    def render(self) -> Content:
        keys = self._shown()
        fixed = [item for id, item in keys if id in ALWAYS]
        moving = [item for id, item in keys if id not in ALWAYS]
        room = self.size.width - sum(item.cell_length + len(GAP) for item in fixed)
        kept: list[Content] = []
        for item in moving:
            room -= item.cell_length + len(GAP)
            if room < 0:
                break
            kept.append(item)
        left = Content(GAP).join(kept)
        right = Content(GAP).join(fixed)
        space = max(1, self.size.width - left.cell_length - right.cell_length)
        return left + Content(" " * space) + right

    def _shown(self) -> list[tuple[str, Content]]:
        """One item for each action that is possible, nearest to the focus first."""
        found: dict[str, Content] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            id = binding.id or binding.action
            if (binding.show or id in ALWAYS) and active.enabled and id not in found:
                found[id] = self._item(binding.key, binding.description)
        return sorted(found.items(), key=lambda item: footer_rank(item[0]))

    def _item(self, key: str, title: str) -> Content:
        words = Content.assemble((display(key), "$primary"), (f" {title}", "$foreground-muted"))
        return words.stylize(Style.from_meta({"key": key}))

    def on_click(self, event: events.Click) -> None:
        key = event.style.meta.get("key")
        if key is not None:
            self.app.simulate_key(str(key))
