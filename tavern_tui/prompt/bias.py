"""How the reply is made to begin: "start reply with", or a bias stored with a message."""

from __future__ import annotations

from dataclasses import dataclass

from tavern_tui.core.generation import GenerationType
from tavern_tui.prompt.scene import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Bias:
    """The words the reply begins with; empty: the model is free."""

    text: str = ""
    forced: bool = False
    """Not the user's general setting: then the speaker's name is written in front."""


def reply_bias(scene: Scene) -> Bias:
    """The bias of this generation."""
    if scene.generation in (GenerationType.IMPERSONATE, GenerationType.CONTINUE):
        return Bias()
    setting = scene.inputs.options.user_prompt_bias
    stored = _stored_bias(scene)
    text = scene.substitute(stored or setting)
    return Bias(text=text, forced=bool(text) and bool(stored) and stored != setting)


def _stored_bias(scene: Scene) -> str:
    """What the newest message that is not the character's carries."""
    messages = scene.messages
    end = len(messages) - (1 if scene.generation is GenerationType.SWIPE else 0)
    for index in range(end - 1, -1, -1):
        message = messages[index]
        if message.is_user or message.hidden or message.is_narrator:
            bias = message.extra.get("bias")
            return bias if isinstance(bias, str) and bias.strip() else ""
    return ""
