"""Tokenizer files are fetched when they are asked for by name, whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tavern_tui.cli import main
from tavern_tui.core.errors import BadAnswer, ConnectionFailed, NotFound, ProviderError, UsageError
from tavern_tui.providers.catalogue.novelai_lists import MODELS
from tavern_tui.providers.download import download
from tavern_tui.services import tokenizer_files
from tavern_tui.services.tokenizer_files import fetch_tokenizer, offered
from tavern_tui.tokens.published import PUBLISHED
from tests.providers.fakes.server import Answer, FakeServer, Handler, Seen, nobody


@pytest.fixture
def model_file(tmp_path: Path) -> bytes:
    from sentencepiece import SentencePieceTrainer

    text = tmp_path / "words.txt"
    text.write_text("the mill stands by the river and the oak stands by the mill\n" * 50)
    SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(tmp_path / "m"),
        vocab_size=40,
        minloglevel=2,
        hard_vocab_limit=False,
    )
    return (tmp_path / "m.model").read_bytes()


def giving(data: bytes, status: int = 200) -> Handler:
    async def handle(seen: Seen, answer: Answer) -> None:
        await answer.send(status, data, kind="application/octet-stream")

    return handle


def put(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Have nerdstash-v2 lie at an address of the test's."""
    there = replace(PUBLISHED["nerdstash-v2"], address=url, most_bytes=2**20)
    monkeypatch.setattr(tokenizer_files, "PUBLISHED", {"nerdstash-v2": there})


async def test_a_tokenizer_that_was_asked_for_is_kept_and_can_be_used(
    tmp_path: Path, model_file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sends_on(seen: Seen, answer: Answer) -> None:
        if seen.path == "/here":
            await answer.send(302, b"", location="/there")
        else:
            await giving(model_file)(seen, answer)

    async with FakeServer(sends_on) as server:
        put(monkeypatch, f"{server.url}/here")
        path, trouble = await fetch_tokenizer("nerdstash-v2", tmp_path / "tokenizers")
    assert (path.name, trouble) == ("nerdstash-v2.model", "")
    assert path.read_bytes() == model_file
    assert [has for _, has in offered(tmp_path / "tokenizers")] == [True]
    assert "authorization" not in server.requests[0].headers


async def test_a_file_that_is_no_tokenizer_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeServer(giving(b"version https://git-lfs")) as server:
        put(monkeypatch, server.url)
        _, trouble = await fetch_tokenizer("nerdstash-v2", tmp_path)
    assert "could not be read as a tokenizer" in trouble


@pytest.mark.parametrize(
    ("data", "status", "error"),
    [
        (b"<!doctype html><title>Sign in</title>", 200, BadAnswer),
        (b"x" * 2_000_000, 200, BadAnswer),
        (b"gone", 404, NotFound),
    ],
)
async def test_what_is_not_the_file_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, status: int, error: type[ProviderError]
) -> None:
    async with FakeServer(giving(data, status)) as server:
        put(monkeypatch, server.url)
        with pytest.raises(error, match=r"127\.0\.0\.1"):
            await fetch_tokenizer("nerdstash-v2", tmp_path)
    assert not any(has for _, has in offered(tmp_path))


@pytest.mark.parametrize("location", ["http://example.org/file", "/again", "http://[", "ftp://h/x"])
async def test_where_it_must_not_lead_a_download_does_not_go(location: str) -> None:
    async def sends_on(seen: Seen, answer: Answer) -> None:
        await answer.send(302, b"", location=location)

    async with FakeServer(sends_on) as server:
        with pytest.raises(ProviderError):
            await download(server.url, most_bytes=1000)


async def test_nobody_there_is_one_sentence() -> None:
    with nobody() as port, pytest.raises(ConnectionFailed, match="nothing listens"):
        await download(f"http://127.0.0.1:{port}", most_bytes=1000)


async def test_a_name_there_is_not_is_said_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        await fetch_tokenizer("nope", tmp_path)
    assert "nerdstash-v1, nerdstash-v2" in caught.value.hint


def test_the_command_lists_what_there_is_and_fetches_nothing_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--data", str(tmp_path / "data"), "--config", str(tmp_path / "s.toml")]
    assert main([*places, "tokenizer"]) == 0
    assert "nerdstash-v2" in capsys.readouterr().out
    assert not (tmp_path / "data" / "tokenizers").exists()
    assert main([*places, "tokenizer", "nope"]) == 2


def test_every_tokenizer_a_model_is_said_to_have_can_be_fetched() -> None:
    assert {one.fetched_as for one in MODELS.values()} - {""} == set(PUBLISHED)
    assert all(one.address.startswith("https://") for one in PUBLISHED.values())
