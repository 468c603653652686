"""A scene for macros, so that a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tavern_tui.core.character import CardFields
from tavern_tui.core.chat import Message, a_message
from tavern_tui.macros import MacroContext, substitute
from tavern_tui.macros.context import Variables

NOW = datetime(2026, 1, 31, 14, 5, 9, 250_000, tzinfo=UTC)

CARD = CardFields(
    description="a beekeeper",
    personality="calm",
    scenario="a terrace",
    persona="a courier",
    example_messages="<START>\nBo: Hm.",
    system="Be terse.",
    post_history="Stay calm.",
    depth_prompt="It rains.",
    creator_notes="Slow burn.",
    version="1.2",
    first_message="Hello.",
    alternate_greetings=("Good day.", "Evening."),
)


def a_context(**fields: Any) -> MacroContext:
    """Ann talks to Bo. `chat_variables` and `global_variables` are what is stored."""
    variables = Variables(
        chat=dict(fields.pop("chat_variables", {})), everywhere=dict(fields.pop("global_variables", {}))
    )
    return MacroContext(**{"user": "Ann", "char": "Bo", "now": NOW, "variables": variables, **fields})


def put(text: str, **fields: Any) -> str:
    """`text` with its macros replaced in such a scene."""
    return substitute(text, a_context(**fields))


def warnings_of(text: str, **fields: Any) -> list[str]:
    """What was wrong with the text."""
    context = a_context(**fields)
    substitute(text, context)
    return context.warnings


def said(text: str, *, by_user: bool = False, **fields: Any) -> Message:
    """One message."""
    return a_message("Ann" if by_user else "Bo", text, is_user=by_user, **fields)
