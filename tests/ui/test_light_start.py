"""What is loaded before the first frame."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BEHIND_THE_FRAME = ("httpx", "sqlite3", "yaml", "PIL", "tavern_tui.prompt", "tavern_tui.providers",
                    "tavern_tui.lore", "tavern_tui.macros", "tavern_tui.services.session", "tavern_tui.services.tavern")  # fmt: skip

WITH_THE_FIRST_REPLY = ("httpx", "PIL", "tavern_tui.services.reply", "tavern_tui.services.retrying", "tavern_tui.text.clean_reply",
                        "tavern_tui.providers.ngram", "tavern_tui.text.js_translate", "tavern_tui.services.picture_fit",
                        "tavern_tui.tokens.local")  # fmt: skip


def test_the_first_frame_waits_for_no_prompt_provider_or_session() -> None:
    script = (
        "import json, sys, tavern_tui.ui.app\n"
        f"print(json.dumps([name for name in {BEHIND_THE_FRAME!r} if name in sys.modules]))"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert json.loads(ran.stdout) == [], ran.stderr


def test_a_chat_at_rest_holds_nothing_that_only_a_reply_needs(tmp_path: Path) -> None:
    script = (
        "import asyncio, json, sys\n"
        "from pathlib import Path\n"
        "from tavern_tui.storage.folders import Folders\n"
        "from tavern_tui.wiring import build_tavern\n"
        "root = Path(sys.argv[1])\n"
        "folders = Folders(data=root / 'd', config_file=root / 's.toml', cache=root / 'c', state=root / 's')\n"
        "tavern = build_tavern(folders, {})\n"
        "asyncio.run(tavern.start(None))\n"
        "tavern.session.preview('Hello')\n"
        f"print(json.dumps([name for name in {WITH_THE_FIRST_REPLY!r} if name in sys.modules]))"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert json.loads(ran.stdout or "null") == [], ran.stderr
