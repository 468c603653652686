"""build_prompt: from everything that is known before a generation to what the model reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from tavern_tui.core.chat import Role
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.prompt import BuiltPrompt, LeftOut, Prompt, PromptPart
from tavern_tui.prompt.as_text import build_text
from tavern_tui.prompt.inputs import ChatShape, PromptInputs, TextShape
from tavern_tui.prompt.material import Material, gather
from tavern_tui.prompt.outgoing import typed_message
from tavern_tui.prompt.scene import Scene, open_scene
from tavern_tui.prompt.sources import card_fields
from tavern_tui.prompt.state import state_changes
from tavern_tui.prompt.trace import Spans, as_parts


def build_prompt(inputs: PromptInputs) -> BuiltPrompt:
    """The prompt for these inputs, where each part of it came from, and what was left out.

    Pure: the same inputs give the same prompt. Raises PromptError when a template cannot be
    used at all; everything less is a warning."""
    scene = open_scene(inputs)
    _add_typed_message(scene)
    scene.macros.card = card_fields(scene)
    material = gather(scene)
    if isinstance(inputs.shape, TextShape):
        return _text(scene, material, inputs.shape)
    return _chat(scene, material, inputs.shape)


def _add_typed_message(scene: Scene) -> None:
    """Let the chat end with what is typed, as it will when it is sent."""
    if scene.generation is not GenerationType.NORMAL:
        return
    message = typed_message(scene.inputs.user_input, scene)
    if message is not None:
        scene.messages = [*scene.messages, message]
        scene.macros.messages = scene.messages


def _text(scene: Scene, material: Material, shape: TextShape) -> BuiltPrompt:
    draft = build_text(scene, material, shape)
    exact = scene.inputs.counter.exact  # before the trace asks for counts nobody needed
    parts = tuple(as_parts(draft.spans, scene.inputs.counter))
    return _built(scene, material, draft.prompt, parts, draft.left_out, draft.tokens, exact)


def _chat(scene: Scene, material: Material, shape: ChatShape) -> BuiltPrompt:
    from tavern_tui.prompt.as_chat import build_chat  # half of this folder, for those who chat only

    draft = build_chat(scene, material, shape)
    exact = scene.inputs.counter.exact
    roles = (message.role for message in draft.prompt.messages)
    parts = _message_parts(scene, zip(roles, draft.spans, strict=True))
    as_built = _message_parts(scene, ((one.role, one.spans) for one in draft.as_built))
    built = _built(scene, material, draft.prompt, parts, draft.left_out, draft.tokens, exact)
    return replace(built, as_built=as_built)


def _message_parts(scene: Scene, messages: Iterable[tuple[Role, Spans]]) -> tuple[PromptPart, ...]:
    return tuple(
        chain.from_iterable(
            as_parts(spans, scene.inputs.counter, message=number, role=role)
            for number, (role, spans) in enumerate(messages)
        )
    )


def _built(
    scene: Scene,
    material: Material,
    prompt: Prompt,
    parts: tuple[PromptPart, ...],
    left_out: tuple[LeftOut, ...],
    tokens: int,
    exact: bool,
) -> BuiltPrompt:
    timed = None if scene.inputs.dry_run else material.timed_lore
    return BuiltPrompt(
        prompt=prompt,
        parts=parts,
        left_out=left_out,
        lore=material.verdicts,
        warnings=tuple(dict.fromkeys(scene.warnings)),
        tokens=tokens,
        budget=scene.inputs.room,
        counter=scene.inputs.counter.name,
        exact=exact,
        changes=state_changes(scene, timed, parts),
    )
