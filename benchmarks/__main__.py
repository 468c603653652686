"""`python -m benchmarks [NAME...]`: every module of this folder that has a `run`, or the named ones."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks
from benchmarks import Measure, print_table


def main(names: list[str]) -> int:
    """Print the table; 1 if a limit does not hold."""
    known = [one.name for one in pkgutil.iter_modules(benchmarks.__path__)]
    measures: list[Measure] = []
    for name in names or known:
        run = (
            getattr(importlib.import_module(f"benchmarks.{name}"), "run", None)
            if name != "__main__"
            else None
        )
        if run is not None:
            measures += run()
    print_table(measures)
    return 0 if all(one.holds for one in measures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
