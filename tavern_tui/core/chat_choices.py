"""The choices of a chat-completion request as rows, like samplers: title, values and one line of help."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from tavern_tui.core.chat_options import (
    ASPECT_RATIOS,
    EFFORTS,
    IMAGE_SIZES,
    TOOL_THOUGHTS,
    VERBOSITIES,
    ChatOptions,
    ReplySchema,
)
from tavern_tui.core.samplers import SamplerKind, SamplerSpec, SamplerValue


def _choice(id: str, title: str, choices: tuple[str, ...], help: str) -> SamplerSpec:
    return SamplerSpec(
        id=id, title=title, kind=SamplerKind.TEXT, neutral=choices[0], help=help, choices=choices
    )


def _switch(id: str, title: str, neutral: bool, help: str) -> SamplerSpec:
    return SamplerSpec(id=id, title=title, kind=SamplerKind.BOOL, neutral=neutral, help=help)


TOOLS = "function_calling"
SCHEMA = "reply_schema"
CHOICES: dict[str, SamplerSpec] = {
    spec.id: spec
    for spec in (
        _choice(
            "reasoning_effort", "Reasoning effort", EFFORTS, "How much the model thinks before it answers."
        ),
        _choice("verbosity", "Verbosity", VERBOSITIES, "How long the model's answers are."),
        _switch(
            "show_thoughts", "Ask for thoughts", True, "Have the model's thinking sent, to be shown folded."
        ),
        _switch(TOOLS, "Tools", False, "Let the model call tools; you are asked before they reach outside."),
        _choice(
            "tool_thoughts", "Thoughts of calls", TOOL_THOUGHTS, "Which thoughts go back with calls of tools."
        ),
        _switch("web_search", "Web search", False, "Let the model search the web; it may cost extra."),
        _switch(
            "use_sysprompt", "System place", False, "Send leading system messages in the place made for them."
        ),
        _switch("request_images", "Draw pictures", False, "Ask a model that can draw for pictures as well."),
        _choice(
            "image_aspect_ratio",
            "Picture's form",
            ASPECT_RATIOS,
            "Width to height; empty: the model decides.",
        ),
        _choice("image_size", "Picture's size", IMAGE_SIZES, "Empty: the model decides."),
        SamplerSpec(
            id=SCHEMA,
            title="Reply schema",
            kind=SamplerKind.TEXT,
            neutral="",
            help="A JSON schema the reply must follow; empty: it writes as it likes.",
        ),
    )
}
"""By the name of the field in ChatOptions, but for tools and the schema. A connection keeps its own among its
samplers; they go before the preset's."""


def chosen(options: ChatOptions, values: Mapping[str, SamplerValue]) -> ChatOptions:
    """The options with these values over them; what a value cannot be is passed over."""
    fields = {
        name: value
        for name, value in values.items()
        if name in CHOICES and name not in (TOOLS, SCHEMA) and fits(name, value)
    }
    if SCHEMA in values:
        fields["schema"] = reply_schema(values[SCHEMA])  # type: ignore[assignment]
    return replace(options, **fields) if fields else options  # type: ignore[arg-type]  # checked just now


def fits(name: str, value: SamplerValue) -> bool:
    """Whether a choice can have this value."""
    spec = CHOICES[name]
    if spec.kind is SamplerKind.BOOL:
        return isinstance(value, bool)
    return isinstance(value, str) and (not spec.choices or value in spec.choices)


def reply_schema(text: SamplerValue) -> ReplySchema | None:
    """The schema a text describes; None: nothing, or no JSON object."""
    try:
        found = json.loads(text) if isinstance(text, str) and text.strip() else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    title = found.get("title")
    return ReplySchema(
        name=title if isinstance(title, str) and title.isidentifier() else "reply", schema=found
    )
