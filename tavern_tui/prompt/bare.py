"""A prompt without chat and card: a request of a script's own."""

from __future__ import annotations

from tavern_tui.core.chat import Role
from tavern_tui.core.prompt import ChatPrompt, Prompt, PromptMessage, TextPrompt
from tavern_tui.core.template import InstructTemplate
from tavern_tui.prompt.inputs import PromptInputs, TextShape
from tavern_tui.prompt.instruct import Place, prefix_of, suffix_of


def bare_prompt(
    inputs: PromptInputs,
    text: str,
    *,
    system: str = "",
    prefill: str = "",
    stop: tuple[str, ...] = (),
    instruct: bool = True,
) -> Prompt:
    """The prompt for `text` alone, in the shape of `inputs`. `instruct`: the sequences of the instruct
    template stand around it."""
    shape = inputs.shape
    if not isinstance(shape, TextShape):
        messages = [PromptMessage(role=Role.SYSTEM, content=system)] if system else []
        messages.append(PromptMessage(role=Role.USER, content=text))
        return ChatPrompt(messages=tuple(messages), prefill=prefill, stop=stop)
    template = shape.instruct if instruct else None
    if template is None:
        return TextPrompt(text="\n".join(filter(None, [system, text, prefill])), stop=stop)
    parts = [_turn(template, Role.SYSTEM, system)] if system else []
    parts.append(_turn(template, Role.USER, text))
    opening = template.last_output_sequence or template.output_sequence
    parts.append(opening + ("\n" if template.wrap and opening else "") + prefill)
    own = (template.stop_sequence,) if template.stop_sequence else ()
    return TextPrompt(text="".join(parts), stop=(*own, *stop))


def _turn(template: InstructTemplate, role: Role, text: str) -> str:
    prefix, suffix = prefix_of(template, role, Place.BETWEEN), suffix_of(template, role)
    line = "\n" if template.wrap else ""
    return f"{prefix}{line if prefix else ''}{text}{suffix or line}"
