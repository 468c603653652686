"""Takes escape sequences, control characters and other tricks out of words from outside.

A terminal obeys what it is sent, and Textual sends words on as they are. Everything that could move the
cursor, change colours, reverse the writing direction or hide text is therefore shown instead of sent.
"""

from __future__ import annotations

import re

MAX_MARKS = 8
"""Marks (accents, vowel signs, joiners) kept on one letter; living scripts need four."""
MAX_JOINS = 8
"""Emoji joined into one; the longest in use join four."""

_FORBIDDEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and newline, DEL, C1
    "\xad\u061c\u180e\u200e\u200f\u2028\u2029\u202a-\u202e\u2065-\u206f"  # direction, separators
    "\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # invisible annotations
    "\ud800-\udfff\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # lone surrogates, tags
)
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u07a6-\u07b0\u07eb-\u07f3"
    "\u0816-\u082d\u0859-\u085b\u0898-\u089f\u08ca-\u08e1\u08e3-\u0902\u093a\u093c\u0941-\u0948\u094d"
    "\u0951-\u0957\u0962\u0963\u0981\u09bc\u09c1-\u09cd\u0a01\u0a02\u0a3c-\u0a51\u0abc\u0ac1-\u0acd\u0b3c-\u0b56"
    "\u0bc0-\u0bcd\u0c00-\u0c04\u0c3e-\u0c56\u0cbc-\u0ccd\u0d00\u0d01\u0d3b-\u0d4d\u0dca-\u0dd6\u0e31"
    "\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u0f18\u0f19\u0f35\u0f37\u0f39\u0f71-\u0f84"
    "\u0f86\u0f87\u0f8d-\u0fbc\u102d-\u103a\u135d-\u135f\u1712-\u1714\u17b4-\u17d3\u180b-\u180d\u180f"
    "\u1ab0-\u1aff\u1cd0-\u1cf9\u1dc0-\u1dff\u200b-\u200d\u2060-\u2064\u20d0-\u20f0\u2de0-\u2dff"
    "\u302a-\u302f\u3099\u309a\ua66f-\ua672\ua674-\ua67d\ua8e0-\ua8f1\ufb1e\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
    "\U000101fd\U00010376-\U0001037a\U00010a01-\U00010a0f\U0001d165-\U0001d172\U0001d17b-\U0001d182"
    "\U0001d185-\U0001d18b\U0001d1aa-\U0001d1ad\U0001d242-\U0001d244\U0001da00-\U0001da6c"
    "\U0001e000-\U0001e02a\U0001e8d0-\U0001e8d6\U0001e944-\U0001e94a\U000e0100-\U000e01ef"
)
_suspicious = re.compile(f"[{_FORBIDDEN}{_MARKS}]").search
_FLAG = (
    "\U0001f3f4\U000e0067\U000e0062"
    "(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)"
    "\U000e007f"
)
_TRICKS = re.compile(
    f"(?P<flag>{_FLAG})"  # England, Scotland, Wales: the one honest use of tag characters
    r"|(?P<newline>\r\n)"
    f"|(?P<forbidden>[{_FORBIDDEN}])"
    f"|(?P<marks>[{_MARKS}]{{{MAX_MARKS + 1},}})"
    f"|(?P<joins>(?:[^\\s\u200d]\ufe0f?[\U0001f3fb-\U0001f3ff]?\u200d){{{MAX_JOINS + 1},}})"
)
_TOO_MANY = "…"
_HIDDEN = {"\xad": "", "\x7f": "␡"}
_BLANKS = re.compile(r"[\n\t]+")


def clean_text(text: str) -> str:
    """`text` with nothing in it that a terminal would obey; newlines and tabs are kept.

    Controls are shown as control pictures (`␛`), other invisible characters by number (`⟨U+202E⟩`),
    lone surrogates as `�`. Cleaning twice changes nothing more."""
    if _suspicious(text) is None:
        return text
    return _TRICKS.sub(_shown, text)


def clean_line(text: str) -> str:
    """Like `clean_text`, on one line: newlines and tabs become one space, the ends are trimmed."""
    return _BLANKS.sub(" ", clean_text(text)).strip()


def _shown(match: re.Match[str]) -> str:
    found = match.group()
    match match.lastgroup:
        case "flag":
            return found
        case "newline":
            return "\n"
        case "marks":
            return found[:MAX_MARKS] + _TOO_MANY
        case "joins":
            return found.replace("\u200d", "")
    return _picture(found)


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return _HIDDEN.get(character, f"⟨U+{code:04X}⟩")
