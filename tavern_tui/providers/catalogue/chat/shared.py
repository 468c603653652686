"""What several services share: who asks, and the choices about Claude's prompt cache."""

from __future__ import annotations

from tavern_tui.providers.base import ProviderOption
from tavern_tui.providers.dialects.chat.call import ChatCall

ATTRIBUTION = {"X-Title": "tavern-tui"}
"""Headers by which routers know which program asks."""

CACHE_SYSTEM = ProviderOption(
    id="cache_system",
    title="Cache the system prompt",
    help="Cheaper if it stays the same from message to message; dearer if it does not.",
    default=False,
)
CACHE_DEPTH = ProviderOption(
    id="cache_depth",
    title="Cache at depth",
    help="Cache the chat up to this many turns from its end; -1 is off.",
    default=-1,
)
CACHE_LONG = ProviderOption(
    id="cache_long",
    title="Cache for an hour",
    help="Instead of five minutes; it costs more to fill.",
    default=False,
)


def ttl_of(call: ChatCall) -> str:
    """How long a cache is kept."""
    return "1h" if call.flag(CACHE_LONG) else "5m"


def at(call: ChatCall, address: str) -> str:
    """The row's place at another address of the service; empty: the usual one. Behind the user's own
    proxy there is one address only."""
    return f"{address if call.request.at_home else ''}{call.spec.generate_path}"


def endpoint(title: str, *choices: str) -> ProviderOption:
    """A choice between a service's addresses; the first is the usual one."""
    return ProviderOption(
        id="endpoint",
        title="Endpoint",
        help=f"Which of {title}'s addresses is asked.",
        default=choices[0],
        choices=choices,
    )


def thinking(call: ChatCall) -> object:
    """The switch of services that think or do not."""
    return {"type": "enabled" if call.options.show_thoughts else "disabled"}
