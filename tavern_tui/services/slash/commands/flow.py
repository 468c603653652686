"""Flow: conditions, loops, scoped variables, closures."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from tavern_tui.core.errors import UsageError
from tavern_tui.services.slash.language import Closure, parse_script
from tavern_tui.services.slash.registry import Call, Slash
from tavern_tui.services.slash.runner import Aborted, Broken, read_indexed
from tavern_tui.services.slash.values import Held, as_json, as_text, compare, is_on, needed_number

MOST_ROUNDS = 100
LONGEST_DELAY = 3_600_000.0
"""Milliseconds a script may wait at once."""


async def passed(call: Call) -> object:
    """Hand a value on."""
    return call.unnamed


async def ended(call: Call) -> object:
    raise Broken(call.unnamed)


async def aborted(call: Call) -> object:
    raise Aborted(call.unnamed, quiet=is_on(call.text("quiet"), otherwise=True))


async def run(call: Call) -> object:
    """A closure, or a variable that holds one; named arguments are the closure's."""
    closure = _closure_of(call)
    given = {name: call.text(name) for name in call.named}
    try:
        return await call.run(closure, given)
    except Broken as broken:
        return broken.value


def _closure_of(call: Call) -> Closure:
    for piece in call.pieces:
        if isinstance(piece, Closure):
            return piece
    held = call.scope.get(call.unnamed.strip())
    if isinstance(held, Closure):
        return held
    if isinstance(held, str):
        return as_closure(held)
    raise UsageError(f"{call.unnamed[:40]!r} is no closure.")


def as_closure(text: str) -> Closure:
    """The closure a text was written as; a bare command counts as one. Raises UsageError."""
    text = text.strip()
    if text.startswith("{:"):
        piece = parse_script(f"/pass {text}").commands[0].unnamed[0]
        if isinstance(piece, Closure):
            return piece
    if text.startswith("/"):
        return Closure(parse_script(text), source=f"{{: {text} :}}")
    raise UsageError(f"{text[:40]!r} is no closure.")


def operand(call: Call, *names: str) -> str | None:
    """A side of a comparison: a number, else a variable's value, else the text itself."""
    text = call.first_text(*names)
    if text is None:
        return None
    held = call.scope.get(text)
    if held is not None:
        return read_indexed(held, "")
    for variables in (call.session.variables, call.session.global_variables):
        if text in variables:
            return as_text(variables[text])
    return text


LEFT = ("left", "a", "first", "x")
RIGHT = ("right", "b", "second", "y")


def holds(call: Call) -> bool:
    return compare(operand(call, *LEFT) or "", operand(call, *RIGHT), call.text("rule"))


async def branch(call: Call) -> object:
    """Run one of two closures."""
    if holds(call):
        return await _branch(call, call.pieces[0] if call.pieces else "")
    if "else" in call.named:
        return await _branch(call, call.named["else"])
    return call.scope.pipe


async def _branch(call: Call, piece: Held) -> str:
    if isinstance(piece, str) and not piece.strip():
        return ""
    closure = piece if isinstance(piece, Closure) else as_closure(piece)
    return await call.run(closure, {})


async def loop(call: Call) -> object:
    """Run a closure while a comparison holds."""
    guarded = is_on(call.text("guard", "on"), otherwise=True)
    result = ""
    with suppress(Broken):
        for _ in range(MOST_ROUNDS if guarded else 10**9):
            if not holds(call):
                break
            result = await _branch(call, call.pieces[0] if call.pieces else "")
            await asyncio.sleep(0)
    return result


async def repeat(call: Call) -> object:
    """Run a closure so many times; {{timesIndex}} counts from 0."""
    closures = call.closures()
    first = next((piece for piece in call.pieces if isinstance(piece, str) and piece.strip()), "")
    number, _, rest = first.strip().partition(" ")
    closure = closures[0] if closures else as_closure(rest)
    times = int(needed_number(number, "/times"))
    if is_on(call.text("guard", "on"), otherwise=True):
        times = min(times, MOST_ROUNDS)
    result = ""
    with suppress(Broken):
        for index in range(times):
            result = await call.run(closure, {"timesIndex": str(index)})
            await asyncio.sleep(0)
    return result


def _name_and_value(call: Call) -> tuple[str, Held | None]:
    """`key=name value` or `name value`; None: no value was given."""
    closures = call.closures()
    if "key" in call.named:
        name = call.text("key")
        value: Held | None = closures[0] if closures else (call.unnamed if call.pieces else None)
        return name, value
    name, _, rest = call.unnamed.partition(" ")
    if closures:
        return name.strip(), closures[0]
    words = [piece for piece in call.pieces if isinstance(piece, str)]
    if len(words) > 1:
        return words[0].strip(), "".join(words[1:])
    return name.strip(), rest.strip() if rest else None


