"""Vectors of messages before they meet a service: post-processing and flattening."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from tavern_tui.prompt.post_process import post_process
from tavern_tui.text.flatten import flatten
from tests.vectors.kinds.case import Case, Json, names_of


def post_cases(file: Json, *, mode: str) -> Iterator[Case]:
    """One case per message list."""
    for vector in file["vectors"]:
        yield Case(
            name=vector["name"],
            run=partial(
                post_process, vector["input"], mode, names_of(vector), file.get("promptPlaceholder", "")
            ),
            expected=vector["output"],
        )


def flat_cases(file: Json) -> Iterator[Case]:
    """One case per message list. Part lists and missing texts, which SillyTavern's JavaScript spells
    out as `[object Object]` and `undefined`, are expected as their words, or as no line at all."""
    for vector in file["vectors"]:
        fault = any(not isinstance(message.get("content"), str) for message in vector["input"])
        yield Case(
            name=vector["name"],
            run=partial(flatten, vector["input"]),
            expected=_with_words(vector) if fault else vector["output"],
            fault=fault,
        )


def _with_words(vector: Json) -> str:
    """The recorded text with the words the recording lost."""
    lost = iter(
        "\n\n".join(part["text"] for part in message["content"] if part["type"] == "text")
        for message in vector["input"]
        if isinstance(message.get("content"), list)
    )
    text = re.sub(r"\[object Object\](,\[object Object\])*", lambda _: next(lost), vector["output"])
    return re.sub(r"(^|\n)\w+: (undefined|null)(?=\n)", "", text)
