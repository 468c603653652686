"""CompareScreen: two models answer the same message side by side; keep one reply or both."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tavern_tui.core.errors import TavernError
from tavern_tui.services.events import MessageAdded, MessageChanged, SideEnded, SideGrew
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.panes.chat.message import TranscriptMessage, duration
from tavern_tui.ui.panes.chat.meter import dollars
from tavern_tui.ui.panes.chat.transcript import Transcript
from tavern_tui.ui.widgets.key_line import KeyLine

if TYPE_CHECKING:
    from tavern_tui.services.events import SessionEvent
    from tavern_tui.services.rounds import Events
    from tavern_tui.services.session import ChatSession


class CompareScreen(ModalScreen[bool]):
    """Follows `session.compare`. Left with a choice, or with both replies kept."""

    CSS = """
    CompareScreen { background: $background; }
    CompareScreen .answer { width: 1fr; height: 1fr; border: round $panel; padding: 0 1; }
    CompareScreen .answer { border-title-color: $foreground; }
    CompareScreen .answer:focus-within { border: round $primary; }
    CompareScreen.-narrow #sides { layout: vertical; }
    CompareScreen .state { height: 1; color: $foreground-muted; }
    CompareScreen .state.-bad { color: $error; height: auto; max-height: 4; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("compare")]

    def __init__(self, session: ChatSession, stream: Events, names: tuple[str, str]) -> None:
        super().__init__()
        self._session = session
        self._stream = stream
        self._names = names
        self._index: int | None = None
        self._ended: set[int] = set()
        self.error: TavernError | None = None
        """Why neither side said anything."""

    def compose(self) -> ComposeResult:
        with Horizontal(id="sides"):
            for side, name in enumerate(self._names):
                with Vertical(classes="answer", id=f"answer-{side}") as box:
                    box.border_title = Content(clean_line(f"{side + 1}  {name}"))
                    yield Transcript(id=f"text-{side}")
                    yield Static("waiting …", classes="state", id=f"state-{side}", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        for side in (0, 1):
            self._text(side).set_messages([TranscriptMessage(name=self._session.character.name)])
        self._text(0).focus()
        self._follow()

    def _text(self, side: int) -> Transcript:
        return self.query_one(f"#text-{side}", Transcript)

    @work(exclusive=True, group="compare")
    async def _follow(self) -> None:
        try:
            async with aclosing(self._stream) as events:
                async for event in events:
                    self._show(event)
        except TavernError as error:
            self.error = error
            self.dismiss(False)
        self.refresh_bindings()

    def _show(self, event: SessionEvent) -> None:
        match event:
            case MessageAdded(index=index) | MessageChanged(index=index):
                self._index = index
            case SideGrew(side=side, delta=delta):
                if delta:
                    self._text(side).feed(delta)
                self._state(side, "writing …" if delta else "thinking …")
            case SideEnded(side=side):
                self._ended.add(side)
                self._end(event)
                self._state(side, event.error or ended_words(event), bad=bool(event.error))
            case _:
                pass

    def _end(self, event: SideEnded) -> None:
        """Show the reply as it is kept, above it what the model thought."""
        message = TranscriptMessage(
            name=self._session.character.name,
            text=event.text,
            reasoning=event.reasoning,
            reasoning_seconds=event.thinking_seconds or None,
        )
        self._text(event.side).replace(0, message)

    def _state(self, side: int, words: str, *, bad: bool = False) -> None:
        state = self.query_one(f"#state-{side}", Static)
        state.set_class(bad, "-bad")
        state.update(clean_line(words))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("keep_left", "keep_right", "both"):
            return len(self._ended) == 2 and not self._session.busy
        return True

    def action_keep_left(self) -> None:
        self._keep(0)

    def action_keep_right(self) -> None:
        self._keep(1)

    def _keep(self, side: int) -> None:
        """Keep one of the replies."""
        if self._index is not None:
            try:
                self._session.keep_side(self._index, side)
            except TavernError as error:
                self.notify(f"{error} {error.hint}".strip(), severity="error", markup=False)
        self.dismiss(True)

    def action_both(self) -> None:
        self.dismiss(True)

    def action_leave(self) -> None:
        """Stop what still runs; once it has stopped, leave with both."""
        if self._session.busy:
            self._session.stop()
        else:
            self.dismiss(True)


def ended_words(event: SideEnded) -> str:
    """How a side's reply went."""
    writing = event.seconds - (event.first_token or 0.0)
    facts = (
        f"{event.tokens:,} tokens",
        duration(event.seconds),
        f"first after {duration(event.first_token)}" if event.first_token is not None else "",
        f"{event.tokens / writing:,.1f} tokens/s" if event.tokens and writing > 0.05 else "",
        dollars(event.cost) if event.cost else "",
    )
    return " · ".join(filter(None, facts))
