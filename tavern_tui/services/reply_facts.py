"""What a message keeps of the reply it came with: who wrote it, how long it took, what else was offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tavern_tui.core.chat import Message, Swipe
from tavern_tui.core.finish import FinishReason
from tavern_tui.services.token_choices import written_tokens

if TYPE_CHECKING:
    from tavern_tui.services.reply import Reply

OF_ONE_REPLY = frozenset({
    "token_count", "reasoning", "reasoning_signature", "reasoning_type", "reasoning_duration", "media",
    "inline_image", "token_probabilities", "time_to_first_token", "served_by", "citations", "usage", "cost",
    "held_back",
})  # fmt: skip
"""Keys of a message's `extra` that further replies to the same request do not share."""


def with_facts(message: Message, reply: Reply, pictures: Sequence[object]) -> Message:
    """The message with who wrote it and how long it took. `pictures`: the reply's, as they are kept."""
    facts: dict[str, object] = {
        "api": reply.api,
        **reply.author(),
        "token_count": reply.tokens,
    }
    if reply.reasoning:
        facts["reasoning"] = reply.reasoning
        facts["reasoning_type"] = "model" if reply.thinks_apart else "parsed"
        facts["reasoning_duration"] = round(reply.thinking_seconds * 1000)
    if reply.signature:
        facts["reasoning_signature"] = reply.signature
    if pictures:
        before_them = message.extra.get("media")
        media = list(before_them) if isinstance(before_them, list) else []
        facts |= {"media": [*media, *pictures], "inline_image": True}
    if reply.citations:
        facts["citations"] = reply.citations
    if reply.usage:
        facts["usage"] = reply.usage
    if reply.cost is not None:
        facts["cost"] = round(reply.cost, 8)
    if reply.chosen:
        facts["token_probabilities"] = written_tokens(reply.chosen)
    if reply.first_token is not None:
        facts["time_to_first_token"] = round(reply.first_token * 1000)
    if held := held_back(reply):
        facts["held_back"] = held
    swipe: Swipe = message.swipe
    before = {name: value for name, value in swipe.extra.items() if name != "held_back"}
    return message.with_shown(
        replace(
            swipe,
            extra={**before, **facts},
            started_at=reply.started_at or swipe.started_at,
            finished_at=now(),
        )
    )


def with_others(message: Message, reply: Reply) -> Message:
    """The message with the further replies to the same request (n > 1) as swipes after its own."""
    shared = {name: value for name, value in message.extra.items() if name not in OF_ONE_REPLY}
    shown = message.shown
    for index, text, thoughts in reply.others():
        extra = {**shared, **reply.author(index), **({"reasoning": thoughts} if thoughts else {})}
        swipe = replace(message.swipe, text=text, extra=extra, source={})
        message = replace(message.with_swipe(swipe), shown=shown)
    return message


def held_back(reply: Reply) -> str:
    """Why a filter of the service's ended the reply; empty: none did."""
    return (reply.detail or "no reason given") if reply.reason is FinishReason.FILTER else ""


def now() -> str:
    """The time, as messages keep it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
