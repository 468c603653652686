"""Scene: what all stages of one build share - the inputs, the macros, the chat as it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from tavern_tui.core.character import CardFields, Character, Group
from tavern_tui.core.chat import Message
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.template import ContextTemplate, InstructTemplate, SystemPrompt
from tavern_tui.macros import substitute
from tavern_tui.macros.context import MacroContext, Variables
from tavern_tui.prompt.inputs import GroupCast, PromptInputs, TextShape
from tavern_tui.prompt.words import collapse_newlines, put_name, trim


@dataclass(slots=True, kw_only=True)
class Scene:
    """The state of one build. Stages read it; only the macros in it change."""

    inputs: PromptInputs
    macros: MacroContext
    messages: Sequence[Message] = ()
    """The chat as it will be when the reply is asked for: with the typed message, without the
    reply that is regenerated."""
    _sequences: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def generation(self) -> GenerationType:
        return self.inputs.generation

    @property
    def user(self) -> str:
        return self.inputs.persona.name

    @property
    def char(self) -> str:
        return self.inputs.character.name

    @property
    def in_group(self) -> bool:
        return self.inputs.group is not None

    @property
    def card(self) -> CardFields:
        return self.macros.card

    @property
    def warnings(self) -> list[str]:
        return self.macros.warnings

    def substitute(
        self, text: str, *, original: str | None = None, extra: Mapping[str, str] | None = None
    ) -> str:
        """`text` with its macros resolved."""
        return substitute(text, self.macros, original=original, extra=extra)

    def base(self, text: str, macros: MacroContext | None = None) -> str:
        """A card's or template's text made ready: trimmed, macros resolved except those that
        stand for card fields, newlines collapsed if the user wants that, no carriage returns."""
        return self.base_untrimmed(trim(text), macros)

    def base_untrimmed(self, text: str, macros: MacroContext | None = None) -> str:
        """The same for a text whose outer white space counts."""
        text = substitute(text, macros or self.macros, card_fields=False)
        if self.inputs.options.collapse_newlines:
            text = collapse_newlines(text)
        return text.replace("\r", "")

    def sequence(self, sequence: str, name: str, *, macro: bool) -> str:
        """An instruct sequence as it stands before or after a turn of `name`."""
        if not macro:
            return sequence
        if "{{" in sequence:  # may draw dice or count: resolved anew for each turn
            return put_name(self.substitute(sequence), name)
        key = (sequence, name)
        if key not in self._sequences:
            self._sequences[key] = put_name(self.substitute(sequence), name)
        return self._sequences[key]


def open_scene(inputs: PromptInputs) -> Scene:
    """The scene before anything happened: no card fields yet, no typed message."""
    messages = _without_regenerated(inputs)
    return Scene(inputs=inputs, messages=messages, macros=_macro_context(inputs, messages))


def scratch(macros: MacroContext) -> MacroContext:
    """A copy of the macros whose use leaves no trace: variables, dice, bans and warnings."""
    rng = Random()
    rng.setstate(macros.rng.getstate())
    variables = replace(
        macros.variables,
        chat=dict(macros.variables.chat),
        everywhere=dict(macros.variables.everywhere),
    )
    return replace(macros, variables=variables, rng=rng, banned=[], warnings=[])


def is_disabled(group: Group, member: Character) -> bool:
    """Whether the member is muted. Groups name avatar files, with their ending."""
    return any(member.file in (name, name.rpartition(".")[0]) for name in group.disabled)


def enabled_members(cast: GroupCast) -> list[Character]:
    """The members that are not muted, in order."""
    return [member for member in cast.members if not is_disabled(cast.group, member)]


def _without_regenerated(inputs: PromptInputs) -> Sequence[Message]:
    messages = inputs.messages
    if inputs.generation is GenerationType.REGENERATE and messages and not messages[-1].is_user:
        return messages[:-1]
    return messages


def _macro_context(inputs: PromptInputs, messages: Sequence[Message]) -> MacroContext:
    cast = inputs.group
    context, instruct, system_prompt = _templates(inputs)
    return MacroContext(
        user=inputs.persona.name,
        char=inputs.character.name,
        members=tuple(member.name for member in cast.members) if cast else (),
        enabled_members=tuple(member.name for member in enabled_members(cast)) if cast else (),
        system_prompt=system_prompt,
        prefer_character_prompt=inputs.options.prefer_character_prompt,
        messages=messages,
        swiping=inputs.generation is GenerationType.SWIPE,
        first_included=_whole(inputs.metadata.get("lastInContextMessageId")),
        input="" if inputs.generation is GenerationType.NORMAL else inputs.user_input,
        generation_type=inputs.generation.value,
        last_generation_type=inputs.generation.value,
        model=inputs.model,
        max_context=inputs.context_size,
        max_response=inputs.response_length,
        instruct=instruct,
        context=context,
        reasoning=inputs.reasoning,
        authors_note=inputs.note.text,
        char_authors_note=inputs.character_note.text,
        default_authors_note=inputs.default_note,
        extra={"summary": inputs.summary},
        variables=_variables(inputs),
        now=inputs.now,
        rng=Random(inputs.seed),
        chat_name=inputs.chat_name,
        chat_id_hash=_whole(inputs.metadata.get("chat_id_hash")),
        pick_reroll_seed=str(inputs.metadata.get("pick_reroll_seed") or ""),
        legacy=not inputs.options.experimental_macro_engine,
    )


def _templates(inputs: PromptInputs) -> tuple[ContextTemplate, InstructTemplate | None, SystemPrompt]:
    shape = inputs.shape
    if isinstance(shape, TextShape):
        return shape.context, shape.instruct, shape.system_prompt
    return ContextTemplate(), None, SystemPrompt(enabled=False)


def _variables(inputs: PromptInputs) -> Variables:
    stored = inputs.metadata.get("variables")
    chat = dict(stored) if isinstance(stored, Mapping) else {}
    return Variables(chat=chat, everywhere=dict(inputs.global_variables))


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
