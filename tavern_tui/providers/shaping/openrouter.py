"""What OpenRouter has of its own in OpenAI's form: sound, and signatures of hidden thoughts."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.providers.shaping.messages import Messages, Wire, data_url, media_url

FORMATS = {
    "google/gemini": "google-gemini-v1",
    "anthropic/claude": "anthropic-claude-v1",
    "openai/gpt": "openai-responses-v1",
    "x-ai/grok": "xai-responses-v1",
}
"""By the beginning of the model's id: who made a signature."""

SOUNDS = {"audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/wav": "wav", "audio/x-wav": "wav"}


def with_sound(messages: Messages) -> list[Wire]:
    """The messages with `audio_url` parts as `input_audio`, the form OpenAI's models take (custom
    servers too). Addresses outside the request stay as they are."""
    return [
        {**message, "content": [_heard(part) for part in content]}
        if isinstance(content := message.get("content"), list)
        else dict(message)
        for message in messages
    ]


def _heard(part: object) -> object:
    if not isinstance(part, Mapping) or part.get("type") != "audio_url":
        return part
    inside = data_url(media_url(part))
    if inside is None:
        return part
    mime_type, data = inside
    return {"type": "input_audio", "input_audio": {"format": SOUNDS.get(mime_type, "mp3"), "data": data}}


def with_signatures(messages: Messages, model: str) -> list[Wire]:
    """The messages with the signatures of thoughts where OpenRouter looks for them."""
    made_by = next((name for start, name in FORMATS.items() if model.startswith(start)), "unknown")
    return [_signed(message, made_by) for message in messages]


def _signed(message: Mapping[str, object], made_by: str) -> Wire:
    result = {key: value for key, value in message.items() if key != "signature"}
    signed: list[tuple[object, object]] = []
    if message.get("signature"):
        signed.append((None, message["signature"]))
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        dicts = [call for call in calls if isinstance(call, Mapping)]
        signed += [(call.get("id"), call["signature"]) for call in dicts if call.get("signature")]
        result["tool_calls"] = [
            {key: value for key, value in call.items() if key != "signature"} for call in dicts
        ]
    if signed:
        result["reasoning_details"] = [
            {
                "index": index,
                "id": call_id or f"signature-{index}",
                "type": "reasoning.encrypted",
                "data": data,
                "format": made_by,
            }
            for index, (call_id, data) in enumerate(signed)
        ]
    return result
