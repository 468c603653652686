"""The prompt as role-tagged messages: the preset's prompts, the examples, the history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from tavern_tui.core.chat import Role
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.preset import ChatPreset, Injection
from tavern_tui.core.prompt import ChatPrompt, LeftOut
from tavern_tui.prompt.cargo import tool_tokens
from tavern_tui.prompt.chat_history import ChatHistory, fill_examples
from tavern_tui.prompt.drafts import Budget, Draft, RoomSpent, control, squash
from tavern_tui.prompt.injections import NOTE_KEY, SUMMARY_KEY, Position, role_of, span_of
from tavern_tui.prompt.inputs import ChatShape
from tavern_tui.prompt.manager import Slot, Slots, collect_slots
from tavern_tui.prompt.material import Material
from tavern_tui.prompt.post_process import MODES
from tavern_tui.prompt.reshape import names_in, reshape
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.stops import custom_stops
from tavern_tui.prompt.trace import Spans, enclosed, in_slot

REPLY_PRIMING = 3
"""Tokens the reply's own opening takes."""

FIELDS = (
    "worldInfoBefore",
    "main",
    "worldInfoAfter",
    "charDescription",
    "charPersonality",
    "scenario",
    "personaDescription",
)
"""Prompts that are placed first, in this order; it decides what a short budget cuts."""

CLAUDE = "claude"
"""The provider whose replies may be begun for it."""

FIRST_INJECTIONS = (SUMMARY_KEY, NOTE_KEY, "3_vectors", "4_vectors_data_bank", "chromadb")
"""Injections beside the main prompt that go before all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatDraft:
    """A finished chat prompt with the trace of every message."""

    prompt: ChatPrompt
    spans: tuple[Spans, ...]
    as_built: tuple[Draft, ...]
    """The messages before they were reshaped; empty where they were not."""
    left_out: tuple[LeftOut, ...]
    tokens: int


def build_chat(scene: Scene, material: Material, shape: ChatShape) -> ChatDraft:
    """Fill the preset's slots as far as the budget goes, and line them up."""
    assembly = _Assembly(scene=scene, material=material, preset=shape.preset)
    try:
        assembly.run()
    except RoomSpent:
        scene.warnings.append(
            f"The prompts that are always sent do not fit into {scene.inputs.room} tokens; "
            "the request is incomplete."
        )
    drafts = assembly.lined_up()
    if shape.preset.squash_system_messages:
        drafts = squash(drafts)
    messages, spans = reshape(drafts, scene, shape)
    return ChatDraft(
        prompt=ChatPrompt(
            messages=messages,
            prefill=scene.substitute(prefill_text(shape.preset, scene.generation)),
            stop=custom_stops(scene),
            names=names_in(scene),
            placeholder=shape.placeholder,
        ),
        spans=spans,
        as_built=tuple(drafts) if shape.post_processing in MODES else (),
        left_out=tuple(assembly.left_out),
        tokens=assembly.budget.used + REPLY_PRIMING,
    )


