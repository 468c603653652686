"""Variables of the chat (`.x`) and of the program (`$x`)."""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import ge, gt, le, lt

from tavern_tui.macros.builtin.values import container, is_true, number_of, shown, shown_number, to_json
from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.nodes import Variable
from tavern_tui.macros.registry import Call, NotNow, Substitution, macro

Words = tuple[str, ...]
LONGEST = 1_000_000
"""Characters a variable may grow to."""
MOST_ITEMS = 10_000
"""Items a list variable may have."""

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le}


def _store(context: MacroContext, everywhere: bool) -> dict[str, object]:
    return context.variables.everywhere if everywhere else context.variables.chat


def _note_change(context: MacroContext, everywhere: bool) -> None:
    context.variables.everywhere_changed |= everywhere
    context.variables.chat_changed |= not everywhere


def _set(context: MacroContext, name: str, value: object, everywhere: bool) -> None:
    if isinstance(value, str) and len(value) > LONGEST:
        raise NotNow(f'the variable "{name[:80]}" would grow beyond {LONGEST:,} characters')
    _store(context, everywhere)[name] = value
    _note_change(context, everywhere)


def read_variable(context: MacroContext, name: str, *, everywhere: bool) -> str:
    """The variable's text; empty if it does not exist or cannot be shown."""
    try:
        return shown(_store(context, everywhere).get(name))
    except NotNow:
        return ""


def _add(context: MacroContext, text: Substitution, name: str, more: object, everywhere: bool) -> str:
    """Add to a variable: push onto a list, sum numbers, else join texts."""
    store = _store(context, everywhere)
    held = store.get(name, 0)
    listed = container(held)
    if isinstance(listed, list):
        return _push(context, text, name, [*listed, more], everywhere)
    ours, theirs = number_of(held), number_of(more)
    if ours is not None and theirs is not None:
        return _set_number(context, name, ours + theirs, everywhere)
    joined = (shown(held) if name in store else "") + shown(more)
    text.spend(len(joined))
    _set(context, name, joined, everywhere)
    return joined


def _push(context: MacroContext, text: Substitution, name: str, items: list[object], everywhere: bool) -> str:
    if len(items) > MOST_ITEMS:
        raise NotNow(f'the list "{name[:80]}" would have more than {MOST_ITEMS:,} items')
    grown = to_json(items)
    text.spend(len(grown))
    _set(context, name, grown, everywhere)
    return grown


def _set_number(context: MacroContext, name: str, total: float, everywhere: bool) -> str:
    if not math.isfinite(total):  # JSON, which variables are kept in, has no word for it
        raise NotNow("the number would be too large")
    is_exact = total.is_integer() and abs(total) < 2**53
    _set(context, name, int(total) if is_exact else total, everywhere)
    return shown_number(total)


def apply_operator(
    context: MacroContext, text: Substitution, node: Variable, value: Callable[[], str]
) -> str:
    """What a short form such as `.x += 1` prints, its effect done. `value` is asked only if needed.

    Raises NotNow."""
    name, everywhere, operator = node.name, node.everywhere, node.operator
    held = _store(context, everywhere).get(name)
    match operator:
        case "":
            return shown(held)
        case "=":
            _set(context, name, value(), everywhere)
            return ""
        case "++" | "--":
            return _add(context, text, name, 1 if operator == "++" else -1, everywhere)
        case "+=":
            _add(context, text, name, value(), everywhere)
            return ""
        case "-=":
            return _subtract(context, name, value(), everywhere)
        case "||" | "||=" | "??" | "??=":
            return _or_default(context, node, held, value)
        case "==" | "!=":
            return _word((shown(held) == value()) == (operator == "=="))
        case _:
            return _word(_compare(held, value(), operator))


def _subtract(context: MacroContext, name: str, amount: str, everywhere: bool) -> str:
    held, less = number_of(_store(context, everywhere).get(name, 0)), number_of(amount)
    if held is None or less is None:
        raise NotNow("only numbers can be subtracted")
    _set_number(context, name, held - less, everywhere)
    return ""


def _or_default(context: MacroContext, node: Variable, held: object, value: Callable[[], str]) -> str:
    """`||` asks for a true value, `??` only for one; with `=` the default is kept."""
    if node.operator.startswith("??"):
        has_value = node.name in _store(context, node.everywhere)
    else:
        has_value = is_true(shown(held))
    if has_value:
        return shown(held)
    given = value()
    if node.operator.endswith("="):
        _set(context, node.name, given, node.everywhere)
    return given


def _compare(held: object, text: str, operator: str) -> bool:
    left, right = number_of(held), number_of(text)
    return left is not None and right is not None and _COMPARISONS[operator](left, right)


