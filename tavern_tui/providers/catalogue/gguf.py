"""The row of a GGUF file, for which the program starts a llama.cpp of its own."""

from __future__ import annotations

from dataclasses import replace

from tavern_tui.providers.base import ModelDesk, ProviderOption, ProviderSpec
from tavern_tui.providers.catalogue.samplers import LLAMACPP
from tavern_tui.providers.dialects.llamacpp import LlamaCppDialect
from tavern_tui.providers.self_hosted.llamacpp import SERVER as LLAMACPP_SERVER

GGUF = ProviderSpec(
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
    options=(
        ProviderOption(id="folder", title="Folder of models", help="Its .gguf files are offered as models."),
        ProviderOption(
            id="gpu_layers",
            title="Layers on the GPU",
            help="How many; -1 is what llama.cpp finds best, 0 none.",
            default=-1,
        ),
        ProviderOption(
            id="threads",
            title="Threads",
            help="How many write; 0 is what llama.cpp finds best.",
            default=0,
        ),
    ),
)
