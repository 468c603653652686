"""Messages in OpenAI's form, which all parts that reshape messages work on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tavern_tui.core.chat import Role
from tavern_tui.core.prompt import NO_CARGO, CalledTool, Cargo, Medium, PromptMessage

TOOL = "tool"
"""The role of a tool's result."""

BLANK_LINE = "\n\n"
"""Between texts that were parts of their own."""

PARTS = {"image": "image_url", "video": "video_url", "audio": "audio_url", "document": "file"}
"""The type of the part that holds a medium, and the key inside it."""
_KINDS = {part: kind for kind, part in PARTS.items()}


def in_openai_form(message: PromptMessage) -> dict[str, object]:
    """The message as a mapping. One that only calls tools has no content. What no service knows under
    our name for it is `signature` and `thoughts`; whoever sends the mapping gives them another, or none."""
    cargo = message.cargo
    role = TOOL if cargo.answers else message.role.value
    made: dict[str, object] = {"role": role, "content": _content(message.content, cargo)}
    if message.name:
        made["name"] = message.name
    if not cargo:
        return made
    if cargo.answers:
        made["tool_call_id"] = cargo.answers
    if cargo.signature:
        made["signature"] = cargo.signature
    if cargo.calls:
        made["tool_calls"] = [_call(call) for call in cargo.calls]
        if cargo.thoughts:
            made["thoughts"] = cargo.thoughts
        if not message.content:
            del made["content"]
    return made


def from_openai_form(message: Mapping[str, object]) -> PromptMessage:
    """The message a mapping made by `in_openai_form` stands for, reshaped or not. The words of
    several parts are one text; media stand after it."""
    content, role = message.get("content"), str(message.get("role"))
    parts = content if isinstance(content, list) else []
    media = tuple(_media(parts))
    calls = tuple(_calls(message.get("tool_calls")))
    cargo = Cargo(
        calls=calls,
        answers=str(message.get("tool_call_id") or "") if role == TOOL else "",
        signature=str(message.get("signature") or ""),
        thoughts=str(message.get("thoughts") or "") if calls else "",
        media=media,
    )
    return PromptMessage(
        role=Role.USER if role == TOOL else Role(role),
        content=_words(parts) if isinstance(content, list) else str(content or ""),
        name=str(message.get("name") or ""),
        cargo=cargo or NO_CARGO,
    )


def _content(text: str, cargo: Cargo) -> object:
    if not cargo.media:
        return text
    words: list[dict[str, object]] = [{"type": "text", "text": text}] if text else []
    return words + [_part(medium) for medium in cargo.media]


def _part(medium: Medium) -> dict[str, object]:
    key = PARTS.get(medium.kind, "image_url")
    if key == "file":
        return {"type": key, key: {"filename": medium.name, "file_data": medium.url}}
    inside = {"url": medium.url} | ({"detail": medium.detail} if medium.detail else {})
    return {"type": key, key: inside}


def _call(call: CalledTool) -> dict[str, object]:
    made: dict[str, object] = {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }
    return made | ({"signature": call.signature} if call.signature else {})


def _words(parts: list[object]) -> str:
    texts = (part.get("text") for part in parts if isinstance(part, Mapping) and part.get("type") == "text")
    return BLANK_LINE.join(str(text) for text in texts if text)


def _media(parts: list[object]) -> Iterator[Medium]:
    for part in parts:
        kind = _KINDS.get(str(part.get("type"))) if isinstance(part, Mapping) else None
        inside = part.get(PARTS[kind]) if kind and isinstance(part, Mapping) else None
        if kind and isinstance(inside, Mapping):
            yield Medium(
                kind=kind,
                url=str(inside.get("url") or inside.get("file_data") or ""),
                detail=str(inside.get("detail") or ""),
                name=str(inside.get("filename") or ""),
            )


def _calls(entries: object) -> Iterator[CalledTool]:
    for entry in entries if isinstance(entries, list) else []:
        function = entry.get("function") if isinstance(entry, Mapping) else None
        if isinstance(function, Mapping):
            yield CalledTool(
                id=str(entry.get("id") or ""),
                name=str(function.get("name") or ""),
                arguments=str(function.get("arguments") or "{}"),
                signature=str(entry.get("signature") or ""),
            )
