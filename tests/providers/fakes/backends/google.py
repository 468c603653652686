"""Google's Gemini API: AI Studio, and Vertex AI with a key (as it is, or behind a proxy)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from tests.providers.fakes.calling import Wanted, wanted_calls, words_of
from tests.providers.fakes.published import complaint
from tests.providers.fakes.server import Answer, Seen
from tests.providers.fakes.strict import (
    Check,
    Refused,
    StrictFake,
    anything,
    count,
    flag,
    number,
    one_of,
    text,
    texts,
    whole,
)

FIELDS: Mapping[str, Check] = {
    "contents": anything, "safetySettings": anything, "generationConfig": anything, "tools": anything,
    "systemInstruction": anything, "toolConfig": anything,
}  # fmt: skip
CONFIG: Mapping[str, Check] = {
    "maxOutputTokens": whole(1), "candidateCount": whole(1, 8), "temperature": number(0, 2),
    "topP": number(0, 1), "topK": whole(1), "seed": whole(-(2**31), 2**31 - 1), "stopSequences": texts(5),
    "responseMimeType": text, "responseSchema": anything, "responseModalities": texts(), "imageConfig": anything,
    "thinkingConfig": anything,
}  # fmt: skip
THINKING: Mapping[str, Check] = {
    "includeThoughts": flag, "thinkingBudget": whole(-1),
    "thinkingLevel": lambda value: one_of("MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH")(str(value).upper()),
}  # fmt: skip
HARMS = ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT", "CIVIC_INTEGRITY")
MORE_HARMS = (
    "IMAGE_HATE",
    "IMAGE_DANGEROUS_CONTENT",
    "IMAGE_HARASSMENT",
    "IMAGE_SEXUALLY_EXPLICIT",
    "JAILBREAK",
)
STATUSES = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE",
}  # fmt: skip
MODELS = (
    "gemini-2.5-flash", "gemini-2.0-flash", "gemini-2.5-pro", "gemini-2.5-flash-lite", "gemini-3-pro",
    "gemini-3-flash", "gemini-3.6-flash", "gemma-3-27b-it",
)  # fmt: skip
BUDGETS = {
    "gemini-2.5-flash-lite": (512, 24576),
    "gemini-2.5-flash": (0, 24576),
    "gemini-2.5-pro": (128, 32768),
}


class GeminiFake(StrictFake):
    """AI Studio: lists its models in pages of two."""

    id = "makersuite"
    counts = True
    model = MODELS[0]
    context: ClassVar[int | None] = 1_048_576
    key_needed = True
    key_header = "x-goog-api-key"
    places: ClassVar[tuple[str, ...]] = ("/v1beta/models", "/v1/models")
    harms: ClassVar[tuple[str, ...]] = HARMS
    schema: ClassVar[tuple[str, str]] = ("google-ai-studio", "GenerateContentRequest")
    generate = frozenset(
        {f"POST /v1beta/models/{MODELS[0]}:{what}" for what in ("generateContent", "streamGenerateContent")}
    )

    @property
    def routes(self) -> Mapping[str, Any]:
        found = {
            f"POST {place}/{model}:{what}": self.content
            for place in self.places
            for model in MODELS
            for what in ("generateContent", "streamGenerateContent")
        }
        lists = {f"GET {place}": self.listed for place in self.places} if self.lists else {}
        counting = {f"POST /v1beta/models/{model}:countTokens": self.counted for model in MODELS}
        return found | lists | (counting if self.counts else {})

    def error(self, status: int, sentence: str) -> object:
        return {"error": {"code": status, "message": sentence, "status": STATUSES.get(status, "UNKNOWN")}}

    def check_key(self, seen: Seen) -> None:
        """The key is in a header or in the address; a wrong one is a bad request."""
        in_address = parse_qs(urlsplit(seen.path).query).get("key", [""])[0]
        if self.key and self.key not in (in_address, seen.headers.get(self.key_header)):
            reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
            told = {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}
            raise Refused(400, {"error": {**told, "details": [reason]}})

    async def listed(self, seen: Seen, answer: Answer) -> None:
        asked = parse_qs(urlsplit(seen.path).query)
        start = int(asked.get("pageToken", ["0"])[0])
        ways = ["generateContent", "countTokens"]
        entries = [
            {
                "name": f"models/{name}", "version": "001", "displayName": name.title(),
                "inputTokenLimit": self.context, "outputTokenLimit": 65536, "supportedGenerationMethods": ways,
                "temperature": 1, "topP": 0.95, "topK": 64, "maxTemperature": 2, "thinking": True,
            }
            for name in MODELS[start : start + 2]
        ]  # fmt: skip
        embedding = {"name": "models/embed-1", "supportedGenerationMethods": ["embedContent"]}
        more = {"nextPageToken": str(start + 2)} if start + 2 < len(MODELS) else {}
        await answer.send(200, {"models": [*entries, embedding], **more})

    async def counted(self, seen: Seen, answer: Answer) -> None:
        body = self.body(seen, {"contents": anything}, needed=("contents",))
        wrong = complaint("google-ai-studio", "CountTokensRequest", body) or _contents(body, self.model)
        if wrong:
            raise Refused(*self.bad(wrong))
        parts = [part for content in body["contents"] for part in content["parts"]]
        words = sum(count(part["text"]) for part in parts)
        await answer.send(200, {"totalTokens": words + 1})

    async def content(self, seen: Seen, answer: Answer) -> None:
        path, _, query = seen.path.partition("?")
        model, what = path.rpartition("/")[2].split(":")
        body = self.body(seen, FIELDS, needed=("contents",))
        wrong = self._known(body) or complaint(*self.schema, body) or _contents(body, model)
        wrong = wrong or _of_model(body, model)
        if wrong:
            raise Refused(*self.bad(wrong))
        generation = self.begin(body)
        if calls := _calls(body):
            parts = [{"functionCall": {"name": one.name, "args": one.values}} for one in calls]
            usage = {"promptTokenCount": count(str(body["contents"])), "candidatesTokenCount": len(calls)}
            said = {**_answer("", model, usage, "STOP")}
            said["candidates"][0]["content"]["parts"] = parts
            if what == "streamGenerateContent":
                await self.say(seen, answer, generation, [_event(said)])
            else:
                await answer.send(200, said)
            return
        config = body.get("generationConfig", {})
        pieces, why = self.cut(config.get("maxOutputTokens", 99), config.get("stopSequences", ()))
        reason = {"stop": "STOP", "length": "MAX_TOKENS"}[why]
        usage = {"promptTokenCount": count(str(body["contents"])), "candidatesTokenCount": len(pieces)}
        if what == "streamGenerateContent":
            assert "alt=sse" in query  # else the answer would be a list that never ends
            last = len(pieces) - 1
            told = [
                _answer(piece, model, usage, reason if at == last else "") for at, piece in enumerate(pieces)
            ]
            await self.say(seen, answer, generation, map(_event, self.told(told)))
        elif await self.think(seen, generation):
            await answer.send(200, _answer("".join(pieces), model, usage, reason))

    def told(self, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What is streamed; a subclass may say more than words."""
        return answers

    def _known(self, body: Mapping[str, Any]) -> str:
        """What is unknown or out of range inside the parts of a body."""
        config = body.get("generationConfig", {})
        for checks, values in ((CONFIG, config), (THINKING, config.get("thinkingConfig", {}))):
            for name, value in values.items():
                if name not in checks:
                    return f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
                if wrong := checks[name](value):
                    return f"{name}: {wrong}"
        if any(not 1 <= len(one) <= 16 for one in config.get("stopSequences", ())):
            return "stop_sequences: each must have 1 to 16 characters"
        known = {f"HARM_CATEGORY_{name}" for name in self.harms}
        named = {one["category"] for one in body.get("safetySettings", ())}
        return f"safety_settings: {sorted(named - known)[0]} is unknown" if named - known else ""


