"""Why nobody answered, as a sentence."""

from __future__ import annotations

import errno
import socket
import ssl

import httpx

from tavern_tui.core.errors import BadAnswer, ConnectionFailed, ProviderError
from tavern_tui.providers.explain import Explainer

WORTH_RETRYING = (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
"""Failures before an answer that often pass: a server that starts, a pooled connection that is gone."""

OS_REASONS = {
    errno.ECONNREFUSED: "nothing listens at that address",
    errno.EHOSTUNREACH: "there is no way to that machine",
    errno.ENETUNREACH: "there is no network",
    errno.ECONNRESET: "it hung up",
}


def unreachable(explain: Explainer, error: httpx.HTTPError) -> ProviderError:
    """The error to raise when a request got no answer."""
    server = explain.server
    match error:
        case httpx.ConnectTimeout():
            return ConnectionFailed(f"{server} did not answer within 10 seconds.")
        case httpx.TimeoutException():
            return ConnectionFailed(
                f"{server} took too long to answer.", hint="It may be busy. Try again in a moment."
            )
        case httpx.ProxyError():
            return ConnectionFailed(
                f"The proxy on the way to {server} refuses: {explain.words(str(error))}",
                hint="Look at the environment variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY.",
            )
        case httpx.RemoteProtocolError() if "illegal" in str(error) or "too large" in str(error):
            return BadAnswer(f"{server} does not speak HTTP.")
        case httpx.RemoteProtocolError():
            return ConnectionFailed(f"{server} hung up without an answer.")
    return ConnectionFailed(f"{server} cannot be reached: {_reason(explain, error)}.")


def _reason(explain: Explainer, error: BaseException) -> str:
    seen = _chain(error)
    for cause in seen:
        match cause:
            case ssl.SSLCertVerificationError():
                return f"its certificate is not trusted ({explain.words(cause.verify_message)})"
            case ssl.SSLError():
                return "no secure connection could be made; is it http:// instead of https://?"
            case socket.gaierror():
                return "there is no host of that name"
            case OSError(errno=number) if number in OS_REASONS:
                return OS_REASONS[number]
    return explain.words(str(error)).rstrip(".") or type(error).__name__


def _chain(error: BaseException) -> list[BaseException]:
    """An exception with everything it was raised from."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting and len(seen) < 50:
        one = waiting.pop(0)
        if one is None or one in seen:
            continue
        seen.append(one)
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
    return seen
