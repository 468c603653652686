"""The tokens of a reply with what else could have come, as they are kept with its message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tavern_tui.core.generation import TokenChosen


def written_tokens(tokens: Iterable[TokenChosen]) -> list[object]:
    """`[token, logprob, [[candidate, logprob], ...]]` for each token; logarithms with 4 digits."""
    return [
        [one.token, round(one.logprob, 4), [[word, round(logprob, 4)] for word, logprob in one.others]]
        for one in tokens
    ]


def read_tokens(value: object) -> list[TokenChosen]:
    """The tokens of a message's `extra["token_probabilities"]`; what cannot be read is left out."""
    found: list[TokenChosen] = []
    for entry in value if isinstance(value, list) else []:
        match entry:
            case [str(token), int() | float() as logprob, list(others)]:
                found.append(TokenChosen(token, float(logprob), tuple(_candidates(others))))
            case _:
                pass
    return found


def text_with(text: str, tokens: Sequence[TokenChosen], at: int, word: str) -> str:
    """A message's text up to the token at `at`, with `word` in its place.

    What was before the tokens (the reply was continued) stays; white space that the clean-up took
    from the reply's beginning stays away."""
    written = "".join(one.token for one in tokens).strip()
    begins = "".join(one.token for one in tokens[:at]) + word
    found = text.rfind(written) if written else -1
    if found < 0:  # the clean-up changed more than the ends
        found = 0
    return text[:found] + (begins if found else begins.lstrip())


def _candidates(others: Sequence[object]) -> Iterable[tuple[str, float]]:
    for one in others:
        match one:
            case [str(word), int() | float() as logprob]:
                yield word, float(logprob)
            case _:
                pass
