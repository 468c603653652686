"""KindBar: the kinds of templates in a line; the one that is listed is marked."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widget import Widget

from tavern_tui.services.templates import TemplateKind

TITLES = {
    TemplateKind.INSTRUCT: "Instruct",
    TemplateKind.CONTEXT: "Context",
    TemplateKind.SYSTEM: "System",
}


class KindBar(Widget, can_focus=False):
    """Each kind can be clicked."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "KindBar { height: 1; margin-bottom: 1; }"

    @dataclass
    class Picked(Message):
        """This kind, please."""

        kind: TemplateKind

    def __init__(self) -> None:
        super().__init__()
        self._kind = TemplateKind.INSTRUCT

    def show(self, kind: TemplateKind) -> None:
        """Mark this kind."""
        self._kind = kind
        self.refresh()

    def render(self) -> Content:
        words = [
            Content.styled(
                f" {title} ", "bold $primary on $panel" if kind is self._kind else "$foreground-muted"
            ).stylize(Style.from_meta({"kind": kind.value}))
            for kind, title in TITLES.items()
        ]
        return Content(" ").join(words)

    def on_click(self, event: events.Click) -> None:
        kind = event.style.meta.get("kind")
        if kind is not None:
            event.stop()
            self.post_message(self.Picked(TemplateKind(kind)))
