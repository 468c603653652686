"""SequenceLine: one line for a text in which line breaks count; they are written as JSON has them."""

from __future__ import annotations

import re

from textual import events

from tavern_tui.text.clean import clean_text
from tavern_tui.ui.widgets.macro_line import MacroLine

_SHOWN = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_MEANT = {shown: text for text, shown in _SHOWN.items()}
_ESCAPE = re.compile(r"\\(?:[\\ntr]|u\{([0-9a-f]{1,5})\})")


def shown_sequence(text: str) -> str:
    r"""The text on one line: `\n`, `\t` and `\r` for what is not seen, `\\` for a backslash, and
    `\u{1b}` for what a terminal would obey."""
    return "".join(_SHOWN.get(one) or _harmless(one) for one in text)


def read_sequence(shown: str) -> str:
    """What was meant; a backslash before anything else stands for itself."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else _MEANT[found[0]], shown)


def _harmless(character: str) -> str:
    return character if clean_text(character) == character else f"\\u{{{ord(character):x}}}"


class SequenceLine(MacroLine):
    """Pasted line breaks are written out, not lost."""

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(shown_sequence(event.text.replace("\r\n", "\n")))
