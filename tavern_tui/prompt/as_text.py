"""The prompt as one string: story, examples, history, the opening of the reply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from tavern_tui.core.preset import Injection
from tavern_tui.core.prompt import LeftOut, TextPrompt
from tavern_tui.prompt.fields import post_history, story_params, system_prompt
from tavern_tui.prompt.fit_text import Candidates, Fitted, fit, shrink
from tavern_tui.prompt.injections import STORY_KEY, Position
from tavern_tui.prompt.inputs import TextShape
from tavern_tui.prompt.instruct import format_examples, wrap_story
from tavern_tui.prompt.last_line import LastLine
from tavern_tui.prompt.left_out import cut
from tavern_tui.prompt.lines import Lines
from tavern_tui.prompt.material import Material, separator_line
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.stops import text_stops
from tavern_tui.prompt.story import IN_CHAT, story_string
from tavern_tui.prompt.trace import (
    Span,
    Spans,
    collapsed,
    drop_last,
    template,
    text_of,
    without_returns,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDraft:
    """A finished text prompt with its trace."""

    prompt: TextPrompt
    spans: Spans
    left_out: tuple[LeftOut, ...]
    tokens: int


def build_text(scene: Scene, material: Material, shape: TextShape) -> TextDraft:
    """Lay everything out as the templates say and cut it to the context."""
    pieces = _example_pieces(scene, material, shape)
    story = _story(scene, material, shape, pieces)
    if scene.inputs.options.strip_examples:
        pieces = []
    lines = Lines(scene, shape.instruct, material, post_history(scene, shape))
    layout = _Layout(scene=scene, shape=shape, story=story, pieces=pieces, lines=lines, material=material)
    fitted = _fit(layout)
    spans = layout.assemble(fitted)
    return TextDraft(
        prompt=TextPrompt(text=text_of(spans), stop=text_stops(scene, shape)),
        spans=spans,
        left_out=tuple(_left_out(layout, fitted)),
        tokens=fitted.tokens,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """The pieces of the prompt in their order, before the cut."""

    scene: Scene
    shape: TextShape
    story: Spans
    pieces: list[Spans]
    lines: Lines
    material: Material

    @property
    def pinned(self) -> bool:
        return self.scene.inputs.options.pin_examples

    @property
    def chat_start(self) -> Spans:
        text = self.shape.context.chat_start
        if not text:
            return ()
        return (template(self.scene.substitute(text) + "\n", "Chat start", "context chat_start"),)

    @property
    def last_line(self) -> LastLine:
        return LastLine(self.scene, self.shape, self.material.bias, alone=self.lines.cycle is None)

    def assemble(self, fitted: Fitted) -> Spans:
        """The whole prompt with the lines and examples that were kept."""
        examples = self.pieces if self.pinned else self.pieces[: fitted.examples]
        spans: Iterator[Span] = chain(
            self.story,
            chain.from_iterable(examples),
            self.chat_start,
            self._history(fitted),
            self.lines.cycle or (),
        )
        spans = without_returns(spans)
        if self.scene.inputs.options.collapse_newlines:
            spans = collapsed(spans)
        return tuple(spans)

    def _history(self, fitted: Fitted) -> Spans:
        kept = [self.lines.spans(number) for number in fitted.lines]
        if fitted.aligned:
            kept.insert(0, self.lines.alignment)
        if not kept:
            return ()
        last = kept[-1]
        if self.last_line.takes_newline and text_of(last).endswith("\n"):
            last = drop_last(last, 1)
        kept[-1] = (*last, *self.last_line.after(text_of(last)))
        return tuple(chain.from_iterable(kept))


def _fit(layout: _Layout) -> Fitted:
    scene, lines = layout.scene, layout.lines
    counter, padding = scene.inputs.counter, scene.inputs.options.token_padding
    opening = text_of(layout.last_line.opening(""))
    pinned = chain.from_iterable(layout.pieces) if layout.pinned else ()
    fixed = [layout.story, tuple(pinned), lines.alignment, layout.chat_start]
    candidates = Candidates(
        fixed="".join(text_of(spans) for spans in fixed) + opening + text_of(lines.cycle or ()),
        lines=len(lines),
        line=lines.text,
        injected=lines.injected,
        examples=[] if layout.pinned else [text_of(piece) for piece in layout.pieces],
        is_user=lines.is_user,
        alignment=text_of(lines.alignment),
    )
    fitted = fit(candidates, counter, scene.inputs.room, padding)
    if lines.cycle:
        shrink(
            fitted,
            lambda kept: text_of(layout.assemble(kept)) + "\n" + opening,
            counter,
            scene.inputs.room,
            padding,
        )
    return fitted


def _example_pieces(scene: Scene, material: Material, shape: TextShape) -> list[Spans]:
    if shape.instruct is None:
        return [(block.span(),) for block in material.examples]
    separator = separator_line(scene, shape.context)
    return format_examples(scene, shape.instruct, material.examples, separator)


def _story(scene: Scene, material: Material, shape: TextShape, pieces: list[Spans]) -> Spans:
    system = system_prompt(scene, shape)
    params = story_params(scene, material, system, tuple(chain.from_iterable(pieces)))
    story = story_string(scene, shape.context, shape.instruct, params)
    if shape.context.story_string_position != IN_CHAT:
        return wrap_story(scene, shape.instruct, story) if shape.instruct else story
    material.registry.put(
        Injection(
            key=STORY_KEY,
            text=text_of(story),
            position=Position.IN_CHAT,
            depth=shape.context.story_string_depth,
            role=shape.context.story_string_role,
            title="Story string",
            origin="context story_string",
        )
    )
    return ()


def _left_out(layout: _Layout, fitted: Fitted) -> list[LeftOut]:
    counter = layout.scene.inputs.counter
    found = layout.lines.left_out(set(fitted.lines))
    if not layout.pinned:
        for piece in layout.pieces[fitted.examples :]:
            found.append(cut(piece[0].title, piece[0].origin, counter.count(text_of(piece))))
    return found
