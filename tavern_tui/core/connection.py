"""A saved way to a model: provider, address, model, key and the settings that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tavern_tui.core.samplers import SamplerValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection profile. Holds the *name* of a secret, never the secret."""

    name: str
    provider: str
    """Id of a provider row (`tavern-tui providers` lists them)."""
    url: str = ""
    """Base address; empty: the provider's default."""
    model: str = ""
    secret: str = ""
    """Name under which the key is stored; empty: none."""
    key_env: str = ""
    """Environment variable the key is read from instead."""
    instruct: str = "auto"
    """Instruct template by name; `auto`: by the server's chat template or the model's name;
    `none`: plain text."""
    context: str = "auto"
    """Context template by name; `auto`: the one that goes with the instruct template."""
    system_prompt: str = ""
    text_preset: str = ""
    chat_preset: str = ""
    max_tokens: int = 350
    """Response length, tokens."""
    context_size: int = 0
    """Tokens; 0: what the server says, else 8192."""
    samplers: Mapping[str, SamplerValue] = field(default_factory=dict)
    stop: tuple[str, ...] = ()
    """Texts that end a reply, besides those of the prompt."""
    post_processing: str = ""
    """Chat completion: how messages are reshaped for strict servers (`""`: the provider's way)."""
    tokenizer: str = "auto"
    """Who counts tokens: `auto`: the server where it can and that is free, else the estimate; `server`: also
    services that count for a price or so often a minute (Anthropic, Google, Cohere); `estimate`; OpenAI's
    `o200k_base` or `cl100k_base`; or a file: `tokenizer.json`, a SentencePiece `.model`, a `.tiktoken`."""
    stream: bool = True
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    extra_body: Mapping[str, object] = field(default_factory=dict)
    proxy: str = ""
    """`http://`, `https://` or `socks5://` address all requests go through; empty: the environment's."""
    ca_file: str = ""
    """A file with the certificates (PEM) that are trusted besides the usual ones."""
    options: Mapping[str, object] = field(default_factory=dict)
    """Choices only this provider has (its row names them): trusted workers, keep-alive, ..."""
    source: Mapping[str, object] = field(default_factory=dict)
    """Keys of the settings file this version does not know."""
