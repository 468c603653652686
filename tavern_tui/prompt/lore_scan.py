"""Asks the lorebooks what belongs into this prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tavern_tui.lore.inputs import Activation, MatchSources, ScanInput
from tavern_tui.lore.place import LoreSlots, place
from tavern_tui.lore.scan import scan
from tavern_tui.prompt.history import LORE, History, ScanTexts
from tavern_tui.prompt.inputs import TextShape
from tavern_tui.prompt.scene import Scene
from tavern_tui.text.regex_scripts import apply_scripts


def scan_lore(scene: Scene, history: History, injections: Sequence[str]) -> tuple[LoreSlots, Activation]:
    """The entries that are active, sorted by where they go, and how that came about."""
    if not scene.inputs.books:
        return LoreSlots(), Activation()
    activation = scan(_scan_input(scene, history, injections))
    scene.warnings.extend(activation.warnings)
    return place(activation, lambda text, depth: _scripted(scene, text, depth)), activation


def _scan_input(scene: Scene, history: History, injections: Sequence[str]) -> ScanInput:
    inputs, card = scene.inputs, scene.card
    counter = inputs.counter
    return ScanInput(
        books=inputs.books,
        settings=inputs.lore,
        messages=ScanTexts(history, names=inputs.lore.include_names),
        sources=MatchSources(
            persona_description=card.persona,
            character_description=card.description,
            character_personality=card.personality,
            character_depth_prompt=card.depth_prompt,
            scenario=card.scenario,
            creator_notes=card.creator_notes,
        ),
        injections=injections,
        generation_type=scene.generation.value,
        character_file=inputs.character.file,
        character_tags=inputs.character_tags or None,
        room=inputs.room,
        count=counter.count if isinstance(inputs.shape, TextShape) else counter.count_loose,
        substitute=scene.substitute,
        rng=scene.macros.rng,
        timed=_timed(inputs.metadata),
        dry_run=inputs.dry_run,
        message_numbers=history.indexes_newest_first(),
    )


def _timed(metadata: Mapping[str, object]) -> Mapping[str, object]:
    timed = metadata.get("timedWorldInfo")
    return timed if isinstance(timed, Mapping) else {}


def _scripted(scene: Scene, text: str, depth: int | None) -> str:
    if not scene.inputs.regex_scripts:
        return text
    return apply_scripts(
        text,
        scene.inputs.regex_scripts,
        placement=LORE,
        context="prompt",
        depth=depth,
        substitute=scene.substitute,
        warnings=scene.warnings,
    )
