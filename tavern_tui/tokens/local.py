"""Tokenizers from files the user has: `tokenizer.json`, SentencePiece models, OpenAI's encodings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tavern_tui.core.errors import DataError
from tavern_tui.core.tokens import TokenCounter
from tavern_tui.tokens.openai_files import ADDRESS, ENCODINGS, cached_file, is_genuine, read_ranks

CountText = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class OpenTokenizer:
    """A tokenizer that was read. Called with a text, it says how many tokens that is."""

    encode: Callable[[str], Sequence[int]]
    """The ids of a text's tokens, without any that mark a start."""
    text_of: Callable[[int], str]
    """What one token stands for; half a character is U+FFFD. Raises for an id there is not."""

    def __call__(self, text: str) -> int:
        return len(self.encode(text))


ENDINGS = (".json", ".model", ".tiktoken")
"""Kinds of tokenizer files, by their ending."""
WORD_START = "\u2581"
"""SentencePiece's mark for a space."""
KEPT = 20_000
"""Counts that are remembered."""
LONGEST = 20_000
"""Characters that are counted in one go. These libraries take their time over endless words, or
give up with a page of words on the terminal; a cut costs a token at most."""


def find_tokenizer(choice: str, folder: Path | None, environ: Mapping[str, str]) -> Path:
    """The file a choice means: a path, the name of a file in `folder`, or an encoding's name, whose
    file is there or where the tiktoken package keeps it. Raises DataError if an encoding has none."""
    if choice not in ENCODINGS:
        path = Path(choice).expanduser()
        return folder / path if folder is not None and path.name == choice else path
    own = (folder or Path()) / f"{choice}.tiktoken"
    if own.is_file():
        return own
    cached = cached_file(choice, environ)
    if is_genuine(cached, choice):
        return cached
    raise DataError(
        f"The encoding {choice} has no file here, and none is fetched unasked.",
        hint=f"Put it at {own}; it can be had at {ADDRESS.format(name=choice)}.",
    )


def open_tokenizer(path: Path, encoding: str = "") -> OpenTokenizer:
    """Read a tokenizer file; `encoding` names OpenAI's, where the file's name does not. Takes a
    second for large ones: call it beside the event loop.

    Raises DataError naming the file: it is missing or broken, or its library is not installed."""
    if not path.is_file():
        raise DataError(f"There is no tokenizer file {path}.")
    opener = _openai if encoding in ENCODINGS else _OPENERS.get(path.suffix.lower())
    if opener is None:
        kinds = ", ".join(ENDINGS)
        raise DataError(f"{path.name} is no tokenizer file this program knows.", hint=f"It reads {kinds}.")
    try:
        return opener(path, encoding)
    except ImportError as error:
        raise DataError(
            f"{path.name} needs the package {error.name}, which is not installed.",
            hint='`pip install "tavern-tui[tokenizers]"` brings it.',
        ) from error
    except DataError:
        raise
    except Exception as error:  # three libraries, each with errors of its own
        raise DataError(f"{path.name} could not be read as a tokenizer.") from error


def _hugging_face(path: Path, _: str) -> OpenTokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    # A file may say that texts are cut or filled up to a length, which is about training.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return OpenTokenizer(
        encode=lambda text: tokenizer.encode(text, add_special_tokens=False).ids,
        text_of=lambda id: tokenizer.decode([id], skip_special_tokens=False),
    )


def _sentencepiece(path: Path, _: str) -> OpenTokenizer:
    from sentencepiece import SentencePieceProcessor

    processor = SentencePieceProcessor(model_file=str(path))

    def text_of(id: int) -> str:
        # Decoding a single token would take away the space it begins with.
        if processor.is_byte(id):
            byte = int(processor.id_to_piece(id)[1:-1], 16)
            return bytes([byte]).decode("utf-8", "replace")
        return str(processor.id_to_piece(id)).replace(WORD_START, " ")

    return OpenTokenizer(encode=processor.encode, text_of=text_of)


def _openai(path: Path, name: str) -> OpenTokenizer:
    from tiktoken import Encoding

    name = name or path.stem
    if name not in ENCODINGS:
        known = " or ".join(f"{one}.tiktoken" for one in ENCODINGS)
        raise DataError(f"{path.name} is not an encoding this program knows.", hint=f"Call it {known}.")
    pattern = ENCODINGS[name].pattern
    encoding = Encoding(name, pat_str=pattern, mergeable_ranks=read_ranks(path), special_tokens={})
    return OpenTokenizer(
        encode=encoding.encode_ordinary,
        text_of=lambda id: encoding.decode_single_token_bytes(id).decode("utf-8", "replace"),
    )


_OPENERS: dict[str, Callable[[Path, str], OpenTokenizer]] = {
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
        self._failed = False

    @property
    def name(self) -> str:
        return f"{self._name}, partly {self._estimate.name}" if self._failed else self._name

    @property
    def exact(self) -> bool:
        return not self._failed

    def count(self, text: str) -> int:
        if not text:
            return 0
        known = self._kept.get(text)
        if known is None:
            known = self._counted(text)
            while len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[text] = known
        return known

    def _counted(self, text: str) -> int:
        # A lone surrogate has no form these libraries take.
        speakable = text.encode("utf-8", "replace").decode("utf-8")
        pieces = (speakable[at : at + LONGEST] for at in range(0, len(speakable), LONGEST))
        try:
            return sum(map(self._count, pieces))
        except Exception:  # three libraries, each with errors of its own: none may end a send
            self._failed = True
            return self._estimate.count(text)

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
