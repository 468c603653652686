"""Faults of SillyTavern in the recordings, told by rule from the right behaviour.

A recording that the service would refuse, or that loses what was said, is put right here; one that
only looks different is followed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from tavern_tui.core.names import Names

Message = dict[str, Any]


# --- what goes wrong in several conversions


def names_a_picture(message: Mapping[str, Any]) -> bool:
    """A named message with parts: SillyTavern stops with a TypeError."""
    return bool(message.get("name")) and isinstance(message.get("content"), list)


def spelled_out(message: Message, names: Names) -> Message:
    """Such a message with its name in its words, where everybody can read it."""
    if not names_a_picture(message):
        return message
    name = {"example_user": names.user, "example_assistant": names.char}.get(message["name"], message["name"])
    parts = [dict(part) for part in message["content"]]
    first = next((part for part in parts if part["type"] == "text"), {"text": f"{name}: "})
    if not first["text"].startswith(f"{name}: "):
        first["text"] = f"{name}: {first['text']}"
    return {key: value for key, value in message.items() if key != "name"} | {"content": parts}


def speaks_and_calls(message: Mapping[str, Any]) -> bool:
    """Words and tool calls in one message: SillyTavern drops the words for Claude and Gemini."""
    return bool(message.get("content")) and bool(message.get("tool_calls"))


def speaks_then_calls(message: Message) -> list[Message]:
    """Such a message as two: first the words, then the calls."""
    if not speaks_and_calls(message):
        return [message]
    words = {key: value for key, value in message.items() if key != "tool_calls"}
    return [words, {"role": message["role"], "tool_calls": message["tool_calls"]}]


# --- Claude: blank blocks, and a last reply that ends with white space, are refused


def acceptable_to_claude(output: Mapping[str, Any]) -> dict[str, Any]:
    """A recorded conversion without the blank text blocks, its last reply trimmed."""
    messages: list[Message] = []
    for message in output["messages"]:
        blocks = [block for block in message["content"] if not _blank(block)]
        if blocks and messages and messages[-1]["role"] == message["role"]:
            messages[-1]["content"] += blocks
        elif blocks:
            messages.append({"role": message["role"], "content": blocks})
    if messages and messages[-1]["role"] == "assistant" and messages[-1]["content"][-1]["type"] == "text":
        last = messages[-1]["content"][-1]
        messages[-1]["content"][-1] = {**last, "text": last["text"].rstrip()}
    return {
        "messages": messages,
        "systemPrompt": [block for block in output["systemPrompt"] if not _blank(block)],
    }


def _blank(block: Mapping[str, Any]) -> bool:
    return block["type"] == "text" and not block["text"].strip()


# --- Gemini: a signed text that joins its neighbour is said twice


def said_once(output: Mapping[str, Any]) -> dict[str, Any]:
    """A recorded conversion in which signed texts stand in their own part only."""
    contents = []
    for content in output["contents"]:
        parts = [dict(part) for part in content["parts"]]
        texts = [part for part in parts if "text" in part]
        for signed in [part for part in texts[1:] if "thoughtSignature" in part]:
            texts[0]["text"] = texts[0]["text"].replace(f"\n\n{signed['text']}", "", 1)
        contents.append({**content, "parts": parts})
    return {**output, "contents": contents}


# --- Mistral: names are unknown to the service, and so is what it should answer


def acceptable_to_mistral(output: list[Message]) -> list[Message]:
    """A recorded conversion without `name` fields that ends with a user, a tool, or an assistant's
    message marked as one to go on with."""
    messages = [{key: value for key, value in message.items() if key != "name"} for message in output]
    if messages and messages[-1]["role"] == "system":
        messages[-1]["role"] = "user"
    if messages and messages[-1]["role"] == "assistant" and not messages[-1].get("tool_calls"):
        messages[-1]["prefix"] = True
    return messages


# --- AI21: neighbours without a plain text come out as `[object Object]` or `undefined`


def ai21_runs(messages: list[Message]) -> list[list[Message]]:
    """The messages after the leading system messages, neighbours of one role together."""
    start = next((at for at, one in enumerate(messages) if one["role"] != "system"), len(messages))
    return [list(run) for _, run in groupby(messages[start:], key=lambda message: message["role"])]


def garbled_by_ai21(run: list[Message]) -> bool:
    """Whether such a run is joined although one of it is not plain text."""
    return len(run) > 1 and any(not isinstance(message.get("content"), str) for message in run)


def whole_for_ai21(output: list[Message], messages: list[Message]) -> list[Message]:
    """A recorded conversion with the words, parts and calls of those neighbours."""
    runs = ai21_runs(messages)
    kept = len(output) - len(runs)
    fixed = [
        _joined(run) if garbled_by_ai21(run) else recorded
        for run, recorded in zip(runs, output[kept:], strict=True)
    ]
    return output[:kept] + fixed


def _joined(run: list[Message]) -> Message:
    message: Message = {key: value for one in reversed(run) for key, value in one.items() if key != "name"}
    contents = [one["content"] for one in run if one.get("content") is not None]
    if any(isinstance(content, list) for content in contents):
        message["content"] = _joined_parts(contents)
    elif contents:
        message["content"] = "\n\n".join(contents)
    calls = [call for one in run for call in one.get("tool_calls", ())]
    return message | ({"tool_calls": calls} if calls else {})


def _joined_parts(contents: list[Any]) -> list[Message]:
    parts: list[Message] = []
    for content in contents:
        begin, *rest = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if parts and parts[-1]["type"] == begin["type"] == "text":
            parts[-1] = {"type": "text", "text": f"{parts[-1]['text']}\n\n{begin['text']}"}
        else:
            parts.append(begin)
        parts += rest
    return parts
