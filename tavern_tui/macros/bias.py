"""`{{bias "..."}}`: words typed into a message that the reply shall begin with."""

from __future__ import annotations

import re

_BIAS = re.compile(r"""\{\{\s*bias\s+(?:"([^"]*)"|'([^']*)'|([^"'}\s]+))\s*\}\}""")


def extract_bias(text: str) -> tuple[str, str]:
    """The text without its bias helpers, and their words joined by blanks (empty: there were none)."""
    if "{{" not in text:
        return text, ""
    found = [match.group(1) or match.group(2) or match.group(3) or "" for match in _BIAS.finditer(text)]
    if not found:
        return text, ""
    return _BIAS.sub("", text), " ".join(found)
