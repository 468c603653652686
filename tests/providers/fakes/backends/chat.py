"""Services that speak OpenAI's chat completions, each as a row of data."""

from __future__ import annotations

from tests.providers.fakes.chats import OPENAI, Service, fake_of

SERVICES = (
    Service(
        id="openai", models=("gpt-4o",), fields=OPENAI, published=("openai", "CreateChatCompletionRequest")
    ),
    Service(id="custom", models=("tiny-7b",), fields=OPENAI, needed=("messages",), key_needed=False),
)

FAKES = {service.id: fake_of(service) for service in SERVICES}
