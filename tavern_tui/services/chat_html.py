"""A chat as one HTML page: no script, nothing loaded from elsewhere, every word escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from tavern_tui.text.inline import BOLD, CODE, FAINT, ITALIC, LINK, SPEECH, STRIKE, Run
from tavern_tui.text.markup import Block, Kind, parse

if TYPE_CHECKING:
    from tavern_tui.services.chat_export import Said

STYLE = """\
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #22201c; --faint: #77726a; --speech: #8a4b08;
  --user: #1d5c8f; --line: #ddd8cd; }
@media (prefers-color-scheme: dark) { :root { --paper: #1a1b1e; --ink: #dcd9d2; --faint: #8d8a84;
  --speech: #e2b370; --user: #86b8e0; --line: #37383c; } }
body { background: var(--paper); color: var(--ink); font: 1.05rem/1.6 Georgia, serif; margin: 0; }
main { max-width: 44rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
article { border-top: 1px solid var(--line); padding: .8rem 0; overflow-wrap: anywhere; }
article.hidden { opacity: .55; }
header { font-weight: bold; }
.user header { color: var(--user); }
time, .mark { color: var(--faint); font-weight: normal; font-size: .8rem; margin-left: .6rem; }
p, li, blockquote { white-space: pre-wrap; margin: .5rem 0; }
.item { padding-left: 1.2rem; }
blockquote { border-left: .2rem solid var(--line); padding-left: .8rem; }
.speech { color: var(--speech); }
.link { text-decoration: underline; }
.faint, details { color: var(--faint); }
pre { overflow-x: auto; border: 1px solid var(--line); padding: .6rem; font-size: .85rem; }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
TAGS = (
    (LINK, '<span class="link">', "</span>"),
    (SPEECH, '<span class="speech">', "</span>"),
    (FAINT, '<span class="faint">', "</span>"),
    (BOLD, "<strong>", "</strong>"),
    (ITALIC, "<em>", "</em>"),
    (STRIKE, "<s>", "</s>"),
    (CODE, "<code>", "</code>"),
)


def as_html(title: str, subtitle: str, messages: Iterable[Said]) -> str:
    """The page."""
    return "".join(
        (
            '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="generator" content="tavern-tui">\n',
            f"<title>{escape(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
            f"<h1>{escape(title)}</h1>\n",
            f'<p class="faint">{escape(subtitle)}</p>\n' if subtitle else "",
            *map(_article, messages),
            "</main>\n</body>\n</html>\n",
        )
    )


def _article(said: Said) -> str:
    classes = " ".join(name for name, holds in (("user", said.is_user), ("hidden", said.hidden)) if holds)
    when = f"<time>{escape(said.when)}</time>" if said.when else ""
    mark = '<span class="mark">hidden</span>' if said.hidden else ""
    thinking = ""
    if said.thinking:
        thinking = f"<details><summary>Thinking</summary>{_body(said.thinking)}</details>\n"
    kinds = f' class="{classes}"' if classes else ""
    return (
        f'<article id="m{said.index}"{kinds}>\n'
        f"<header>{escape(said.name)}{when}{mark}</header>\n{thinking}{_body(said.text)}</article>\n"
    )


def _body(text: str) -> str:
    return "".join(f"{_block(block)}\n" for block in parse(text))


def _block(block: Block) -> str:
    words = _styled(block.text, block.runs)
    match block.kind:
        case Kind.HEADING:
            return f"<h2>{words}</h2>"
        case Kind.RULE:
            return "<hr>"
        case Kind.FENCE:
            return f"<pre><code>{escape(block.text)}</code></pre>"
        case Kind.TABLE:
            return f"<pre>{escape(block.text)}</pre>"
        case Kind.QUOTE:
            return f"<blockquote>{words}</blockquote>"
        case Kind.ITEM:
            return f'<p class="item">{escape(block.first.strip())} {words}</p>'
        case _:
            return f"<p>{words}</p>"


def _styled(text: str, runs: Sequence[Run]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end, flags in runs:
        opened = [(before, after) for flag, before, after in TAGS if flags & flag]
        pieces.append(escape(text[at:start]))
        pieces += (before for before, _ in opened)
        pieces.append(escape(text[start:end]))
        pieces += (after for _, after in reversed(opened))
        at = end
    pieces.append(escape(text[at:]))
    return "".join(pieces)
