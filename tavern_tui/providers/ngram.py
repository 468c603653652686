"""A small honest writer: it learns which word follows which from the text it is given. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random

START, END = "\x02", "\x03"
CONTROL = re.compile(
    r"<\|[^|>\n]{1,40}\|>|</?(?:s|bos|eos|start_of_turn|end_of_turn|think|START)>|\[/?(?:INST|SYSTEM_PROMPT)\]|"
    r"<</?SYS>>",
    re.IGNORECASE,
)
HEADING = re.compile(r"^\s*(?:#{1,6}\s.*|\*{3,}|[-_=]{3,}|\[[^\]\n]*\]|\{.*\}|<[^>]*>)\s*$")
LABEL = re.compile(r"^\s*([\w'’. -]{1,40}):\s+(?=\S)")
CUE = re.compile(r"^\s*([\w'’. -]{1,40}):\s*\Z", re.MULTILINE)
"""The name at the prompt's end, whose turn it is."""
ROLE = re.compile(r"^\s*(?:user|assistant|system|model|human)\s*$", re.IGNORECASE)
SENTENCE = re.compile(r"[^.!?…。！？]+[.!?…。！？]+[\"'”’»*)\]]*|[^.!?…。！？]+$")
ENDS = (".", "!", "?", "…", "。", "！", "？")
CLOSERS = "\"'”’»*)]"
LONGEST_SENTENCE = 32
TRIES = 12
OWN_WORDS = 3
"""How much more the speaker's own lines count."""
MAX_LEARNED = 60_000
"""Words of the end of the prompt it learns from."""


class Writer:
    """Word chains of order 3, 2 and 1, with sentence starts of their own."""

    def __init__(self, sentences: Sequence[Sequence[str]]) -> None:
        self._after_two: dict[tuple[str, str], list[str]] = {}
        self._after_one: dict[str, list[str]] = {}
        self._words: list[str] = []
        self._known = {" ".join(sentence) for sentence in sentences}
        for sentence in sentences:
            self._learn([START, *sentence, END])

    @property
    def knows_anything(self) -> bool:
        return bool(self._words)

    def _learn(self, words: list[str]) -> None:
        self._words += words[1:-1]
        for first, second in pairwise(words):
            self._after_one.setdefault(first, []).append(second)
        for first, second, third in zip(words, words[1:], words[2:], strict=False):
            self._after_two.setdefault((first, second), []).append(third)

    def sentence(self, dice: Random, said: set[str]) -> list[str]:
        """A sentence that was not said yet; where the words allow it, one that is not in the text."""
        spare: list[str] = []
        for _ in range(TRIES):
            words = self._chain(dice)
            text = " ".join(words)
            if text in said or _goes_in_circles(words):
                continue
            if len(words) >= 4 and text not in self._known:
                said.add(text)
                return _closed(words)
            spare = max(spare, words, key=len)
        said.add(" ".join(spare))
        return _closed(spare)

    def _chain(self, dice: Random) -> list[str]:
        words: list[str] = []
        before, last = "", START
        while len(words) < LONGEST_SENTENCE:
            following = self._after_two.get((before, last), [])
            # A single way on only copies; the pair's wider choice makes a new sentence of it.
            if len(set(following)) < 2 and (not following or dice.random() < 0.35):
                following = self._after_one.get(last) or self._words
            word = dice.choice(following)
            if word == END:
                break
            words.append(word)
            before, last = last, word
        return words


def _goes_in_circles(words: Sequence[str]) -> bool:
    """Whether a run of three words comes twice."""
    runs = list(zip(words, words[1:], words[2:], strict=False))
    return len(set(runs)) < len(runs)


def _closed(words: list[str]) -> list[str]:
    """The sentence with a stop at its end and with quotes and asterisks in pairs."""
    if not words:
        return words
    text = " ".join(words)
    last = words[-1]
    if not last.rstrip(CLOSERS).endswith(ENDS):
        last = last.rstrip(",;:-–—") + "."
    if (text.count("“") - text.count("”")) > 0:
        last += "”"
    for mark in ('"', "*"):
        if text.count(mark) % 2:
            last = last[:-1] if last.endswith(mark) else last + mark
    first = words[0]
    if len(words) == 1:
        return [last]
    return [first[0].upper() + first[1:], *words[1:-1], last]


def read_sentences(text: str) -> list[list[str]]:
    """The prose of a prompt: no template marks, no headings, no names before the lines."""
    cue = CUE.search(text)
    speaker = cue.group(1).strip() if cue is not None else ""
    sentences: list[list[str]] = []
    for line in CONTROL.sub("\n", text).splitlines():
        if HEADING.match(line) or ROLE.match(line):
            continue
        label = LABEL.match(line)
        prose = line[label.end() :] if label is not None else line
        # What the speaker said before is how the speaker talks.
        weight = OWN_WORDS if label is not None and label.group(1).strip() == speaker else 1
        for match in SENTENCE.finditer(prose):
            words = match.group().split()
            if 2 <= len(words) <= 80 and not words[-1].endswith(":"):
                sentences += [words] * weight
    return _the_end_of(sentences)


def _the_end_of(sentences: list[list[str]]) -> list[list[str]]:
    """The last sentences with at most MAX_LEARNED words together."""
    left = MAX_LEARNED
    for at in range(len(sentences) - 1, -1, -1):
        left -= len(sentences[at])
        if left < 0:
            return sentences[at + 1 :]
    return sentences


FALLBACK = "*looks around and says nothing yet.*"


def write(text: str, dice: Random, *, max_words: int) -> Iterator[str]:
    """A reply to `text`, word by word with the space before it. Ends by itself or at `max_words`."""
    writer = Writer(read_sentences(text))
    if not writer.knows_anything:
        yield from _spaced(FALLBACK.split(), first=True)
        return
    written = 0
    said: set[str] = set()
    for number in range(dice.randint(2, 5)):
        words = writer.sentence(dice, said)
        if not words or (number and written + len(words) > max_words):
            return
        yield from _spaced(words, first=number == 0)
        written += len(words)


def _spaced(words: Sequence[str], *, first: bool) -> Iterator[str]:
    for position, word in enumerate(words):
        yield word if first and position == 0 else f" {word}"
