"""What the AI Horde's codes of refusal mean, and what to do about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tavern_tui.core.errors import AuthFailed, ProviderError, RateLimited, RequestRefused, ServerFailed
from tavern_tui.providers.explain import Explainer, retry_after
from tavern_tui.providers.wire.decoder import as_dict, as_text, parse


@dataclass(frozen=True, slots=True)
class Meaning:
    """One code (`rc`): the kind of error, what the server does, and a way out."""

    kind: type[ProviderError]
    does: str
    hint: str


ANOTHER_KEY = "Use another key, or leave it empty to be anonymous."
MEANINGS: Mapping[str, Meaning] = {
    "KudosUpfront": Meaning(
        RequestRefused,
        "wants kudos beforehand for this request",
        "Ask for a shorter reply, or choose \"Shorten to stay free\" in the connection.",
    ),
    "TooManyPrompts": Meaning(
        RateLimited, "has too many of your requests at once", "Wait until the earlier ones are answered."
    ),
    "InvalidAPIKey": Meaning(AuthFailed, "does not know this key", ANOTHER_KEY),
    "SharedKeyEmpty": Meaning(AuthFailed, "says the shared key has no kudos left", ANOTHER_KEY),
    "SharedKeyExpired": Meaning(AuthFailed, "says the shared key has expired", ANOTHER_KEY),
    "TimeoutIP": Meaning(RequestRefused, "has shut out your address for a while", "Try again later."),
    "MaintenanceMode": Meaning(ServerFailed, "is being worked on", "Try again later."),
    "TokenOverflow": Meaning(
        RequestRefused,
        "has no room for so long a reply in this context",
        "Shorten the reply, or raise the context size of this connection.",
    ),
}  # fmt: skip


class HordeExplainer(Explainer):
    """Reads `{"message", "rc"}`, and the list of wrong fields in a refused request."""

    __slots__ = ()

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        facts = as_dict(parse(body.decode("utf-8", "replace")))
        meaning = MEANINGS.get(as_text(facts.get("rc")))
        if meaning is None:
            return super().refusal(status, headers, _with_fields(facts) or body)
        said = self.words(as_text(facts.get("message")))
        sentence = f"{self.server} {meaning.does}{f': {said}' if said else '.'}"
        if meaning.kind is RateLimited:
            return RateLimited(sentence, hint=meaning.hint, retry_after=retry_after(headers))
        return meaning.kind(sentence, hint=meaning.hint)


def _with_fields(facts: Mapping[str, object]) -> bytes:
    """A refused request's body with its wrong fields in the sentence; empty: it names none."""
    wrong = as_dict(facts.get("errors"))
    if not wrong:
        return b""
    fields = "; ".join(f"{name}: {reason}" for name, reason in list(wrong.items())[:5])
    return json.dumps({"message": f"{as_text(facts.get('message'))}: {fields}"}).encode()
