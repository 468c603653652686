"""Links in a message: what they say, where they lead, and what is odd about that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

MOST = 200
LONGEST = 2000
"""Characters of an address; browsers take no more either."""
_LINK = re.compile(
    r"\[(?P<label>[^\[\]\n]{0,500})\]\((?P<marked>[^()\s]+(?:\([^()\s]*\)[^()\s]*)*)\)"
    r"|<(?P<angled>https?://[^<>\s]+)>"
    r"|(?P<bare>https?://[^\s<>\"'`*\]]+)",
    re.IGNORECASE,
)
_END = ".,;:!?)”»"
"""What stands behind an address more often than in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address in the web."""

    label: str
    """What the text calls it; empty: it stands there itself."""
    url: str
    warnings: tuple[str, ...] = ()
    """What one should know before going there, one sentence each."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


def links_in(text: str, more: Iterable[str] = ()) -> list[Link]:
    """The links of a text, each address once, in order; `more`: further addresses, such as sources."""
    found: dict[str, Link] = {}
    for match in _LINK.finditer(text):
        label, url = match.group("label") or "", match.group("marked") or match.group("angled")
        if not url:
            url = match.group("bare").rstrip(_END)
        _add(found, label.strip(), url)
        if len(found) >= MOST:
            break
    for url in more:
        _add(found, "", url)
    return list(found.values())


def _add(found: dict[str, Link], label: str, url: str) -> None:
    if url in found or len(url) > LONGEST or not url.isprintable():
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return
    if parts.scheme.lower() in ("http", "https") and host:
        found[url] = Link(label=label, url=url, warnings=tuple(_oddities(label, parts, host)))


def _oddities(label: str, parts: SplitResult, host: str) -> Iterable[str]:
    if parts.username is not None:
        yield f"What stands before the @ is no address: this leads to {host}."
    if not host.isascii():
        yield "The host has letters that can look like others."
    elif any(piece.startswith("xn--") for piece in host.split(".")):
        yield "The host is written in another script (punycode)."
    if parts.scheme.lower() == "http":
        yield "The connection is not encrypted."
    said = re.search(r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})(?:[/:?#\s]|$)", label, re.IGNORECASE)
    if said is not None and said.group(1).casefold() != host.casefold():
        yield f"It calls itself {said.group(1)[:80]}, but leads to {host}."
