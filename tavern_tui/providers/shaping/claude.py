"""Messages for Anthropic's Messages API: blocks, no system messages between turns, alternating roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tavern_tui.core.names import Names
from tavern_tui.providers.shaping.messages import (
    Call,
    Messages,
    Wire,
    calls_of,
    compact,
    data_url,
    folded,
    is_text,
    media_url,
    name_of,
    text_in,
    words_of,
)

INVISIBLE = "\u200b"
"""Stands for an empty text beside a picture: the API refuses blank text blocks."""

SHOWN = ("image", "document")
"""Blocks that only the user's turns may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaudePrompt:
    """The two places Anthropic's API has for what the model reads."""

    system: list[Wire]
    """Text blocks."""
    messages: list[Wire]


def claude_prompt(
    messages: Messages,
    names: Names,
    *,
    placeholder: str,
    system: bool = True,
    tools: bool = False,
    thoughts: bool = False,
    prefill: str = "",
) -> ClaudePrompt:
    """The messages as Claude takes them.

    `system`: the leading system messages go to their own place, else they become the user's.
    `tools`: the request offers tools; without, calls and results are told as text. `thoughts`: the model
    thinks, and is given back what it thought before its calls, where its seal was kept. `prefill`: what
    the reply begins with. `placeholder`: what the user says where nobody says anything."""
    rest = list(messages)
    leading: list[str] = []
    while system and rest and rest[0].get("role") == "system":
        leading.append(words_of(folded(rest.pop(0), names).get("content")))
    turns = [_turn(message, names, tools) for message in rest or [_user(placeholder)]]
    if tools and thoughts:
        _recall(turns, rest)
    _hand_images_to_user(turns)
    if prefill.strip():
        turns.append(_Turn("assistant", [_text(prefill)]))
    merged = _merged(turns)
    _think_first(merged)
    _trim_end(merged)
    return ClaudePrompt(
        system=[_text(text) for text in leading if text.strip()],
        messages=[{"role": turn.role, "content": turn.blocks} for turn in merged],
    )


def ending_with_user(messages: Messages) -> list[Wire]:
    """The messages for a model that cannot go on with a reply (newer ones; any that thinks):
    a last assistant message is the user's."""
    result = [dict(message) for message in messages]
    if result and result[-1]["role"] == "assistant":
        result[-1]["role"] = "user"
    return result


@dataclass(slots=True)
class _Turn:
    role: str
    blocks: list[Wire]


def _turn(message: Mapping[str, object], names: Names, tools: bool) -> _Turn:
    role, content = message.get("role"), message.get("content")
    if role == "tool":
        return _Turn("user", _result(message, tools))
    if role == "system":
        return _Turn("user", _blocks(folded(message, names).get("content"), ""))
    blocks = _blocks(content, f"{name}: " if (name := name_of(message)) else "")
    for call in calls_of(message):
        blocks.append(_call(call, tools))
    return _Turn("assistant" if role == "assistant" else "user", blocks)


def _recall(turns: list[_Turn], messages: Messages) -> None:
    """Put the thoughts before the calls they led to."""
    for turn, message in zip(turns, messages, strict=False):
        thought = _thought(message)
        if thought is not None:
            turn.blocks.insert(0, thought)


def _thought(message: Mapping[str, object]) -> Wire | None:
    """What led to a message's calls, as the model sealed it; None: that was not kept."""
    calls = calls_of(message)
    if not calls or not calls[0].signature:
        return None
    return {"type": "thinking", "thinking": message.get("thoughts") or "", "signature": calls[0].signature}


def forgot(messages: Messages) -> bool:
    """Whether a model that thinks is to go on from calls, and what it thought before them is lost.
    With a budget for thinking such a request is refused."""
    last = next((one for one in reversed(messages) if one.get("role") == "assistant"), {})
    return bool(calls_of(last)) and _thought(last) is None


def _blocks(content: object, prefix: str) -> list[Wire]:
    """A content as blocks. The name goes in front even where the words begin with it."""
    if isinstance(content, str):
        return [_text(prefix + content)] if (prefix + content).strip() else []
    blocks: list[Wire] = []
    for part in content if isinstance(content, list) else []:
        if is_text(part):
            text = prefix + text_in(part)
            blocks.append(_text(text if text.strip() else INVISIBLE))
        elif isinstance(part, Mapping) and part.get("type") == "image_url":
            blocks.append(_shown("image", media_url(part)))
        elif isinstance(part, Mapping) and part.get("type") == "file":
            blocks.append(_shown("document", media_url(part)))
    return blocks


def _text(text: str) -> Wire:
    return {"type": "text", "text": text}


def _user(text: str) -> Wire:
    return {"role": "user", "content": text}


def _shown(kind: str, url: str) -> Wire:
    inside = data_url(url)
    if inside is None:
        return {"type": kind, "source": {"type": "url", "url": url}}
    media_type, data = inside
    return {"type": kind, "source": {"type": "base64", "media_type": media_type, "data": data}}


def _call(call: Call, tools: bool) -> Wire:
    value = call.parsed()
    if not tools:
        return _text(value if isinstance(value, str) else compact(value))
    # The API takes objects only; what a model wrote instead is kept under a name.
    arguments = value if isinstance(value, dict) else {"arguments": value}
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments}


def _result(message: Mapping[str, object], tools: bool) -> list[Wire]:
    content = message.get("content")
    if not tools:
        return _blocks(words_of(content), "")
    result: Wire = {"type": "tool_result", "tool_use_id": message.get("tool_call_id")}
    return [result | {"content": content if isinstance(content, str) else _blocks(content, "")}]


def _hand_images_to_user(turns: list[_Turn]) -> None:
    """Only the user may show pictures: the assistant's go to the end of the user's next turn."""
    shown: list[Wire] = []
    for turn in turns:
        if turn.role == "assistant":
            shown += [block for block in turn.blocks if block["type"] in SHOWN]
            turn.blocks = [block for block in turn.blocks if block["type"] not in SHOWN]
        elif shown:
            turn.blocks = turn.blocks + shown
            shown = []
    if shown:
        turns.append(_Turn("user", shown))


def _merged(turns: list[_Turn]) -> list[_Turn]:
    merged: list[_Turn] = []
    for turn in turns:
        if not turn.blocks:
            continue
        if merged and merged[-1].role == turn.role:
            merged[-1].blocks = merged[-1].blocks + turn.blocks
        else:
            merged.append(turn)
    return merged


def _think_first(turns: list[_Turn]) -> None:
    """A turn in which the model thought begins with that, also where words said before were joined."""
    for turn in turns:
        turn.blocks.sort(key=lambda block: block["type"] != "thinking")


def _trim_end(turns: list[_Turn]) -> None:
    """A reply that is to be continued must not end with white space."""
    if not turns or turns[-1].role != "assistant":
        return
    last = turns[-1].blocks[-1]
    if last["type"] == "text":
        turns[-1].blocks[-1] = _text(str(last["text"]).rstrip())
