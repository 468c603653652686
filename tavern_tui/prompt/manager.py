"""The prompt manager's list: which prompts of a preset take part, in which slot, with what text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tavern_tui.core.chat import Role
from tavern_tui.core.preset import ChatPreset, ManagedPrompt
from tavern_tui.prompt.material import Material
from tavern_tui.prompt.note import persona_in_prompt
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.trace import Span, Spans, enclosed, in_slot, text_of

IN_CHAT = 1
"""`injection_position` of a prompt that goes between the messages."""

DEFAULT_ORDER: tuple[tuple[str, bool], ...] = (
    ("main", True),
    ("worldInfoBefore", True),
    ("personaDescription", True),
    ("charDescription", True),
    ("charPersonality", True),
    ("scenario", True),
    ("enhanceDefinitions", False),
    ("nsfw", True),
    ("worldInfoAfter", True),
    ("dialogueExamples", True),
    ("chatHistory", True),
    ("jailbreak", True),
)

MARKERS = frozenset(
    (
        "worldInfoBefore",
        "worldInfoAfter",
        "personaDescription",
        "charDescription",
        "charPersonality",
        "scenario",
        "dialogueExamples",
        "chatHistory",
    )
)
"""Built-in prompts that only mark a place. A preset that lacks one still has it."""

CARD_OVERRIDES = {"main": "system", "jailbreak": "post_history"}
"""Prompts a card may replace, and the card's field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One prompt of the list with its text of this build."""

    identifier: str
    role: Role
    spans: Spans
    in_chat: bool = False
    depth: int = 4
    order: int = 100
    system_prompt: bool = True

    @property
    def text(self) -> str:
        return text_of(self.spans)


class Slots:
    """The prompts that take part; a prompt's index is its place in the request."""

    def __init__(self, slots: list[Slot], disabled: frozenset[str]) -> None:
        self._slots = slots
        self._index = {slot.identifier: number for number, slot in enumerate(slots)}
        self._disabled = disabled

    def __iter__(self) -> Iterator[Slot]:
        return iter(self._slots)

    def __contains__(self, identifier: str) -> bool:
        return identifier in self._index

    def get(self, identifier: str) -> Slot | None:
        index = self._index.get(identifier)
        return None if index is None else self._slots[index]

    def index(self, identifier: str) -> int:
        """The place of a prompt; behind all others if it has none."""
        return self._index.get(identifier, len(self._slots))

    def is_disabled(self, identifier: str) -> bool:
        """Whether the user switched it off (rather than left it out of the list)."""
        return identifier in self._disabled


def collect_slots(scene: Scene, material: Material, preset: ChatPreset) -> Slots:
    """The preset's order filled with texts; what has no place in it comes behind."""
    order = preset.order or DEFAULT_ORDER
    known = {prompt.identifier: prompt for prompt in preset.prompts}
    slots: list[Slot] = []
    for identifier, enabled in order:
        prompt = known.get(identifier) or _builtin(identifier)
        if prompt is None:
            continue
        if enabled and _is_triggered(prompt, scene):
            slots.append(_slot(prompt, scene.substitute(prompt.content)))
        elif identifier == "main":  # kept, empty, as the anchor of what stands beside it
            slots.append(_slot(prompt, ""))
    _fill(slots, _generated(scene, material, preset), known)
    disabled = frozenset(identifier for identifier, enabled in order if not enabled)
    slots = [_overridden(slot, scene, known.get(slot.identifier), disabled) for slot in slots]
    slots = [replace(slot, spans=in_slot(slot.spans, slot.identifier)) for slot in slots]
    return Slots(slots, disabled)


def _builtin(identifier: str) -> ManagedPrompt | None:
    if identifier in MARKERS:
        return ManagedPrompt(identifier=identifier, system_prompt=True, marker=True)
    return None


def _is_triggered(prompt: ManagedPrompt, scene: Scene) -> bool:
    return not prompt.injection_trigger or scene.generation.value in prompt.injection_trigger


