"""Anthropic's Messages API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tavern_tui.core.chat_options import Tool
from tavern_tui.core.generation import GenerationRequest
from tavern_tui.providers.base import ProviderOption, ProviderSpec, StreamDecoder, WireRequest
from tavern_tui.providers.dialects.chat.call import ChatCall, call_of
from tavern_tui.providers.dialects.chat.claude_reader import ClaudeReader
from tavern_tui.providers.dialects.chat.families import Body
from tavern_tui.providers.dialects.chat.structured import flat
from tavern_tui.providers.dialects.common import sampler_values, stop_strings
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.samplers import encode_samplers
from tavern_tui.providers.shaping.caching import cached_at_depth, marker
from tavern_tui.providers.shaping.claude import claude_prompt, ending_with_user, forgot
from tavern_tui.providers.shaping.messages import Wire
from tavern_tui.providers.shaping.schema import flat_schema
from tavern_tui.providers.shaping.thinking import CLAUDE_LEAST, claude_budget, claude_effort
from tavern_tui.providers.wire.decoder import StreamedReply, WholeReply
from tavern_tui.providers.wire.sse import SseParser

CACHE_SYSTEM = ProviderOption(
    id="cache_system",
    title="Cache the system prompt",
    help="Cheaper if it stays the same from message to message; dearer if it does not.",
    default=False,
)
CACHE_DEPTH = ProviderOption(
    id="cache_depth",
    title="Cache at depth",
    help="Cache the chat up to this many turns from its end; -1 is off.",
    default=-1,
)
CACHE_LONG = ProviderOption(
    id="cache_long",
    title="Cache for an hour",
    help="Instead of five minutes; it costs more to fill.",
    default=False,
)
ADAPTIVE = ProviderOption(
    id="adaptive_thinking",
    title="Adaptive thinking",
    help="Opus 4.6 and Sonnet 4.6 choose themselves how long they think, instead of a budget.",
    default=False,
)
BETAS = ProviderOption(
    id="betas",
    title="Beta features",
    help="Between commas, as Anthropic names them. What a request needs is added.",
    default="output-128k-2025-02-19,context-1m-2025-08-07",
)

TOOLS_BETA = "tools-2024-05-16"
CACHE_BETAS = ("prompt-caching-2024-07-31", "extended-cache-ttl-2025-04-11")
EFFORT_BETA = "effort-2025-11-24"

WEB_SEARCH: Wire = {"type": "web_search_20250305", "name": "web_search"}
SHORT_TOP_P = 0.95
"""Thinking models take no smaller one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What models of one generation take."""

    pattern: str
    samplers: Literal["all", "one", "none"] = "none"
    """`one`: temperature or top_p, but not both."""
    prefill: bool = False
    """They go on with a last assistant message."""
    thinking: Literal["none", "budget", "either", "adaptive"] = "adaptive"
    """`either`: a budget, or adaptive where the connection says so."""
    always_thinks: bool = False
    verbosity: bool = True
    searches: bool = True
    schemas: bool = False
    """Replies can be held to a schema without a tool."""


FAMILIES = (
    Family(
        pattern=r"claude-(2|instant|3-(opus|sonnet|haiku))",
        samplers="all",
        prefill=True,
        thinking="none",
        verbosity=False,
        searches=False,
    ),
    Family(pattern=r"claude-3-5", samplers="all", prefill=True, thinking="none", verbosity=False),
    Family(pattern=r"claude-3-7", samplers="all", prefill=True, thinking="budget", verbosity=False),
    Family(
        pattern=r"claude-(opus|sonnet)-4(-0|-\d{8}|$)",
        samplers="all",
        prefill=True,
        thinking="budget",
        verbosity=False,
    ),
    Family(
        pattern=r"claude-(opus-4[-.]1|(sonnet|haiku)-4[-.]5)",
        samplers="one",
        prefill=True,
        thinking="budget",
        verbosity=False,
    ),
    Family(pattern=r"claude-opus-4[-.]5", samplers="one", prefill=True, thinking="budget"),
    Family(pattern=r"claude-(opus|sonnet)-4[-.]6", samplers="one", thinking="either"),
    Family(pattern=r"claude-opus-4[-.][78]"),
    Family(pattern=r"claude-fable-5[-.][1-9]", always_thinks=True, schemas=True),
    Family(pattern="", always_thinks=True),
)
"""The first whose pattern is found counts; the last is for models newer than this table."""


def family_of(model: str) -> Family:
    """What is known of a model's generation."""
    return next(family for family in FAMILIES if re.search(family.pattern, model))


class ClaudeDialect:
    """`/v1/messages`."""

    def encode(self, request: GenerationRequest, spec: ProviderSpec) -> WireRequest:
        call = call_of(request, spec)
        family = family_of(call.model)
        betas = [beta.strip() for beta in call.text(BETAS).split(",") if beta.strip()]
        body: Body = {"model": call.model, "max_tokens": request.max_tokens, "stream": request.stream}
        body["stop_sequences"] = [one for one in stop_strings(request, spec) if one.strip()]
        body |= _samplers(call, family)
        _think(body, call, family)
        _be_verbose(body, call, family, betas)
        _offer_tools(body, call, family, betas)
        _say(body, call, family)
        _cache(body, call, betas)
        headers = {"anthropic-beta": ",".join(dict.fromkeys(betas))} if betas else {}
        return WireRequest(path=spec.generate_path, body=body, headers=headers)

    def decoder(self, request: GenerationRequest, explain: Explainer) -> StreamDecoder:
        wanted = request.chat.schema
        reader = ClaudeReader(explain, reply_tool=wanted.name if wanted is not None else "")
        return StreamedReply(SseParser(), reader, explain) if request.stream else WholeReply(reader, explain)


