"""Why a reply ended. Apart from `core.generation`, so that a screen can name it without the rest."""

from __future__ import annotations

from enum import StrEnum


class FinishReason(StrEnum):
    """Why a reply ended."""

    STOP = "stop"
    LENGTH = "length"
    FILTER = "filter"
    TOOL = "tool"
    UNKNOWN = "unknown"
