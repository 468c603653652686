"""What a template makes of a chat: the real prompt, built with the template in its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Message, a_message
from tavern_tui.core.errors import DataError, PromptError
from tavern_tui.core.persona import Persona
from tavern_tui.core.preset import AuthorsNote, CharacterNote
from tavern_tui.core.prompt import BuiltPrompt, PromptPart, TextPrompt
from tavern_tui.core.template import ContextTemplate, InstructTemplate, SystemPrompt
from tavern_tui.prompt.inputs import PromptInputs, TextShape
from tavern_tui.services.template_use import Template, TemplateKind
from tavern_tui.storage.templates import TemplateStore
from tavern_tui.text.js_regex import compile_js, parse_literal

if TYPE_CHECKING:
    from tavern_tui.services.connections import ConnectionService
    from tavern_tui.services.prompts import PromptDesk
    from tavern_tui.services.session import ChatSession

LAST_MESSAGES = 4
"""Messages at the end of the chat that a preview shows."""
LONGEST = 1200
"""Characters of one piece that a preview shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the prompt."""

    text: str
    kind: str
    """As in `core.prompt.PromptPart`; `cut`: words about what is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePreview:
    """A prompt as a template renders it, without the middle of a long chat."""

    pieces: tuple[Piece, ...] = ()
    sequences: tuple[str, ...] = ()
    """What the instruct template puts around messages, as it stands in the text."""
    stop: tuple[str, ...] = ()
    tokens: int = 0
    company: str = ""
    """The other template that takes part, in a few words."""
    odd: tuple[str, ...] = ()
    """One sentence each: why there is no prompt, a macro that is not known, ..."""

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


_MACRO_OR_END = re.compile(r"\{\{.*?\}\}|\n")
SAMPLE_CHARACTER = Character(
    name="Ann",
    file="sample",
    description="{{char}} is a smith with a short temper.",
    personality="warm, once the work is done",
    scenario="A forge at the edge of the village.",
    example_messages="<START>\n{{user}}: Is it hot?\n{{char}}: It is a forge.",
)
SAMPLE_PERSONA = Persona(name="Ben", description="{{user}} is a travelling tinker.")
SAMPLE_CHAT: Sequence[Message] = (
    a_message("Ann", "*She looks up.* We are closed."),
    a_message("Story", "Rain begins to fall.", extra={"type": "narrator"}),
    a_message("Ben", "Even for a friend?", is_user=True),
)


class TemplateStage:
    """Puts a template into the prompt of the open chat, or of a sample chat."""

    def __init__(
        self,
        store: TemplateStore,
        connections: ConnectionService,
        desk: PromptDesk,
        session: Callable[[], ChatSession],
    ) -> None:
        self._store = store
        self._connections = connections
        self._desk = desk
        self._session = session

    def preview(self, kind: TemplateKind, template: Template, *, sample: bool = False) -> TemplatePreview:
        """The prompt as the template renders it. Changes nothing; no I/O."""
        inputs = self._desk.inputs(self._session(), user_input="", seed=0, dry_run=True)
        shape = self._shape(template)
        inputs = replace(_sampled(inputs) if sample else inputs, shape=shape)
        company = _company(kind, shape)
        try:
            built = self._desk.build(inputs)
        except PromptError as error:
            said = f"{error} {error.hint}".strip()
            return TemplatePreview(odd=(*_bad_pattern(template), said), company=company)
        stop = built.prompt.stop if isinstance(built.prompt, TextPrompt) else ()
        return TemplatePreview(
            pieces=tuple(_pieces(built)),
            sequences=_sequences(shape.instruct),
            stop=stop,
            tokens=built.tokens,
            company=company,
            odd=(*_bad_pattern(template), *built.warnings),
        )

    def _shape(self, template: Template) -> TextShape:
        """The connection's templates with this one in its place. Where the connection leaves the
        other of instruct and context template open, it is the one of the same name."""
        shape, connection = self._desk.text_shape(), self._connections.current
        match template:
            case InstructTemplate():
                pair = self._store.context(template.name) if connection.context == "auto" else None
                return replace(shape, instruct=template, context=pair or shape.context)
            case ContextTemplate():
                instruct = self._store.instruct(template.name) if connection.instruct == "auto" else None
                return replace(shape, context=template, instruct=instruct or shape.instruct)
            case SystemPrompt():
                return replace(shape, system_prompt=template)


def _bad_pattern(template: Template) -> Iterator[str]:
    """What is wrong with the pattern for models' names."""
    pattern = template.activation_regex if isinstance(template, InstructTemplate) else ""
    if pattern and parse_literal(pattern) is None:
        try:
            compile_js(pattern)
        except DataError as error:
            yield f"The pattern for model names matches none. {error}"


def _company(kind: TemplateKind, shape: TextShape) -> str:
    """The templates that take part besides the one that is looked at."""
    instruct = f"instruct {shape.instruct.name}" if shape.instruct else "plain text"
    context = f"context {shape.context.name}"
    return {TemplateKind.INSTRUCT: context, TemplateKind.CONTEXT: instruct}.get(
        kind, f"{instruct}, {context}"
    )


def _sampled(inputs: PromptInputs) -> PromptInputs:
    """The same user's settings with the sample chat."""
    return replace(
        inputs,
        character=SAMPLE_CHARACTER,
        persona=SAMPLE_PERSONA,
        messages=SAMPLE_CHAT,
        metadata={},
        chat_name="sample",
        books=(),
        note=AuthorsNote(),
        character_note=CharacterNote(),
        regex_scripts=(),
        character_tags=(),
    )


def _sequences(instruct: InstructTemplate | None) -> tuple[str, ...]:
    """The template's sequences line by line, without white space around them; of those with
    macros what stands between the macros."""
    if instruct is None:
        return ()
    found = (
        instruct.input_sequence, instruct.output_sequence, instruct.system_sequence,
        instruct.input_suffix, instruct.output_suffix, instruct.system_suffix,
        instruct.first_input_sequence, instruct.first_output_sequence,
        instruct.last_input_sequence, instruct.last_output_sequence, instruct.last_system_sequence,
        instruct.story_string_prefix, instruct.story_string_suffix,
    )  # fmt: skip
    kept = {piece.strip() for sequence in found for piece in _MACRO_OR_END.split(sequence)}
    return tuple(sorted((one for one in kept if one), key=lambda one: (-len(one), one)))


def _pieces(built: BuiltPrompt) -> Iterator[Piece]:
    """The parts, without the middle of the chat and of what is very long."""
    parts = built.parts
    history = [at for at, part in enumerate(parts) if part.kind == "history"]
    messages = list(dict.fromkeys(parts[at].origin for at in history))
    hidden = set(messages[:-LAST_MESSAGES])
    said = False
    for part in parts:
        if part.kind == "history" and part.origin in hidden:
            if not said:
                yield Piece(text=f"\n… {_count(len(hidden), 'message')} …\n", kind="cut")
            said = True
            continue
        yield from _shortened(part)


def _shortened(part: PromptPart) -> Iterator[Piece]:
    text, cut = part.text, len(part.text) - LONGEST
    if cut <= 0:
        yield Piece(text=text, kind=part.kind)
        return
    yield Piece(text=text[: LONGEST // 2], kind=part.kind)
    yield Piece(text=f" … {cut:,} characters … ", kind="cut")
    yield Piece(text=text[-(LONGEST // 2) :], kind=part.kind)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
