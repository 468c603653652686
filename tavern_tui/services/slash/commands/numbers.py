"""Mathematics."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from functools import reduce

from tavern_tui.core.errors import UsageError
from tavern_tui.services.slash.registry import Call, Run, Slash
from tavern_tui.services.slash.runner import read_indexed
from tavern_tui.services.slash.values import as_json, as_number, as_text, written


def _numbers(call: Call) -> list[float]:
    """The numbers behind the name: written out, in variables, or a list."""
    text = call.unnamed.strip()
    items = as_json(text)
    words = [as_text(one) for one in items] if isinstance(items, list) else text.split()
    return [_number(call, word) for word in words]


def _number(call: Call, word: str) -> float:
    number = as_number(word)
    if number is not None:
        return number
    held = call.scope.get(word)
    text = read_indexed(held, "") if held is not None else None
    for variables in (call.session.variables, call.session.global_variables):
        text = as_text(variables[word]) if text is None and word in variables else text
    number = as_number(text) if text is not None else None
    if number is None:
        raise UsageError(f"{word[:40]!r} is no number.")
    return number


def of_all(name: str, work: Callable[[float, float], float], help: str) -> Slash:
    async def run(call: Call) -> object:
        numbers = _numbers(call)
        return finite(lambda: reduce(work, numbers)) if numbers else "0"

    return Slash(name=name, run=run, help=help, usage="A B …")


def of_two(name: str, work: Callable[[float, float], float], help: str) -> Slash:
    async def run(call: Call) -> object:
        numbers = _numbers(call)
        if len(numbers) != 2:
            raise UsageError("This takes two numbers.")
        return finite(lambda: work(*numbers))

    return Slash(name=name, run=run, help=help, usage="A B")


def of_one(name: str, work: Callable[[float], float], help: str) -> Slash:
    async def run(call: Call) -> object:
        numbers = _numbers(call)
        if len(numbers) != 1:
            raise UsageError("This takes one number.")
        return finite(lambda: work(numbers[0]))

    return Slash(name=name, run=run, help=help, usage="A")


def finite(work: Callable[[], float]) -> str:
    """The result as text. Raises UsageError where there is none."""
    try:
        result = work()
        if isinstance(result, complex) or not math.isfinite(result):
            raise UsageError("This has no result.")
    except OverflowError as error:
        raise UsageError("This has no result: it is too large.") from error
    except (ValueError, ArithmeticError) as error:
        raise UsageError(f"This has no result: {error}.") from error
    return written(result)


async def dice(call: Call) -> object:
    """A number in a range."""
    words = call.unnamed.split()
    low = float(call.text("from") or (words[0] if len(words) == 2 else "0"))
    high = float(call.text("to") or (words[-1] if words else "1"))
    number = random.uniform(low, high)
    match call.text("round").lower():
        case "round":
            return written(round(number))
        case "ceil":
            return written(math.ceil(number))
        case "floor":
            return written(math.floor(number))
    return written(number)


def _guarded(run: Run) -> Run:
    async def guarded(call: Call) -> object:
        try:
            return await run(call)
        except ValueError as error:
            raise UsageError(f"This takes numbers: {error}.") from error

    return guarded


async def length(call: Call) -> object:
    items = as_json(call.unnamed)
    return str(len(items) if isinstance(items, list | dict) else len(call.unnamed))


async def sort(call: Call) -> object:
    items = as_json(call.unnamed)
    if isinstance(items, dict):
        by_key = call.text("keysort", "true") != "false"
        pairs = sorted(items.items(), key=lambda pair: pair[0] if by_key else as_text(pair[1]))
        return json.dumps([key for key, _ in pairs], ensure_ascii=False)
    if isinstance(items, list):
        if all(isinstance(one, int | float) for one in items):
            return json.dumps(sorted(items), ensure_ascii=False)
        return json.dumps(sorted(items, key=as_text), ensure_ascii=False)
    return call.unnamed


COMMANDS = (
    of_all("add", lambda a, b: a + b, "The sum."),
    of_all("sub", lambda a, b: a - b, "The difference."),
    of_all("mul", lambda a, b: a * b, "The product."),
    of_two("div", lambda a, b: a / b, "The quotient."),
    of_two("mod", math.fmod, "The remainder."),
    of_two("pow", lambda a, b: float(a**b) if abs(b) < 1e4 else math.inf, "A power."),
    of_all("max", max, "The largest."),
    of_all("min", min, "The smallest."),
    of_one("sin", math.sin, "The sine."),
    of_one("cos", math.cos, "The cosine."),
    of_one("log", math.log, "The natural logarithm."),
    of_one("abs", abs, "Without its sign."),
    of_one("sqrt", math.sqrt, "The square root."),
    of_one("round", round, "The nearest whole number."),
    Slash(
        name="rand",
        run=_guarded(dice),
        help="A random number.",
        usage="[from=0] [to=1] [round=round|ceil|floor]",
    ),
    Slash(name="len", aliases=("length",), run=length, help="How long a text or list is.", usage="VALUE"),
    Slash(name="sort", run=sort, help="A list in order.", usage="LIST"),
)
