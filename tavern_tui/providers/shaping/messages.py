"""Messages in OpenAI's form, and what every service's shaping does with them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tavern_tui.core.names import Names, label
from tavern_tui.core.openai_form import in_openai_form
from tavern_tui.core.prompt import ChatPrompt

Wire = dict[str, object]
Messages = Sequence[Mapping[str, object]]

BLANK_LINE = "\n\n"
"""Between texts that were messages of their own."""


def wire_messages(prompt: ChatPrompt) -> list[Wire]:
    """The messages of a prompt, without its prefill."""
    return [in_openai_form(message) for message in prompt.messages]


# --- contents: a string, or a list of parts


def is_text(part: object) -> bool:
    """Whether this is a text part."""
    return isinstance(part, Mapping) and part.get("type") == "text"


def text_in(part: object) -> str:
    """The text of a text part; nothing of any other part."""
    text = part.get("text") if isinstance(part, Mapping) and is_text(part) else ""
    return text if isinstance(text, str) else ""


def words_of(content: object) -> str:
    """The text of a content."""
    if isinstance(content, list):
        return BLANK_LINE.join(text_in(part) for part in content if is_text(part))
    return content if isinstance(content, str) else ""


def parts_of(content: object) -> list[object]:
    """A content as a list of parts; no content, no parts."""
    if isinstance(content, list):
        return list(content)
    return [{"type": "text", "text": content}] if isinstance(content, str) else []


def joined(before: object, after: object) -> object:
    """Two contents as one, a blank line between them. Strings stay a string, media stay parts."""
    if not isinstance(before, (str, list)):
        return after
    if not isinstance(after, (str, list)):
        return before
    if isinstance(before, str) and isinstance(after, str):
        return before + BLANK_LINE + after
    first, second = parts_of(before), parts_of(after)
    if first and second and is_text(first[-1]) and is_text(second[0]):
        text = text_in(first.pop()) + BLANK_LINE + text_in(second.pop(0))
        first.append({"type": "text", "text": text})
    return first + second


# --- names


def labelled(content: object, label_for: Callable[[str], str]) -> object:
    """A content with a name in front of its first words."""
    if isinstance(content, str):
        return label_for(content) + content
    if not isinstance(content, list):
        return content
    first = next((number for number, part in enumerate(content) if is_text(part)), None)
    if first is None:
        return content
    text = text_in(content[first])
    return [*content[:first], {**content[first], "text": label_for(text) + text}, *content[first + 1 :]]


def name_of(message: Mapping[str, object]) -> str:
    """Who speaks, as the message says; empty: it does not."""
    name = message.get("name")
    return name if isinstance(name, str) else ""


def folded(message: Mapping[str, object], names: Names) -> Wire:
    """The message with its name in front of its words, where it does not stand there yet, and not
    in a field of its own. Of system messages only examples have a speaker."""
    flat = {key: value for key, value in message.items() if key != "name"}
    name = name_of(message)
    if name and "content" in flat:
        says = names.example_label if message.get("role") == "system" else label
        flat["content"] = labelled(flat["content"], lambda text: says(name, text))
    return flat


# --- tool calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool call of the model's."""

    id: str
    name: str
    arguments: str
    """JSON, as the model wrote it."""
    signature: str = ""

    def parsed(self) -> object:
        """The arguments' value; the text itself where it is no JSON."""
        try:
            return json.loads(self.arguments, parse_float=_number)
        except (ValueError, RecursionError):
            return self.arguments


def calls_of(message: Mapping[str, object]) -> list[Call]:
    """The tool calls of a message; malformed ones are left out."""
    entries = message.get("tool_calls")
    found: list[Call] = []
    for entry in entries if isinstance(entries, list) else []:
        function = entry.get("function") if isinstance(entry, Mapping) else None
        if isinstance(function, Mapping):
            found.append(
                Call(
                    id=str(entry.get("id") or ""),
                    name=str(function.get("name") or ""),
                    arguments=str(function.get("arguments") or "{}"),
                    signature=str(entry.get("signature") or ""),
                )
            )
    return found


def compact(value: object) -> str:
    """A value as JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _number(text: str) -> float | int:
    """A number as JavaScript has it, where 6.0 is 6."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


# --- media

_DATA_URL = re.compile(r"data:([^;,]*)[^,]*;base64,(.*)", re.DOTALL)


def media_url(part: object) -> str:
    """The address inside an `image_url`, `video_url`, `audio_url` or `file` part."""
    holder = part.get(str(part.get("type"))) if isinstance(part, Mapping) else None
    url = holder.get("url", holder.get("file_data")) if isinstance(holder, Mapping) else holder
    return url if isinstance(url, str) else ""


def data_url(url: str) -> tuple[str, str] | None:
    """MIME type and base64 text of a data URL; None: it is another address."""
    found = _DATA_URL.fullmatch(url)
    return (found[1], found[2]) if found else None


# --- the last message


def continued(messages: Messages, flag: str, *, tools: bool = False) -> list[Wire]:
    """The messages with `flag` set on a last assistant message, which the model then goes on with.
    Where tools take part a reply begins anew."""
    result = [dict(message) for message in messages]
    with_tools = tools or any(message.get("role") == "tool" for message in result)
    if result and result[-1].get("role") == "assistant" and not with_tools:
        result[-1][flag] = True
    return result
