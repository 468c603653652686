"""Tools and reply schemas in the forms services take them in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from tavern_tui.core.chat_options import ReplySchema, Tool
from tavern_tui.providers.dialects.chat.call import ChatCall
from tavern_tui.providers.shaping.messages import Wire, joined
from tavern_tui.providers.shaping.schema import flat_schema

SchemaForm = Callable[[ReplySchema], Mapping[str, object]]
"""The keys of a body that hold a reply to a schema."""
ToolForm = Callable[[ChatCall], Mapping[str, object]]
"""The keys of a body that offer tools."""

# --- reply schemas


def named_schema(wanted: ReplySchema) -> Mapping[str, object]:
    """OpenAI's form."""
    return _response_format({"name": wanted.name, "strict": wanted.strict, "schema": flat(wanted)})


def described_schema(wanted: ReplySchema) -> Mapping[str, object]:
    """OpenAI's form, with what the schema is for."""
    form = {"name": wanted.name, "schema": flat(wanted), "strict": wanted.strict}
    return _response_format(form | ({"description": wanted.description} if wanted.description else {}))


def nameless_schema(wanted: ReplySchema) -> Mapping[str, object]:
    return _response_format({"schema": flat(wanted)})


def bare_schema(wanted: ReplySchema) -> Mapping[str, object]:
    """The schema in the place of its description (Workers AI)."""
    return _response_format(flat(wanted))


def any_object(wanted: ReplySchema) -> Mapping[str, object]:
    """For services that only know whether JSON is wanted; the messages show the schema."""
    return {"response_format": {"type": "json_object"}}


def object_schema(wanted: ReplySchema) -> Mapping[str, object]:
    """Cohere's form."""
    return {"response_format": {"type": "json_object", "json_schema": flat(wanted)}}


def no_schema(wanted: ReplySchema) -> Mapping[str, object]:
    """For services that cannot be held to one."""
    return {}


def flat(wanted: ReplySchema) -> dict[str, object]:
    """The schema without references and without its own address."""
    return flat_schema(wanted.schema)


def _response_format(schema: Mapping[str, object]) -> Mapping[str, object]:
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def showing_schema(messages: list[Wire], wanted: ReplySchema, *, join: bool) -> list[Wire]:
    """The messages with the schema at their end, where the user says it. `join`: the service takes no
    two messages of one role in a row."""
    words = f"JSON schema for the response:\n{json.dumps(flat(wanted), indent=4, ensure_ascii=False)}"
    if join and messages and messages[-1]["role"] == "user":
        return [*messages[:-1], {**messages[-1], "content": joined(messages[-1].get("content"), words)}]
    return [*messages, {"role": "user", "content": words}]


# --- tools


def openai_tool(tool: Tool, parameters: Mapping[str, object] | None = None) -> Wire:
    """A tool as OpenAI has it, with other parameters if they are given."""
    shown = tool.parameters if parameters is None else parameters
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": dict(shown)},
    }


def openai_choice(choice: str) -> object:
    """Which tool, in OpenAI's words."""
    if choice in ("auto", "none", "required"):
        return choice
    return {"type": "function", "function": {"name": choice}}


def tools_with_choice(call: ChatCall) -> Mapping[str, object]:
    """OpenAI's form."""
    return {
        "tools": [openai_tool(tool) for tool in call.tools],
        "tool_choice": openai_choice(call.options.tool_choice),
    }


def tools_without_choice(call: ChatCall) -> Mapping[str, object]:
    """For services that know no choice (AI21)."""
    return {"tools": [openai_tool(tool) for tool in call.tools]}


def tools_that_need_nothing(call: ChatCall) -> Mapping[str, object]:
    """OpenAI's form without an empty list of what is required (DeepSeek refuses that)."""
    made = [
        openai_tool(
            tool, {key: value for key, value in tool.parameters.items() if key != "required" or value}
        )
        for tool in call.tools
    ]
    return {"tools": made, "tool_choice": openai_choice(call.options.tool_choice)}


def cohere_tools(call: ChatCall) -> Mapping[str, object]:
    """Schemas without their address, and no choice but to need one or none."""
    made = [
        openai_tool(tool, {key: value for key, value in tool.parameters.items() if key != "$schema"})
        for tool in call.tools
    ]
    choice = call.options.tool_choice
    return {"tools": made} | ({"tool_choice": choice.upper()} if choice in ("none", "required") else {})


def no_tools(call: ChatCall) -> Mapping[str, object]:
    """For services that have none."""
    return {}
