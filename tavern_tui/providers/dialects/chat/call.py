"""ChatCall: a request to a chat service, as those who write its parts see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tavern_tui.core.chat_options import ChatOptions, Tool
from tavern_tui.core.errors import UsageError
from tavern_tui.core.generation import GenerationRequest
from tavern_tui.core.names import Names
from tavern_tui.core.prompt import ChatPrompt
from tavern_tui.providers.base import ProviderOption, ProviderSpec
from tavern_tui.providers.shaping.messages import Wire, wire_messages

NO_SAMPLING_CLAUDE = re.compile(r"claude-(fable|opus-5|sonnet-5)")
"""Claude models that refuse samplers; routers take no reasoning effort for them."""

SAFETY_CATEGORIES = ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT", "CIVIC_INTEGRITY")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCall:
    """What is asked for, of whom."""

    request: GenerationRequest
    spec: ProviderSpec
    prompt: ChatPrompt

    @property
    def model(self) -> str:
        return self.request.model

    @property
    def options(self) -> ChatOptions:
        return self.request.chat

    @property
    def names(self) -> Names:
        return self.prompt.names

    @property
    def messages(self) -> list[Wire]:
        """The prompt in OpenAI's form, without its prefill."""
        return wire_messages(self.prompt)

    @property
    def replies(self) -> int:
        """How many replies are asked for at once."""
        count = self.request.samplers.get("n", 1)
        return count if "n" in self.spec.samplers and isinstance(count, int) and count > 1 else 1

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools on offer; none where several replies are, which could call them all."""
        return self.options.tools if self.replies == 1 else ()

    # --- the connection's choices

    def text(self, option: ProviderOption) -> str:
        value = self.request.options.get(option.id, option.default)
        return value.strip() if isinstance(value, str) else str(option.default)

    def flag(self, option: ProviderOption) -> bool:
        value = self.request.options.get(option.id, option.default)
        return value if isinstance(value, bool) else bool(option.default)

    def number(self, option: ProviderOption) -> int:
        value = self.request.options.get(option.id, option.default)
        whole = isinstance(value, int) and not isinstance(value, bool)
        return int(value) if whole else int(option.default)  # type: ignore[call-overload]  # checked


Maker = Callable[[ChatCall], object]
"""Makes the value of a key; OMIT: the key is left out."""


def call_of(request: GenerationRequest, spec: ProviderSpec) -> ChatCall:
    """Raises UsageError for a text prompt."""
    if not isinstance(request.prompt, ChatPrompt):
        raise UsageError(f"{spec.title} takes messages as its prompt, not one text.")
    return ChatCall(request=request, spec=spec, prompt=request.prompt)
