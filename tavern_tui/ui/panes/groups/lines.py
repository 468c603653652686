"""The rows of the group screen: groups, and under each its members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from tavern_tui.text.clean import clean_line

if TYPE_CHECKING:
    from tavern_tui.services.library import GroupSummary


@dataclass(frozen=True, slots=True)
class Line:
    """One row: a group, or a member of it (the place in the order)."""

    group: GroupSummary
    member: int | None = None

    @property
    def file(self) -> str:
        """The member's card file."""
        return "" if self.member is None else self.group.files[self.member]

    @property
    def talkativeness(self) -> float | None:
        """The member's, in percent; None: it is a group, or there is no card."""
        share = None if self.member is None else self.group.talkativeness[self.member]
        return None if share is None else round(share * 100, 2)

    def drawn(self, *, is_open: bool) -> Content:
        """How it looks; `is_open`: a chat with the group is looked at."""
        group = self.group
        if self.member is None:
            count = len(group.files)
            return Content.assemble(
                ("● " if is_open else "  ", "$primary"),
                ("★ " if group.favourite else "", "$warning"),
                (clean_line(group.name), "bold"),
                (f"  {count} member{'' if count == 1 else 's'}", "$foreground-muted"),
            )
        muted = self.file in group.muted
        talks = "  no card" if self.talkativeness is None else f"  {self.talkativeness:.0f} %"
        return Content.assemble(
            "    ",
            (clean_line(group.members[self.member]), "$foreground-disabled" if muted else ""),
            (talks, "$foreground-muted"),
            ("  muted" if muted else "", "$foreground-muted"),
        )
