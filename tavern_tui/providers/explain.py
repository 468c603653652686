"""What a server's refusal means, as one sentence that names the server."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tavern_tui.core.errors import (
    AuthFailed,
    BadAnswer,
    ContextOverflow,
    NotFound,
    ProviderError,
    RateLimited,
    RequestRefused,
    ServerBusy,
    ServerFailed,
    StreamBroken,
)
from tavern_tui.providers import overflow

MAX_SENTENCE = 400
"""Characters of a server's own words that are shown."""

NO_MODEL = re.compile(r"no models? (is|are) (currently )?loaded", re.IGNORECASE)
QUOTA = re.compile(
    r"insufficient_quota|credit_balance|exceeded_current_quota|insufficient balance|no balance",
    re.IGNORECASE,
)
BUSY = re.compile(r"\bserver is busy\b|\bserver busy\b", re.IGNORECASE)
"""What KoboldAI, KoboldCpp and Ollama say while they write for somebody else."""
HTML_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Explainer:
    """Makes sentences about one server. Holds the key only to blot it out of them."""

    server: str
    """Title and address: `llama.cpp at 127.0.0.1:8080`."""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """The error for an answer with this status (300 and above)."""
        text = body.decode("utf-8", "replace")
        payload = _parsed(text)
        said = self.words(_found(payload) if payload is not None else _plain(text))
        if 300 <= status < 400:
            return self._redirect(headers.get("location", ""))
        if is_html(text):
            said = f"a web page instead of an answer{f' ({said})' if said else ''}"
        if status == 403 and (reasons := self.words(_moderated(payload))):
            return RequestRefused(
                f"{self.server} holds the request back ({reasons}){f': {said}' if said else '.'}",
                hint="Its moderation refused the prompt. Change the words, or choose another model.",
            )
        if status in (400, 413, 422) and overflow.SAYS_SO.search(text):
            return self._overflow(payload, said)
        return self._by_status(status, said, text, headers)

    def in_stream(self, payload: object) -> ProviderError:
        """The error for an error object inside a stream that began well."""
        said = self.words(_found(payload))
        if overflow.SAYS_SO.search(_dumped(payload)):
            return self._overflow(payload, said)
        return ServerFailed(f"{self.server} broke off: {said or 'it gave no reason'}")

    def broken(self, detail: str = "") -> StreamBroken:
        """The error for a reply without an end."""
        return StreamBroken(f"The reply of {self.server} broke off{f': {detail}' if detail else '.'}")

    def no_model(self) -> RequestRefused:
        """The error of a server that runs without a model."""
        return RequestRefused(
            f"{self.server} has no model loaded.",
            hint="Load one there, or here (F2, m), then try again.",
        )

    def nonsense(self, detail: str) -> BadAnswer:
        """The error for an answer that is not in the expected format."""
        return BadAnswer(f"{self.server} answered with {self.words(detail)}.")

    def words(self, text: str) -> str:
        """A server's words, cleaned for the screen, shortened, and without our key."""
        for secret in self.secrets:
            text = text.replace(secret, "[key]")
        kept = "".join(char if char.isprintable() else " " for char in text[: MAX_SENTENCE * 4])
        line = " ".join(kept.split())
        return line if len(line) <= MAX_SENTENCE else line[: MAX_SENTENCE - 1] + "…"

    def _by_status(self, status: int, said: str, text: str, headers: Mapping[str, str]) -> ProviderError:
        tail = f": {said}" if said else "."
        match status:
            case 401:
                return AuthFailed(f"{self.server} refuses the key{tail}")
            case 403:
                return AuthFailed(f"{self.server} does not allow this{tail}")
            case 404 | 405:
                return NotFound(f"{self.server} does not know this address or model{tail}")
            case 402:
                return RequestRefused(f"{self.server} wants to be paid{tail}", hint="Top up the account.")
            case 413:
                return RequestRefused(
                    f"{self.server} takes no request as large as this{tail}",
                    hint="Attach fewer or smaller files, or lower the context size of this connection.",
                )
            case 429:
                return self._rate(said, text, headers)
            case 503:
                return self._unavailable(said, headers)
            case 529:
                return ServerFailed(
                    f"{self.server} is overloaded{tail}", hint="Too many ask it. Try again in a minute."
                )
            case _ if status >= 500:
                return ServerFailed(f"{self.server} failed (HTTP {status}){tail}")
        return RequestRefused(f"{self.server} refuses the request (HTTP {status}){tail}")

    def _unavailable(self, said: str, headers: Mapping[str, str]) -> ProviderError:
        tail, wait = f": {said}" if said else ".", retry_after(headers)
        if re.search(r"loading", said, re.IGNORECASE):
            return ServerBusy(f"{self.server} is still loading its model.", retry_after=wait)
        if NO_MODEL.search(said):
            return self.no_model()
        if BUSY.search(said):
            return ServerBusy(f"{self.server} is busy{tail}", retry_after=wait)
        if wait is not None:
            return ServerBusy(f"{self.server} cannot answer now{tail}", retry_after=wait)
        return ServerFailed(f"{self.server} cannot answer now{tail}", hint="Try again in a moment.")

    def _rate(self, said: str, text: str, headers: Mapping[str, str]) -> RateLimited:
        tail = f": {said}" if said else "."
        if QUOTA.search(text):
            return RateLimited(f"{self.server} has no credit left{tail}", hint="Top up the account.")
        wait = retry_after(headers)
        return RateLimited(
            f"{self.server} has had too many requests{tail}",
            hint=f"Wait {wait:.0f} seconds, then try again." if wait is not None else None,
            retry_after=wait,
        )

    def _overflow(self, payload: object, said: str) -> ContextOverflow:
        error = payload.get("error") if isinstance(payload, Mapping) else None
        facts = error if isinstance(error, Mapping) else {}
        tokens, size = _whole(facts.get("n_prompt_tokens")), _whole(facts.get("n_ctx"))
        if tokens is None or size is None:
            tokens, size = overflow.numbers_in(said)
        else:
            said = f"{tokens} tokens, and it has room for {size}"
        over = tokens - size if tokens is not None and size is not None else 0
        by = f" by {over} tokens" if over > 0 else ""
        return ContextOverflow(
            f"The prompt is too long for {self.server}{by}{f': {said}' if said else '.'}",
            prompt_tokens=tokens,
            context_size=size,
        )

    def _redirect(self, location: str) -> ProviderError:
        where = re.match(r"[a-z]+://(?:[^/@]*@)?([^/?#]+)", location, re.IGNORECASE)
        target = self.words(where.group(1)) if where else "another address"
        return NotFound(
            f"{self.server} sends on to {target}; nothing was sent there.",
            hint="If that address is right, put it into the connection.",
        )


