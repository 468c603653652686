"""A template as a row of the list, and in the lines above its form."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from tavern_tui.services.templates import InUse, TemplateEntry
from tavern_tui.text.clean import clean_line


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list: a template, or what stands for a way to choose one (`auto`, `none`)."""

    name: str
    entry: TemplateEntry | None = None


WAYS = {"auto": "Auto", "none": "None: plain text"}


def list_row(line: Line, chosen: str, used: InUse) -> Content:
    """One line of the list: ● is chosen, ○ what auto picks."""
    mark = "● " if line.name == chosen else "○ " if line.entry and line.name == used.name else "  "
    if line.entry is None:
        detail = clean_line(used.name or "none") if line.name == "auto" and chosen == "auto" else ""
        title = WAYS[line.name]
    else:
        detail = "" if line.entry.origin == "built in" else line.entry.origin
        title = clean_line(line.name)
    return Content.assemble(
        (mark, "$primary"),
        (title, "bold" if line.name == chosen else ""),
        (f"  {detail}" if detail else "", "$foreground-muted"),
    )


def about_line(line: Line, chosen: str, used: InUse, connection: str) -> Content:
    """What it is, where it comes from, and whether the connection's prompts are made with it."""
    return Content.assemble(_title(line), *_use(line, chosen, used, clean_line(connection)))


def _title(line: Line) -> Content:
    if line.entry is None:
        return Content.styled(WAYS[line.name], "bold")
    where = f"  {line.entry.origin} · {clean_line(line.entry.place)}"
    return Content.assemble((clean_line(line.name), "bold"), (where, "$foreground-muted"))


def _use(line: Line, chosen: str, used: InUse, name: str) -> list[tuple[str, str]]:
    """Whether the connection's prompts are made with it, and why."""
    if line.name == "auto" and chosen == "auto":
        picked = clean_line(used.name) or "no template"
        return [(f"\n● {name} is on auto, which picks {picked}. ", "$primary"), (clean_line(used.reason), "")]
    if line.name == chosen:
        return [(f"\n● Chosen for {name}.", "$primary")]
    if line.entry is not None and line.name == used.name:
        return [(f"\n○ {name} uses it now. ", "$primary"), (clean_line(used.reason), "$foreground-muted")]
    return [(f"\nSpace lets {name} use it from now on.", "$foreground-disabled")]
