"""Messages for Moonshot (Kimi)."""

from __future__ import annotations

from tavern_tui.providers.shaping.messages import Messages, Wire, continued

CONTINUED = "partial"
"""The key that marks a last assistant message as one to go on with."""


def moonshot_messages(messages: Messages, *, tools: bool = False) -> list[Wire]:
    """The messages as Moonshot takes them. Not for requests with a schema: those begin anew."""
    return continued(messages, CONTINUED, tools=tools)
