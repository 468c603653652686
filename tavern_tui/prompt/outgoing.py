"""The message a send stores: the user's words after the user's rules, macros and helpers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random

from tavern_tui.core.character import CardFields
from tavern_tui.core.chat import Message, a_message
from tavern_tui.core.prompt import StateChanges
from tavern_tui.macros.bias import extract_bias
from tavern_tui.prompt.cargo import calls_tools
from tavern_tui.prompt.history import USER_INPUT
from tavern_tui.prompt.inputs import ChatShape, PromptInputs
from tavern_tui.prompt.scene import Scene, open_scene, scratch
from tavern_tui.prompt.sources import card_fields
from tavern_tui.prompt.state import state_changes
from tavern_tui.prompt.words import trim
from tavern_tui.text.regex_scripts import apply_scripts


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message to store, and what its macros changed."""

    message: Message | None
    """None: there was nothing to send."""
    changes: StateChanges


def outgoing(text: str, inputs: PromptInputs) -> Outgoing:
    """The message that `text` becomes, and the variables its macros set."""
    scene = open_scene(inputs)
    message = typed_message(text, scene)
    return Outgoing(message=message, changes=state_changes(scene))


def outgoing_message(text: str, inputs: PromptInputs) -> Message | None:
    """The message that `text` becomes; None if there is nothing to send."""
    return outgoing(text, inputs).message


def typed_message(text: str, scene: Scene) -> Message | None:
    """The message `text` becomes in this scene.

    Its dice are its own, so that the rest of a prompt is the same whether the message is typed
    (a preview) or already stored (a send)."""
    if not text.strip() and not scene.inputs.attached:
        text = _instead_of_nothing(scene)
        if not text:
            return None
    own = replace(scene, macros=replace(scene.macros, rng=Random(scene.inputs.seed)))
    if "{{" in text:
        own.macros.card = _fields_for_macros(own)
    return _message(text, own)


def _instead_of_nothing(scene: Scene) -> str:
    """What a chat-completion preset sends for an empty line after a reply."""
    shape = scene.inputs.shape
    if not isinstance(shape, ChatShape) or scene.in_group:
        return ""
    last = scene.messages[-1] if scene.messages else None
    answered = last is None or not (last.is_user or calls_tools(last))
    return trim(shape.preset.send_if_empty) if answered else ""


def _message(text: str, scene: Scene) -> Message | None:
    """A text that holds only `{{bias ...}}` helpers becomes a hidden message that carries the bias."""
    words, bias = extract_bias(text)
    sent_at = _timestamp(scene.inputs.now)
    if not words.strip() and not scene.inputs.attached:
        if not bias.strip():
            return None
        extra = {"type": "generic", "bias": f" {bias}"}
        return a_message("System", "", sent_at=sent_at, extra=extra, hidden=True)
    persona = scene.inputs.persona
    return a_message(
        persona.name,
        scene.substitute(_ruled(words, scene)),
        is_user=True,
        sent_at=sent_at,
        extra=({"bias": f" {bias}"} if bias else {}) | dict(scene.inputs.attached),
        force_avatar=persona.file,
    )


def _ruled(text: str, scene: Scene) -> str:
    """The text after the user-input scripts that change what is stored."""
    if not scene.inputs.regex_scripts:
        return text
    return apply_scripts(
        text,
        scene.inputs.regex_scripts,
        placement=USER_INPUT,
        context="store",
        depth=None,
        substitute=scene.substitute,
        warnings=scene.warnings,
    )


def _fields_for_macros(scene: Scene) -> CardFields:
    """The card's fields for macros in the typed text; reading them must not set variables."""
    return card_fields(replace(scene, macros=scratch(scene.macros)))


def _timestamp(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
