"""Role-tagged messages as a text one can edit, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tavern_tui.core.prompt import PromptMessage

_HEADING = re.compile(r"^── (system|user|assistant)(?: \((.*)\))? ──$", re.MULTILINE)


def text_from_messages(messages: Iterable[PromptMessage]) -> str:
    """Each message under a heading line that names its role (and name, where it has one)."""
    return "\n\n".join(
        f"── {message.role.value}{f' ({message.name})' if message.name else ''} ──\n{message.content}"
        for message in messages
    )


def messages_from_text(text: str) -> list[dict[str, str]]:
    """The messages of an edited text. Words before the first heading are a system message."""
    pieces = _HEADING.split(text)
    messages = [{"role": "system", "content": pieces[0].strip("\n")}] if pieces[0].strip() else []
    for role, name, content in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        message = {"role": role, "content": _without_gap(content)}
        if name:
            message["name"] = name
        messages.append(message)
    return messages


def _without_gap(content: str) -> str:
    """A message's text without the line end of its heading and the blank line after it."""
    content = content.removeprefix("\n")
    return content.removesuffix("\n\n") if content.endswith("\n\n") else content.removesuffix("\n")
