"""Reply settings: how thinking is read, sent back and shown, and what follows a reply by itself."""

from __future__ import annotations

from tavern_tui.core.following import AutoContinue, AutoSwipe
from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.services.settings import SettingsService
from tavern_tui.services.user_setup import SetupService
from tavern_tui.storage.replies import ReplyWishes, reply_changes


class ReplySettings:
    """SillyTavern's settings of replies, and one of ours. They hold for the next reply.

    Writing raises UnreadableFile, WriteFailed."""

    def __init__(self, settings: SettingsService, setup: SetupService) -> None:
        self._settings = settings
        self._setup = setup

    @property
    def thinking(self) -> ReasoningTemplate:
        """The marks of thinking in force, and what is done with it."""
        return self._setup.value.reasoning

    @property
    def auto_continue(self) -> AutoContinue:
        return self._setup.value.auto_continue

    @property
    def auto_swipe(self) -> AutoSwipe:
        return self._setup.value.auto_swipe

    @property
    def shows_thinking(self) -> bool:
        """Whether the chat shows anything of it."""
        return self._settings.value.show_reasoning

    def change_thinking(self, thinking: ReasoningTemplate) -> None:
        self._change(self.thinking, thinking)

    def change_auto_continue(self, wanted: AutoContinue) -> None:
        self._change(self.auto_continue, wanted)

    def change_auto_swipe(self, wanted: AutoSwipe) -> None:
        self._change(self.auto_swipe, wanted)

    def show_thinking(self, wanted: bool) -> None:
        """Show in the chat that a model thought, or not."""
        self._settings.change(show_reasoning=wanted)

    def _change(self, before: ReplyWishes, after: ReplyWishes) -> None:
        changes = reply_changes(before, after)
        if changes:
            self._setup.change(changes)
