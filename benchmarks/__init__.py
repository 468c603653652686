"""Speed and memory as ratios to a baseline that is measured in the same run: `python -m benchmarks`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import process_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure and what it is held against."""

    name: str
    value: float
    baseline: float
    limit: float
    """The ratio must not be larger."""
    unit: str = "ms"
    against: str = ""
    """What the baseline is."""

    @property
    def ratio(self) -> float:
        return self.value / self.baseline if self.baseline else float("inf")

    @property
    def holds(self) -> bool:
        return self.ratio <= self.limit


def cpu_milliseconds(work: Callable[[], object], *, rounds: int = 5) -> float:
    """The least CPU time that `work` took in several rounds."""
    best = float("inf")
    for _ in range(rounds):
        before = process_time()
        work()
        best = min(best, process_time() - before)
    return best * 1000


def print_table(measures: Sequence[Measure]) -> None:
    """The figures, one line each."""
    rows = [("measure", "value", "baseline", "ratio", "limit", "", "against")]
    for one in measures:
        rows.append(
            (
                one.name,
                f"{one.value:.2f} {one.unit}",
                f"{one.baseline:.2f} {one.unit}",
                f"{one.ratio:.3f}",
                f"{one.limit:g}",
                "ok" if one.holds else "OVER",
                one.against,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
