"""Google service accounts: from the JSON file to the signed claim that is exchanged for a token."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field

from tavern_tui.core.errors import AuthFailed

TOKEN_URL = "https://oauth2.googleapis.com/token"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
VALID_SECONDS = 3600
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
"""What stands before a SHA-256 hash in a signature (PKCS #1, DigestInfo)."""

PEM = re.compile(r"-----BEGIN (RSA )?PRIVATE KEY-----(.*?)-----END", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RsaKey:
    """The numbers of a private key."""

    modulus: int
    exponent: int = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of a signature."""
        return (self.modulus.bit_length() + 7) // 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccount:
    """Who asks, and with what right."""

    project: str
    email: str
    key: RsaKey = field(repr=False)


def read_account(text: str) -> ServiceAccount:
    """The account in the JSON Google hands out. Raises AuthFailed, naming what is missing."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _unusable("it is not the JSON of a service account")
    fields = {name: found.get(name) for name in ("project_id", "client_email", "private_key")}
    for name, value in fields.items():
        if not isinstance(value, str) or not value:
            raise _unusable(f"it has no {name}")
    return ServiceAccount(
        project=str(fields["project_id"]),
        email=str(fields["client_email"]),
        key=read_key(str(fields["private_key"])),
    )


def claim(account: ServiceAccount, now: int) -> str:
    """The signed claim (JWT) of this account. `now`: seconds since 1970."""
    header = _part({"alg": "RS256", "typ": "JWT"})
    facts = _part(
        {
            "iss": account.email,
            "scope": SCOPE,
            "aud": TOKEN_URL,
            "iat": now,
            "exp": now + VALID_SECONDS,
        }
    )
    return f"{header}.{facts}.{_url64(signature(account.key, f'{header}.{facts}'.encode()))}"


def signature(key: RsaKey, message: bytes) -> bytes:
    """RSA with SHA-256 (PKCS #1, version 1.5)."""
    digest = SHA256_PREFIX + hashlib.sha256(message).digest()
    padded = b"\x00\x01" + b"\xff" * (key.size - len(digest) - 3) + b"\x00" + digest
    return pow(int.from_bytes(padded, "big"), key.exponent, key.modulus).to_bytes(key.size, "big")


def read_key(pem: str) -> RsaKey:
    """The private key in a PEM text. Raises AuthFailed."""
    found = PEM.search(pem)
    try:
        if found is None:
            raise ValueError("no PEM")
        numbers = _Der(base64.b64decode("".join(found[2].split()), validate=True))
        body = numbers.sequence()
        body.integer()  # version
        if not found[1]:  # PKCS #8: the algorithm, then the key in a string of its own
            body.skip()
            body = _Der(body.string()).sequence()
            body.integer()
        modulus, _, exponent = body.integer(), body.integer(), body.integer()
        if modulus.bit_length() < 512:
            raise ValueError("too short")
    except (ValueError, IndexError) as error:
        raise _unusable("its private_key cannot be read") from error
    return RsaKey(modulus, exponent)


class _Der:
    """Reads the few kinds of values that a private key is made of (DER)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def sequence(self) -> _Der:
        return _Der(self._value(0x30))

    def integer(self) -> int:
        return int.from_bytes(self._value(0x02), "big")

    def string(self) -> bytes:
        return self._value(0x04)

    def skip(self) -> None:
        self._value(None)

    def _value(self, kind: int | None) -> bytes:
        if kind is not None and self._data[self._at] != kind:
            raise ValueError("another kind of value")
        size, start = self._data[self._at + 1], self._at + 2
        if size >= 0x80:
            count = size & 0x7F
            size, start = int.from_bytes(self._data[start : start + count], "big"), start + count
        value = self._data[start : start + size]
        if len(value) != size:
            raise ValueError("cut off")
        self._at = start + size
        return value


def _part(value: object) -> str:
    return _url64(json.dumps(value, separators=(",", ":")).encode())


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unusable(why: str) -> AuthFailed:
    return AuthFailed(
        f"The service account of Vertex AI cannot be used: {why}.",
        hint="Put the whole JSON file that Google Cloud made into the connection's key.",
    )
