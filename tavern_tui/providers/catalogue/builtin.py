"""Rows of what runs inside the program: the offline writer, scripted replies."""

from __future__ import annotations

from tavern_tui.providers.base import ProviderSpec
from tavern_tui.providers.samplers import Wire

OFFLINE = (
    ProviderSpec(
        id="offline",
        title="Offline writer",
        prompt_kind="text",
        opener="offline",
        samplers={"seed": Wire(("seed",))},
    ),
    ProviderSpec(
        id="scripted",
        title="Scripted replies",
        prompt_kind="text",
        opener="scripted",
        hidden=True,
    ),
    ProviderSpec(
        id="scripted-chat",
        title="Scripted replies (chat)",
        prompt_kind="chat",
        opener="scripted",
        hidden=True,
    ),
)
