"""HTML as cards and models write it among their Markdown -> Markdown, for the screen only.

A few tags that mean something in a terminal become marks, those that only dress words up are left out, and
everything else stays as it was written: who says `<START>` means it."""

from __future__ import annotations

import re
from collections.abc import Callable

HEADINGS = {"h1": "\n# ", "h2": "\n## ", **{f"h{level}": "\n### " for level in (3, 4, 5, 6)}}
MARKS = {
    "b": "**", "strong": "**", "i": "*", "em": "*", "s": "~~", "del": "~~", "strike": "~~",
    "code": "`", "tt": "`", "q": '"', **HEADINGS,
}  # fmt: skip
"""Tag -> what stands where it begins; where it ends the same, or for headings a new line."""
BREAKS = {"br": "\n", "hr": "\n\n---\n\n", "li": "\n- ", "tr": "\n", "dt": "\n", "dd": "\n"}
BLOCKS = frozenset({
    "p", "div", "ul", "ol", "dl", "table", "blockquote", "section", "article", "details", "summary", "figure",
})  # fmt: skip
"""Tags that begin and end on a line of their own."""
DRESS = frozenset({
    "u", "span", "font", "center", "small", "big", "sub", "sup", "mark", "ins", "abbr", "label", "button",
    "svg", "thead", "tbody", "td", "th", "ruby", "rt", "header", "footer", "main", "nav", "figcaption", "pre",
})  # fmt: skip
"""Tags that only dress words up."""
HIDDEN = {"script": "</script", "style": "</style", "head": "</head", "title": "</title", "!--": "-->"}
"""Whose contents are nothing to read, and what ends them."""
_TAG = re.compile(r"<(?P<end>/)?(?P<name>[a-zA-Z][a-zA-Z0-9]{0,11})(?P<rest>(?:\s[^<>]{0,2000})?)/?>")
_OPENS = re.compile(r"<(script|style|head|title|!--)(?![a-z])", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#x[0-9a-fA-F]{2,6});")
_CODE = re.compile(
    r"(^ {0,3}(?:```|~~~).*?(?:^ {0,3}(?:```|~~~)[ \t]*$|\Z)|`[^`\n]+`)", re.MULTILINE | re.DOTALL
)
_ATTRIBUTE = re.compile(r"([a-zA-Z-]{1,20})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")


def without_tags(text: str) -> str:
    """The text with its HTML as Markdown. Code is left alone."""
    if "<" not in text and "&" not in text:
        return text
    pieces = _CODE.split(text)
    return "".join(piece if at % 2 else _plain(piece) for at, piece in enumerate(pieces))


def _plain(text: str) -> str:
    if "<" in text:
        text = _readable(text)
        links: list[str] = []
        text = _TAG.sub(lambda match: _tag(match, links), text)
    return _ENTITY.sub(_entity, text) if "&" in text else text


def _readable(text: str) -> str:
    """Without scripts, styles and comments. One that never ends is left; each end is looked for once."""
    lowered, parts, at, endless = text.lower(), [], 0, set[str]()
    for match in _OPENS.finditer(text):
        kind = match[1].lower()
        if match.start() < at or kind in endless:
            continue
        end = lowered.find(HIDDEN[kind], match.end())
        close = lowered.find(">", end) if end >= 0 else -1
        if close < 0:
            endless.add(kind)
            continue
        parts.append(text[at : match.start()])
        at = close + 1
    return "".join([*parts, text[at:]]) if len(lowered) == len(text) else text


def _tag(match: re.Match[str], links: list[str]) -> str:
    name, ends = match["name"].lower(), match["end"] is not None
    if name in MARKS:
        return "\n" if ends and name.startswith("h") else MARKS[name]
    if name in BREAKS:
        return "" if ends else BREAKS[name]
    special = SPECIAL.get(name)
    if special is not None:
        return special(match, ends, links)
    if name in BLOCKS:
        return "\n"
    return "" if name in DRESS else match.group()


def _link(match: re.Match[str], ends: bool, links: list[str]) -> str:
    if not ends:
        links.append(_attributes(match["rest"]).get("href", ""))
        return "[" if links[-1] else ""
    target = links.pop() if links else ""
    return f"]({target})" if target else ""


def _image(match: re.Match[str], ends: bool, links: list[str]) -> str:
    found = _attributes(match["rest"])
    return f"![{found.get('alt') or 'picture'}]({found.get('src', '')})" if found.get("src") else ""


SPECIAL: dict[str, Callable[[re.Match[str], bool, list[str]], str]] = {"a": _link, "img": _image}


def _attributes(rest: str) -> dict[str, str]:
    found = {match[1].lower(): match[2] or match[3] or match[4] or "" for match in _ATTRIBUTE.finditer(rest)}
    return {
        name: re.sub(r"[\s\[\]()]", "", value) if name != "alt" else value for name, value in found.items()
    }


def _entity(match: re.Match[str]) -> str:
    """The character an entity means. Marks keep their spelling: they would begin something here."""
    from html import unescape  # a table of two thousand names, for texts that have one

    found = unescape(match.group())
    kept = found in "*_`~[]()#" or not (found.isprintable() or found.isspace())
    return match.group() if kept else found
