"""Material: what goes into a prompt of either shape, found and registered in the right order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tavern_tui.core.character import Character
from tavern_tui.core.lorebook import LorePosition
from tavern_tui.core.preset import Injection
from tavern_tui.core.prompt import LoreVerdict
from tavern_tui.core.template import ContextTemplate
from tavern_tui.lore.place import LoreSlots, PlacedEntry
from tavern_tui.prompt.bias import Bias, reply_bias
from tavern_tui.prompt.examples import Block, parse_blocks
from tavern_tui.prompt.history import History
from tavern_tui.prompt.injections import (
    DEPTH_PROMPT_KEY,
    ROLES,
    SUMMARY_KEY,
    Position,
    Registry,
)
from tavern_tui.prompt.inputs import TextShape
from tavern_tui.prompt.instruct import format_examples
from tavern_tui.prompt.lore_scan import scan_lore
from tavern_tui.prompt.note import (
    authors_note,
    register_note,
    register_persona,
    with_lore,
    with_persona,
)
from tavern_tui.prompt.scene import Scene, enabled_members, scratch
from tavern_tui.prompt.sources import START, as_member, joined_members
from tavern_tui.prompt.trace import Span, Spans, joined, text_of

SUMMARY_TEMPLATE = "[Summary: {{summary}}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """The ingredients of a prompt. The registry still takes additions."""

    bias: Bias
    history: History
    registry: Registry
    examples: list[Block]
    lore_before: Spans
    lore_after: Spans
    verdicts: tuple[LoreVerdict, ...]
    timed_lore: Mapping[str, object] | None


def gather(scene: Scene) -> Material:
    """Collect everything that depends on the chat and the card but not on the prompt's shape.

    The order matters: lore sees the injections registered before it, and the note takes in lore
    before it takes in the persona."""
    bias = reply_bias(scene)
    registry = Registry()
    _register_sources(registry, scene)
    history = History(scene)
    blocks = _card_examples(scene)
    scene.macros.example_blocks = _examples_for_macros(scene, blocks)
    note = authors_note(scene)
    register_note(registry, note, scene)
    slots, activation = scan_lore(scene, history, _scanned(registry, scene))
    note = with_lore(note, slots.note_top, slots.note_bottom)
    register_note(registry, with_persona(note, scene), scene)
    _register_lore(registry, slots)
    scene.macros.outlets = slots.outlets
    register_persona(registry, scene)
    return Material(
        bias=bias,
        history=history,
        registry=registry,
        examples=_with_lore_examples(scene, blocks, slots),
        lore_before=_lore_spans(slots.placed_at(LorePosition.BEFORE_CHAR)),
        lore_after=_lore_spans(slots.placed_at(LorePosition.AFTER_CHAR)),
        verdicts=activation.verdicts,
        timed_lore=activation.timed,
    )


def _register_sources(registry: Registry, scene: Scene) -> None:
    for injection in scene.inputs.injections:
        registry.put(injection)
    if scene.inputs.summary and registry.get(SUMMARY_KEY) is None:
        registry.put(
            Injection(
                key=SUMMARY_KEY,
                text=scene.substitute(SUMMARY_TEMPLATE),
                position=Position.AFTER_STORY,
                title="Summary",
                origin="summary",
            )
        )
    for injection in _depth_prompts(scene):
        registry.put(injection)


def _depth_prompts(scene: Scene) -> Sequence[Injection]:
    """The note of the card; where cards are joined, one for each member that is not muted."""
    if not joined_members(scene) or scene.inputs.group is None:
        return [_depth_prompt(DEPTH_PROMPT_KEY, scene.card.depth_prompt, scene.inputs.character)]
    speaker = scene.inputs.character
    awake = {member.file for member in enabled_members(scene.inputs.group)} | {speaker.file}
    return [
        _depth_prompt(
            f"{DEPTH_PROMPT_KEY}_{number}",
            scene.base(member.depth_prompt.text, as_member(scene, member)),
            member,
        )
        for number, member in enumerate(scene.inputs.group.members)
        if member.file in awake
    ]


def _depth_prompt(key: str, text: str, character: Character) -> Injection:
    place = character.depth_prompt
    return Injection(
        key=key,
        text=text,
        position=Position.IN_CHAT,
        depth=place.depth,
        role=_role_number(place.role),
        title=f"Depth prompt of {character.name}",
        origin="card depth_prompt",
    )


def _role_number(role: str) -> int:
    return next((number for number, known in enumerate(ROLES) if known == role), 0)


def _scanned(registry: Registry, scene: Scene) -> list[str]:
    texts = [scene.substitute(injection.text) for injection in registry.scannable()]
    return [*texts, scene.inputs.quiet_prompt] if scene.inputs.quiet_prompt else texts


def _card_examples(scene: Scene) -> list[Block]:
    title = f"Examples of {scene.char}"
    return parse_blocks(scene.card.example_messages, _heading(scene), title, "card mes_example")


def _heading(scene: Scene) -> str:
    shape = scene.inputs.shape
    if not isinstance(shape, TextShape) or shape.instruct is not None:
        return f"{START}\n"
    return separator_line(scene, shape.context)


def _examples_for_macros(scene: Scene, blocks: list[Block]) -> str:
    """What `{{mesExamples}}` stands for. Most prompts never ask for it, so it must not act."""
    shape = scene.inputs.shape
    if not isinstance(shape, TextShape) or shape.instruct is None:
        return "".join(block.text for block in blocks)
    quiet = replace(scene, macros=scratch(scene.macros))
    separator = separator_line(quiet, shape.context)
    return "".join(text_of(piece) for piece in format_examples(quiet, shape.instruct, blocks, separator))


def separator_line(scene: Scene, context: ContextTemplate) -> str:
    """The line before each block of examples; empty: there is none."""
    separator = scene.substitute(context.example_separator)
    return f"{separator}\n" if separator else ""


def _with_lore_examples(scene: Scene, blocks: list[Block], slots: LoreSlots) -> list[Block]:
    top = _lore_examples(scene, slots.placed_at(LorePosition.EXAMPLES_TOP))
    bottom = _lore_examples(scene, slots.placed_at(LorePosition.EXAMPLES_BOTTOM))
    return [*top, *blocks, *bottom]


def _lore_examples(scene: Scene, placed: Sequence[PlacedEntry]) -> list[Block]:
    blocks: list[Block] = []
    for entry in placed:
        span = lore_span(entry)
        text = scene.base(entry.text)
        blocks.extend(parse_blocks(text, _heading(scene), span.title, span.origin))
    return blocks


def _register_lore(registry: Registry, slots: LoreSlots) -> None:
    for (depth, role), text in slots.at_depth.items():
        spans = [lore_span(placed) for placed in slots.placed_in_chat(depth, role)]
        registry.put(
            Injection(
                key=f"customDepthWI_{depth}_{role}",
                text=text,
                position=Position.IN_CHAT,
                depth=depth,
                role=role,
                title=", ".join(span.title for span in spans),
                origin=", ".join(span.origin for span in spans),
            )
        )


def _lore_spans(placed: Sequence[PlacedEntry]) -> Spans:
    return joined([lore_span(entry) for entry in placed], "\n")


def lore_span(placed: PlacedEntry) -> Span:
    """A lore entry as a piece of the prompt."""
    entry, book = placed.entry, placed.active.book
    title = entry.comment or ", ".join(entry.keys[:3]) or f"entry {entry.uid}"
    return Span(
        text=placed.text,
        kind="lore",
        title=f'Lore: {title} (book "{book}")',
        origin=f"book {book}, entry {entry.uid}",
    )