async def let(call: Call) -> object:
    """Declare a scoped variable."""
    name, value = _name_and_value(call)
    if not name:
        raise UsageError("A variable needs a name.")
    value = call.scope.pipe if value is None and "key" not in call.named and call.scope.pipe else value
    call.scope.declare(name, value if value is not None else "")
    return read_indexed(value, "") if value is not None else ""


async def var(call: Call) -> object:
    """Read or change a scoped variable."""
    name, value = _name_and_value(call)
    index = call.text("index")
    if value is None:
        if call.scope.owner(name) is None:
            raise UsageError(f'There is no variable "{name}"; /let makes one.')
        return read_indexed(call.scope.get(name), index)
    if index and isinstance(value, str):
        value = with_entry(read_indexed(call.scope.get(name), ""), index, value, call.text("as"))
    call.scope.set(name, value)
    return read_indexed(value, "")


def with_entry(text: str, index: str, value: str, kind: str = "") -> str:
    """A list or dictionary, as text, with another entry. `kind`: what the entry is (`as=`)."""
    held = as_json(text)
    entry: object = typed(value, kind)
    if isinstance(held, list):
        try:
            at = int(index)
        except ValueError:
            raise UsageError(f"A list has no entry {index!r}.") from None
        held = [*held, *[None] * max(0, at + 1 - len(held))] if at < 10_000 else held
        if not -len(held) <= at < len(held):
            raise UsageError(f"A list has no entry {index!r}.")
        held[at] = entry
    elif isinstance(held, dict):
        held[index] = entry
    elif index.lstrip("-").isdigit():
        return with_entry("[]", index, value, kind)
    else:
        held = {index: entry}
    return json.dumps(held, ensure_ascii=False)


def typed(value: str, kind: str) -> object:
    """A text as the type `as=` names."""
    match kind.lower():
        case "number" | "num" | "int" | "float":
            return needed_number(value, "as=number")
        case "bool" | "boolean":
            return is_on(value)
        case "list" | "array" | "dictionary" | "dict" | "object":
            return as_json(value)
    return value


async def serialize(call: Call) -> object:
    return _closure_of(call).source


async def deserialize(call: Call) -> object:
    return as_closure(call.unnamed).source


async def delay(call: Call) -> object:
    await asyncio.sleep(min(max(0.0, needed_number(call.unnamed, "/delay")), LONGEST_DELAY) / 1000)
    return call.scope.pipe


async def wrap(call: Call) -> object:
    return json.dumps([as_json(call.unnamed)], ensure_ascii=False)


async def unwrap(call: Call) -> object:
    held = as_json(call.unnamed)
    return held[0] if isinstance(held, list) and held else call.unnamed


async def nothing(call: Call) -> object:
    call.front.say("There is no debugger here; the script goes on.")
    return call.scope.pipe


COMMANDS = (
    Slash(name="pass", aliases=("return",), run=passed, help="Put a value into the pipe.", usage="VALUE"),
    Slash(
        name="run",
        aliases=("call", "exec"),
        run=run,
        help="Run a closure, or a variable that holds one.",
        usage="CLOSURE",
    ),
    Slash(
        name="if",
        run=branch,
        help="Run a closure if a comparison holds, else the one in else=.",
        usage="left=A right=B rule=eq|neq|in|nin|gt|gte|lt|lte|not else={: … :} {: … :}",
    ),
    Slash(
        name="while",
        run=loop,
        help="Run a closure as long as a comparison holds (100 times unless guard=off).",
        usage="left=A right=B rule=… guard=on {: … :}",
    ),
    Slash(name="times", run=repeat, help="Run a closure so many times.", usage="N {: … :}"),
    Slash(name="let", run=let, help="Make a variable of this script.", usage="NAME VALUE"),
    Slash(
        name="var",
        run=var,
        help="Read or change a variable of this script.",
        usage="[index=I] NAME [VALUE]",
    ),
    Slash(name="break", run=ended, help="Leave the loop or closure.", usage="[VALUE]"),
    Slash(name="abort", run=aborted, help="End the script.", usage="[quiet=true] [WHY]"),
    Slash(name="delay", aliases=("wait", "sleep"), run=delay, help="Wait.", usage="MILLISECONDS"),
    Slash(name="closure-serialize", run=serialize, help="A closure as text.", usage="{: … :}"),
    Slash(name="closure-deserialize", run=deserialize, help="A closure out of text.", usage="TEXT"),
    Slash(name="array-wrap", aliases=("list-wrap",), run=wrap, help="A list of one.", usage="VALUE"),
    Slash(
        name="array-unwrap",
        aliases=("list-unwrap",),
        run=unwrap,
        help="The first entry of a list.",
        usage="LIST",
    ),
    Slash(name="breakpoint", run=nothing, help="For SillyTavern's debugger; does nothing here."),
)
