"""Text that remembers where its pieces came from.

A prompt is assembled from spans, so that the raw-prompt panel can name the origin of every
character. Joined, the spans are the prompt: no text exists beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tavern_tui.core.chat import Role
from tavern_tui.core.prompt import PromptPart
from tavern_tui.core.tokens import TokenCounter
from tavern_tui.prompt.words import collapse_newlines, trim_end, trim_start


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of text and where it came from; the fields are those of `core.prompt.PromptPart`."""

    text: str
    kind: str
    title: str
    origin: str = ""
    slot: str = ""


Spans = tuple[Span, ...]


def template(text: str, title: str, origin: str = "") -> Span:
    """A piece that belongs to the layout: a sequence, a separator, a name in front."""
    return Span(text=text, kind="template", title=title, origin=origin)


def text_of(spans: Iterable[Span]) -> str:
    """The text the spans make."""
    return "".join(span.text for span in spans)


def joined(pieces: Sequence[Span], separator: str) -> Spans:
    """The pieces with `separator` between them; it counts to the piece before it."""
    last = len(pieces) - 1
    return tuple(
        replace(piece, text=piece.text + separator) if index < last else piece
        for index, piece in enumerate(pieces)
    )


def concat(groups: Iterable[Spans], separator: str) -> Spans:
    """The groups that hold text one after the other, with `separator` between them."""
    spans: list[Span] = []
    for group in groups:
        if not text_of(group):
            continue
        if spans:
            spans[-1] = replace(spans[-1], text=spans[-1].text + separator)
        spans.extend(group)
    return tuple(spans)


def trimmed(spans: Spans) -> Spans:
    """The spans without white space at both ends."""
    rest = list(spans)
    while rest:
        first = trim_start(rest[0].text)
        rest[0] = replace(rest[0], text=first)
        if first:
            break
        rest.pop(0)
    while rest:
        last = trim_end(rest[-1].text)
        rest[-1] = replace(rest[-1], text=last)
        if last:
            break
        rest.pop()
    return tuple(rest)


def split_into(text: str, pieces: Sequence[Span], separator: str, otherwise: Span) -> Spans:
    """`text` as the pieces it was joined from, or, where it no longer is that join, in one."""
    spans = joined(pieces, separator)
    return spans if spans and text_of(spans) == text else (replace(otherwise, text=text),)


def enclosed(spans: Spans, before: str, after: str) -> Spans:
    """The spans with something in front of the first and behind the last, which it becomes part of."""
    if len(spans) == 1:  # as most are, a hundred times per prompt: `replace` takes twice as long
        return (_like(spans[0], before + spans[0].text + after, spans[0].slot),)
    first, *rest = spans
    spans = (replace(first, text=before + first.text), *rest)
    return (*spans[:-1], replace(spans[-1], text=spans[-1].text + after))


def _like(span: Span, text: str, slot: str) -> Span:
    return Span(text=text, kind=span.kind, title=span.title, origin=span.origin, slot=slot)


def merged(pieces: Sequence[Span], kind: str, title: str) -> Span:
    """One span that stands for several, named after them."""
    if len(pieces) == 1:
        return pieces[0]
    return Span(
        text="",
        kind=kind,
        title=", ".join(piece.title for piece in pieces) or title,
        origin=", ".join(piece.origin for piece in pieces if piece.origin),
    )


def in_slot(spans: Spans, slot: str) -> Spans:
    """The spans as part of this slot, except those that belong to another."""
    return tuple(span if span.slot else _like(span, span.text, slot) for span in spans)


def drop_last(spans: Spans, count: int) -> Spans:
    """The spans without their last `count` characters."""
    rest = list(spans)
    while count and rest:
        last = rest.pop()
        if len(last.text) > count:
            rest.append(replace(last, text=last.text[:-count]))
            break
        count -= len(last.text)
    return tuple(rest)


def without_returns(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans without carriage returns."""
    for span in spans:
        yield replace(span, text=span.text.replace("\r", "")) if "\r" in span.text else span


def collapsed(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans with every run of newlines as one, also where it crosses from one to the next."""
    ends_line = False
    for span in spans:
        text = collapse_newlines(span.text)
        if ends_line and text.startswith("\n"):
            text = text[1:]
        if text:
            ends_line = text.endswith("\n")
        yield replace(span, text=text)


def as_parts(
    spans: Iterable[Span],
    counter: TokenCounter,
    *,
    message: int | None = None,
    role: Role | None = None,
) -> Iterator[PromptPart]:
    """The spans that hold text, as parts of the prompt."""
    for span in spans:
        if span.text:
            yield PromptPart(
                kind=span.kind,
                title=span.title,
                origin=span.origin,
                text=span.text,
                tokens=counter.count(span.text),
                message=message,
                role=role,
                slot=span.slot,
            )
