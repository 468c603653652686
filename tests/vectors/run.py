"""Runs recorded vectors through the product and compares what comes out.

    python tests/vectors/run.py FOLDER [--json OUT] [-k NAME] [-v]

One line per failure, then how many known faults of SillyTavern were done right, then the count as
the last line; with -v also a count per file, and per chat service. Exit code 1 if anything failed."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.parity.run import first_difference  # after the path is set
from tests.vectors.kinds import KINDS, Case


def main(arguments: list[str] | None = None) -> int:
    """Run the vectors named on the command line."""
    parser = argparse.ArgumentParser(description="Compare conversions with recorded ones.")
    parser.add_argument("folder", type=Path, help="folder with the vector files")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the results here as well")
    parser.add_argument(
        "-k", metavar="NAME", default="", help="only files or vectors whose name contains this"
    )
    parser.add_argument("-v", action="store_true", help="count per file, and per chat service")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        print(f"There is no folder {options.folder}.", file=sys.stderr)
        return 2
    results = [
        result for path in sorted(options.folder.glob("*.json")) for result in run_file(path, options.k)
    ]
    failed = [result for result in results if result["difference"]]
    for result in failed:
        print(f"{result['file']} {result['name']}: {result['difference']}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if options.v:
        _print_groups(results)
    right = sum(result["fault"] and not result["difference"] for result in results)
    if right:
        print(f"{right} recorded faults of SillyTavern done right")
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _print_groups(results: list[dict[str, Any]]) -> None:
    """A line per file; whole requests are counted by the service they go to."""
    passed: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for result in results:
        service = result["name"].partition(" ")[0] if result["file"] == "wire-requests" else ""
        group = f"{result['file']} {service}".strip()
        every[group] += 1
        passed[group] += result["passed"]
    for group, count in every.items():
        print(f"{group}: {passed[group]} of {count}")


def run_file(path: Path, name: str = "") -> Iterator[dict[str, Any]]:
    """The result of each vector of a file."""
    kind = KINDS.get(path.stem)
    if kind is None:
        yield _result(path.stem, "", f"no runner for {path.name} yet", fault=False)
        return
    for case in kind(json.loads(path.read_text("utf-8"))):
        if name in path.stem or name in case.name:
            yield _result(path.stem, case.name, difference_of(case), fault=case.fault)


def difference_of(case: Case) -> str:
    """The first difference between the product's answer and the expected one; empty: there is none."""
    try:
        answer = case.run()
    except Exception as error:  # one broken vector must not hide the others
        return f"{type(error).__name__}: {error}"
    return first_difference(case.expected, answer, "output")


def _result(file: str, name: str, difference: str, *, fault: bool) -> dict[str, Any]:
    return {"file": file, "name": name, "passed": not difference, "difference": difference, "fault": fault}


if __name__ == "__main__":
    sys.exit(main())
