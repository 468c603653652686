"""Rows of what runs inside the program: the offline writer, scripted replies, a local GGUF file."""

from __future__ import annotations

from dataclasses import replace

from tavern_tui.providers.base import ModelDesk, ProviderSpec
from tavern_tui.providers.catalogue.samplers import LLAMACPP
from tavern_tui.providers.dialects.llamacpp import LlamaCppDialect
from tavern_tui.providers.samplers import Wire
from tavern_tui.providers.self_hosted.llamacpp import SERVER as LLAMACPP_SERVER

BUILTIN = (
    ProviderSpec(
        id="offline",
        title="Offline writer",
        prompt_kind="text",
        opener="offline",
        samplers={"seed": Wire(("seed",))},
    ),
    ProviderSpec(
        id="local",
        title="GGUF file",
        prompt_kind="text",
        opener="local",
        dialect=LlamaCppDialect(),
        server=replace(LLAMACPP_SERVER, desk=ModelDesk()),  # it has the one file
        generate_path="/completion",
        home="https://huggingface.co/models?library=gguf",
        samplers=LLAMACPP,
        sends_model=False,
    ),
    ProviderSpec(
        id="scripted",
        title="Scripted replies",
        prompt_kind="text",
        opener="scripted",
        hidden=True,
    ),
    ProviderSpec(
        id="scripted-chat",
        title="Scripted replies (chat)",
        prompt_kind="chat",
        opener="scripted",
        hidden=True,
    ),
)
