"""What the chat services alone refuse for: money, moderation, too many guests, too long a request."""

from __future__ import annotations

import json

import pytest

from tavern_tui.core.errors import ProviderError, RequestRefused, ServerFailed
from tavern_tui.providers.explain import Explainer


def refused(status: int, body: object) -> ProviderError:
    return Explainer("The service").refusal(status, {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    "body",
    [
        {"type": "error", "error": {"type": "billing_error", "message": "No credit."}},
        {"error": {"message": "No credit.", "code": 402}},
        {"success": False, "error": {"message": "No credit.", "code": "PAYMENT_REQUIRED"}, "status": 402},
        {"error": "No credit.", "status": 402},
        {"message": "No credit."},
    ],
)
def test_who_wants_to_be_paid_says_so_in_any_shape(body: object) -> None:
    error = refused(402, body)
    assert isinstance(error, RequestRefused)
    assert str(error) == "The service wants to be paid: No credit."
    assert error.hint == "Top up the account."


def test_moderation_gives_its_reasons_and_is_no_matter_of_the_key() -> None:
    facts = {"reasons": ["violence", "self-harm"], "flagged_input": "a tale", "provider_name": "Someone"}
    error = refused(403, {"error": {"code": 403, "message": "Input was flagged.", "metadata": facts}})
    assert isinstance(error, RequestRefused)
    assert "violence, self-harm" in str(error)
    assert "Input was flagged." in str(error)


def test_a_service_that_is_overloaded_says_so() -> None:
    error = refused(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    assert isinstance(error, ServerFailed)
    assert str(error) == "The service is overloaded: Overloaded"
    assert "Try again" in error.hint
