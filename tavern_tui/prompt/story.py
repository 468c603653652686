"""The story string: the context template filled with the card, the lore and the notes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tavern_tui.core.template import ContextTemplate, InstructTemplate
from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.story_string import render
from tavern_tui.prompt.scene import Scene, scratch
from tavern_tui.prompt.trace import Span, Spans, template, text_of

IN_CHAT = 1
"""`story_string_position` of a story string that goes into the chat."""

_FIRST_MARK = 0xE000
_LAST_MARK = 0xF8FF
_MARK = re.compile(f"([{chr(_FIRST_MARK)}-{chr(_LAST_MARK)}])")


def story_string(
    scene: Scene, context: ContextTemplate, instruct: InstructTemplate | None, params: Mapping[str, Spans]
) -> Spans:
    """The rendered template, split into the fields that went in."""
    values = {name: text_of(spans) for name, spans in params.items()}
    fields = {name: value for name, value in values.items() if params[name] and _is_field(params[name])}
    marked = _render_marked(scene, context.story_string, values, fields)
    plain = _render(context.story_string, values, scene.macros)
    if not plain:
        return ()
    spans = _split(marked, [params[name] for name in fields]) if _MARK.sub("", marked) == plain else ()
    spans = spans or (template(plain, "Story string", "context story_string"),)
    if _needs_newline(plain, context, instruct):
        spans = (*spans[:-1], replace(spans[-1], text=spans[-1].text + "\n"))
    return spans


def _render(source: str, values: Mapping[str, str], macros: MacroContext) -> str:
    return render(source, values, macros).lstrip("\n")


def _is_field(spans: Spans) -> bool:
    """Names are part of the layout's own words; the rest is worth telling apart."""
    return spans[0].kind != "template"


def _render_marked(scene: Scene, source: str, values: Mapping[str, str], fields: Mapping[str, str]) -> str:
    """The same rendering with a private-use character before and after each field, made with
    macros that leave no trace. Empty where the texts use such characters themselves."""
    if any(_MARK.search(text) for text in (source, *values.values())):
        return ""
    marked = {
        name: f"{chr(_FIRST_MARK + number)}{value}{chr(_FIRST_MARK + number)}" if value else ""
        for number, (name, value) in enumerate(fields.items())
    }
    return _render(source, {**values, **marked}, scratch(scene.macros))


def _split(marked: str, fields: Sequence[Spans]) -> Spans:
    spans: list[Span] = []
    inside: int | None = None
    for piece in _MARK.split(marked):
        if _MARK.fullmatch(piece):
            inside = None if inside is not None else ord(piece) - _FIRST_MARK
        elif inside is not None:
            spans.extend(_as_field(piece, fields[inside]))
        elif spans and not piece.strip():
            spans[-1] = replace(spans[-1], text=spans[-1].text + piece)
        elif piece:
            spans.append(template(piece, "Story string", "context story_string"))
    return tuple(span for span in spans if span.text)


def _as_field(text: str, spans: Spans) -> Spans:
    """A field's text as its spans; macros may have changed it after it went in."""
    if text_of(spans) == text:
        return spans
    return (replace(spans[0], text=text),)


def _needs_newline(story: str, context: ContextTemplate, instruct: InstructTemplate | None) -> bool:
    if story.endswith("\n") or context.story_string_position == IN_CHAT:
        return False
    return instruct is None or (instruct.wrap and not instruct.story_string_suffix)