def find_message(payload: object) -> str:
    """The sentence in an error body, wherever this kind of server puts it; empty if none."""
    match payload:
        case str():
            return payload
        case list():
            return "; ".join(filter(None, map(find_message, payload[:5])))
        case Mapping():
            pass
        case _:
            return ""
    for key in ("error", "message", "msg", "detail", "errors", "base_resp", "status_msg"):
        found = _message_under(key, payload.get(key))
        if found:
            return found
    nested = [find_message(value) for value in payload.values() if isinstance(value, list)]
    return next(filter(None, nested), str(payload.get("type") or payload.get("code") or ""))


def _found(payload: object) -> str:
    """`find_message`, also for a body that is nested to make us fall over."""
    try:
        return find_message(payload)
    except RecursionError:
        return ""


def _moderated(payload: object) -> str:
    """Why a moderation refused a request: OpenRouter's `error.metadata.reasons`."""
    error = payload.get("error") if isinstance(payload, Mapping) else None
    facts = error.get("metadata") if isinstance(error, Mapping) else None
    reasons = facts.get("reasons") if isinstance(facts, Mapping) else None
    found = reasons[:5] if isinstance(reasons, list) else []
    return ", ".join(one for one in found if isinstance(one, str))


def _dumped(payload: object) -> str:
    try:
        return json.dumps(payload, default=str)
    except (ValueError, RecursionError):
        return ""


def _message_under(key: str, value: object) -> str:
    if key == "detail" and isinstance(value, Mapping) and isinstance(value.get("msg"), str):
        return str(value["msg"])  # KoboldCpp: its `error` beside it is only the status word
    if isinstance(value, list):
        return "; ".join(filter(None, (_validation(item) for item in value[:5])))
    return find_message(value)


def _validation(item: object) -> str:
    """One entry of FastAPI's list: where and what."""
    if not isinstance(item, Mapping) or "msg" not in item:
        return find_message(item)
    place = item.get("loc")
    where = ".".join(str(part) for part in place[1:]) if isinstance(place, Sequence) else ""
    return f"{where}: {item['msg']}" if where else str(item["msg"])


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds a server asks to wait, if it says so in seconds."""
    for key, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[key]) * scale
        except (KeyError, ValueError):
            continue
        if 0 <= seconds < 1e6:
            return seconds
    return None


def is_html(text: str) -> bool:
    """Whether a body is a web page."""
    return text[:200].lstrip().lower().startswith(("<!doctype", "<html"))


def _plain(text: str) -> str:
    if is_html(text):
        title = HTML_TITLE.search(text)
        return title.group(1) if title else ""
    return text


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