@dataclass(slots=True)
class _Assembly:
    """The slots while they are filled."""

    scene: Scene
    material: Material
    preset: ChatPreset
    slots: Slots = field(init=False)
    budget: Budget = field(init=False)
    placed: dict[int, list[Draft]] = field(default_factory=dict)
    controls: list[Draft] = field(default_factory=list)
    nudge: list[Draft] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def __post_init__(self) -> None:
        inputs = self.scene.inputs
        self.slots = collect_slots(self.scene, self.material, self.preset)
        self.budget = Budget(counter=inputs.counter, left=inputs.room - REPLY_PRIMING)

    def run(self) -> None:
        """Fill the slots in the order that decides who gets the room."""
        self._place_fields()
        self._reserve_controls()
        self._place_prompts()
        self._place_beside_main()
        self.budget.set_aside(tool_tokens(self.scene.inputs.tools, self.scene.inputs.counter))
        history = ChatHistory(self.scene, self.preset, self.material.history)
        self._take_prefill(history)
        history.inject(self.slots, self.material.registry)
        if self.scene.inputs.options.pin_examples:
            self._place_examples()
            self._place_history(history)
        else:
            self._place_history(history)
            self._place_examples()

    def lined_up(self) -> list[Draft]:
        """All messages in their order, without empty ones."""
        slots = chain.from_iterable(self.placed[index] for index in sorted(self.placed))
        return [draft for draft in chain(slots, self.nudge, self.controls) if draft.content or draft.cargo]

    def _place(self, slot: Slot) -> None:
        draft = Draft(role=slot.role, spans=slot.spans, label=slot.identifier)
        self.budget.require(draft)
        self.placed.setdefault(self.slots.index(slot.identifier), []).append(draft)

    def _place_fields(self) -> None:
        for identifier in FIELDS:
            slot = self.slots.get(identifier)
            off = self.slots.is_disabled(identifier) and identifier != "main"
            if slot is not None and not slot.in_chat and not off:
                self._place(slot)

    def _reserve_controls(self) -> None:
        scene = self.scene
        controls: list[Draft] = []
        if scene.generation is GenerationType.IMPERSONATE:
            text = scene.substitute(self.preset.impersonation_prompt)
            controls.append(control(text, "Request to impersonate", "preset impersonation_prompt"))
        if scene.inputs.quiet_prompt:
            text = scene.substitute(scene.inputs.quiet_prompt)
            controls.append(control(text, "Request in the background", "quiet prompt"))
        self.budget.reserve(*controls)
        self.controls = controls

    def _place_prompts(self) -> None:
        for slot in self._relative_prompts():
            if not slot.in_chat and not self.slots.is_disabled(slot.identifier):
                self._place(slot)

    def _relative_prompts(self) -> Iterator[Slot]:
        users = [slot for slot in self.slots if not slot.system_prompt]
        for identifier in ("nsfw", "jailbreak"):
            if (slot := self.slots.get(identifier)) is not None:
                yield slot
        yield from users
        for identifier in ("enhanceDefinitions", "bias"):
            if (slot := self.slots.get(identifier)) is not None and slot.text.strip():
                yield slot

    def _place_beside_main(self) -> None:
        """Injections before and after the main prompt, each a message of its own."""
        main = self.slots.get("main")
        if main is not None and main.in_chat:
            return
        place = self.placed.setdefault(self.slots.index("main"), [])
        for injection in self._beside_main():
            text = self.scene.substitute(injection.text)
            span = span_of(injection)
            draft = control(text, span.title, span.origin, role=role_of(injection.role))
            self.budget.require(draft)
            if injection.position == Position.BEFORE_STORY:
                place.insert(0, draft)
            else:
                place.append(draft)

    def _beside_main(self) -> list[Injection]:
        registry = self.material.registry
        beside = [*registry.at(Position.BEFORE_STORY), *registry.at(Position.AFTER_STORY)]
        rank = {key: number for number, key in enumerate(FIRST_INJECTIONS)}
        return sorted(beside, key=lambda one: rank.get(one.key, len(rank)))

    def _take_prefill(self, history: ChatHistory) -> None:
        if self.scene.generation is not GenerationType.CONTINUE or not self.preset.continue_prefill:
            return
        draft = history.take_prefill()
        if draft is not None:
            draft = self._begun(draft)
            self.budget.reserve(draft)
            self.controls.append(draft)

    def _begun(self, draft: Draft) -> Draft:
        """The continued message; for Claude, what all its replies begin with stands before it."""
        prefill = self.scene.substitute(self.preset.assistant_prefill)
        if self.scene.inputs.api != CLAUDE or draft.role is not Role.ASSISTANT or not prefill:
            return draft
        return replace(draft, spans=enclosed(draft.spans, f"{prefill}\n\n", ""))

    def _place_examples(self) -> None:
        if "dialogueExamples" not in self.slots or self.scene.inputs.options.strip_examples:
            return
        place = self.placed.setdefault(self.slots.index("dialogueExamples"), [])
        blocks = self.material.examples
        drafts = fill_examples(self.scene, self.preset, blocks, self.budget, self.left_out)
        place.extend(_in_slot(drafts, "dialogueExamples"))

    def _place_history(self, history: ChatHistory) -> None:
        if "chatHistory" not in self.slots:
            return
        place = self.placed.setdefault(self.slots.index("chatHistory"), [])
        place.extend(_in_slot(history.fill(self.budget), "chatHistory"))
        self.nudge = history.continued
        self.left_out.extend(history.left_out)


def _in_slot(drafts: list[Draft], slot: str) -> Iterator[Draft]:
    for draft in drafts:
        if all(span.slot for span in draft.spans):
            yield draft
        else:
            spans = in_slot(draft.spans, slot)
            yield replace(draft, spans=spans)


def prefill_text(preset: ChatPreset, generation: GenerationType) -> str:
    """What the reply must begin with, for providers that can be given it apart; macros unresolved."""
    match generation:
        case GenerationType.QUIET:
            return ""
        case GenerationType.IMPERSONATE:
            return preset.assistant_impersonation
        case GenerationType.CONTINUE if preset.continue_prefill:
            return ""
        case _:
            return preset.assistant_prefill
