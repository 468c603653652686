"""A previewed prompt as sections for the screen: what is sent, what was left out, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from tavern_tui.core.prompt import BuiltPrompt, ChatPrompt, PromptPart
from tavern_tui.services.preview import PromptPreview
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.widgets.section_rows import Section

TONES: dict[str, str] = {
    "system": "part-system",
    "post_history": "part-system",
    "description": "part-card",
    "personality": "part-card",
    "scenario": "part-card",
    "persona": "part-persona",
    "lore": "part-lore",
    "note": "part-note",
    "examples": "part-examples",
    "history": "part-history",
    "injection": "part-injection",
    "template": "part-template",
    "control": "part-template",
}
"""Kind of part -> theme colour."""


def tone(kind: str) -> str:
    return TONES.get(kind, "part-injection")


def prompt_sections(preview: PromptPreview) -> list[Section]:
    """The parts as they were built, message by message, then what was not sent."""
    built = preview.built
    parts = built.as_built or built.parts
    return [
        *_parts(parts, preview),
        *_prefill(built),
        *_left_out(built),
        *_lore(built),
        *_warnings(built),
    ]


def body_sections(preview: PromptPreview) -> list[Section]:
    """The request as it goes out: its address, its headers, the messages if they were reshaped for
    the server, its body."""
    headers = "\n".join(f"{name}: {value}" for name, value in preview.headers.items())
    built = preview.built
    return [
        Section(
            key="address", title=clean_line(preview.url) or "Inside this program", text="", tone="primary"
        ),
        Section(key="headers", title="Headers", text=clean_text(headers), tone="part-template"),
        *(_parts(built.parts, preview, "out/") if built.as_built else ()),
        Section(key="body", title="Body", text=clean_text(preview.wire), tone="foreground"),
    ]


def message_counts(built: BuiltPrompt) -> tuple[int, int]:
    """How many messages were built, and how many go out."""
    counts = [len({part.message for part in parts}) for parts in (built.as_built, built.parts)]
    return counts[0], counts[1]


def _parts(parts: Sequence[PromptPart], preview: PromptPreview, prefix: str = "") -> Iterator[Section]:
    """One section for each part, under a heading for each message of several parts; equal names get
    a number, so that each keeps its own folding."""
    seen: dict[str, int] = {}
    marks = iter(_marks(parts, preview))
    for message, group in groupby(parts, key=lambda part: part.message):
        members = list(group)
        parent = ""
        if message is not None and len(members) > 1:
            parent = f"{prefix}message/{message}"
            yield _message(parent, members)
        for part in members:
            name = f"{prefix}{part.kind}/{part.origin}/{part.title}"
            seen[name] = seen.get(name, 0) + 1
            yield Section(
                key=f"{name}/{seen[name]}",
                title=f"  {clean_line(part.title)}" if parent else _title(part),
                text=clean_text(part.text.strip("\n")),
                note=f"{part.tokens:,}",
                tone=tone(part.kind),
                mark=next(marks),
                mark_title="unchanged up to here",
                parent=parent,
            )


def _message(key: str, parts: Sequence[PromptPart]) -> Section:
    """The heading of a message that was put together from several parts."""
    tokens = sum(part.tokens for part in parts)
    title = f"{parts[0].role or 'message'} · {len(parts)} parts"
    return Section(key=key, title=title, text="", note=f"{tokens:,}", tone="primary")


def _title(part: PromptPart) -> str:
    role = f"{part.role} · " if part.role is not None else ""
    return clean_line(f"{role}{part.title}")


def _prefill(built: BuiltPrompt) -> Iterable[Section]:
    prefill = built.prompt.prefill if isinstance(built.prompt, ChatPrompt) else ""
    if not prefill:
        return []
    title = "The reply begins with this, where the server allows it"
    return [Section(key="prefill", title=title, text=clean_text(prefill), tone=tone("control"))]


def _marks(parts: Sequence[PromptPart], preview: PromptPreview) -> list[int | None]:
    """For each part the offset at which the prompt begins to differ from the last request, if there."""
    marks: list[int | None] = [None] * len(parts)
    until = preview.unchanged_chars
    if not 0 < until < len(preview.text):
        return marks
    at = 0
    for index, part in enumerate(parts):
        start = preview.text.find(part.text, at)
        if start < 0:
            continue
        at = start + len(part.text)
        if until < at:
            lead = len(part.text) - len(part.text.lstrip("\n"))
            marks[index] = max(0, until - start - lead)
            break
    return marks


def _left_out(built: BuiltPrompt) -> Iterable[Section]:
    if not built.left_out:
        return []
    lines = [f"{one.title}  ({one.tokens:,} tokens): {one.reason}" for one in built.left_out]
    return [_extra("left out", f"Left out ({len(lines)})", lines, "error")]


def _lore(built: BuiltPrompt) -> Iterable[Section]:
    if not built.lore:
        return []
    verdicts = sorted(built.lore, key=lambda one: not one.active)
    lines = [f"{'✓' if one.active else '·'} {one.title or one.uid}: {one.reason}" for one in verdicts]
    active = sum(one.active for one in verdicts)
    return [_extra("lore", f"Lorebook entries ({active} of {len(lines)} active)", lines, "success")]


def _warnings(built: BuiltPrompt) -> Iterable[Section]:
    if not built.warnings:
        return []
    return [_extra("warnings", f"Warnings ({len(built.warnings)})", list(built.warnings), "warning")]


def _extra(key: str, title: str, lines: list[str], colour: str) -> Section:
    return Section(
        key=f"extra/{key}", title=title, text=clean_text("\n".join(lines)), tone=colour, folded=True
    )