def ttl_of(call: ChatCall) -> str:
    """How long a cache is kept."""
    return "1h" if call.flag(CACHE_LONG) else "5m"


def _samplers(call: ChatCall, family: Family) -> Body:
    if family.samplers == "none":
        return {}
    found = encode_samplers(call.spec.samplers, sampler_values(call.request))
    if family.samplers == "one" and "top_p" in found:
        share = found["top_p"]
        found.pop("temperature" if isinstance(share, int | float) and share < 1 else "top_p", None)
    return found


def _think(body: Body, call: ChatCall, family: Family) -> None:
    """Tell the model how much to think, and drop what a thinking model refuses."""
    effort = call.options.reasoning_effort
    adaptive = family.thinking == "adaptive" or (family.thinking == "either" and call.flag(ADAPTIVE))
    shown = {"display": "summarized"} if family.samplers == "none" and call.options.show_thoughts else {}
    if family.thinking == "none":
        return
    if adaptive:
        word = claude_effort(effort)
        if word is not None:
            body["output_config"] = {"effort": word}
            _drop_for_thinking(body)
        if word is not None or (family.always_thinks and shown):
            body["thinking"] = {"type": "adaptive", **shown}
        return
    forced = call.options.schema is not None and not family.schemas
    if forced or (call.tools and forgot(call.messages)):
        return  # Anthropic would refuse the request
    budget = claude_budget(effort, max_tokens=call.request.max_tokens, stream=call.request.stream)
    if budget is not None:
        if call.request.max_tokens <= CLAUDE_LEAST:
            body["max_tokens"] = call.request.max_tokens + CLAUDE_LEAST
        body["thinking"] = {"type": "enabled", "budget_tokens": budget}
        for name in ("temperature", "top_p", "top_k"):
            body.pop(name, None)


def _drop_for_thinking(body: Body) -> None:
    """A model that thinks by itself takes a top_p near 1, and no other sampler."""
    body.pop("temperature", None)
    body.pop("top_k", None)
    share = body.get("top_p", 1)
    if isinstance(share, int | float) and share < SHORT_TOP_P:
        body.pop("top_p", None)


def _be_verbose(body: Body, call: ChatCall, family: Family, betas: list[str]) -> None:
    wanted = call.options.verbosity
    if wanted != "auto" and family.verbosity and "output_config" not in body:
        body["output_config"] = {"effort": wanted}
        betas.append(EFFORT_BETA)


def _offer_tools(body: Body, call: ChatCall, family: Family, betas: list[str]) -> None:
    tools: list[Wire] = []
    if call.options.web_search and family.searches:
        tools.append(dict(WEB_SEARCH))
    if call.tools:
        tools += [_tool(tool) for tool in call.tools]
        body["tool_choice"] = _choice(call.options.tool_choice)
        betas.append(TOOLS_BETA)
    wanted = call.options.schema
    if wanted is not None and family.schemas:
        config = body.get("output_config")
        known = config if isinstance(config, Mapping) else {}
        body["output_config"] = {**known, "format": {"type": "json_schema", "schema": flat(wanted)}}
    elif wanted is not None:
        described = {"description": wanted.description} if wanted.description else {}
        tools.append({"name": wanted.name, **described, "input_schema": flat(wanted)})
        body["tool_choice"] = {"type": "tool", "name": wanted.name}
    if tools:
        body["tools"] = tools


def _tool(tool: Tool) -> Wire:
    schema = flat_schema(tool.parameters)
    return {"name": tool.name, "description": tool.description, "input_schema": schema}


def _choice(choice: str) -> Wire:
    words = {"auto": "auto", "required": "any", "none": "none"}
    return {"type": words[choice]} if choice in words else {"type": "tool", "name": choice}


def _say(body: Body, call: ChatCall, family: Family) -> None:
    prompt = claude_prompt(
        call.messages,
        call.names,
        placeholder=call.prompt.placeholder,
        system=call.options.use_sysprompt,
        tools=bool(call.tools),
        thoughts="thinking" in body,
        prefill=call.prompt.prefill,
    )
    goes_on = family.prefill and "thinking" not in body
    body["messages"] = prompt.messages if goes_on else ending_with_user(prompt.messages)
    if call.options.use_sysprompt:
        body["system"] = prompt.system


def _cache(body: Body, call: ChatCall, betas: list[str]) -> None:
    """Mark what Anthropic should remember for the next request."""
    ttl, depth = ttl_of(call), call.number(CACHE_DEPTH)
    if call.flag(CACHE_SYSTEM):
        for place in ("system", "tools"):
            blocks = body.get(place)
            if isinstance(blocks, list) and blocks:
                body[place] = [*blocks[:-1], {**blocks[-1], "cache_control": marker(ttl)}]
    messages = body["messages"]
    if depth >= 0 and isinstance(messages, list):
        body["messages"] = cached_at_depth(messages, depth, ttl)
    if depth >= 0 or call.flag(CACHE_SYSTEM):
        betas += CACHE_BETAS
