"""What fits into a text prompt: injections first, then the newest messages, then examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tavern_tui.core.tokens import TokenCounter


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What competes for the room. Lines are numbered from the newest, 0, and made on demand."""

    fixed: str
    """Everything that is sent in any case."""
    lines: int
    line: Callable[[int], str]
    injected: Sequence[int]
    """Numbers of the lines that are injections, ascending."""
    examples: Sequence[str]
    """Example pieces that may be cut; pinned ones belong to `fixed`."""
    is_user: Callable[[int], bool]
    alignment: str
    """A user message to put in front of a history that does not begin with one, or empty."""


@dataclass(slots=True, kw_only=True)
class Fitted:
    """What was kept."""

    lines: list[int] = field(default_factory=list)
    """Numbers of the kept lines, oldest first."""
    examples: int = 0
    """How many example pieces, from the first."""
    aligned: bool = False
    """The alignment message is sent."""
    tokens: int = 0
    """Of the whole prompt, as far as it was counted."""


def fit(candidates: Candidates, counter: TokenCounter, room: int, padding: int) -> Fitted:
    """Choose what is sent so that it stays below `room` tokens, `padding` kept free."""
    total = _count(counter, candidates.fixed) + padding
    injected = set(candidates.injected)
    messages = (number for number in range(candidates.lines) if number not in injected)
    kept: list[int] = []
    for numbers in (candidates.injected, messages):
        for number in numbers:
            tokens = _count(counter, candidates.line(number))
            if total + tokens >= room:
                break
            total += tokens
            kept.append(number)
    fitted = Fitted(lines=sorted(kept, reverse=True), tokens=total)
    begins_with_user = bool(fitted.lines) and candidates.is_user(fitted.lines[0])
    fitted.aligned = bool(candidates.alignment) and not begins_with_user
    if fitted.aligned:  # its room was set aside already; sent, it is counted once more
        fitted.tokens += _count(counter, candidates.alignment)
    _fit_examples(fitted, candidates, counter, room, padding)
    return fitted


def _fit_examples(
    fitted: Fitted, candidates: Candidates, counter: TokenCounter, room: int, padding: int
) -> None:
    """Give the examples what is left. Counted in one piece the prompt is a little shorter than
    line by line, so it is counted again when that could let one more example in."""
    if not candidates.examples:
        return
    sizes = [_count(counter, piece) for piece in candidates.examples]
    if fitted.tokens + sum(sizes) >= room:
        history = "".join(candidates.line(number) for number in fitted.lines)
        whole = candidates.fixed + (candidates.alignment if fitted.aligned else "") + history
        fitted.tokens = _count(counter, whole) + padding
    for size in sizes:
        if fitted.tokens + size >= room:
            break
        fitted.tokens += size
        fitted.examples += 1


def shrink(
    fitted: Fitted,
    assemble: Callable[[Fitted], str],
    counter: TokenCounter,
    room: int,
    padding: int,
) -> None:
    """Make room for what a continued reply adds when everything is put together: drop examples
    from the last, then the oldest lines, until the whole fits."""
    while fitted.lines or fitted.examples:
        fitted.tokens = counter.count(assemble(fitted)) + padding
        if fitted.tokens <= room:
            return
        if fitted.examples:
            fitted.examples -= 1
        else:
            fitted.lines.pop(0)


def _count(counter: TokenCounter, text: str) -> int:
    return counter.count(text.replace("\r", ""))