def _word(truth: bool) -> str:
    return "true" if truth else "false"


# --- keyed access


def _index(key: str) -> int | None:
    """The place in a list that a key means, or None."""
    number = number_of(key)
    return int(number) if number is not None and number.is_integer() and number >= 0 else None


def _read_key(context: MacroContext, text: Substitution, name: str, key: str, everywhere: bool) -> str:
    stored = _store(context, everywhere).get(name)
    text.spend(len(stored) if isinstance(stored, str) else 0)
    held = container(stored)
    if isinstance(held, list):
        index = _index(key)
        return shown(held[index]) if index is not None and index < len(held) else ""
    return shown(held.get(key)) if isinstance(held, dict) else ""


def _write_key(
    context: MacroContext, text: Substitution, name: str, key: str, value: str, everywhere: bool
) -> None:
    held = container(_store(context, everywhere).get(name))
    index = _index(key)
    if held is None:
        held = [] if index is not None else {}
    if isinstance(held, dict):
        changed: object = {**held, key: value}
    elif index is None or index >= MOST_ITEMS:
        raise NotNow(f'"{key[:80]}" is no place in the list "{name[:80]}"')
    else:
        items = [*held, *[None] * (index + 1 - len(held))]
        items[index] = value
        changed = items
    stored = to_json(changed)
    text.spend(len(stored))
    _set(context, name, stored, everywhere)


# --- macros


def _enter(*, everywhere: bool) -> None:
    """The same set of macros, for chat variables and for global ones."""
    word = "global" if everywhere else ""
    kind = "global variable" if everywhere else "variable of the chat"

    @macro(f"set{word}var", f"Sets a {kind}.", takes=2, example=f"{{{{set{word}var::mood::calm}}}}")
    def set_var(context: MacroContext, call: Call, words: Words) -> str:
        _set(context, words[0], words[1], everywhere)
        return ""

    @macro(
        f"add{word}var",
        f"Adds to a {kind}: numbers are summed, lists get one more item, other texts are joined.",
        takes=2,
        example=f"{{{{add{word}var::gold::5}}}}",
    )
    def add_var(context: MacroContext, call: Call, words: Words) -> str:
        _add(context, call.text, words[0], words[1], everywhere)
        return ""

    @macro(
        f"inc{word}var", f"Adds 1 to a {kind} and prints it.", takes=1, example=f"{{{{inc{word}var::day}}}}"
    )
    def inc_var(context: MacroContext, call: Call, words: Words) -> str:
        return _add(context, call.text, words[0], 1, everywhere)

    @macro(
        f"dec{word}var",
        f"Takes 1 from a {kind} and prints it.",
        takes=1,
        example=f"{{{{dec{word}var::arrows}}}}",
    )
    def dec_var(context: MacroContext, call: Call, words: Words) -> str:
        return _add(context, call.text, words[0], -1, everywhere)

    @macro(f"get{word}var", f"Prints a {kind}.", takes=1, example=f"{{{{get{word}var::mood}}}}")
    def get_var(context: MacroContext, call: Call, words: Words) -> str:
        return shown(_store(context, everywhere).get(words[0]))

    @macro(
        f"has{word}var",
        f"`true` if there is such a {kind}, else `false`.",
        aliases=(f"{word}varexists",),
        takes=1,
        example=f"{{{{has{word}var::mood}}}}",
    )
    def has_var(context: MacroContext, call: Call, words: Words) -> str:
        return _word(words[0] in _store(context, everywhere))

    @macro(
        f"delete{word}var",
        f"Removes a {kind}.",
        aliases=(f"flush{word}var",),
        takes=1,
        example=f"{{{{delete{word}var::mood}}}}",
    )
    def delete_var(context: MacroContext, call: Call, words: Words) -> str:
        store = _store(context, everywhere)
        if words[0] in store:
            del store[words[0]]
            _note_change(context, everywhere)
        return ""

    @macro(
        f"set{word}varkey",
        f"Sets one item of a {kind} that is a list or an object.",
        aliases=(f"set{word}varindex",),
        takes=3,
        example=f"{{{{set{word}varkey::bag::rope::2}}}}",
    )
    def set_var_key(context: MacroContext, call: Call, words: Words) -> str:
        _write_key(context, call.text, words[0], words[1], words[2], everywhere)
        return ""

    @macro(
        f"get{word}varkey",
        f"Prints one item of a {kind} that is a list or an object.",
        aliases=(f"get{word}varindex",),
        takes=2,
        example=f"{{{{get{word}varkey::bag::rope}}}}",
    )
    def get_var_key(context: MacroContext, call: Call, words: Words) -> str:
        return _read_key(context, call.text, words[0], words[1], everywhere)


_enter(everywhere=False)
_enter(everywhere=True)
