"""Vertex AI with a service account: the claim, the token, and where requests go then."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import AuthFailed
from tavern_tui.providers.google_account import claim, read_account, read_key
from tavern_tui.providers.registry import ROWS
from tavern_tui.providers.vertex import VertexProvider
from tavern_tui.providers.wirelog import WireLog
from tests.providers.accounts import a_key, a_service_account, pem
from tests.providers.asking import chat_request

REQUEST = chat_request(model="gemini-2.5-pro")


class Google:
    """The place where tokens are to be had; it checks what it is shown."""

    def __init__(self, seconds: int = 3600, status: int = 200) -> None:
        self.claims: list[dict[str, object]] = []
        self._seconds = seconds
        self._status = status

    def __call__(self, asked: httpx.Request) -> httpx.Response:
        assert str(asked.url) == "https://oauth2.googleapis.com/token"
        form = parse_qs(asked.content.decode())
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        self.claims.append(verified(form["assertion"][0]))
        if self._status != 200:
            return httpx.Response(
                self._status, json={"error_description": "Invalid JWT", "error": "invalid_grant"}
            )
        token = {"access_token": f"TOKEN-{len(self.claims)}", "expires_in": self._seconds}
        return httpx.Response(200, json=token)


def verified(token: str) -> dict[str, object]:
    """The facts of a claim whose signature is that of our key. Raises if it is not."""
    signed, _, signature = token.rpartition(".")
    a_key().public_key().verify(unpadded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    header, facts = (json.loads(unpadded(part)) for part in signed.split("."))
    assert header == {"alg": "RS256", "typ": "JWT"}
    return dict(facts)


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def vertex(google: Google, log: WireLog | None = None, **options: object) -> VertexProvider:
    connection = Connection(name="v", provider="vertexai", options={"auth_mode": "full", **options})
    return VertexProvider(
        ROWS["vertexai"], connection, key=a_service_account(), log=log, transport=httpx.MockTransport(google)
    )


@pytest.mark.parametrize("pkcs8", [True, False])
def test_a_claim_is_signed_with_the_accounts_key(pkcs8: bool) -> None:
    account = read_account(a_service_account(private_key=pem(pkcs8=pkcs8)))
    assert verified(claim(account, 1_000_000)) == {
        "iss": "tavern@a-project.example",
        "scope": "https://www.googleapis.com/auth/cloud-platform",
        "aud": "https://oauth2.googleapis.com/token",
        "iat": 1_000_000,
        "exp": 1_003_600,
    }
    assert str(account.key.exponent) not in repr(account)


async def test_a_token_is_had_once_and_goes_with_the_request() -> None:
    google, log = Google(), WireLog(log_prompts=True)
    provider = vertex(google, log, region="europe-west4")
    await provider.learn(REQUEST)
    await provider.learn(REQUEST)
    assert len(google.claims) == 1
    sent = provider.wire(REQUEST)
    await provider.aclose()
    assert sent.headers["Authorization"] == "Bearer TOKEN-1"
    assert sent.url == (
        "https://europe-west4-aiplatform.googleapis.com/v1/projects/a-project/locations/europe-west4"
        "/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
    )
    assert "TOKEN-1" not in str(sent.masked().headers)
    assert [record.prompt for record in log.records] == [""], "the claim is as good as a key"


async def test_a_token_that_is_about_to_end_is_renewed() -> None:
    google = Google(seconds=30)
    provider = vertex(google)
    await provider.learn(REQUEST)
    await provider.learn(REQUEST)
    assert provider.wire(REQUEST).headers["Authorization"] == "Bearer TOKEN-2"
    await provider.aclose()


async def test_a_refused_account_is_one_sentence() -> None:
    provider = vertex(Google(status=401))
    with pytest.raises(AuthFailed, match="refuses the key"):
        await provider.learn(REQUEST)
    await provider.aclose()


@pytest.mark.parametrize(
    ("account", "what"),
    [
        ("AIza-a-plain-key", "not the JSON"),
        ("[]", "not the JSON"),
        ("{}", "no project_id"),
        (a_service_account(private_key=""), "no private_key"),
        (a_service_account(private_key="hello"), "cannot be read"),
    ],
)
def test_an_account_that_cannot_be_used_is_told_before_anything_is_sent(account: str, what: str) -> None:
    connection = Connection(name="v", provider="vertexai", options={"auth_mode": "full"})
    with pytest.raises(AuthFailed, match=what) as caught:
        VertexProvider(ROWS["vertexai"], connection, key=account)
    assert "AIza" not in str(caught.value)


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_a_key_that_is_cut_off_does_no_harm(cut: int) -> None:
    der = base64.b64decode("".join(pem().splitlines()[1:-1]))
    broken = base64.b64encode(der[:cut]).decode()
    with pytest.raises(AuthFailed):
        read_key(f"-----BEGIN PRIVATE KEY-----\n{broken}\n-----END PRIVATE KEY-----")
