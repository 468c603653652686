"""Every failure we expect.

    TavernError
    ├── UsageError              the command line or a setting asks for something impossible
    ├── DataError               a file or a value from outside is not what it should be
    │   └── UnreadableFile      it exists but could not be read whole: never written over
    ├── WriteFailed             a file could not be written; the old one is untouched
    ├── PromptError             the prompt cannot be built from these inputs
    └── ProviderError           a server, or the way to it
        ├── ConnectionFailed    nobody answered (refused, unknown host, TLS, timeout)
        ├── AuthFailed          401, 403
        ├── NotFound            404: wrong address or unknown model
        ├── ContextOverflow     the prompt is longer than the server's context
        ├── RateLimited         429, with the seconds to wait when the server said so
        ├── RequestRefused      any other 4xx: the server's own sentence
        ├── ServerFailed        5xx
        │   └── ServerBusy      503: it writes another reply, loads its model, or asks to wait
        ├── BadAnswer           the answer is not in the format it should be
        └── StreamBroken        the reply broke off; what had arrived is kept by the caller

The text of an error is the sentence the user sees; `hint` is what to do next.
Neither ever contains a key.
"""

from __future__ import annotations


class TavernError(Exception):
    """A failure with one clear sentence and, where there is one, a next step."""

    hint: str = ""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint


class UsageError(TavernError):
    """The caller asked for something that does not exist or cannot be."""


class DataError(TavernError):
    """Words or bytes from outside are not what their format says."""


class UnreadableFile(DataError):
    """A file exists but could not be read whole, so it must not be written over."""

    hint = "The file was left as it is. Repair it or move it away, then try again."


class WriteFailed(TavernError):
    """A file could not be written. What was on disk before is still there."""

    hint = "Is the disk full, or the folder read-only?"


class PromptError(TavernError):
    """The prompt cannot be built from these inputs."""


class ProviderError(TavernError):
    """A server said no, said nonsense, or said nothing."""


class ConnectionFailed(ProviderError):
    """Nobody answered at the address."""

    hint = "Is the server running, and is the address right?"


class AuthFailed(ProviderError):
    """The server refuses the key, or wants one."""

    hint = "Check the API key of this connection."


class NotFound(ProviderError):
    """The server does not know the path or the model."""

    hint = "Check the address and the model of this connection."


class ContextOverflow(ProviderError):
    """The prompt is longer than the context the server has."""

    hint = "Lower the context size of this connection, or raise the server's."

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        prompt_tokens: int | None = None,
        context_size: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.prompt_tokens = prompt_tokens
        self.context_size = context_size


class RateLimited(ProviderError):
    """The server asks to wait."""

    hint = "Wait a little, then try again."

    def __init__(self, message: str, *, hint: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
        """Seconds the server asked for, if it said."""


class RequestRefused(ProviderError):
    """The server understood the request and will not do it."""

    hint = "Change what it names in the samplers or the connection, then try again."


class ServerFailed(ProviderError):
    """The server broke while answering."""

    hint = "Look at the server's own log, then try again."


class ServerBusy(ServerFailed):
    """The server works on something else and will take requests when that is done."""

    hint = "Try again in a moment."

    def __init__(self, message: str, *, hint: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
        """Seconds the server asked for, if it said."""


class BadAnswer(ProviderError):
    """The answer is not in the format this provider speaks."""

    hint = "Is this the right provider for that address?"


class StreamBroken(ProviderError):
    """The reply broke off before its end."""

    hint = "What had arrived is kept. Continue the message, or send again."
