"""What the kind of a generation, and a chat preset, change in a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tavern_tui.core.chat_choices import TOOLS, chosen
from tavern_tui.core.chat_options import ReplySchema, Tool
from tavern_tui.core.generation import GenerationRequest, GenerationType
from tavern_tui.core.preset import ChatPreset
from tavern_tui.core.samplers import SamplerValue
from tavern_tui.storage.presets import chat_options_from, wants_tools

ONE_REPLY = frozenset({GenerationType.CONTINUE, GenerationType.IMPERSONATE, GenerationType.QUIET})
"""What several replies at once (n > 1), and calls to tools, make no sense for."""


def samplers_for(generation: GenerationType, samplers: Mapping[str, SamplerValue]) -> dict[str, SamplerValue]:
    """The samplers of a generation of this kind."""
    left_out = {"n"} if generation in ONE_REPLY else set()
    return {name: value for name, value in samplers.items() if name not in left_out}


def offers_tools(
    preset: ChatPreset,
    generation: GenerationType,
    post_processing: str,
    choices: Mapping[str, SamplerValue] | None = None,
) -> bool:
    """Whether a request of this kind may offer tools. `choices`: the connection's own."""
    return (
        bool((choices or {}).get(TOOLS, wants_tools(preset.source)))
        and generation not in ONE_REPLY
        and (not post_processing or post_processing.endswith("_tools"))
    )


def for_chat(
    request: GenerationRequest,
    preset: ChatPreset,
    generation: GenerationType,
    *,
    post_processing: str = "",
    tools: Sequence[Tool] = (),
    schema: ReplySchema | None = None,
    choices: Mapping[str, SamplerValue] | None = None,
) -> GenerationRequest:
    """The request of a chat service with what its preset says, and before that the connection's `choices`.

    What is asked for in the background comes whole. Tools are offered if the preset says so, and if
    the `post_processing` of messages leaves calls as they are."""
    offered = offers_tools(preset, generation, post_processing, choices)
    chat = replace(chat_options_from(preset.source), tools=tuple(tools) if offered else (), schema=schema)
    if choices:
        chat = chosen(chat, choices)
    return replace(request, chat=chat, stream=request.stream and generation is not GenerationType.QUIET)
