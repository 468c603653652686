"""TokensDialog: the tokens of a reply with what else could have come; one of those may be taken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tavern_tui.services.token_choices import text_with
from tavern_tui.text.clean import clean_text
from tavern_tui.ui.dialogs.dialog import Dialog

if TYPE_CHECKING:
    from tavern_tui.core.generation import TokenChosen

BAR = 20
"""Columns of a certain token's bar."""


class TokensDialog(Dialog[str]):
    """The answer is the text the model should go on from, or None."""

    hint = "←→  token    ↑↓  candidate    Enter  take it and go on    Esc  leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Before", show=False, priority=True),
        Binding("right", "step(1)", "After", show=False, priority=True),
        Binding("home", "step(-100000)", "First", show=False, priority=True),
        Binding("end", "step(100000)", "Last", show=False, priority=True),
    ]

    def __init__(self, text: str, tokens: Sequence[TokenChosen]) -> None:
        super().__init__("Tokens")
        self._text = text
        self._tokens = tokens
        self._at = 0

    def body(self) -> ComposeResult:
        with VerticalScroll(id="token-text", can_focus=False):
            yield Static(id="tokens")
        yield OptionList(id="choices", compact=True)

    def on_mount(self) -> None:
        self.add_class("-tall")
        self._show()
        self.query_one("#choices").focus()

    def action_step(self, step: int) -> None:
        self._at = max(0, min(self._at + step, len(self._tokens) - 1))
        self._show()

    def _show(self) -> None:
        parts = [
            (_visible(one.token), "reverse" if at == self._at else _heat(one.logprob))
            for at, one in enumerate(self._tokens)
        ]
        self.query_one("#tokens", Static).update(Content.assemble(*parts))
        here = self._tokens[self._at]
        options = self.query_one("#choices", OptionList)
        options.clear_options()
        options.add_options(Option(candidate_row(*one, here.token)) for one in here.others)
        if here.others:
            options.highlighted = 0

    @on(OptionList.OptionSelected)
    def taken(self, event: OptionList.OptionSelected) -> None:
        word = self._tokens[self._at].others[event.option_index][0]
        self.dismiss(text_with(self._text, self._tokens, self._at, word))


def candidate_row(word: str, logprob: float, chosen: str) -> Content:
    """A candidate as a line: a bar, its share, the word."""
    share = math.exp(min(0.0, logprob))
    return Content.assemble(
        ("● ", "$primary") if word == chosen else ("  ", ""),
        ("█" * round(share * BAR)).ljust(BAR),
        (f" {share:7.2%}  ", "$foreground-muted"),
        _visible(word),
    )


def _visible(token: str) -> str:
    return clean_text(token).replace("\n", "␊\n") or "∅"


def _heat(logprob: float) -> str:
    """How sure the model was, as a colour."""
    share = math.exp(min(0.0, logprob))
    return "$success" if share > 0.8 else "$foreground" if share > 0.3 else "$warning"
