"""Ollama shows its templates in Go's syntax: are their formats known by their marks?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tavern_tui.storage.templates import TemplateStore
from tests.storage.test_templates import a_folder

GO = {
    "ChatML": (
        '{{- range .Messages }}{{ if eq .Role "user" }}<|im_start|>user\n{{ .Content }}<|im_end|>\n'
        '{{ else if eq .Role "assistant" }}<|im_start|>assistant\n{{ .Content }}<|im_end|>{{ end }}{{ end }}'
    ),
    "Llama 3 Instruct": (
        "{{ if .Prompt }}<|start_header_id|>user<|end_header_id|>\n\n{{ .Prompt }}<|eot_id|>{{ end }}"
        "<|start_header_id|>assistant<|end_header_id|>\n\n{{ .Response }}<|eot_id|>"
    ),
    "Mistral V1": "[INST] {{ if .System }}{{ .System }} {{ end }}{{ .Prompt }} [/INST]",
    "Gemma 2": (
        "<start_of_turn>user\n{{ .Prompt }}<end_of_turn>\n<start_of_turn>model\n{{ .Response }}<end_of_turn>"
    ),
    "Phi": "<|user|>\n{{ .Prompt }}<|end|>\n<|assistant|>\n{{ .Response }}<|end|>",
    "Alpaca": "{{ .System }}\n\n### Instruction:\n{{ .Prompt }}\n\n### Response:\n",
}


@pytest.mark.parametrize("name", GO)
def test_a_go_template_is_known_by_its_marks(name: str, tmp_path: Path) -> None:
    assert TemplateStore(a_folder(tmp_path)).by_chat_template(GO[name]) == name


def test_a_template_without_marks_is_nobodys(tmp_path: Path) -> None:
    assert TemplateStore(a_folder(tmp_path)).by_chat_template("{{ .Prompt }}") is None
