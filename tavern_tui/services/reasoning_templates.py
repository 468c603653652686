"""Reasoning templates: the marks around a model's thinking, by name, and which of them are in force."""

from __future__ import annotations

from dataclasses import replace

from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.services.reply_settings import ReplySettings
from tavern_tui.services.template_import import clean_name
from tavern_tui.services.template_shelf import TemplateShelf
from tavern_tui.services.template_use import TemplateKind
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.templates import TemplateStore

REASONING = TemplateKind.REASONING


class ReasoningTemplates(TemplateShelf[ReasoningTemplate]):
    """Choosing one copies its marks into the settings, where they may be changed on their own."""

    def __init__(self, folders: Folders, store: TemplateStore, replies: ReplySettings) -> None:
        super().__init__(folders, store)
        self._replies = replies

    @property
    def chosen(self) -> str:
        """The name of the template that was chosen last; there need not be one any more."""
        return self._replies.thinking.name

    @property
    def is_changed(self) -> bool:
        """Whether the marks in force are others than those of the template that was chosen."""
        held = self._store.reasoning(self.chosen)
        if held is None and self._is_virtual(REASONING, self.chosen):
            held = self._store.default_reasoning()
        return held is None or _with_marks(self._replies.thinking, held) != self._replies.thinking

    def choose(self, name: str) -> ReasoningTemplate:
        """Have thinking marked as this template says, from the next reply on."""
        found = self.get(REASONING, name)
        self._replies.change_thinking(_with_marks(self._replies.thinking, found))
        return found

    def save_marks(self, name: str) -> ReasoningTemplate:
        """Keep the marks in force as the template of this name, new or not, and choose it."""
        name = clean_name(name)
        if self._known(REASONING, name) is None and not self._is_virtual(REASONING, name):
            held = ReasoningTemplate(name=self._good_name(REASONING, name))
        else:
            held = self.get(REASONING, name)
        made = self._add(REASONING, _with_marks(held, replace(self._replies.thinking, name=held.name)))
        self.choose(made.name)
        return made

    def rename(self, kind: TemplateKind, name: str, new: str) -> ReasoningTemplate:
        """Another name, also in the settings."""
        was_chosen = name == self.chosen
        made = super().rename(kind, name, new)
        if was_chosen:
            self._replies.change_thinking(replace(self._replies.thinking, name=made.name))
        return made


def _with_marks(one: ReasoningTemplate, other: ReasoningTemplate) -> ReasoningTemplate:
    return replace(one, name=other.name, prefix=other.prefix, suffix=other.suffix, separator=other.separator)
