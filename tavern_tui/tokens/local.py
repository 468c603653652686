"""Tokenizers from files the user has: `tokenizer.json`, SentencePiece models, OpenAI's encodings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tavern_tui.core.errors import DataError
from tavern_tui.core.tokens import TokenCounter

CountText = Callable[[str], int]

ENDINGS = (".json", ".model", ".tiktoken")
"""Kinds of tokenizer files, by their ending."""
KEPT = 20_000
"""Counts that are remembered."""

_CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)
_O200K = "|".join(
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)
PATTERNS = {"cl100k_base": _CL100K, "o200k_base": _O200K}
"""How OpenAI's encodings cut a text before the pairs are merged, by the file's name (tiktoken)."""


def open_tokenizer(path: Path) -> CountText:
    """Read a tokenizer file. Takes a second for large ones: call it beside the event loop.

    Raises DataError naming the file: it is missing or broken, or its library is not installed."""
    if not path.is_file():
        raise DataError(f"There is no tokenizer file {path}.")
    opener = _OPENERS.get(path.suffix.lower())
    if opener is None:
        kinds = ", ".join(ENDINGS)
        raise DataError(f"{path.name} is no tokenizer file this program knows.", hint=f"It reads {kinds}.")
    try:
        return opener(path)
    except ImportError as error:
        raise DataError(
            f"{path.name} needs the package {error.name}, which is not installed.",
            hint='`pip install "tavern-tui[tokenizers]"` brings it.',
        ) from error
    except DataError:
        raise
    except Exception as error:  # three libraries, each with errors of its own
        raise DataError(f"{path.name} could not be read as a tokenizer.") from error


def _hugging_face(path: Path) -> CountText:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def _sentencepiece(path: Path) -> CountText:
    from sentencepiece import SentencePieceProcessor

    processor = SentencePieceProcessor(model_file=str(path))
    return lambda text: len(processor.encode(text))


def _openai(path: Path) -> CountText:
    from tiktoken import Encoding
    from tiktoken.load import load_tiktoken_bpe

    pattern = PATTERNS.get(path.stem)
    if pattern is None:
        known = " or ".join(f"{name}.tiktoken" for name in PATTERNS)
        raise DataError(f"{path.name} is not an encoding this program knows.", hint=f"Call it {known}.")
    encoding = Encoding(
        path.stem, pat_str=pattern, mergeable_ranks=load_tiktoken_bpe(str(path)), special_tokens={}
    )
    return lambda text: len(encoding.encode_ordinary(text))


_OPENERS: dict[str, Callable[[Path], CountText]] = {
    ".json": _hugging_face,
    ".model": _sentencepiece,
    ".tiktoken": _openai,
}


class LocalCounter:
    """Counts with a tokenizer of the user's; a message's overhead is the estimate's. Implements
    `core.tokens.TokenCounter`."""

    def __init__(self, name: str, count: CountText, estimate: TokenCounter) -> None:
        self._name = name
        self._count = count
        self._estimate = estimate
        self._kept: dict[str, int] = {}

    @property
    def name(self) -> str:
        return self._name

    @property
    def exact(self) -> bool:
        return True

    def count(self, text: str) -> int:
        if not text:
            return 0
        known = self._kept.get(text)
        if known is None:
            # A lone surrogate has no form these libraries take.
            known = self._count(text.encode("utf-8", "replace").decode("utf-8"))
            while len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[text] = known
        return known

    def count_message(self, role: str, content: str, name: str = "") -> int:
        if not content:
            return 0
        around = self._estimate.count_message(role, content, name) - self._estimate.count(content)
        return max(0, around) + self.count(content)

    def count_loose(self, text: str) -> int:
        if not text:
            return 0
        around = self._estimate.count_loose(text) - self._estimate.count(text)
        return max(0, around) + self.count(text)
