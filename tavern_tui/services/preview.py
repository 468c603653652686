"""The prompt and the request as they would go out now, and how much of it the server has seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tavern_tui.core.prompt import BuiltPrompt, Prompt, TextPrompt


@dataclass(frozen=True, slots=True, kw_only=True)
class WireView:
    """A request as it goes out, with secrets masked."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptPreview:
    """What `send` would send now."""

    built: BuiltPrompt
    text: str
    """The whole prompt as one string (see `prompt_as_text`)."""
    request: WireView
    unchanged_chars: int
    """How much of the beginning equals the last request to the same connection: this is what a
    server's prompt cache can use again."""
    unchanged_tokens: int
    speaker: str = ""
    """In a group: name of the member this prompt is for."""

    @property
    def total_chars(self) -> int:
        return len(self.text)

    @property
    def counted_by(self) -> str:
        """Who counted the tokens, and whether that is an estimate, in a few words."""
        counter = self.built.counter
        return "estimated from their length" if counter == "estimate" else f"counted by {counter}"

    @property
    def request_kind(self) -> str:
        """`text` or `chat`."""
        return "text" if isinstance(self.built.prompt, TextPrompt) else "chat"

    @property
    def url(self) -> str:
        return self.request.url

    @property
    def headers(self) -> Mapping[str, str]:
        return self.request.headers

    @property
    def wire(self) -> str:
        """The body as JSON text, indented for reading."""
        return json.dumps(self.request.body, ensure_ascii=False, indent=2)


def prompt_as_text(prompt: Prompt) -> str:
    """A prompt as one string: itself, or its messages with a heading each."""
    if isinstance(prompt, TextPrompt):
        return prompt.text
    return "\n".join(
        f"── {message.role}{f' ({message.name})' if message.name else ''} ──\n{message.content}"
        for message in prompt.messages
    )


def make_preview(
    built: BuiltPrompt, request: WireView, last_sent: str | None, *, speaker: str = ""
) -> PromptPreview:
    """Compare a built prompt with the text that was sent last, if any."""
    text = prompt_as_text(built.prompt)
    unchanged = same_beginning(text, last_sent) if last_sent is not None else 0
    share = unchanged / len(text) if text else 0.0
    return PromptPreview(
        built=built,
        text=text,
        request=request,
        unchanged_chars=unchanged,
        unchanged_tokens=round(built.tokens * share),
        speaker=speaker,
    )


def same_beginning(one: str, other: str) -> int:
    """How many characters two texts have in common from the start, by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
