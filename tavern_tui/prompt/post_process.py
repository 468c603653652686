"""Reshapes a list of messages for servers that accept only some sequences of roles.

Messages are plain mappings in the wire's form (`role`, `content`, perhaps `name`, `tool_calls`,
`tool_call_id`), because what the user or a tool adds passes through here as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tavern_tui.core.names import Names, label

Wire = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """What a mode does besides merging neighbours."""

    strict: bool = False
    """System messages only at the start."""
    placeholders: bool = False
    """The user speaks first."""
    single: bool = False
    """One user message holds everything."""
    tools: bool = False
    """Tool calls and their results stay what they are."""


MODES: Mapping[str, Mode] = {
    "merge": Mode(),
    "merge_tools": Mode(tools=True),
    "claude": Mode(),
    "semi": Mode(strict=True),
    "semi_tools": Mode(strict=True, tools=True),
    "strict": Mode(strict=True, placeholders=True),
    "strict_tools": Mode(strict=True, placeholders=True, tools=True),
    "single": Mode(strict=True, single=True),
}
"""By `custom_prompt_post_processing`; any other name leaves the messages alone."""


def stricter(mode: str, other: str) -> str:
    """The mode that does what either of the two asks for: the user's wish, and the service's need
    (which is never `single`)."""
    one, two = MODES.get(mode), MODES.get(other)
    if one is None or two is None:
        return other if one is None else mode
    both = Mode(
        strict=one.strict or two.strict,
        placeholders=one.placeholders or two.placeholders,
        single=one.single or two.single,
        tools=one.tools and two.tools,
    )
    # What is one message of the user's begins with the user.
    both = replace(both, placeholders=False) if both.single else both
    return next(name for name, rules in MODES.items() if rules == both)


def post_process(
    messages: Sequence[Mapping[str, object]], mode: str, names: Names, placeholder: str
) -> list[Wire]:
    """The messages as the mode wants them. The input is left as it is."""
    rules = MODES.get(mode)
    if rules is None:
        return [dict(message) for message in messages]
    merged = _merged(messages, rules, names, placeholder)
    if not rules.strict:
        return merged
    for message in merged[1:]:
        if message["role"] == "system":
            message["role"] = "user"
    if rules.placeholders:
        _let_user_begin(merged, placeholder)
    return _merged(merged, replace(rules, single=False), names, placeholder)


def _merged(
    messages: Sequence[Mapping[str, object]], rules: Mode, names: Names, placeholder: str
) -> list[Wire]:
    media: list[object] = []
    result: list[Wire] = []
    for message in messages:
        flat = _flattened(message, media)
        _prefix_name(flat, names)
        if not rules.tools:
            _as_words(flat)
        if rules.single:
            _as_user(flat, names)
        if result and _joins(result[-1], flat):
            result[-1]["content"] = f"{result[-1]['content']}\n\n{flat['content']}"
        else:
            result.append(flat)
    if not result:
        result.append({"role": "user", "content": placeholder})
    for message in result:
        message["content"] = _with_media(str(message["content"]), media)
    return result


def _joins(before: Wire, message: Wire) -> bool:
    """Neighbours of one role are joined, except tool results and messages without words."""
    return before["role"] == message["role"] != "tool" and bool(message["content"])


def _flattened(message: Mapping[str, object], media: list[object]) -> Wire:
    content = message.get("content")
    flat = dict(message)
    if isinstance(content, list):
        flat["content"] = "\n\n".join(_part_text(part, media) for part in content)
    else:
        flat["content"] = content if isinstance(content, str) else ""
    return flat


_MEDIA_PARTS = ("image_url", "video_url", "audio_url", "input_audio", "file")


def _part_text(part: object, media: list[object]) -> str:
    if not isinstance(part, Mapping):
        return ""
    if part.get("type") == "text":
        return str(part.get("text") or "")
    if part.get("type") in _MEDIA_PARTS:
        media.append(part)
        return _token(len(media) - 1)
    return ""


def _token(number: int) -> str:
    """Stands for a picture or sound while messages are text; no one types such a line."""
    return f"\x00media {number}\x00"


def _prefix_name(message: Wire, names: Names) -> None:
    name, content = str(message.pop("name", None) or ""), str(message["content"])
    if message["role"] == "system":
        message["content"] = names.example_label(name, content) + content
    else:
        message["content"] = label(name, content) + content


def _as_words(message: Wire) -> None:
    if message["role"] == "tool":
        message["role"] = "user"
    message.pop("tool_calls", None)
    message.pop("tool_call_id", None)
    message.pop("thoughts", None)


def _as_user(message: Wire, names: Names) -> None:
    content = str(message["content"])
    if message["role"] == "assistant" and not names.starts_with_member(content):
        message["content"] = label(names.char, content) + content
    elif message["role"] == "user":
        message["content"] = label(names.user, content) + content
    message["role"] = "user"


def _with_media(text: str, media: Sequence[object]) -> str | list[object]:
    """The text, or where tokens stand in it, the parts they stand for with text between."""
    tokens = {_token(number): part for number, part in enumerate(media)}
    pieces = text.split("\n\n")
    if not any(piece in tokens for piece in pieces):
        return text
    parts: list[object] = []
    words: list[str] = []
    for piece in [*pieces, None]:
        if piece is not None and piece not in tokens:
            words.append(piece)
            continue
        if words:
            parts.append({"type": "text", "text": "\n\n".join(words)})
            words = []
        if piece is not None:
            parts.append(tokens[piece])
    return parts


def _let_user_begin(messages: list[Wire], placeholder: str) -> None:
    invented: Wire = {"role": "user", "content": placeholder}
    first = messages[0]["role"]
    if first == "system":
        if len(messages) == 1 or messages[1]["role"] != "user":
            messages.insert(1, invented)
    elif first != "user":
        messages.insert(0, invented)
