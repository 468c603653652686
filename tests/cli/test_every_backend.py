"""`tavern-tui send --provider ID --url ...` gets a reply from every backend there is a fake of."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from tavern_tui.cli import main
from tests.providers.fakes.known import all_fakes
from tests.providers.fakes.server import FakeServer
from tests.providers.fakes.strict import REPLY, StrictFake

FAKES = all_fakes()


@contextlib.contextmanager
def served(fake: StrictFake) -> Iterator[str]:
    """The fake's address; it runs on a thread of its own, as a server does."""
    import asyncio

    ready, done = Event(), Event()
    address: list[str] = []

    async def serve() -> None:
        async with FakeServer(fake) as server:
            address.append(server.url)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield address[0]
    finally:
        done.set()
        thread.join(10)


def run(folder: Path, *words: str) -> tuple[int, str]:
    out = io.StringIO()
    places = ["--data", str(folder / "data"), "--config", str(folder / "settings.toml")]
    with contextlib.redirect_stdout(out):
        code = main([*places, *words])
    return code, out.getvalue()


@pytest.mark.parametrize("id", sorted(FAKES))
def test_send_works(
    id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FAKES[id](key="key-of-the-tour")
    monkeypatch.setenv("TOUR_KEY", "key-of-the-tour")
    monkeypatch.setattr("tavern_tui.providers.horde.POLL_SECONDS", 0.0)
    with served(fake) as url:
        words = ["send", "Hello", "--provider", id, "--url", url, "--key-env", "TOUR_KEY"]
        words += [word for name, value in fake.options.items() for word in ("--option", f"{name}={value}")]
        code, said = run(tmp_path, *words, "--no-save")
    assert code == 0, capsys.readouterr().err
    assert said.split() == "".join(REPLY).split()
    assert sys.stdout is not None
