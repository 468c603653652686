"""Counts that are remembered, and the estimate for those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tavern_tui.tokens.cache import CachedCounter, TokenCache


class Letters:
    """A fallback that is easy to foretell: a letter is a token, a message costs four more."""

    name = "estimate"
    exact = False

    def count(self, text: str) -> int:
        return len(text)

    def count_message(self, role: str, content: str, name: str = "") -> int:
        return len(content) + len(name) + 4

    def count_loose(self, text: str) -> int:
        return len(text) + 2


def test_what_was_learned_is_exact_and_the_rest_is_estimated_and_noted() -> None:
    counter = CachedCounter("llama.cpp at h", Letters())
    assert (counter.name, counter.exact) == ("estimate", False)
    counter.learn({"hello": 2})
    assert counter.count("hello") == 2
    assert (counter.name, counter.exact) == ("llama.cpp at h", True)
    assert counter.count("world!") == 6
    assert list(counter.missing) == ["world!"]
    assert (counter.name, counter.exact) == ("llama.cpp at h, partly estimate", False)
    counter.learn({"world!": 1})
    assert not counter.missing
    assert counter.count("world!") == 1
    assert counter.exact


def test_the_empty_text_has_no_tokens_and_is_never_missing() -> None:
    counter = CachedCounter("t", Letters())
    assert counter.count("") == counter.count_loose("") == counter.count_message("user", "") == 0
    assert not counter.missing


def test_messages_and_loose_texts_keep_their_overhead() -> None:
    counter = CachedCounter("t", Letters())
    counter.learn({"hello": 1})
    assert counter.count_message("user", "hello", "Ann") == 1 + 7
    assert counter.count_loose("hello") == 1 + 2


def test_tokenisers_do_not_share_counts() -> None:
    cache = TokenCache()
    one, two = CachedCounter("one", Letters(), cache), CachedCounter("two", Letters(), cache)
    one.learn({"text": 1})
    assert (one.count("text"), two.count("text")) == (1, 4)


def test_memory_is_bounded_and_the_least_used_goes_first() -> None:
    cache = TokenCache(limit=3)
    cache.put("t", {"a": 1, "b": 2, "c": 3})
    assert cache.get("t", "a") == 1
    cache.put("t", {"d": 4})
    assert [cache.get("t", text) for text in "abcd"] == [1, None, 3, 4]


def test_counts_outlive_the_program(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "tokens.sqlite"
    first = TokenCache(path)
    first.put("t", {"hello \ud83d": 2, "negative": -1})
    first.close()
    second = TokenCache(path)
    assert second.get("t", "hello \ud83d") == 2
    assert second.get("t", "negative") is None
    assert second.get("u", "hello \ud83d") is None
    second.close()


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 4096])
def test_a_broken_file_is_made_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokens.sqlite"
    path.write_bytes(content)
    cache = TokenCache(path)
    cache.put("t", {"a": 1})
    cache.close()
    again = TokenCache(path)
    assert again.get("t", "a") == 1
    again.close()


def test_a_place_where_no_file_can_be_is_done_without(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    cache = TokenCache(blocked / "tokens.sqlite")
    cache.put("t", {"a": 1})
    assert cache.get("t", "a") == 1
    cache.close()
    (tmp_path / "folder").mkdir()
    cache = TokenCache(tmp_path / "folder")
    cache.put("t", {"a": 1})
    assert cache.get("t", "a") == 1
    cache.close()


def test_after_closing_the_memory_still_counts(tmp_path: Path) -> None:
    cache = TokenCache(tmp_path / "tokens.sqlite")
    cache.put("t", {"a": 1})
    cache.close()
    cache.put("t", {"b": 2})
    assert (cache.get("t", "a"), cache.get("t", "b")) == (1, 2)
