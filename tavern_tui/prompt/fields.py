"""The fields of a story string, the system prompt, and the instructions after the history."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.prompt.injections import Position
from tavern_tui.prompt.inputs import TextShape
from tavern_tui.prompt.material import Material
from tavern_tui.prompt.note import persona_in_prompt
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.trace import Span, Spans, text_of
from tavern_tui.prompt.words import trim


def system_prompt(scene: Scene, shape: TextShape) -> Spans:
    """The system prompt: the card's own where the user prefers it, else the template's."""
    prompt = shape.system_prompt
    if not prompt.enabled:
        return ()
    if scene.card.system:
        text = scene.substitute(scene.card.system, original=prompt.content)
        title, origin = f"System prompt of {scene.char}", "card system_prompt"
    else:
        text = scene.base(prompt.content)
        title, origin = "System prompt", f"system prompt {prompt.name}".strip()
    if shape.instruct is not None:
        text = scene.substitute(text, original=prompt.content)
    return (Span(text=text, kind="system", title=title, origin=origin),)


def post_history(scene: Scene, shape: TextShape) -> Span | None:
    """The instructions that follow the history; None if there are none."""
    prompt = shape.system_prompt
    if not prompt.enabled:
        return None
    if scene.card.post_history:
        text = scene.substitute(scene.card.post_history, original=prompt.post_history)
        origin = "card post_history_instructions"
    else:
        text = scene.base(prompt.post_history)
        origin = f"system prompt {prompt.name}, post_history".strip()
    if not text:
        return None
    return Span(text=text, kind="post_history", title="After the history", origin=origin)


def story_params(scene: Scene, material: Material, system: Spans, examples: Spans) -> Mapping[str, Spans]:
    """What a story string may name, with the origin of each."""
    card, char = scene.card, scene.char
    raw = tuple(block.span() for block in material.examples)
    return {
        "system": system,
        "description": _card(card.description, "description", char),
        "personality": _card(card.personality, "personality", char),
        "scenario": _card(card.scenario, "scenario", char),
        "persona": _persona(scene),
        "char": _plain(char, "Character's name"),
        "user": _plain(scene.user, "User's name"),
        "wiBefore": material.lore_before,
        "loreBefore": material.lore_before,
        "wiAfter": material.lore_after,
        "loreAfter": material.lore_after,
        "anchorBefore": _anchor(scene, material, Position.BEFORE_STORY),
        "anchorAfter": _anchor(scene, material, Position.AFTER_STORY),
        "mesExamples": examples,
        "mesExamplesRaw": raw,
    }


def _card(text: str, field: str, char: str) -> Spans:
    return (Span(text=text, kind=field, title=f"{field.capitalize()} of {char}", origin=f"card {field}"),)


def _persona(scene: Scene) -> Spans:
    return (
        Span(
            text=persona_in_prompt(scene),
            kind="persona",
            title=f"Persona {scene.user}",
            origin="persona description",
        ),
    )


def _plain(text: str, title: str) -> Spans:
    return (Span(text=text, kind="template", title=title),)


def _anchor(scene: Scene, material: Material, position: Position) -> Spans:
    collected = material.registry.collect(scene, position)
    text = trim(collected.text)
    if text == text_of(collected.spans):
        return collected.spans
    return (Span(text=text, kind="injection", title="Injected", origin="injections"),)
