"""Requests of providers that send nothing: what the preview and the dry run show for them."""

from __future__ import annotations

from tavern_tui.core.generation import GenerationRequest
from tavern_tui.core.prompt import TextPrompt
from tavern_tui.providers.base import PreparedRequest
from tavern_tui.providers.dialects.common import body_bytes


def indoor_request(url: str, request: GenerationRequest) -> PreparedRequest:
    """The request as a body, with an address that is none."""
    prompt = request.prompt
    body: dict[str, object] = {}
    if isinstance(prompt, TextPrompt):
        body["prompt"] = prompt.text
    else:
        body["messages"] = [
            {"role": str(message.role), "content": message.content} for message in prompt.messages
        ]
    body["max_tokens"] = request.max_tokens
    body["stop"] = list(dict.fromkeys((*prompt.stop, *request.stop)))
    body |= {name: list(v) if isinstance(v, tuple) else v for name, v in request.samplers.items()}
    return PreparedRequest(method="WRITE", url=url, headers={}, body_bytes=body_bytes(body))
