"""VertexProvider: exchanges a service account for tokens, where the connection signs in with one."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import AuthFailed, ProviderError
from tavern_tui.core.generation import GenerationRequest
from tavern_tui.providers.base import PreparedRequest, ProviderSpec
from tavern_tui.providers.dialects.chat.google import AUTH_MODE, PROJECT
from tavern_tui.providers.google_account import GRANT, TOKEN_URL, ServiceAccount, claim, read_account
from tavern_tui.providers.http import HttpProvider
from tavern_tui.providers.masking import mask_headers
from tavern_tui.providers.timing import Stopwatch

EARLY_SECONDS = 60
"""A token is renewed so long before it ends."""
ANSWER_SECONDS = 30.0


class VertexProvider(HttpProvider):
    """Vertex AI with an API key, a service account, or behind a proxy."""

    def __init__(self, spec: ProviderSpec, connection: Connection, *, key: str | None, **more: Any) -> None:
        super().__init__(spec, connection, key=key, **more)
        self._account: ServiceAccount | None = None
        self._valid_until = 0.0
        if self._at_home and connection.options.get(AUTH_MODE.id, AUTH_MODE.default) == "full":
            self._account = read_account(self._key)
            self._key = ""

    async def learn(self, request: GenerationRequest) -> None:
        if self._account is not None and time.time() > self._valid_until - EARLY_SECONDS:
            await self._sign_in(self._account)
        await super().learn(request)

    def _completed(self, request: GenerationRequest) -> GenerationRequest:
        made = super()._completed(request)
        if self._account is None:
            return made
        return replace(made, options={**made.options, PROJECT.id: self._account.project})

    async def _sign_in(self, account: ServiceAccount) -> None:
        """Exchange a signed claim for a token. Raises ProviderError."""
        form = urlencode({"grant_type": GRANT, "assertion": claim(account, int(time.time()))})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        prepared = PreparedRequest(
            method="POST",
            url=TOKEN_URL,
            headers=headers,
            body_bytes=form.encode(),
            shown_headers=mask_headers(headers, ()),
        )
        # The claim opens the door as a key does: no log has it, not even one that keeps prompts.
        watch = Stopwatch(self.name, replace(prepared, body_bytes=b""), self._log)
        try:
            async with self._sender.answer(prepared, watch, read_seconds=ANSWER_SECONDS) as response:
                answer = _object(await response.aread())
        except ProviderError as error:
            watch.failed(str(error))
            raise
        finally:
            watch.done()
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token:
            raise AuthFailed("Google gave no token for the service account.")
        self._key = token
        self._valid_until = time.time() + (seconds if isinstance(seconds, int | float) else 0)


def _object(data: bytes) -> dict[str, object]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
