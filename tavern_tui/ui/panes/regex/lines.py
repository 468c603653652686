"""A group or a script as a row of the list, and in the lines above the form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.content import Content

from tavern_tui.services.regex import HeldScript, ScriptGroup, ScriptScope
from tavern_tui.text.clean import clean_line

ABOUT = {
    ScriptScope.GLOBAL: "They run in every chat, in this order.",
    ScriptScope.PRESET: "They came with the connection's preset and run after the global ones.",
    ScriptScope.CHARACTER: "They are inside the character's card and run last.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list: a group's heading, or one of its scripts."""

    group: ScriptGroup
    held: HeldScript | None = None

    @property
    def key(self) -> tuple[ScriptScope, int]:
        """What makes it the same row after a change; a heading is number -1."""
        return self.group.scope, self.held.at if self.held is not None else -1


def lines_of(groups: Iterable[ScriptGroup]) -> list[Line]:
    """Every group's heading, followed by its scripts."""
    return [line for group in groups for line in (Line(group), *(Line(group, one) for one in group.scripts))]


def list_row(line: Line, *, is_bad: bool) -> Content:
    """One line of the list: ● runs, ○ is switched off or not allowed, ! has a pattern that is none."""
    if line.held is None:
        count = f"  {len(line.group.scripts):,}" if line.group.scripts else "  none"
        allowed = "" if line.group.allowed or not line.group.scripts else "  not allowed"
        return Content.assemble(
            (clean_line(line.group.title), "bold $primary"),
            (count, "$foreground-disabled"),
            (allowed, "$warning"),
        )
    script = line.held.script
    runs = line.group.allowed and not script.disabled
    ways = " ".join(
        word for word, holds in (("shown", script.markdown_only), ("sent", script.prompt_only)) if holds
    )
    mark = ("● ", "$success") if runs else ("○ ", "$foreground-disabled")
    return Content.assemble(
        ("! ", "bold $error") if is_bad else mark,
        (clean_line(script.name) or "unnamed", "" if runs else "$foreground-muted"),
        (f"  {ways}" if ways else "", "$foreground-disabled"),
    )


def about_line(line: Line, ways: str) -> Content:
    """What the row under the cursor is, and when it runs."""
    if line.held is None:
        return Content.assemble((clean_line(line.group.title), "bold"), f"\n{_about_group(line.group)}")
    words = ways if line.group.allowed else f"{ways} Not allowed to run: y allows it."
    return Content.assemble(
        (clean_line(line.held.script.name) or "unnamed", "bold"),
        (f"  {clean_line(line.group.title)}", "$foreground-muted"),
        f"\n{words}",
    )


def _about_group(group: ScriptGroup) -> str:
    if group.locked:
        return group.locked
    if group.scope is ScriptScope.GLOBAL:
        return ABOUT[group.scope]
    said = "They may run: y forbids it." if group.allowed else "They may not run: y allows it."
    return f"{ABOUT[group.scope]} {said}"
