"""Tokenizer files of the user's: each kind counts as its library does, and bad ones are named."""

from __future__ import annotations

import base64
import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import DataError
from tavern_tui.tokens.estimate import EstimateCounter
from tavern_tui.tokens.local import LocalCounter, find_tokenizer, open_tokenizer
from tavern_tui.tokens.openai_files import ADDRESS, ENCODINGS, cached_file
from tavern_tui.wiring import build_tavern


@pytest.fixture
def words_json(tmp_path: Path) -> Path:
    """A tokenizer.json that cuts at white space."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "mill": 1, "oak": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def test_a_tokenizer_json_counts(words_json: Path) -> None:
    count = open_tokenizer(words_json)
    assert count("mill oak mill river") == 4


def test_a_sentencepiece_model_counts(tmp_path: Path) -> None:
    from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

    text = tmp_path / "words.txt"
    text.write_text("the mill stands by the river and the oak stands by the mill\n" * 50)
    SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(tmp_path / "m"),
        vocab_size=40,
        minloglevel=2,
        hard_vocab_limit=False,
    )
    count = open_tokenizer(tmp_path / "m.model")
    assert count("the mill") == len(
        SentencePieceProcessor(model_file=str(tmp_path / "m.model")).encode("the mill")
    )


@pytest.mark.parametrize("name", ["cl100k_base", "o200k_base"])
def test_an_openai_encoding_merges_the_pairs_of_its_file(tmp_path: Path, name: str) -> None:
    ranks = [bytes([one]) for one in range(256)] + [b"mi", b"ll", b"mill", b" mill"]
    lines = [f"{base64.b64encode(token).decode()} {rank}" for rank, token in enumerate(ranks)]
    path = tmp_path / f"{name}.tiktoken"
    path.write_text("\n".join(lines))
    count = open_tokenizer(path)
    assert count("mill mill") == 2
    assert count("oak") == 3


@pytest.mark.parametrize("name", ["tokenizer.json", "x.model", "cl100k_base.tiktoken"])
def test_a_broken_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x00 nothing of the kind")
    with pytest.raises(DataError, match=name):
        open_tokenizer(tmp_path / name)


@pytest.mark.parametrize("name", ["words.txt", "other.tiktoken", "gone.json"])
def test_what_is_no_tokenizer_is_said(tmp_path: Path, name: str) -> None:
    if "gone" not in name:
        (tmp_path / name).write_text("")
    with pytest.raises(DataError, match=name):
        open_tokenizer(tmp_path / name)


def test_a_message_costs_its_words_and_the_estimates_overhead(words_json: Path) -> None:
    estimate = EstimateCounter()
    counter = LocalCounter("t", open_tokenizer(words_json), estimate)
    around = estimate.count_message("user", "mill oak") - estimate.count("mill oak")
    assert counter.count_message("user", "mill oak") == around + 2
    assert (counter.count(""), counter.count_message("user", "")) == (0, 0)
    assert counter.count("\ud800 mill") == 2, "a lone surrogate is no reason to stop"


async def test_the_connections_file_counts_the_prompt_and_is_named(folders, words_json: Path) -> None:
    folders.tokenizers.mkdir(parents=True)
    shutil.copy(words_json, folders.tokenizers / "tokenizer.json")
    tavern = build_tavern(folders, {})
    tavern.connections.save(
        Connection(name="c", provider="scripted", extra_body={"replies": ["x"]}, tokenizer="tokenizer.json")
    )
    tavern.connections.select("c")
    await tavern.start()
    await tavern.session.get_ready()
    built = tavern.session.preview("mill oak").built
    assert (built.counter, built.exact) == ("tokenizer.json", True)
    assert tavern.settings.connections[-1].tokenizer == "tokenizer.json"
    await tavern.close()


async def test_a_missing_file_is_said_once_and_estimated(folders) -> None:
    tavern = build_tavern(folders, {})
    heard: list[str] = []
    tavern.notices.listen(heard.append)
    tavern.connections.save(
        Connection(name="c", provider="scripted", extra_body={"replies": ["x"]}, tokenizer="gone.json")
    )
    tavern.connections.select("c")
    await tavern.start()
    await tavern.session.get_ready()
    await tavern.session.get_ready()
    assert tavern.session.preview("x").built.counter == "estimate"
    assert sum("gone.json" in one for one in heard) == 1
    await tavern.close()


# --- OpenAI's files


def ranks_file(path: Path) -> Path:
    path.write_text("\n".join(f"{base64.b64encode(bytes([one])).decode()} {one}" for one in range(256)))
    return path


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_the_encodings_are_those_of_the_tiktoken_package(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tiktoken_ext import openai_public

    asked: list[tuple[str, str]] = []

    def load(address: str, expected_hash: str) -> dict[bytes, int]:
        asked.append((address, expected_hash))
        return {}

    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", load)
    made = getattr(openai_public, name)()
    assert made["pat_str"] == ENCODINGS[name].pattern
    assert asked == [(ADDRESS.format(name=name), ENCODINGS[name].sha256)]


def test_an_encodings_name_means_the_users_file(tmp_path: Path) -> None:
    path = ranks_file(tmp_path / "o200k_base.tiktoken")
    assert find_tokenizer("o200k_base", tmp_path, {}) == path
    assert open_tokenizer(path, "o200k_base")("oak") == 3


def test_the_copy_that_tiktoken_keeps_is_used_if_it_is_genuine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"TIKTOKEN_CACHE_DIR": str(tmp_path)}
    copy = ranks_file(cached_file("o200k_base", environ))
    with pytest.raises(DataError, match="o200k_base has no file here"):
        find_tokenizer("o200k_base", tmp_path, environ)
    genuine = replace(ENCODINGS["o200k_base"], sha256=hashlib.sha256(copy.read_bytes()).hexdigest())
    monkeypatch.setitem(ENCODINGS, "o200k_base", genuine)
    assert find_tokenizer("o200k_base", tmp_path, environ) == copy
    assert open_tokenizer(copy, "o200k_base")("oak") == 3


@pytest.mark.parametrize("line", ["aGk= one", "!!! 5", "aGk=", "aGk= 1 2"])
def test_a_broken_line_of_an_encoding_is_named(tmp_path: Path, line: str) -> None:
    path = ranks_file(tmp_path / "o200k_base.tiktoken")
    path.write_text(path.read_text() + "\n" + line)
    with pytest.raises(DataError, match=r"o200k_base\.tiktoken, line 257"):
        open_tokenizer(path)


# --- hostile texts


@pytest.mark.parametrize("text", [" " * 1_000_000, "a" * 1_000_000, "\u0300" * 300_000])
def test_an_endless_word_is_counted_in_pieces(tmp_path: Path, text: str) -> None:
    count = open_tokenizer(ranks_file(tmp_path / "o200k_base.tiktoken"))
    counter = LocalCounter("o200k_base", count, EstimateCounter())
    assert counter.count(text) == len(text.encode())
    assert counter.exact


def test_a_tokenizer_that_gives_up_on_a_text_leaves_it_to_the_estimate() -> None:
    def refuse(text: str) -> int:
        raise ValueError(text)

    counter = LocalCounter("mine", refuse, EstimateCounter())
    assert counter.count("mill oak") == EstimateCounter().count("mill oak")
    assert (counter.exact, counter.name) == (False, "mine, partly estimate")


def test_what_a_tokenizer_json_says_of_training_lengths_is_left_aside(words_json: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(words_json))
    tokenizer.enable_truncation(2)
    tokenizer.enable_padding(length=50)
    tokenizer.save(str(words_json))
    assert open_tokenizer(words_json)("mill oak mill") == 3
