"""What is loaded before the first frame."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BEHIND_THE_FRAME = ("httpx", "sqlite3", "yaml", "PIL", "tavern_tui.prompt", "tavern_tui.providers",
                    "tavern_tui.lore", "tavern_tui.macros", "tavern_tui.services.session", "tavern_tui.services.tavern")  # fmt: skip


def test_the_first_frame_waits_for_no_prompt_provider_or_session() -> None:
    script = (
        "import json, sys, tavern_tui.ui.app\n"
        f"print(json.dumps([name for name in {BEHIND_THE_FRAME!r} if name in sys.modules]))"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert json.loads(ran.stdout) == [], ran.stderr
