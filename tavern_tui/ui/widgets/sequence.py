r"""SequenceLine: one line for a text in which line breaks count; they are written \n."""

from __future__ import annotations

import re

from textual import events

from tavern_tui.ui.widgets.completion import MacroLine

_SHOWN = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_MEANT = {shown: text for text, shown in _SHOWN.items()}
_ESCAPE = re.compile(r"\\[\\ntr]")


def shown_sequence(text: str) -> str:
    r"""The text on one line: `\n`, `\t` and `\r` for what is not seen, `\\` for a backslash."""
    return "".join(_SHOWN.get(one, one) for one in text)


def read_sequence(shown: str) -> str:
    """What was meant; a backslash before anything else stands for itself."""
    return _ESCAPE.sub(lambda found: _MEANT[found[0]], shown)


class SequenceLine(MacroLine):
    """Pasted line breaks are written out, not lost."""

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(shown_sequence(event.text.replace("\r\n", "\n")))
