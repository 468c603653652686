"""TavernApp: themes, keymap, screens. Nothing about chats."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, work
from textual.app import App
from textual.binding import BindingType
from textual.command import Provider
from textual.screen import Screen
from textual.worker import WorkerFailed

from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings, unknown_ids, with_room
from tavern_tui.ui.opening import Opening
from tavern_tui.ui.screens.main import MainScreen
from tavern_tui.ui.theme import background_is_dark, chosen_theme, default_variables, to_textual

if TYPE_CHECKING:
    from tavern_tui.core.settings import Settings
    from tavern_tui.services.tavern import Tavern
    from tavern_tui.services.tools import Consent, ToolCall, ToolEntry

TWICE = 1.5
"""Seconds within which a second Ctrl+C quits."""


def _commands() -> type[Provider]:
    from tavern_tui.ui.commands import TavernCommands

    return TavernCommands


class TavernApp(App[None], inherit_bindings=False):
    """The program on the screen."""

    TITLE = "tavern-tui"
    CSS_PATH = ["styles/base.tcss", "panes/chat/chat.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]
    COMMANDS = {_commands}
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ENABLE_COMMAND_PALETTE = False
    """Our own row of the key table opens it, so that it can be remapped."""

    def __init__(self, opening: Opening) -> None:
        super().__init__()
        self._opening = opening
        self.tavern: Tavern | None = None
        """None until the first frame is out."""
        self._asked_to_leave = 0.0
        self._themes = [to_textual(theme) for theme in opening.themes]
        for theme in self._themes:
            self.register_theme(theme)
        self._start_with_theme(opening.settings)
        self.set_keymap(with_room(opening.settings.keymap))

    async def on_event(self, event: events.Event) -> None:
        """Alt with a letter is no letter: text fields would write what other keys are waiting for."""
        if isinstance(event, events.Key) and "alt+" in event.key:
            event.character = None
        await super().on_event(event)

    def get_default_screen(self) -> Screen[None]:
        return MainScreen(self._opening, self.open_tavern)

    def open_tavern(self) -> Tavern:
        """Build everything behind the screen. Called once, after the first frame."""
        tavern = self._opening.build()
        tavern.settings_changed.listen(self._settings_changed)
        tavern.tools.ask = self.ask_about_tool
        self.tavern = tavern
        return tavern

    async def ask_about_tool(self, tool: ToolEntry, call: ToolCall) -> Consent:
        """Whether the model may call a tool now."""
        from tavern_tui.ui.dialogs.tool_consent import ask_in

        return await ask_in(self, tool, call)

    @property
    def settings(self) -> Settings:
        return self._opening.settings if self.tavern is None else self.tavern.settings

    def on_mount(self) -> None:
        for sentence in self._opening.notices:
            self.notify(clean_line(sentence), severity="warning", markup=False)
        unknown = unknown_ids(self.settings.keymap)
        if unknown:
            names = ", ".join(clean_line(id) for id in unknown)
            self.notify(f"The keymap names no action: {names}.", severity="warning", markup=False)

    async def on_unmount(self) -> None:
        if self.tavern is not None:
            await self.tavern.close()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return default_variables()

    # --- faults

    async def run_async(self, **options: Any) -> None:
        """Run until the user leaves. A fault of the program is raised to the caller, who reports it."""
        await super().run_async(**options)
        if self._exception is not None:
            error = self._exception
            raise error.error if isinstance(error, WorkerFailed) else error

    def _fatal_error(self) -> None:
        # Textual's own prints a traceback with all local variables: keys and chats among them.
        self._close_messages_no_wait()

    # --- settings

    def _settings_changed(self, settings: Settings) -> None:
        self.theme = self._chosen_theme(settings)
        keymap = with_room(settings.keymap)
        if keymap != self._keymap:
            self.set_keymap(keymap)

    def _chosen_theme(self, settings: Settings) -> str:
        dark = background_is_dark(os.environ.get("COLORFGBG", ""))
        return chosen_theme(settings.theme, settings.appearance, self._themes, dark)

    def _start_with_theme(self, settings: Settings) -> None:
        """Set the theme without the restyling that a change costs: a tenth of the start."""
        self.set_reactive(App.theme, self._chosen_theme(settings))
        dark = self.current_theme.dark
        self.set_class(dark, "-dark-mode", update=False)
        self.set_class(not dark, "-light-mode", update=False)
        self.stylesheet.set_variables(self.get_css_variables())

    # --- keys

    def action_help(self) -> None:
        from tavern_tui.ui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.settings.keymap))

    def action_palette(self) -> None:
        from textual.command import CommandPalette

        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(id="--command-palette", placeholder="Find an action"))

    @work(exclusive=True, group="theme")
    async def action_pick_theme(self) -> None:
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

        choices = [
            Choice(
                id=theme.name,
                title=theme.name,
                detail="dark" if theme.dark else "light",
                marked=theme.name == self.theme,
            )
            for theme in self._themes
        ]
        picked = await self.push_screen_wait(PickOne("Theme", choices))
        if picked is not None and self.tavern is not None:
            self.tavern.change_settings(theme=picked)

    def action_leave(self) -> None:
        """Quit when asked twice in a row."""
        now = time.monotonic()
        if now - self._asked_to_leave <= TWICE:
            self.exit()
            return
        self._asked_to_leave = now
        self.notify("Ctrl+C again quits.", timeout=TWICE, markup=False)
