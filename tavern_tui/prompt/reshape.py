"""From drafts to the messages that are sent, through the post-processing the server needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tavern_tui.core.names import Names
from tavern_tui.core.openai_form import from_openai_form, in_openai_form
from tavern_tui.core.prompt import PromptMessage
from tavern_tui.prompt.drafts import Draft
from tavern_tui.prompt.inputs import ChatShape
from tavern_tui.prompt.post_process import MODES, post_process
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.trace import Span, Spans, enclosed, template, text_of

BLANK_LINE = "\n\n"
"""Between texts that were messages of their own."""


def reshape(
    drafts: Sequence[Draft], scene: Scene, shape: ChatShape
) -> tuple[tuple[PromptMessage, ...], tuple[Spans, ...]]:
    """The messages and, for each, the spans its content is made of."""
    if shape.post_processing not in MODES:
        return tuple(draft.message() for draft in drafts), tuple(draft.spans for draft in drafts)
    wire = post_process(
        [in_openai_form(draft.message()) for draft in drafts],
        shape.post_processing,
        names_in(scene),
        shape.placeholder,
    )
    messages = tuple(from_openai_form(message) for message in wire)
    return messages, attribute([message.content for message in messages], drafts)


def names_in(scene: Scene) -> Names:
    """Who speaks in this scene."""
    return Names(user=scene.user, char=scene.char, group=scene.macros.members)


def attribute(contents: Sequence[str], drafts: Sequence[Draft]) -> tuple[Spans, ...]:
    """The contents as spans. Reshaping keeps the drafts' texts and their order and only puts
    names, blank lines and placeholders between them, so each is found where the last one ended."""
    rest = [draft for draft in drafts if draft.content]
    result: list[Spans] = []
    for content in contents:
        spans: list[Span] = []
        position = 0
        while rest and (start := _find(content, rest[0].content, position)) is not None:
            draft = rest.pop(0)
            _join(spans, content[position:start], draft.spans)
            position = start + len(draft.content)
        if position < len(content):
            spans.append(template(content[position:], "Made up for the server"))
        assert text_of(spans) == content
        result.append(tuple(spans))
    return tuple(result)


def _join(spans: list[Span], between: str, more: Spans) -> None:
    """Add `more`; the blank line before it counts to what precedes, a name to what follows."""
    if spans and between.startswith(BLANK_LINE):
        spans[-1] = replace(spans[-1], text=spans[-1].text + BLANK_LINE)
        between = between.removeprefix(BLANK_LINE)
    spans.extend(enclosed(more, between, ""))


def _find(content: str, text: str, position: int) -> int | None:
    """Where `text` begins at or after `position`, if only a separator or a name precedes it."""
    start = content.find(text, position)
    if start < 0:
        return None
    between = content[position:start].removeprefix(BLANK_LINE)
    return start if BLANK_LINE not in between and (not between or between.endswith(": ")) else None
