"""vLLM's `/v1/completions`, also as it was before it took `structured_outputs`."""

from __future__ import annotations

from dataclasses import replace

from tavern_tui.core.generation import GenerationRequest
from tavern_tui.providers.base import ProviderSpec, WireRequest
from tavern_tui.providers.dialects.openai import OpenAITextDialect
from tavern_tui.providers.samplers import is_before
from tavern_tui.providers.wire.decoder import as_dict

STRUCTURED_SINCE = "0.11"


class VllmDialect(OpenAITextDialect):
    """Grammars and schemas go out under the name the server's version has for them."""

    def encode(self, request: GenerationRequest, spec: ProviderSpec) -> WireRequest:
        wire = super().encode(request, spec)
        rules = as_dict(wire.body.get("structured_outputs"))
        if not rules or not is_before(request.server_version, STRUCTURED_SINCE):
            return wire
        body = {name: value for name, value in wire.body.items() if name != "structured_outputs"}
        return replace(wire, body={**body, **{f"guided_{kind}": rule for kind, rule in rules.items()}})
