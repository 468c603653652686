"""What several services share: who asks, and the choices about Claude's prompt cache."""

from __future__ import annotations

from tavern_tui.providers.base import ProviderOption
from tavern_tui.providers.dialects.chat.call import ChatCall
from tavern_tui.providers.dialects.chat.claude import CACHE_DEPTH, CACHE_LONG, CACHE_SYSTEM, ttl_of
from tavern_tui.providers.shaping.messages import Wire
from tavern_tui.providers.shaping.thoughts import with_thoughts

__all__ = [
    "ATTRIBUTION",
    "CACHE_DEPTH",
    "CACHE_LONG",
    "CACHE_SYSTEM",
    "at",
    "endpoint",
    "recalled",
    "thinking",
    "ttl_of",
]

ATTRIBUTION = {"X-Title": "tavern-tui"}
"""Headers by which routers know which program asks."""


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


def recalled(call: ChatCall, messages: list[Wire]) -> list[Wire]:
    """The messages with the thoughts behind calls, if the user wants the model to read them again."""
    mode = call.options.tool_thoughts if call.options.show_thoughts else "disabled"
    return with_thoughts(messages, mode)


def thinking(call: ChatCall) -> object:
    """The switch of services that think or do not."""
    return {"type": "enabled" if call.options.show_thoughts else "disabled"}
