"""TranscriptMessage: what the transcript knows of one message. Data, never a widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tavern_tui.core.chat import Message
from tavern_tui.text.html_marks import without_tags
from tavern_tui.ui.panes.chat.file_lines import file_lines
from tavern_tui.ui.panes.chat.look import Look
from tavern_tui.ui.panes.chat.meter import dollars
from tavern_tui.ui.panes.chat.outcomes import held_back, tool_results, tool_title

USUAL = Look()

MOST_SOURCES = 50


@dataclass(slots=True, kw_only=True, eq=False)
class TranscriptMessage:
    """One message on the screen. Texts are as they came; the layout cleans them."""

    name: str
    text: str = ""
    speaker: str = "character"
    """Whose colour the name has: `user`, `character` or `narrator`."""
    hidden: bool = False
    """Kept, but not sent to the model: shown dim."""
    swipe: int = 1
    """Which of its versions is shown, from 1."""
    swipes: int = 1
    reasoning: str = ""
    reasoning_seconds: float | None = None
    """How long the model thought; None: unknown."""
    folded_as: str = ""
    """What the fold is called that holds what tools said; empty: it holds thoughts."""
    unfolded: bool = False
    """Whether the reasoning is shown in full."""
    files: tuple[str, ...] = ()
    """A line for each picture or other file the message holds."""
    note: str = ""
    """Said dimly beside the name: model, tokens, time."""
    sources: tuple[str, ...] = ()
    """Addresses the text draws on; its `[1]` is the first."""
    streaming: bool = False
    """Whether more text is expected."""


Shown = TranscriptMessage | Message
"""The transcript takes messages of a chat as they are and looks into them when they come near the screen."""


def shown(message: Shown, look: Look = USUAL) -> TranscriptMessage:
    """`message` as the transcript shows it."""
    if isinstance(message, TranscriptMessage):
        return message
    extra = message.extra
    calls = tool_title(extra) if message.hidden else ""
    thoughts = message.reasoning if look.thinking != "hidden" else ""
    return TranscriptMessage(
        name=message.name,
        text="" if calls else without_tags(message.text),
        speaker="narrator" if message.is_narrator else "user" if message.is_user else "character",
        hidden=message.hidden and not calls,
        swipe=message.shown + 1,
        swipes=len(message.swipes),
        reasoning=tool_results(extra) if calls else thoughts,
        unfolded=look.thinking == "unfolded" and not calls,
        folded_as=calls,
        reasoning_seconds=_milliseconds(extra.get("reasoning_duration")),
        sources=_sources(extra.get("citations")),
        files=file_lines(extra),
        note=" · ".join(
            filter(None, (held_back(extra), *(FACTS[name](message) for name in look.facts if name in FACTS)))
        ),
    )


def _sources(found: object) -> tuple[str, ...]:
    return (
        tuple(one for one in found[:MOST_SOURCES] if isinstance(one, str)) if isinstance(found, list) else ()
    )


def _model(extra: Mapping[str, object]) -> str:
    """The model, and the worker that ran it where one was named."""
    model, worker = extra.get("model"), extra.get("served_by")
    by = f" by {worker[:40]}" if isinstance(worker, str) and worker else ""
    return f"{model.rpartition('/')[2][:40]}{by}" if isinstance(model, str) else ""


def _cost(extra: Mapping[str, object]) -> str:
    """What the reply cost, where that is known."""
    cost = extra.get("cost")
    return dollars(cost) if isinstance(cost, int | float) and 0 < cost < 1e6 else ""


def _tokens(extra: Mapping[str, object]) -> str:
    count = extra.get("token_count")
    if not isinstance(count, int) or isinstance(count, bool) or count <= 0:
        return ""
    return f"{count:,} token{'' if count == 1 else 's'}"


def _seconds(message: Message) -> float:
    """How long the reply took; 0: unknown."""
    if not message.swipe.started_at or not message.swipe.finished_at:
        return 0.0
    try:
        started = datetime.fromisoformat(message.swipe.started_at)
        seconds = (datetime.fromisoformat(message.swipe.finished_at) - started).total_seconds()
    except (ValueError, TypeError):
        return 0.0  # an older spelling of the date, or one with and one without time zone
    return max(0.0, seconds)


def _time(message: Message) -> str:
    seconds = _seconds(message)
    return duration(seconds) if seconds > 0 else ""


def _speed(message: Message) -> str:
    """Tokens per second from the first word on."""
    count, waited = message.extra.get("token_count"), message.extra.get("time_to_first_token")
    writing = _seconds(message) - (waited / 1000 if isinstance(waited, int | float) else 0.0)
    if not isinstance(count, int) or isinstance(count, bool) or count <= 0 or writing <= 0.05:
        return ""
    return f"{count / writing:,.1f} tokens/s"


def _sent_at(message: Message) -> str:
    """When it was sent: the time today, else the date and the time."""
    from tavern_tui.macros.builtin.moments import parse_moment  # behind the first frame it is there anyhow

    local = datetime.now().astimezone()
    when = parse_moment(message.swipe.sent_at, local) if message.swipe.sent_at else None
    if when is None:
        return ""
    when = when.astimezone(local.tzinfo)
    return f"{when:%H:%M}" if when.date() == local.date() else f"{when:%Y-%m-%d %H:%M}"


FACTS: Mapping[str, Callable[[Message], str]] = {
    "time": _sent_at,
    "model": lambda message: _model(message.extra),
    "tokens": lambda message: _tokens(message.extra),
    "seconds": _time,
    "speed": _speed,
    "cost": lambda message: _cost(message.extra),
}
"""What can be said beside a name, in the words of `look.FACTS`."""


def _milliseconds(value: object) -> float | None:
    return value / 1000 if isinstance(value, int | float) and value > 0 else None


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 5 s`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
