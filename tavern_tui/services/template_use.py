"""Which templates a connection's prompts are made with, and why those."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tavern_tui.core.template import ContextTemplate, InstructTemplate, SystemPrompt
from tavern_tui.storage.templates import DEFAULT, TemplateStore

if TYPE_CHECKING:
    from tavern_tui.services.connections import ConnectionService

Template = InstructTemplate | ContextTemplate | SystemPrompt


class TemplateKind(StrEnum):
    """The kinds of templates, by SillyTavern's names for them."""

    INSTRUCT = "instruct"
    CONTEXT = "context"
    SYSTEM = "sysprompt"
    REASONING = "reasoning"

    @property
    def called(self) -> str:
        return "system prompt" if self is TemplateKind.SYSTEM else f"{self.value} template"


FIELDS = {
    TemplateKind.INSTRUCT: "instruct",
    TemplateKind.CONTEXT: "context",
    TemplateKind.SYSTEM: "system_prompt",
}
"""Kinds a prompt is laid out by -> field of a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """A template and why it is the one."""

    name: str
    """Empty: none."""
    reason: str
    """One sentence."""


def instruct_in_use(connections: ConnectionService, store: TemplateStore) -> InUse:
    """The instruct template of the current connection."""
    connection, name = connections.current, connections.template.name
    if connection.instruct == "none":
        return InUse(name="", reason="This connection sends plain text.")
    if connection.instruct != "auto":
        return _chosen(store.instruct(name), name, "plain text is sent")
    status, model = connections.status, connections.model
    said = "the server has not said yet what it runs"
    if status is not None:
        said = "the server says nothing of its chat template"
    if status is not None and status.chat_template:
        found = store.recognise(status.chat_template)
        if found is not None:
            return InUse(name=found.name, reason=_by_chat_template(found.name, found.marks))
        said = "the server's chat template is of no format known here"
    if not model:
        return InUse(name="", reason=f"The model's name is not known, and {said}: plain text is sent.")
    if not name:
        why = f'No pattern matches the model\'s name "{model}", and {said}'
        return InUse(name="", reason=f"{why}: plain text is sent.")
    template = store.instruct(name)
    pattern = template.activation_regex if template is not None else ""
    return InUse(name=name, reason=f'The model\'s name "{model}" matches its pattern {pattern} - {said}.')


def context_in_use(connections: ConnectionService, store: TemplateStore) -> InUse:
    """The context template of the current connection."""
    connection, instruct = connections.current, connections.template.name
    if connection.context != "auto":
        return _chosen(store.context(connection.context), connection.context, f"{DEFAULT} is used", DEFAULT)
    if instruct and store.context(instruct) is not None:
        return InUse(name=instruct, reason="It goes with the instruct template of the same name.")
    why = "No context template has the instruct template's name" if instruct else "The text goes out plain"
    return InUse(name=DEFAULT, reason=f"{why}, so the usual layout is used.")


def system_prompt_in_use(connections: ConnectionService, store: TemplateStore) -> InUse:
    """The system prompt of the current connection; a card's own may stand in its place."""
    name = connections.current.system_prompt
    if not name:
        return InUse(name=DEFAULT, reason="None is chosen for this connection, so the usual one is used.")
    return _chosen(store.system_prompt(name), name, f"{DEFAULT} is used", DEFAULT)


def _chosen(found: Template | None, name: str, otherwise: str, instead: str = "") -> InUse:
    """What a connection names, if it is there."""
    if found is None and name != DEFAULT:
        return InUse(name=instead, reason=f'There is no "{name}", which is chosen here: {otherwise}.')
    return InUse(name=name, reason="It is chosen for this connection.")


def _by_chat_template(name: str, marks: tuple[str, ...]) -> str:
    if not marks:
        return f"The server's chat template is the one {name} was made for, to the letter."
    held = " and ".join([", ".join(marks[:-1]), marks[-1]] if marks[1:] else marks)
    return f"The server's chat template holds {held}, as {name} does."
