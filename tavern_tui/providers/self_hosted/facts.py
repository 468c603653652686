"""What the servers' modules share: facts out of JSON, questions that may be refused, waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from tavern_tui.core.errors import AuthFailed, ServerFailed
from tavern_tui.core.generation import Model
from tavern_tui.providers.base import Ask, ProviderSpec
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_list, as_text

POLL_SECONDS = 0.5
MOST_POLLS = 3600


async def polls(spec: ProviderSpec, what: str) -> AsyncGenerator[None, None]:
    """Again and again, with pauses; leave the loop when it is done. Raises ServerFailed in the end."""
    for _ in range(MOST_POLLS):
        yield
        await asyncio.sleep(POLL_SECONDS)
    minutes = MOST_POLLS * POLL_SECONDS / 60
    raise ServerFailed(f"{spec.title} has not {what} within {minutes:.0f} minutes.")


async def if_allowed(ask: Ask, path: str) -> object:
    """The answer, or None if the server has no such thing or keeps it from this key."""
    try:
        return await ask.maybe(path)
    except AuthFailed:
        return None


def context_in_props(props: dict[str, object]) -> int | None:
    """The context size in llama.cpp's `/props`, which others imitate."""
    settings = as_dict(props.get("default_generation_settings"))
    return as_int(settings.get("n_ctx")) or as_int(props.get("n_ctx"))


def template_in_props(props: dict[str, object]) -> str:
    return as_text(props.get("chat_template")).removesuffix("\0")


def modalities_in_props(props: dict[str, object]) -> tuple[str, ...]:
    """What a model takes besides text."""
    return tuple(name for name, has in as_dict(props.get("modalities")).items() if has is True)


def size_text(size: object) -> str:
    """Bytes as a person reads them; empty for what is no size."""
    number = as_int(size)
    if number is None or number <= 0:
        return ""
    return f"{number / 1e9:.1f} GB" if number >= 1e8 else f"{number / 1e6:.1f} MB"


def in_words(*parts: str) -> str:
    """Facts side by side, as a model's detail."""
    return ", ".join(filter(None, parts))


def texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in as_list(value) if isinstance(one, str))


def named(models: list[Model], name: str) -> Model | None:
    return next((model for model in models if model.id == name), None)
