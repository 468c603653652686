"""Google's Gemini API: AI Studio, and Vertex AI with its addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from tavern_tui.core.chat_options import Tool
from tavern_tui.core.generation import GenerationRequest
from tavern_tui.providers.base import Auth, ProviderOption, ProviderSpec, StreamDecoder, WireRequest
from tavern_tui.providers.dialects.chat.call import SAFETY_CATEGORIES, ChatCall, call_of
from tavern_tui.providers.dialects.chat.families import Body
from tavern_tui.providers.dialects.chat.google_reader import GoogleReader
from tavern_tui.providers.dialects.common import sampler_values, stop_strings
from tavern_tui.providers.explain import Explainer
from tavern_tui.providers.samplers import encode_samplers
from tavern_tui.providers.shaping.google import NO_PREFILL, google_prompt
from tavern_tui.providers.shaping.messages import Wire
from tavern_tui.providers.shaping.schema import flat_schema
from tavern_tui.providers.shaping.thinking import google_thinking
from tavern_tui.providers.wire.decoder import StreamedReply, WholeReply
from tavern_tui.providers.wire.sse import SseParser

API_VERSION = ProviderOption(
    id="api_version",
    title="API version",
    help="v1beta, or v1alpha for models that are tried out.",
    default="v1beta",
    choices=("v1beta", "v1alpha"),
)
AUTH_MODE = ProviderOption(
    id="auth_mode",
    title="Sign in",
    help="express: with an API key; full: the key is the JSON of a service account.",
    default="express",
    choices=("express", "full"),
)
REGION = ProviderOption(
    id="region",
    title="Region",
    help="Where the model runs, such as us-central1; global: anywhere.",
    default="global",
)
PROJECT = ProviderOption(
    id="project",
    title="Project",
    help="Id of the Google Cloud project; may be empty with an API key.",
)
VERTEX_CATEGORIES = (
    *SAFETY_CATEGORIES,
    "IMAGE_HATE", "IMAGE_DANGEROUS_CONTENT", "IMAGE_HARASSMENT", "IMAGE_SEXUALLY_EXPLICIT", "JAILBREAK",
)  # fmt: skip

STOP_LIMIT, LONGEST_STOP = 5, 16
"""Google refuses more stop strings, and longer ones."""

DRAWS = re.compile(r"-image|gemini-2\.0-flash-exp")
"""Models that make pictures if they are asked to."""
NO_SYSTEM = re.compile(r"gemma-3")
"""Models without a place for instructions."""
NO_TOOLS = re.compile(r"gemma-3")
"""Models that refuse a request with functions."""
NO_SEARCH = re.compile(r"gemma-3|learnlm|gemini-2\.0-flash-lite|robotics")
THINKS = re.compile(r"^(gemini-2\.5-(flash|pro)(?!.*-image)|gemini-3[.\d]*-(flash|pro))")
COOL = re.compile(r"gemma")
"""Models that take no temperature above 1."""


class GoogleDialect:
    """AI Studio: `/v1beta/models/MODEL:streamGenerateContent`."""

    categories: tuple[str, ...] = SAFETY_CATEGORIES

    def encode(self, request: GenerationRequest, spec: ProviderSpec) -> WireRequest:
        call = call_of(request, spec)
        draws = call.options.request_images and DRAWS.search(call.model) is not None
        prompt = google_prompt(
            call.messages,
            call.names,
            model=call.model,
            system=call.options.use_sysprompt and not draws and not NO_SYSTEM.search(call.model),
        )
        body: Body = {
            "contents": prompt.contents,
            "safetySettings": [
                {"category": f"HARM_CATEGORY_{name}", "threshold": "OFF"} for name in self.categories
            ],
            "generationConfig": self._config(call, draws),
        }
        if prompt.system:
            body["systemInstruction"] = {"parts": prompt.system}
        body |= _tools(call, draws)
        operation = "streamGenerateContent" if request.stream else "generateContent"
        query = "?alt=sse" if request.stream else ""
        model = quote(call.model.removeprefix("models/"), safe="@")
        return WireRequest(
            path=f"{self.place(call)}/{model}:{operation}{query}", body=body, auth=self.auth(call)
        )

    def decoder(self, request: GenerationRequest, explain: Explainer) -> StreamDecoder:
        reader = GoogleReader(explain)
        return StreamedReply(SseParser(), reader, explain) if request.stream else WholeReply(reader, explain)

    def place(self, call: ChatCall) -> str:
        """Where the models are."""
        return f"/{quote(call.text(API_VERSION), safe='')}/models"

    def auth(self, call: ChatCall) -> Auth:
        """In a header, since addresses end up in logs. Proxies look for the key in the address."""
        return Auth.GOOGLE if call.request.at_home else Auth.QUERY

    def thoughts(self, call: ChatCall) -> Wire:
        """How much to think, and whether to tell."""
        shown = call.options.show_thoughts
        wanted = google_thinking(
            call.options.reasoning_effort, model=call.model, max_tokens=call.request.max_tokens
        )
        if wanted is None:
            return {"includeThoughts": shown}
        name = "thinkingLevel" if isinstance(wanted, str) else "thinkingBudget"
        return {"includeThoughts": shown, name: wanted}

    def _config(self, call: ChatCall, draws: bool) -> Body:
        config: Body = {"maxOutputTokens": call.request.max_tokens, "candidateCount": 1}
        stops = [one for one in stop_strings(call.request, call.spec) if len(one) <= LONGEST_STOP]
        if stops:
            config["stopSequences"] = stops[:STOP_LIMIT]
        config |= encode_samplers(call.spec.samplers, sampler_values(call.request))
        if NO_PREFILL.search(call.model):
            for name in ("temperature", "topP", "topK", "candidateCount"):
                config.pop(name, None)
        heat = config.get("temperature")
        if COOL.search(call.model) and isinstance(heat, int | float):
            config["temperature"] = min(heat, 1)
        wanted = call.options.schema
        if wanted is not None:
            config["responseMimeType"] = "application/json"
            config["responseSchema"] = flat_schema(wanted.schema, for_google=True)
        if draws:
            config |= _drawing(call)
        if THINKS.search(call.model):
            config["thinkingConfig"] = self.thoughts(call)
        return config


class VertexDialect(GoogleDialect):
    """Vertex AI: the same bodies, elsewhere."""

    categories = VERTEX_CATEGORIES

    def place(self, call: ChatCall) -> str:
        if not call.request.at_home:
            return "/v1/publishers/google/models"
        region, project = quote(call.text(REGION), safe=""), quote(call.text(PROJECT), safe="")
        express = call.text(AUTH_MODE) != "full"
        near = "" if region in ("", "global") or (express and project) else f"{region}-"
        where = f"/projects/{project}/locations/{region or 'global'}" if project else ""
        return f"https://{near}aiplatform.googleapis.com/v1{where}/publishers/google/models"

    def auth(self, call: ChatCall) -> Auth:
        express = call.text(AUTH_MODE) != "full" and call.request.at_home
        return Auth.GOOGLE if express else Auth.BEARER

    def thoughts(self, call: ChatCall) -> Wire:
        made = super().thoughts(call)
        # Vertex refuses to show thoughts that are not to be had.
        return {**made, "includeThoughts": False} if made.get("thinkingBudget") == 0 else made


def _drawing(call: ChatCall) -> Body:
    wanted = {"imageSize": call.options.image_size, "aspectRatio": call.options.image_aspect_ratio}
    shape = {name: value for name, value in wanted.items() if value}
    return {"responseModalities": ["text", "image"]} | ({"imageConfig": shape} if shape else {})


def _tools(call: ChatCall, draws: bool) -> Body:
    if call.tools and not draws and not NO_TOOLS.search(call.model):
        return {
            "tools": [{"function_declarations": [_declared(tool) for tool in call.tools]}],
            "toolConfig": {"functionCallingConfig": _choice(call.options.tool_choice)},
        }
    if call.options.web_search and not draws and not NO_SEARCH.search(call.model):
        return {"tools": [{"google_search": {}}]}
    return {}


def _declared(tool: Tool) -> Wire:
    declared: Wire = {"name": tool.name, "description": tool.description}
    schema = flat_schema(tool.parameters, for_google=True)
    arguments = schema.get("properties")
    return declared | ({"parameters": schema} if isinstance(arguments, Mapping) and arguments else {})


def _choice(choice: str) -> Wire:
    modes = {"auto": "AUTO", "required": "ANY", "none": "NONE"}
    if choice in modes:
        return {"mode": modes[choice]}
    return {"mode": "ANY", "allowedFunctionNames": [choice]}
