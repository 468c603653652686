"""The rows of the reply screen's list, and what stands above the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.services.reply_settings import ReplySettings
from tavern_tui.services.template_shelf import TemplateEntry
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.panes.replies.fields import SECTIONS, Section
from tavern_tui.ui.widgets.sequence import shown_sequence

TITLE = 15
"""Columns of a row's title."""
LONGEST = 60
"""Characters of a mark that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the list: a subject, or a reasoning template."""

    key: str
    section: Section | None = None
    entry: TemplateEntry | None = None
    template: ReasoningTemplate | None = None


def lines_of(templates: Sequence[tuple[TemplateEntry, ReasoningTemplate]]) -> list[Line]:
    """All rows but the heading between the two kinds."""
    return [
        *(Line(key=one.id, section=one) for one in SECTIONS),
        *(Line(key=f"t/{entry.name}", entry=entry, template=template) for entry, template in templates),
    ]


def list_row(line: Line, replies: ReplySettings, *, changed: bool) -> Content:
    """One line: ● is in use."""
    if line.section is not None:
        state = line.section.state(replies)
        return Content.assemble((f"  {line.section.title:<{TITLE}} ", ""), (state, "$foreground-muted"))
    assert line.entry is not None
    assert line.template is not None
    is_used = line.entry.name == replies.thinking.name
    name = clean_line(line.entry.name)
    return Content.assemble(
        ("● " if is_used else "  ", "$primary"),
        (f"{name:<{TITLE}} ", "bold" if is_used else ""),
        ("changed " if is_used and changed else "", "$warning"),
        (f"{_mark(line.template.prefix)} {_mark(line.template.suffix)}", "$foreground-muted"),
    )


def about_template(line: Line, replies: ReplySettings, *, changed: bool) -> Content:
    """A template's four fields, where it comes from, and whether it is in use."""
    assert line.entry is not None
    assert line.template is not None
    one = line.template
    fields = (("Prefix", one.prefix), ("Suffix", one.suffix), ("Separator", one.separator))
    if line.entry.name != replies.thinking.name:
        use = ("Space uses it from the next reply on.", "$foreground-muted")
    elif changed:
        use = ("● In use, but the marks were changed since: Space takes these, w keeps those.", "$warning")
    else:
        use = ("● In use.", "$primary")
    return Content.assemble(
        (clean_line(line.entry.name), "bold $primary"),
        (f"  {line.entry.origin} · {clean_line(line.entry.place)}\n\n", "$foreground-muted"),
        *(
            part
            for title, mark in fields
            for part in ((f"{title:<{TITLE}} ", "$foreground-muted"), f"{_mark(mark) or '(empty)'}\n")
        ),
        "\n",
        use,
    )


def about_section(line: Line, replies: ReplySettings, *, sends_messages: bool, name: str) -> Content:
    """What a section's settings come to, where that is not plain."""
    assert line.section is not None
    words, thinking, more = "", replies.thinking, replies.auto_continue
    match line.section.id:
        case "thinking" if thinking.auto_parse and not (thinking.prefix and thinking.suffix):
            words = "Without a prefix and a suffix nothing is taken out of replies."
        case "continue" if more.enabled and sends_messages and not more.allow_chat_completions:
            words = f"{clean_line(name)} sends a list of messages: its replies do not go on by themselves."
    return Content.assemble(
        (line.section.title, "bold $primary"), (f"\n{words}" if words else "", "$warning")
    )


def _mark(text: str) -> str:
    shown = shown_sequence(text)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"
