"""Reading: what the chat pane keeps of a chat that is open in a tab, also while another is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.worker import Worker

    from tavern_tui.services.session import ChatSession
    from tavern_tui.ui.panes.chat.meter import ReplyMeter


@dataclass(slots=True, eq=False)
class Reading:
    """One chat as the user is reading it."""

    session: ChatSession
    queued: list[str] = field(default_factory=list)
    """What is sent when the reply that is arriving is complete."""
    meter: ReplyMeter | None = None
    """Watches the reply that is on its way."""
    due: float | None = None
    """When a group in auto mode talks on (monotonic seconds), while it waits for that."""
    failed: bool = False
    """The last action ended with an error: nothing goes on by itself."""
    reply: Worker[None] | None = None
    """Follows the action that runs, or ran last."""
    before_draft: str = ""
    """What the composer held when the model began to write the user's turn."""
    place: tuple[int, int] | None = None
    """The message at the top of the view and its line there; None: the end is in view."""

    def give_back(self) -> None:
        """What waits to be sent goes into the draft, before what is written there."""
        if self.queued:
            self.session.draft = "\n\n".join(filter(None, [*self.queued, self.session.draft]))
            self.queued.clear()