class VertexFake(GeminiFake):
    """Also with a token, as proxies take it; it lists nothing."""

    id = "vertexai"
    counts = False
    lists = False
    context = None
    places = ("/v1/publishers/google/models", "/v1beta1/publishers/google/models")
    harms = (*HARMS, *MORE_HARMS)
    schema = ("vertex-ai", "GoogleCloudAiplatformV1GenerateContentRequest")
    generate = frozenset(
        {
            f"POST /v1/publishers/google/models/{MODELS[0]}:{what}"
            for what in ("generateContent", "streamGenerateContent")
        }
    )

    def check_key(self, seen: Seen) -> None:
        if seen.headers.get("authorization") != f"Bearer {self.key}":
            super().check_key(seen)


def _contents(body: Mapping[str, Any], model: str) -> str:
    if not body["contents"]:
        return "GenerateContentRequest.contents: contents is not specified"
    for at, turn in enumerate(body["contents"]):
        if turn.get("role", "user") not in ("user", "model"):
            return "Please use a valid role: user, model."
        if not turn.get("parts"):
            return f"GenerateContentRequest.contents[{at}].parts: contents.parts must not be empty."
        if any(part.get("text", "x") == "" for part in turn["parts"]):
            return "Unable to submit request because it must have a text parameter."
    if wrong := _unanswered(body["contents"]):
        return wrong
    system = body.get("systemInstruction")
    if system is not None and not any(part.get("text") for part in system.get("parts", ())):
        return "systemInstruction: must not be empty"
    return ""


