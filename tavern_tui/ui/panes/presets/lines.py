"""The prompt manager's list: its rows, how they are drawn, and what is said of the one under the cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content

from tavern_tui.core.preset import ChatPreset
from tavern_tui.core.prompt import BuiltPrompt, PromptPart
from tavern_tui.services.preset_edit import PromptRow, prompt_rows
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.panes.presets.fields import PAGES

ARROWS = "▲▼"
ARROW_CELLS = 2
"""Right of each row: the arrows of the one under the cursor."""
SWITCH_CELLS = 2
ROLE_SIGNS = {"user": "user", "assistant": "char"}
SENT_ANYWAY = frozenset(
    (
        "worldInfoBefore",
        "worldInfoAfter",
        "personaDescription",
        "charDescription",
        "charPersonality",
        "scenario",
    )
)
"""Places that are filled behind all prompts where an order has none for them."""
PAGE_WORDS = {
    "texts": "What the program says between the prompts and the chat.",
    "settings": "Lengths count for connections that took them from here.",
    "samplers": "Values of the connection itself go before these.",
}
PLACE_WORDS = {
    "worldInfoBefore": "Active lorebook entries that stand before the character.",
    "worldInfoAfter": "Active lorebook entries that stand after the character.",
    "personaDescription": "Who you are.",
    "charDescription": "The card's description.",
    "charPersonality": "The card's personality.",
    "scenario": "The card's scenario, or the chat's own.",
    "dialogueExamples": "The card's examples of dialogue, as many as fit.",
    "chatHistory": "The messages, with notes and lore among them, as many as fit.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row: a prompt, a page of the preset, or a heading between them."""

    row: PromptRow | None = None
    page: str = ""
    heading: str = ""

    @property
    def key(self) -> str:
        """What makes it the same row after a change."""
        return f"prompt/{self.row.identifier}" if self.row is not None else f"page/{self.page}"


def lines_of(preset: ChatPreset, who: str) -> list[Line]:
    """The prompts in order, those without a place, the pages of the preset."""
    rows = prompt_rows(preset, who)
    loose = [Line(row=row) for row in rows if not row.listed]
    return [
        *(Line(row=row) for row in rows if row.listed),
        *([Line(heading="Without a place"), *loose] if loose else []),
        Line(heading="The preset itself"),
        *(Line(page=page) for page in PAGES),
    ]


def tokens_of(built: BuiltPrompt) -> dict[str, int]:
    """Tokens in the place of each prompt; what stands in none is under the empty name."""
    found: dict[str, int] = {}
    for part in built.parts:
        found[part.slot] = found.get(part.slot, 0) + part.tokens
    return found


def draw(line: Line, tokens: Mapping[str, int], width: int, *, arrows: bool) -> Content:
    """A row as wide as the list: switch, name, role, tokens, and the arrows if it can be moved."""
    if line.heading:
        return Content.styled(f"─ {line.heading} ".ljust(width, "─"), "$foreground-disabled")
    if line.row is None:
        return Content.assemble(("▸ ", "$primary"), PAGES[line.page][0])
    row = line.row
    is_sent = row.enabled if row.listed else row.identifier in SENT_ANYWAY
    count = f"{tokens[row.identifier]:,}" if is_sent and tokens.get(row.identifier) else ""
    sign = _sign(row)
    end = f" {sign} {count:>6} " if sign else f" {count:>6} "
    room = max(4, width - SWITCH_CELLS - cell_len(end) - ARROW_CELLS)
    title = _shortened(clean_line(row.title), room)
    colour = "$foreground-disabled" if not is_sent else "$error" if row.prompt is None else ""
    return Content.assemble(
        (
            "● " if is_sent else "○ " if row.listed else "+ ",
            "$primary" if is_sent else "$foreground-disabled",
        ),
        (title, colour if not row.is_place or not is_sent else "italic"),
        " " * (room - cell_len(title)),
        (end, "$foreground-muted"),
        (ARROWS if arrows and row.listed else "", "$accent"),
    )


def _sign(row: PromptRow) -> str:
    """Role, and depth if it stands in the chat."""
    if row.prompt is None:
        return ""
    role = ROLE_SIGNS.get(row.prompt.role, "")
    depth = f"@{row.prompt.injection_depth}" if row.prompt.injection_position == 1 else ""
    return f"{role}{depth}"


def _shortened(text: str, room: int) -> str:
    if cell_len(text) <= room:
        return text
    while text and cell_len(text) > room - 1:
        text = text[:-1]
    return f"{text}…"


def about(line: Line, preset: ChatPreset, built: BuiltPrompt | None) -> Content:
    """What the row is, and what becomes of it in the prompt as it would go out now."""
    if line.row is None:
        title = PAGES[line.page][0] if line.page else ""
        words = PAGE_WORDS.get(line.page, "")
        return Content.assemble((title, "bold"), (f"\n{words}", "$foreground-muted"))
    row = line.row
    parts = [part for part in built.parts if part.slot == row.identifier] if built is not None else []
    tokens = sum(part.tokens for part in parts)
    words, colour = _fate(row, parts)
    return Content.assemble(
        (clean_line(row.title), "bold"),
        (f"  {clean_line(row.identifier)}" if row.identifier != row.title else "", "$foreground-muted"),
        (f"  {tokens:,} tokens" if tokens else "", "$primary"),
        "\n",
        (words, colour),
    )


def _fate(row: PromptRow, parts: Sequence[PromptPart]) -> tuple[str, str]:
    if row.prompt is None:
        return "The order names it, but there is no such prompt. d takes it out.", "$warning"
    if row.identifier in SENT_ANYWAY and not row.listed:
        return "It has no place in the order, so it stands behind all others. Space gives it one.", "$warning"
    if not row.listed:
        return "It has no place in the order and is never sent. Space gives it one.", "$foreground-muted"
    if not row.enabled:
        return "It is switched off.", "$foreground-muted"
    own = next((part for part in parts if part.origin.startswith("card ")), None)
    if own is not None and not row.is_place:
        return "The card's own text stands in its place.", "$warning"
    if row.is_place:
        return PLACE_WORDS[row.identifier], "$foreground-muted"
    return ("" if parts else "Nothing of it is in the prompt now."), "$foreground-muted"
