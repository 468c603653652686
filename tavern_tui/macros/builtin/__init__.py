"""The macros themselves, one topic per file."""

import importlib

TOPICS = ("names", "card", "conversation", "clock", "dice", "variables", "templates", "words")


def load() -> None:
    """Enter every macro into the table."""
    for topic in TOPICS:
        importlib.import_module(f"{__name__}.{topic}")
