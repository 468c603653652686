"""Chance: drawn from the dice that are passed in; `pick` from the chat itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from tavern_tui.core.hashing import cyrb53
from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.registry import Call, NotNow, macro

Words = tuple[str, ...]
MOST_DICE = 1000
"""Dice one macro may roll."""

_ROLL = re.compile(r"([1-9][0-9]{0,8})?d([1-9][0-9]{0,8})([+-][0-9]{1,9})?", re.IGNORECASE)
_ARC4_WORK = 200
"""What seeding the generator costs, in characters written."""


def options_of(words: Words) -> tuple[str, ...]:
    """The choices of a list: several arguments, or one divided by `::` or commas (`\\,` is one)."""
    if len(words) != 1:
        return words
    if "::" in words[0]:
        return tuple(piece.strip() for piece in words[0].split("::"))
    pieces = words[0].replace("\\,", "\0").split(",")
    return tuple(piece.strip().replace("\0", ",") for piece in pieces)


@macro(
    "random",
    "One of its arguments, drawn anew each time.",
    takes=(1, None),
    example="{{random::red::green::blue}}",
)
def random_choice(context: MacroContext, call: Call, words: Words) -> str:
    return context.rng.choice(options_of(words))


@macro(
    "pick",
    "One of its arguments, always the same at this place of this chat.",
    takes=(1, None),
    example="{{pick::red::green::blue}}",
)
def pick(context: MacroContext, call: Call, words: Words) -> str:
    seed = _place_seed(context, call)
    if context.pick_reroll_seed:
        seed = f"{seed}-{context.pick_reroll_seed}"
    call.text.spend(_ARC4_WORK)
    return _picked(words, str(cyrb53(seed)))


def pick_as_legacy(context: MacroContext, call: Call, words: Words) -> str:
    """What the old engine picks: it seeds with the number itself and knows no reroll."""
    call.text.spend(_ARC4_WORK)
    return _picked(words, f"{cyrb53(_place_seed(context, call))}\0")


def _place_seed(context: MacroContext, call: Call) -> str:
    chat = context.chat_id_hash if context.chat_id_hash is not None else cyrb53(context.chat_name)
    return f"{chat}-{call.text.hash()}-{call.offset}"


def _picked(words: Words, seed: str) -> str:
    options = options_of(words)
    return options[int(arc4_fraction(seed) * len(options))]


@macro("roll", "Rolls dice: 2d6+1, or 20 for 1d20.", takes=1, example="{{roll::2d6}}")
def roll(context: MacroContext, call: Call, words: Words) -> str:
    formula = words[0].strip()
    match = _ROLL.fullmatch(f"1d{formula}" if formula.isdecimal() else formula)
    if match is None:
        return ""
    count, sides, plus = int(match.group(1) or 1), int(match.group(2)), int(match.group(3) or 0)
    if count > MOST_DICE:
        raise NotNow(f"it rolls no more than {MOST_DICE} dice")
    call.text.spend(count)
    return str(sum(context.rng.randint(1, sides) for _ in range(count)) + plus)


@lru_cache(maxsize=1024)
def arc4_fraction(seed: str) -> float:
    """The first number in [0, 1) of the seedrandom library's default generator for this seed."""
    generator = _Arc4(_mixed_key(seed))
    numerator, denominator, extra = generator.take(6), 256**6, 0
    while numerator < 2**52:
        numerator = (numerator + extra) * 256
        denominator *= 256
        extra = generator.take(1)
    scale = float(numerator)
    below = float(denominator)
    while scale >= 2**53:
        scale, below, extra = scale / 2, below / 2, extra >> 1
    return (scale + extra) / below


def _mixed_key(seed: str) -> Sequence[int]:
    key: list[int] = []
    smear = 0
    units = seed.encode("utf-16-le", "surrogatepass")
    for at in range(0, len(units), 2):
        unit = units[at] | units[at + 1] << 8
        place = (at // 2) & 255
        old = key[place] if place < len(key) else 0
        smear ^= old * 19
        value = (smear + unit) & 255
        if place < len(key):
            key[place] = value
        else:
            key.append(value)
    return key or [0]


class _Arc4:
    """The RC4 stream, its first 256 bytes thrown away."""

    def __init__(self, key: Sequence[int]) -> None:
        state = list(range(256))
        j = 0
        for i in range(256):
            j = (j + key[i % len(key)] + state[i]) & 255
            state[i], state[j] = state[j], state[i]
        self._state, self._i, self._j = state, 0, 0
        self.take(256)

    def take(self, count: int) -> int:
        """The next `count` bytes as one number."""
        number, state = 0, self._state
        for _ in range(count):
            self._i = (self._i + 1) & 255
            moved = state[self._i]
            self._j = (self._j + moved) & 255
            state[self._i], state[self._j] = state[self._j], moved
            number = number * 256 + state[(state[self._i] + moved) & 255]
        return number
