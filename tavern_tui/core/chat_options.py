"""What a chat-completion request says besides its messages and samplers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

EFFORTS = ("auto", "min", "low", "medium", "high", "max")
"""How much a model that thinks should think; `auto`: it decides."""
VERBOSITIES = ("auto", "low", "medium", "high")
"""How long a model's answers should be; `auto`: it decides."""
ASPECT_RATIOS = ("", "1:1", "9:16", "16:9", "3:4", "4:3", "3:2", "2:3", "5:4", "4:5", "21:9")
TOOL_THOUGHTS = ("disabled", "active_chain", "since_last_user")
"""Whether thoughts that led to calls of tools go back with them: each call's own, or for a call without
any the latest ones."""
IMAGE_SIZES = ("", "1K", "2K", "4K")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function the model may call."""

    name: str
    description: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """JSON schema of its arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplySchema:
    """The form a reply must have."""

    name: str
    schema: Mapping[str, object]
    """JSON schema."""
    description: str = ""
    strict: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOptions:
    """The options of a chat-completion preset that change a request, with SillyTavern's defaults.

    What only one service has is an option of its connection (`Connection.options`)."""

    reasoning_effort: str = "auto"
    """One of EFFORTS."""
    verbosity: str = "auto"
    """One of VERBOSITIES."""
    show_thoughts: bool = True
    """Whether the model's thinking is wanted; some services think only then."""
    web_search: bool = False
    """Let the model search the web, where the service can."""
    use_sysprompt: bool = False
    """Claude and Gemini: leading system messages go to the place these have for them."""
    request_images: bool = False
    """Gemini: ask models that can draw for pictures as well."""
    image_aspect_ratio: str = ""
    """One of ASPECT_RATIOS; empty: the model decides."""
    image_size: str = ""
    """One of IMAGE_SIZES; empty: the model decides."""
    tool_thoughts: str = "disabled"
    """OpenRouter and servers of one's own: one of TOOL_THOUGHTS. Where a service insists on them, or
    seals them, they go back in any case."""
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    """`auto`, `none`, `required`, or the name of the tool that must be called."""
    schema: ReplySchema | None = None