def _of_model(body: Mapping[str, Any], model: str) -> str:
    config = body.get("generationConfig", {})
    if "gemma-3" in model:
        if "systemInstruction" in body:
            return f"Developer instruction is not enabled for models/{model}"
        if "tools" in body:
            return f"Function calling is not enabled for models/{model}"
        if config.get("temperature", 0) > 1:
            return "temperature: must be at most 1 for this model"
    if "3.6-flash" in model:
        fixed = {"temperature", "topP", "topK", "candidateCount"} & set(config)
        if fixed:
            return f"{sorted(fixed)[0]} cannot be set for this model"
        if body["contents"][-1].get("role") == "model":
            return "The conversation must end with a user turn for this model."
    return _thinking(config.get("thinkingConfig"), model)


def _thinking(wanted: Mapping[str, Any] | None, model: str) -> str:
    if wanted is None:
        return ""
    if not re.match(r"gemini-(2\.5|3)", model):
        return "Thinking is not enabled for this model"
    if "thinkingLevel" in wanted and (model in BUDGETS or "thinkingBudget" in wanted):
        return "Thinking level is not supported for this model."
    if str(wanted.get("thinkingLevel", "")).upper() == "MINIMAL" and model.endswith("-pro"):
        return "Thinking level MINIMAL is not supported for this model."
    budget = wanted.get("thinkingBudget")
    if budget is None or budget == -1:
        return ""
    low, high = BUDGETS.get(model, (0, -1))
    fits = low <= budget <= high or (budget == 0 and "lite" in model)
    return "" if fits else f"The thinking budget {budget} is invalid. It must be within {low} and {high}."


def _answer(said: str, model: str, usage: Mapping[str, Any], reason: str) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": [{"text": said}], "role": "model"}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": model, "responseId": "r-1"}


def _calls(body: Mapping[str, Any]) -> list[Wanted]:
    names = [one["name"] for tool in body.get("tools", ()) for one in _declared(tool)]
    return wanted_calls(words_of(body["contents"][-1]["parts"]), names)


def _declared(tool: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The service takes names in either spelling."""
    return list(tool.get("functionDeclarations") or tool.get("function_declarations") or ())


def _unanswered(contents: list[Mapping[str, Any]]) -> str:
    """Every turn that calls is followed by one that answers as many calls, of the same names."""
    called: list[str] = []
    for turn in contents:
        answered = [part["functionResponse"]["name"] for part in turn["parts"] if "functionResponse" in part]
        if answered != called:
            return (
                "Please ensure that the number of function response parts is equal to the number of function "
                "call parts of the function call turn."
            )
        called = [part["functionCall"]["name"] for part in turn["parts"] if "functionCall" in part]
    return "Please ensure that function call turn comes before a function response turn." if called else ""


def _event(payload: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(payload, ensure_ascii=False)}\r\n\r\n".encode()


FAKES = {"makersuite": GeminiFake, "vertexai": VertexFake}
