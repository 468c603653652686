"""Token probabilities, in each of the shapes servers write them, as `TokenChosen` events."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from tavern_tui.core.generation import TokenChosen
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_list, as_text

MAX_CANDIDATES = 32
"""Candidates kept for a token, whatever a server sends."""


def token_choices(logprobs: object, index: int = 0) -> Iterator[TokenChosen]:
    """The `logprobs` of one choice: with a list of tokens (`content`), or lists side by side.

    A server that sends both shapes means the same tokens with them."""
    shape = as_dict(logprobs)
    content = as_list(shape.get("content"))
    return listed_choices(content, index) if content else _side_by_side(shape, index)


def listed_choices(entries: Iterable[object], index: int = 0) -> Iterator[TokenChosen]:
    """One object for each token; `prob` and `top_probs` are shares instead of logarithms."""
    for entry in map(as_dict, entries):
        logprob = _logarithm(entry)
        if isinstance(entry.get("token"), str) and logprob is not None:
            others = as_list(entry.get("top_logprobs")) or as_list(entry.get("top_probs"))
            pairs = ((as_text(one.get("token")), _logarithm(one)) for one in map(as_dict, others))
            yield TokenChosen(as_text(entry["token"]), logprob, _candidates(pairs), index)


def _side_by_side(shape: dict[str, object], index: int) -> Iterator[TokenChosen]:
    """`tokens`, `token_logprobs` and `top_logprobs` (OpenAI's completions)."""
    tokens = as_list(shape.get("tokens"))
    logprobs = map(_number, as_list(shape.get("token_logprobs")))
    tops = as_list(shape.get("top_logprobs"))
    tops += [None] * (len(tokens) - len(tops))
    for token, logprob, top in zip(tokens, logprobs, tops, strict=False):
        if isinstance(token, str) and logprob is not None:
            pairs = ((word, _number(value)) for word, value in as_dict(top).items())
            yield TokenChosen(token, logprob, _candidates(pairs), index)


def _candidates(pairs: Iterable[tuple[str, float | None]]) -> tuple[tuple[str, float], ...]:
    known = [(word, logprob) for word, logprob in pairs if logprob is not None]
    return tuple(sorted(known, key=lambda pair: -pair[1])[:MAX_CANDIDATES])


def _logarithm(entry: dict[str, object]) -> float | None:
    share = _number(entry.get("prob"))
    if share is not None:
        return math.log(share) if share > 0 else None
    return _number(entry.get("logprob"))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # an integer of hundreds of digits
        return None


def id_choices(
    logprobs: object, token: str | None, text_of: Callable[[int], str] | None
) -> Iterator[TokenChosen]:
    """NovelAI's `chosen`, `before` and `after`: lists of `[[id], [logprob before, after]]`.

    `token`: the text of the chosen one, if it is known. `text_of` tells that of an id; without it the
    candidates are left out, and the chosen one too if nothing tells its text."""
    shape = as_dict(logprobs)
    chosen = [found for entry in as_list(shape.get("chosen")) if (found := _id_and_logprob(entry))]
    if not chosen:
        return
    id, logprob = chosen[0]
    text = token if token is not None else (text_of(id) if text_of is not None else None)
    if text is None:
        return
    others: tuple[tuple[str, float], ...] = ()
    if text_of is not None:
        entries = as_list(shape.get("before")) or as_list(shape.get("after"))
        known = [found for entry in entries[:MAX_CANDIDATES] if (found := _id_and_logprob(entry))]
        others = _candidates((text_of(one), value) for one, value in known)
    yield TokenChosen(text, logprob, others)


def _id_and_logprob(entry: object) -> tuple[int, float] | None:
    """The id, and the likelihood before the samplers changed it, or else after."""
    pair = as_list(entry)
    if len(pair) != 2:
        return None
    ids = pair[0] if isinstance(pair[0], list) else [pair[0]]
    values = pair[1] if isinstance(pair[1], list) else [pair[1]]
    known = [value for value in map(_number, values) if value is not None]
    id = as_int(ids[0]) if len(ids) == 1 else None
    return (id, known[0]) if id is not None and known else None
