"""Messages for xAI: only users have names."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.core.names import Names, label
from tavern_tui.providers.shaping.messages import Messages, Wire, folded, labelled, name_of


def xai_messages(messages: Messages, names: Names) -> list[Wire]:
    """The messages as xAI takes them.

    What an assistant says gets the main character's name in front, in groups too, unless it begins
    with a member's: SillyTavern does so, and models have read it so."""
    result: list[Wire] = []
    for message in messages:
        match message.get("role"):
            case "user":
                result.append(dict(message))
            case "assistant" if name_of(message):
                result.append(_spoken(message, names))
            case _:
                result.append(folded(message, names))
    return result


def _spoken(message: Mapping[str, object], names: Names) -> Wire:
    flat = {key: value for key, value in message.items() if key != "name"}
    if "content" in flat:
        flat["content"] = labelled(
            flat["content"],
            lambda text: "" if names.starts_with_member(text) else label(names.char, text),
        )
    return flat
