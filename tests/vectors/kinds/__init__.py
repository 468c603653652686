"""How each kind of vector file is run: file name without ending -> its cases."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tests.vectors.kinds import extras, messages, prompts, stream_parsing, wire_requests
from tests.vectors.kinds.case import Case, Json, Kind

MODES = ("merge", "merge-tools", "semi", "semi-tools", "strict", "strict-tools", "single")

KINDS: Mapping[str, Kind] = {
    **{f"post-{mode}": partial(prompts.post_cases, mode=mode.replace("-", "_")) for mode in MODES},
    "text-completion": prompts.flat_cases,
    "claude": messages.claude_cases,
    "google": messages.google_cases,
    "cohere": messages.cohere_cases,
    "mistral": messages.mistral_cases,
    "mistral-prefix": messages.mistral_cases,
    "ai21": messages.ai21_cases,
    "xai": messages.xai_cases,
    "deepseek": messages.deepseek_cases,
    "moonshot": messages.moonshot_cases,
    "caching": extras.call_cases,
    "misc": extras.call_cases,
    "reasoning-budgets": extras.budget_cases,
    "stream-parsing": stream_parsing.stream_cases,
    "wire-requests": wire_requests.wire_cases,
}

__all__ = ["KINDS", "Case", "Json"]
