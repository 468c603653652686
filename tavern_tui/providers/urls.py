"""Addresses as users type them, made into the base that paths are put after."""

from __future__ import annotations

import base64
import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from tavern_tui.core.errors import UsageError
from tavern_tui.providers.base import BaseRule

API_PATHS = tuple(
    sorted(
        (
            "/v1/chat/completions",
            "/chat/completions",
            "/v1/completions",
            "/completions",
            "/completion",
            "/api/extra/generate/stream",
            "/api/v1/generate",
            "/api/v1/model",
            "/api/generate",
            "/generate_stream",
            "/generate",
            "/v1/models",
            "/api/chat",
            "/api/v1",
            "/api/v2",
            "/api/latest",
            "/api",
            "/v1",
        ),
        key=len,
        reverse=True,
    )
)
CHAT_PATHS = ("/chat/completions", "/completions", "/models")
V1_PATHS = ("/v1/chat/completions", "/v1/completions", "/v1/models", "/v1")
SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
FEW_SLASHES = re.compile(r"^(https?):/?(?=[^/])", re.IGNORECASE)
REASONS = {
    scheme: (
        f"{scheme}:// was the way to the old API of text-generation-webui; start it with `--api` "
        "and use its http:// address"
    )
    for scheme in ("ws", "wss")
}


@dataclass(frozen=True, slots=True)
class Base:
    """A server's address without a trailing slash, and what to call it."""

    url: str
    host: str
    """Host and port, for sentences."""
    loopback: bool
    basic_auth: str = field(default="", repr=False)
    """`Authorization` value from `user:password@` in the address."""


def parse_base(typed: str, rule: BaseRule, middle: str = "", usual: str = "") -> Base:
    """The base of an address as typed, without the `middle` that all paths begin with. A service's address
    that is a host alone gets the path of its `usual` one. Raises UsageError with the address in the
    sentence."""
    text = FEW_SLASHES.sub(r"\1://", typed.strip())
    if not SCHEME.match(text):
        text = f"http://{text}"
    shown = re.sub(r"//[^/@]*@", "//", text)[:200]
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _bad_address(shown, str(error)) from error
    if parts.scheme.lower() not in ("http", "https"):
        scheme = parts.scheme.lower()
        raise _bad_address(shown, REASONS.get(scheme, f"{scheme}:// is not a web address"))
    if not host or re.search(r"[\s\x00-\x1f\x7f<>\"\\^`{|}]", host + parts.path):
        raise _bad_address(shown, "there is no host, or a character that cannot be in an address")
    netloc = f"[{host}]" if ":" in host else host
    if port is not None:
        netloc = f"{netloc}:{port}"
    path = _base_path(re.sub(r"/{2,}", "/", parts.path).rstrip("/"), rule)
    if not path and rule in (BaseRule.OPENAI, BaseRule.AS_IS):
        path = urlsplit(usual).path.rstrip("/") or ("/v1" if rule is BaseRule.OPENAI else "")
    path = _without_end(path, (middle,)) if middle else path
    return Base(
        url=f"{parts.scheme.lower()}://{netloc}{path}",
        host=netloc,
        loopback=is_loopback(host),
        basic_auth=_basic(parts.username, parts.password),
    )


def _base_path(path: str, rule: BaseRule) -> str:
    match rule:
        case BaseRule.SERVER:
            return _without_end(path, API_PATHS)
        case BaseRule.OPENAI:
            return _without_end(path, CHAT_PATHS)
        case BaseRule.BEFORE_V1:
            return _without_end(path, V1_PATHS)
        case BaseRule.AS_IS:
            return path


def _without_end(path: str, ends: tuple[str, ...]) -> str:
    for end in ends:
        if path.lower().endswith(end):
            return path[: -len(end)].rstrip("/")
    return path


def _basic(user: str | None, password: str | None) -> str:
    if not user and not password:
        return ""
    pair = f"{unquote(user or '')}:{unquote(password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def host_of(typed: str) -> str:
    """The host of an address as typed, in small letters; empty: there is none, or it cannot be read."""
    text = typed.strip() if SCHEME.match(typed.strip()) else f"http://{typed.strip()}"
    try:
        return (urlsplit(text).hostname or "").lower() if typed.strip() else ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _bad_address(shown: str, reason: str) -> UsageError:
    return UsageError(
        f'"{shown}" is not an address of a server: {reason}.',
        hint="An address looks like http://127.0.0.1:5001 or https://example.org/v1.",
    )
