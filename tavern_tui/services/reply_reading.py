"""How a reply is read: what ends it, where it thinks, what is cleaned off."""

from __future__ import annotations

from dataclasses import replace

from tavern_tui.core.generation import GenerationType
from tavern_tui.core.prompt import Prompt
from tavern_tui.core.template import InstructTemplate
from tavern_tui.prompt.inputs import PromptInputs, TextShape
from tavern_tui.prompt.scene import Scene, open_scene
from tavern_tui.services.reply import ReplyRules
from tavern_tui.text.clean_reply import CleanRules, clean_reply
from tavern_tui.text.regex_scripts import Placement, ScriptContext, apply_scripts


def rules_of(inputs: PromptInputs, prompt: Prompt, stop: tuple[str, ...]) -> ReplyRules:
    """The rules for the reply to this prompt. `stop`: texts that end it besides the prompt's own."""
    rules = _clean_rules(inputs, prompt)
    return ReplyRules(
        stop=tuple(dict.fromkeys((*prompt.stop, *stop))),
        reasoning=inputs.reasoning if inputs.reasoning.auto_parse else None,
        thoughts=_unfinished_thoughts(inputs),
        count=inputs.counter.count,
        clean=lambda text, final: clean_reply(text, rules, final=final),
    )


def _clean_rules(inputs: PromptInputs, prompt: Prompt) -> CleanRules:
    scene = open_scene(inputs)
    impersonates = inputs.generation is GenerationType.IMPERSONATE
    placement = Placement.USER_INPUT if impersonates else Placement.AI_OUTPUT
    shape = inputs.shape
    return CleanRules(
        generation_type=inputs.generation,
        user=inputs.persona.name,
        char=inputs.character.name,
        other_members=_others(inputs),
        stops=prompt.stop,
        instruct=_resolved(shape.instruct, scene) if isinstance(shape, TextShape) else None,
        options=inputs.options,
        bias=scene.substitute(inputs.options.user_prompt_bias),
        regex=lambda text: apply_scripts(
            text,
            inputs.regex_scripts,
            placement=placement,
            context=ScriptContext.STORE,
            depth=None,
            substitute=scene.substitute,
            warnings=None,
        ),
    )


def _unfinished_thoughts(inputs: PromptInputs) -> str:
    """The thinking that a message to go on with breaks off in. One text ends with it; services that take a
    list of messages may begin anew."""
    last = inputs.messages[-1] if inputs.messages else None
    if inputs.generation is not GenerationType.CONTINUE or not isinstance(inputs.shape, TextShape):
        return ""
    return last.reasoning if last is not None and not last.text else ""


def _others(inputs: PromptInputs) -> tuple[str, ...]:
    """Names of the members who are not asked to speak."""
    members = inputs.group.members if inputs.group is not None else ()
    return tuple(member.name for member in members if member.name != inputs.character.name)


def _resolved(template: InstructTemplate | None, scene: Scene) -> InstructTemplate | None:
    """The template with the macros in its sequences resolved, as a reply would show them."""
    if template is None or not template.macro:
        return template
    return replace(
        template,
        stop_sequence=scene.substitute(template.stop_sequence),
        input_sequence=scene.substitute(template.input_sequence),
        output_sequence=scene.substitute(template.output_sequence),
        last_output_sequence=scene.substitute(template.last_output_sequence),
    )
