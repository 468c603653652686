"""The 53-bit string hash SillyTavern keeps in its files (cyrb53)."""

from __future__ import annotations

_WORD = 0xFFFFFFFF


def cyrb53(text: str, seed: int = 0) -> int:
    """A number below 2**53 for `text`, taken over its UTF-16 units. Not for secrets."""
    first, second = 0xDEADBEEF ^ seed, 0x41C6CE57 ^ seed
    encoded = text.encode("utf-16-le", "surrogatepass")
    for low, high in zip(encoded[::2], encoded[1::2], strict=True):
        unit = low | high << 8
        first = (first ^ unit) * 2654435761 & _WORD
        second = (second ^ unit) * 1597334677 & _WORD
    first = _mixed(first, 16, 2246822507) ^ _mixed(second, 13, 3266489909)
    second = _mixed(second, 16, 2246822507) ^ _mixed(first, 13, 3266489909)
    return (second & 0x1FFFFF) << 32 | first


def _mixed(word: int, shift: int, factor: int) -> int:
    return (word ^ word >> shift) * factor & _WORD
