"""`{{bias "..."}}`: words typed into a message that the reply shall begin with."""

from __future__ import annotations

import re

_BIAS = re.compile(
    r"""\{\{\s*+bias\s++(?:"((?:[^"\\]|\\.)*+)"|'((?:[^'\\]|\\.)*+)'|([^"'}\s]++))\s*+\}\}""", re.DOTALL
)
_ESCAPED_QUOTE = re.compile(r"""\\(["'])""")


def extract_bias(text: str) -> tuple[str, str]:
    """The text without its bias helpers, and their words joined by blanks (empty: there were none)."""
    if "{{" not in text:
        return text, ""
    words: list[str] = []
    for match in _BIAS.finditer(text):
        quoted = match.group(1) or match.group(2) or match.group(3) or ""
        words.append(_ESCAPED_QUOTE.sub(r"\1", quoted))
    return (_BIAS.sub("", text), " ".join(words)) if words else (text, "")
