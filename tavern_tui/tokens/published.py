"""Tokenizers whose makers give their files to everybody: where, and under which name one is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PLACE = "https://huggingface.co/NovelAI/{name}/resolve/main/tokenizer.model"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedTokenizer:
    """A file that can be fetched, if the user asks for it."""

    name: str
    about: str
    address: str
    ending: str = ".model"
    most_bytes: int = 8 * 2**20

    @property
    def file_name(self) -> str:
        return f"{self.name}{self.ending}"


PUBLISHED: Mapping[str, PublishedTokenizer] = {
    one.name: one
    for one in (
        PublishedTokenizer(
            name="nerdstash-v1",
            about="NovelAI's Clio (1 MB, GPL-2.0)",
            address=PLACE.format(name="nerdstash-tokenizer-v1"),
        ),
        PublishedTokenizer(
            name="nerdstash-v2",
            about="NovelAI's Kayra (1 MB, GPL-2.0)",
            address=PLACE.format(name="nerdstash-tokenizer-v2"),
        ),
    )
}
