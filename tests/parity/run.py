"""Plays recorded scenarios and compares what would be sent, byte for byte.

    python tests/parity/run.py FOLDER [--json OUT] [-k NAME]

One line per failure, then the count as the last line. Exit code 1 if anything failed."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.parity.scenario import Json, play, read_scenarios  # after the path is set

AROUND = 40
"""Characters shown before and after the first difference."""


def main(arguments: list[str] | None = None) -> int:
    """Run the scenarios named on the command line."""
    parser = argparse.ArgumentParser(description="Compare prompts with recorded ones.")
    parser.add_argument("folder", type=Path, help="folder with the scenarios")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the results here as well")
    parser.add_argument("-k", metavar="NAME", default="", help="only scenarios whose name contains this")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        print(f"There is no folder {options.folder}.", file=sys.stderr)
        return 2
    results = [_result(name, scenario) for name, scenario in read_scenarios(options.folder, options.k)]
    failed = [result for result in results if not result["passed"]]
    for result in failed:
        print(f"{result['name']} ({result['area']}): {result['difference']}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _result(name: str, scenario: Json) -> dict[str, Any]:
    started = time.perf_counter()
    difference = difference_of(scenario)
    return {
        "name": name,
        "area": scenario.get("area", ""),
        "passed": not difference,
        "difference": difference,
        "milliseconds": round((time.perf_counter() - started) * 1000, 2),
    }


def difference_of(scenario: Json) -> str:
    """The first difference between what is sent and what was recorded; empty: there is none."""
    try:
        sent = play(scenario).sent
    except Exception as error:  # one broken scenario must not hide the others
        return f"{type(error).__name__}: {error}"
    for key, expected in scenario["expected"].items():
        found = first_difference(expected, sent.get(key), key)
        if found:
            return found
    return ""


def first_difference(expected: Any, sent: Any, where: str) -> str:
    if expected == sent and type(expected) is type(sent):
        return ""
    if isinstance(expected, str) and isinstance(sent, str):
        return f"{where}: {_around(expected, sent)}"
    if isinstance(expected, list) and isinstance(sent, list):
        for number, (one, other) in enumerate(zip(expected, sent, strict=False)):
            found = first_difference(one, other, f"{where}[{number}]")
            if found:
                return found
        return f"{where}: {len(sent)} entries instead of {len(expected)}; {_rest(expected, sent)}"
    if isinstance(expected, dict) and isinstance(sent, dict):
        for key in [*expected, *(key for key in sent if key not in expected)]:
            found = first_difference(expected.get(key), sent.get(key), f"{where}.{key}")
            if found:
                return found
    return f"{where}: {_short(sent)} instead of {_short(expected)}"


def _around(expected: str, sent: str) -> str:
    pairs = zip(expected, sent, strict=False)
    at = next(
        (number for number, (one, other) in enumerate(pairs) if one != other),
        min(len(expected), len(sent)),
    )
    start = max(0, at - AROUND)
    return f"at {at}, sent {sent[start : at + AROUND]!r}, recorded {expected[start : at + AROUND]!r}"


def _rest(expected: list[Any], sent: list[Any]) -> str:
    longer = sent if len(sent) > len(expected) else expected
    word = "too much" if longer is sent else "missing"
    return f"{word}: {_short(longer[min(len(expected), len(sent))])}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 2 * AROUND else text[: 2 * AROUND] + "..."


if __name__ == "__main__":
    sys.exit(main())
