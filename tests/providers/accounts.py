"""A service account of Google's for tests, with a key that was made for this run."""

from __future__ import annotations

import json
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@cache
def a_key() -> rsa.RSAPrivateKey:
    """As short as they come: it guards nothing."""
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def pem(*, pkcs8: bool = True) -> str:
    """The key as text, in either of the two forms."""
    form = serialization.PrivateFormat
    return (
        a_key()
        .private_bytes(
            serialization.Encoding.PEM,
            form.PKCS8 if pkcs8 else form.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        .decode()
    )


def a_service_account(project: str = "a-project", **fields: str) -> str:
    """The JSON that Google Cloud hands out."""
    known = {"project_id": project, "client_email": "tavern@a-project.example", "private_key": pem()}
    return json.dumps({"type": "service_account", **known, **fields})
