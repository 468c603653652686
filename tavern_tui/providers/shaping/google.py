"""Messages for Gemini (AI Studio and Vertex): contents of parts, the roles user and model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tavern_tui.core.names import Names
from tavern_tui.providers.shaping.messages import (
    BLANK_LINE,
    Call,
    Messages,
    Wire,
    calls_of,
    data_url,
    folded,
    is_text,
    media_url,
    text_in,
    words_of,
)

UNSIGNED = "skip_thought_signature_validator"
"""The word that stands for a signature we do not have; Gemini 3 refuses calls with none."""

NO_PREFILL = re.compile(r"gemini-3\.[67]-flash|gemini-3\.5-flash-lite")
"""Models that do not go on with a turn of their own."""

MEDIA = ("image_url", "video_url", "audio_url", "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class GooglePrompt:
    """The two places Google's API has for what the model reads."""

    system: list[Wire]
    """Parts of the system instruction."""
    contents: list[Wire]


def google_prompt(messages: Messages, names: Names, *, model: str, system: bool = True) -> GooglePrompt:
    """The messages as Gemini takes them. `system`: leading system messages go to their own place,
    but for the last message of all; else they become the user's."""
    rest = list(messages)
    leading: list[Wire] = []
    while system and len(rest) > 1 and rest[0].get("role") == "system":
        leading.append({"text": words_of(folded(rest.pop(0), names).get("content"))})
    tool_names = {call.id: call.name for message in rest for call in calls_of(message)}
    turns = [_Turn(_role(message), _parts(folded(message, names), model, tool_names)) for message in rest]
    if turns and turns[-1].role == "model" and NO_PREFILL.search(model):
        turns[-1].role = "user"
    _sign(turns, model)
    return GooglePrompt(
        system=leading, contents=[{"role": turn.role, "parts": turn.parts} for turn in _merged(turns)]
    )


@dataclass(slots=True)
class _Turn:
    role: str
    parts: list[Wire]


def _role(message: Mapping[str, object]) -> str:
    return "model" if message.get("role") == "assistant" else "user"


def _parts(message: Mapping[str, object], model: str, tool_names: Mapping[str, str]) -> list[Wire]:
    answered = message.get("tool_call_id")
    if answered:
        return [_response(tool_names.get(str(answered)) or "unknown", message.get("content"))]
    parts = _words_and_media(message.get("content"), model)
    signature = message.get("signature")
    if signature and ("gemini-3" in model or "gemini-2.5" in model):
        for part in parts:
            if "text" in part:
                part["thoughtSignature"] = signature
    return parts + [_call(call) for call in calls_of(message)]


def _words_and_media(content: object, model: str) -> list[Wire]:
    if isinstance(content, str):
        return [{"text": content}]
    parts: list[Wire] = []
    for part in content if isinstance(content, list) else []:
        if is_text(part):
            parts.append({"text": text_in(part)})
        elif isinstance(part, Mapping) and part.get("type") in MEDIA:
            inside = data_url(media_url(part))
            if inside:
                parts.append(_media(inside, _detail(part), model))
    return parts


def _detail(part: Mapping[str, object]) -> str:
    holder = part.get(str(part.get("type")))
    return str(holder.get("detail") or "") if isinstance(holder, Mapping) else ""


def _media(inside: tuple[str, str], detail: str, model: str) -> Wire:
    mime_type, data = inside
    part: Wire = {"inlineData": {"mimeType": mime_type, "data": data}}
    if "gemini-3" in model and detail in ("low", "high"):
        part["mediaResolution"] = {"level": f"media_resolution_{detail}"}
    return part


def _call(call: Call) -> Wire:
    part: Wire = {"functionCall": {"name": call.name, "args": call.parsed()}}
    return part | {"thoughtSignature": call.signature} if call.signature else part


def _response(name: str, content: object) -> Wire:
    return {"functionResponse": {"name": name, "response": {"name": name, "content": content}}}


def _sign(turns: list[_Turn], model: str) -> None:
    """Where Gemini 3 looks for a signature and there is none, say so."""
    if "gemini-3" not in model:
        return
    draws = "-image" in model
    for turn in turns:
        for part in turn.parts:
            shown = draws and turn.role == "model" and ("text" in part or "inlineData" in part)
            if shown or "functionCall" in part:
                part.setdefault("thoughtSignature", UNSIGNED)


def _merged(turns: list[_Turn]) -> list[_Turn]:
    merged: list[_Turn] = []
    for turn in turns:
        if not merged or merged[-1].role != turn.role:
            merged.append(turn)
            continue
        for part in turn.parts:
            _add(merged[-1].parts, part)
    return merged


def _add(parts: list[Wire], part: Wire) -> None:
    """All words of a turn stand in its first text part, but for those that are signed as they are."""
    first = next((one for one in parts if "text" in one), None)
    if first is None or "text" not in part or "thoughtSignature" in part:
        parts.append(part)
    else:
        first["text"] = f"{first['text']}{BLANK_LINE}{part['text']}"
