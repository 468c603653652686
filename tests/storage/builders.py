"""Folders and files for the storage tests."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st

from tavern_tui.storage.folders import Folders

SHARED = Path(__file__).resolve().parents[2].parent / "shared"

quickly = settings(deadline=None, max_examples=40)
"""For property tests: a busy machine is no failure, and the suite stays fast."""

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
json_objects = st.dictionaries(st.text(max_size=8), json_values, max_size=5)


def a_folder(tmp_path: Path) -> Folders:
    """Folders of a fresh machine below `tmp_path`."""
    return Folders(
        data=tmp_path / "data",
        config_file=tmp_path / "config" / "settings.toml",
        cache=tmp_path / "cache",
        state=tmp_path / "state",
    )


def a_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def a_png(*texts: tuple[str, bytes], end: bool = True) -> bytes:
    """A picture of two pixels, made by hand, with these text chunks before its end."""
    header = struct.pack(">IIBBBBB", 2, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\x10\x20\x30\x40\x50\x60")
    parts = [b"\x89PNG\r\n\x1a\n", a_chunk(b"IHDR", header), a_chunk(b"IDAT", pixels)]
    parts += [a_chunk(b"tEXt", name.encode() + b"\0" + value) for name, value in texts]
    return b"".join(parts) + (a_chunk(b"IEND", b"") if end else b"")


def card_text(card: object) -> bytes:
    """A card as it stands in a text chunk."""
    return base64.b64encode(json.dumps(card).encode())


def a_v2_card(**fields: object) -> dict[str, object]:
    data: dict[str, object] = {
        "name": "Ann",
        "description": "A miller.",
        "personality": "calm",
        "scenario": "At the mill.",
        "first_mes": "Hello.",
        "mes_example": "<START>\n{{char}}: Hm.",
        "creator_notes": "",
        "system_prompt": "",
        "post_history_instructions": "",
        "alternate_greetings": ["Hi."],
        "tags": ["mill"],
        "creator": "someone",
        "character_version": "1",
        "extensions": {"talkativeness": "0.7", "fav": False, "other": {"kept": [1, 2.50]}},
    }
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": {**data, **fields}}


def chat_lines(*lines: object) -> str:
    """Lines as SillyTavern writes them."""
    return "\n".join(
        line if isinstance(line, str) else json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        for line in lines
    )


HEADER = {
    "chat_metadata": {"integrity": "275af629", "note_interval": 1},
    "user_name": "unused",
    "character_name": "unused",
}
HELLO = {
    "name": "Ann",
    "is_user": False,
    "is_system": False,
    "mes": "Hello!",
    "send_date": "2026-11-23T06:44:05.242Z",
    "extra": {},
    "swipe_id": 0,
    "swipes": ["Hello!"],
    "swipe_info": [{"send_date": "2026-11-23T06:44:05.242Z", "extra": {}}],
}
HI = {"name": "Robin", "is_user": True, "is_system": False, "mes": "Hi.", "send_date": 1718000000000}
