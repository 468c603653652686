"""A GGUF file served by a child process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tavern_tui.core.errors import ServerFailed, UsageError
from tavern_tui.providers import local
from tavern_tui.providers.local import LocalProvider
from tests.providers.asking import collect, connect, end_of, text_of, text_request


def opened(path: Path | str, **fields: Any) -> LocalProvider:
    provider = connect("local", model=str(path), **fields)
    assert isinstance(provider, LocalProvider)
    return provider


@pytest.mark.real_server
async def test_a_file_answers_counts_and_ends_with_its_provider(tiny_gguf: Path) -> None:
    provider = opened(tiny_gguf, context_size=2048)
    request = text_request(max_tokens=8, samplers={"temperature": 0.0})
    before = provider.wire(request)
    events = await collect(provider, request)
    assert text_of(events)
    end_of(events)
    assert provider.wire(request).body_bytes == before.body_bytes
    status = await provider.status()
    assert (status.ok, status.model, status.context_size) == (True, "tiny", 2048)
    assert await provider.count_tokens(["Hello there, traveller."]) == [12]
    child = provider._child
    assert child is not None
    await provider.aclose()
    assert child.returncode is not None
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


@pytest.mark.real_server
async def test_a_child_that_died_is_started_again(tiny_gguf: Path) -> None:
    provider = opened(tiny_gguf)
    await provider.status()
    child = provider._child
    assert child is not None
    child.kill()
    await child.wait()
    assert (await provider.status()).ok
    await provider.aclose()


@pytest.mark.real_server
async def test_a_broken_file_is_one_sentence(tiny_gguf: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(tiny_gguf.read_bytes()[:2000])  # noqa: ASYNC240  # a test may block
    provider = opened(broken)
    with pytest.raises(ServerFailed, match=r"could not load broken\.gguf"):
        await collect(provider, text_request())
    await provider.aclose()


async def test_what_is_no_model_is_told_before_anything_starts(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_bytes(b"hello")
    missing = tmp_path / "none.gguf"
    for path, says in ((missing, "cannot be read"), (text, "not a GGUF"), ("", "names no GGUF")):
        provider = opened(path)
        with pytest.raises(UsageError, match=says):
            await collect(provider, text_request())
        await provider.aclose()


async def test_without_llamacpp_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "m.gguf"
    model.write_bytes(b"GGUF")
    monkeypatch.setattr(local, "find_spec", lambda name: None)
    provider = opened(model)
    with pytest.raises(UsageError, match=r"pip install 'tavern-tui\[local\]'"):
        await provider.status()
    await provider.aclose()


async def test_files_of_the_folder_are_offered_as_models(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.gguf").write_bytes(b"GGUF")
    provider = opened(tmp_path / "a.gguf", options={"folder": str(tmp_path / "more")})
    assert [model.title for model in await provider.models()] == ["b.gguf", "a.gguf"]
    await provider.aclose()
    provider = opened("", options={"folder": str(tmp_path / "nowhere")})
    with pytest.raises(UsageError, match="names no GGUF"):
        await provider.models()


@pytest.mark.real_server
async def test_threads_and_layers_reach_llamacpp(tiny_gguf: Path) -> None:
    provider = opened(tiny_gguf, options={"threads": 1, "gpu_layers": 0})
    assert (await provider.status()).ok
    await provider.aclose()