def _slot(prompt: ManagedPrompt, text: str) -> Slot:
    span = Span(
        text=text,
        kind=_KINDS.get(prompt.identifier, "preset"),
        title=prompt.name or prompt.identifier,
        origin=f"preset prompt {prompt.identifier}",
    )
    return Slot(
        identifier=prompt.identifier,
        role=_role(prompt.role),
        spans=(span,),
        in_chat=prompt.injection_position == IN_CHAT,
        depth=prompt.injection_depth,
        order=prompt.injection_order,
        system_prompt=prompt.system_prompt,
    )


_KINDS = {"main": "system", "jailbreak": "post_history"}


def _role(name: str) -> Role:
    return next((role for role in Role if role == name), Role.SYSTEM)


def _fill(slots: list[Slot], generated: list[Slot], known: dict[str, ManagedPrompt]) -> None:
    """Put the generated texts into their markers, with the role and place chosen there."""
    places = {slot.identifier: number for number, slot in enumerate(slots)}
    for slot in generated:
        number = places.get(slot.identifier)
        if number is None:
            slots.append(slot)
            continue
        marker = slots[number]
        slots[number] = replace(marker, spans=slot.spans)


def _overridden(slot: Slot, scene: Scene, prompt: ManagedPrompt | None, disabled: frozenset[str]) -> Slot:
    field = CARD_OVERRIDES.get(slot.identifier)
    if field is None or prompt is None or prompt.forbid_overrides or slot.identifier in disabled:
        return slot
    override = str(getattr(scene.card, field))
    if not override:
        return slot
    text = scene.substitute(override, original=slot.text)
    origin = "card system_prompt" if field == "system" else "card post_history_instructions"
    span = replace(slot.spans[0], text=text, origin=origin, title=f"{slot.spans[0].title} of {scene.char}")
    return replace(slot, spans=(span,))


def _generated(scene: Scene, material: Material, preset: ChatPreset) -> list[Slot]:
    """The texts that do not come from the preset."""
    card, char = scene.card, scene.char
    texts = (
        ("worldInfoBefore", _wrapped_lore(scene, preset, material.lore_before)),
        ("worldInfoAfter", _wrapped_lore(scene, preset, material.lore_after)),
        ("charDescription", _field(scene, card.description, "description", char)),
        (
            "charPersonality",
            _formatted(scene, card.personality, preset.personality_format, "personality"),
        ),
        ("scenario", _formatted(scene, card.scenario, preset.scenario_format, "scenario")),
        ("bias", _bias(material)),
        ("personaDescription", _persona(scene)),
    )
    return [
        Slot(
            identifier=identifier,
            role=Role.ASSISTANT if identifier == "bias" else Role.SYSTEM,
            spans=spans,
        )
        for identifier, spans in texts
    ]


def _field(scene: Scene, text: str, field: str, char: str) -> Spans:
    return (
        Span(
            text=scene.substitute(text),
            kind=field,
            title=f"{field.capitalize()} of {char}",
            origin=f"card {field}",
        ),
    )


def _formatted(scene: Scene, text: str, form: str, field: str) -> Spans:
    return _field(scene, form if text and form else text, field, scene.char)


def _persona(scene: Scene) -> Spans:
    return (
        Span(
            text=scene.substitute(persona_in_prompt(scene)),
            kind="persona",
            title=f"Persona {scene.user}",
            origin="persona description",
        ),
    )


def _bias(material: Material) -> Spans:
    return (
        Span(
            text=material.bias.text,
            kind="control",
            title="Start of the reply",
            origin="start reply with",
        ),
    )


def _wrapped_lore(scene: Scene, preset: ChatPreset, lore: Spans) -> Spans:
    """The lore inside the preset's format, where `{0}` stands for it."""
    text = text_of(lore)
    if not text:
        return ()
    form = preset.wi_format
    wrapped = scene.substitute(form.replace("{0}", text) if form.strip() else text)
    before, placed, after = form.partition("{0}") if form.strip() else ("", "{0}", "")
    if placed and wrapped == before + text + after:
        return enclosed(lore, before, after)
    return (replace(lore[0], text=wrapped),)
