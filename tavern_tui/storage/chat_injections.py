"""What a chat's own file puts into the prompt: its summary, and the records of `/inject`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tavern_tui.core.chat import Message
from tavern_tui.core.preset import Injection, SummaryPlace
from tavern_tui.storage.json_keep import as_object, flag, read_value, whole

SUMMARY_KEY = "1_memory"
SCRIPT_KEY = "script_inject_"
"""What SillyTavern calls them; at one place of the prompt, these names are their order."""

PLACES = {"none": -1, "after": 0, "chat": 1, "before": 2}
ROLES = {"system": 0, "user": 1, "assistant": 2}


def summary_of(messages: Sequence[Message]) -> str:
    """The newest summary: each is kept with the message up to which it tells the story."""
    for message in reversed(messages):
        summary = message.extra.get("memory")
        if isinstance(summary, str) and summary:
            return summary
    return ""


def chat_injections(
    summary: str, place: SummaryPlace, metadata: Mapping[str, object]
) -> tuple[Injection, ...]:
    """The summary, if there is one, and what scripts have injected into the chat."""
    scripted = [
        _scripted(str(id), as_object(record))
        for id, record in as_object(metadata.get("script_injects")).items()
    ]
    summaries = [_summary(place)] if summary else []
    return tuple(one for one in (*summaries, *scripted) if one.text)


def _summary(place: SummaryPlace) -> Injection:
    return Injection(
        key=SUMMARY_KEY,
        text=place.template or "Summary: {{summary}}",
        position=place.position,
        depth=place.depth,
        role=place.role,
        scan=place.scan,
        title="Summary",
        origin="summary",
    )


def _scripted(id: str, record: Mapping[str, object]) -> Injection:
    text = record.get("value")
    return Injection(
        key=f"{SCRIPT_KEY}{id}",
        text=text if isinstance(text, str) else "",
        position=_number(record.get("position"), PLACES, 0),
        depth=_number(record.get("depth"), {}, 4),
        role=_number(record.get("role"), ROLES, 0),
        scan=bool(read_value(record.get("scan"), flag, False, "", None)),
        title=f"Injected by a script: {id}",
        origin="chat script_injects",
    )


def _number(value: object, words: Mapping[str, int], default: int) -> int:
    """A number, also by its word in the command that made the record."""
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    return int(read_value(value, whole, default, "", None))
