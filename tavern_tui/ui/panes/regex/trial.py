"""TrialBox: a text, and what the scripts make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Select, Static, TextArea

from tavern_tui.services.regex import Occasion, Trial
from tavern_tui.services.suggest import Suggestion
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.text.regex_scripts import Placement, ScriptContext
from tavern_tui.ui.widgets.completion import MacroArea
from tavern_tui.ui.widgets.sequence import shown_sequence

ALONE = "alone"
OCCASIONS: Mapping[str, tuple[str, Occasion | None]] = {
    ALONE: ("This script alone", None),
    **{
        f"{placement}-{context}": (
            f"All scripts, on {what} as it is {how}",
            Occasion(placement=placement, context=context),
        )
        for placement, what in ((Placement.AI_OUTPUT, "a reply"), (Placement.USER_INPUT, "your message"))
        for context, how in (
            (ScriptContext.STORE, "stored"),
            (ScriptContext.DISPLAY, "shown"),
            (ScriptContext.PROMPT, "sent"),
        )
    },
}
"""Id -> what the list says, and the occasion; None: the script under the cursor, whenever it runs."""

MOST_MATCHES = 50
LONGEST = 8_000
"""Characters of a result that are shown."""


class TrialBox(Vertical):
    """Says what is to be tried, and shows what came of it."""

    DEFAULT_CSS = """
    TrialBox #trial-head { height: 1; }
    TrialBox #trial-head Static { width: 5; color: $primary; text-style: bold; }
    TrialBox Select { height: 1; width: 1fr; }
    TrialBox TextArea { height: 5; border: none; padding: 0; background: $surface; }
    TrialBox TextArea:focus { border: none; background: $panel; }
    TrialBox VerticalScroll { scrollbar-size-vertical: 1; height: 1fr; }
    TrialBox #trial-result { height: auto; }
    """

    @dataclass
    class Asked(Message):
        """The text is different, or the occasion."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._first_text = clean_text(text)

    def compose(self) -> ComposeResult:
        choices = [(title, id) for id, (title, _) in OCCASIONS.items()]
        with Horizontal(id="trial-head"):
            yield Static("Try", markup=False)
            yield Select(choices, value=ALONE, allow_blank=False, id="trial-occasion", compact=True)
        yield MacroArea(self._first_text, suggest=_nothing, id="trial-text")
        with VerticalScroll():
            yield Static("", id="trial-result", markup=False)

    @property
    def text(self) -> str:
        """The text that is tried."""
        return self.query_one("#trial-text", TextArea).text

    @property
    def occasion(self) -> Occasion | None:
        """What the text is taken for; None: the script under the cursor runs alone."""
        return OCCASIONS[str(self.query_one("#trial-occasion", Select).value)][1]

    @on(TextArea.Changed, "#trial-text")
    @on(Select.Changed, "#trial-occasion")
    def asked(self, event: TextArea.Changed | Select.Changed) -> None:
        event.stop()
        self.post_message(self.Asked())

    def show(self, text: str, trial: Trial | None) -> None:
        """Show what came of `text`; None: there is no script to try."""
        if trial is None:
            words = Content.styled("Choose a script, or try all of them.", "$foreground-muted")
        else:
            words = Content.assemble(*_odd(trial.odd), *_result(text, trial, alone=self.occasion is None))
        self.query_one("#trial-result", Static).update(words)

    def take_text(self) -> None:
        """Let the user type a text."""
        self.query_one("#trial-text", TextArea).focus()


def _nothing(text: str, cursor: int) -> Sequence[Suggestion]:
    """The text stands for a message as it is: nothing is offered in it."""
    return ()


Styled = tuple[str, str]


def _odd(sentences: Sequence[str]) -> Iterator[Styled]:
    for sentence in sentences:
        yield f"{clean_line(sentence)}\n", "$warning"


def _result(text: str, trial: Trial, *, alone: bool) -> Iterator[Styled]:
    if alone:
        yield f"{_count(len(trial.matches), 'match', 'matches')}\n", "bold $primary"
        yield from _replaced(text, trial)
        yield from _matches(text, trial)
        return
    names = ", ".join(map(clean_line, trial.changed_by)) or "none of them"
    yield f"{_count(trial.ran, 'script counts', 'scripts count')} here", "bold $primary"
    yield f"  changed by {names}\n", "$foreground-muted"
    yield clean_text(trial.result[:LONGEST]), ""


def _replaced(text: str, trial: Trial) -> Iterator[Styled]:
    """The result, with what was put in marked."""
    done = length = 0
    for match in trial.matches:
        yield clean_text(text[done : match.start]), ""
        yield (clean_text(match.replacement), "bold $success") if match.replacement else (
            "∅", "$foreground-disabled",
        )  # fmt: skip
        length += match.start - done + len(match.replacement)
        done = match.end
        if length > LONGEST:
            yield " …", "$foreground-disabled"
            return
    yield clean_text(text[done : done + LONGEST]), ""


def _matches(text: str, trial: Trial) -> Iterator[Styled]:
    """Each match with its groups."""
    if trial.matches:
        yield "\n", ""
    for number, match in enumerate(trial.matches[:MOST_MATCHES], start=1):
        yield f"\n{number:>3} ", "$foreground-disabled"
        yield _quoted(text[match.start : match.end]), "$accent"
        yield " → ", "$foreground-disabled"
        yield _quoted(match.replacement), "$success"
        for at, group in enumerate(match.groups, start=1):
            yield f"  ${at} ", "$foreground-disabled"
            yield _quoted(group), "$foreground-muted"
    if len(trial.matches) > MOST_MATCHES:
        yield f"\n    … and {len(trial.matches) - MOST_MATCHES:,} more", "$foreground-disabled"


def _quoted(text: str) -> str:
    shown = shown_sequence(text[:100])
    return f"“{shown}{'…' if len(text) > 100 else ''}”"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
