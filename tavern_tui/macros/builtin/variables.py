"""Variables of the chat (`.x`) and of the program (`$x`)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.registry import Call, NotNow, macro

Words = tuple[str, ...]
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)\s*", re.IGNORECASE)
LONGEST = 1_000_000
"""Characters a variable may grow to."""


def number_of(value: object) -> float | None:
    """The number a stored value stands for, or None."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        if not value.strip():
            return None
        if _NUMBER.fullmatch(value):
            return float(value)
    return None


def shown(value: object) -> str:
    """A stored value as text, numbers as JavaScript writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    number = number_of(value)
    if number is not None:
        if number.is_integer() and abs(number) < 1e21:
            return str(int(number))
        return repr(number)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _store(context: MacroContext, everywhere: bool) -> dict[str, object]:
    return context.variables.everywhere if everywhere else context.variables.chat


def _set(context: MacroContext, name: str, value: object, everywhere: bool) -> None:
    _store(context, everywhere)[name] = value
    if everywhere:
        context.variables.everywhere_changed = True
    else:
        context.variables.chat_changed = True


def read_variable(context: MacroContext, name: str, *, everywhere: bool) -> str:
    """The variable's text; empty if it does not exist."""
    return shown(_store(context, everywhere).get(name))


def _add(context: MacroContext, name: str, more: object, everywhere: bool) -> str:
    """Add to a variable: push onto a list, sum numbers, else join texts."""
    held = _store(context, everywhere).get(name, 0)
    if isinstance(held, str) and held.lstrip().startswith("["):
        try:
            listed = json.loads(held)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list):
            grown = json.dumps([*listed, more], ensure_ascii=False, separators=(",", ":"))
            _set(context, name, grown, everywhere)
            return grown
    ours, theirs = number_of(held), number_of(more)
    if ours is not None and theirs is not None:
        total = ours + theirs
        _set(context, name, int(total) if total.is_integer() else total, everywhere)
        return shown(_store(context, everywhere)[name])
    joined = ("" if name not in _store(context, everywhere) else shown(held)) + shown(more)
    if len(joined) > LONGEST:
        raise ValueError(f'the variable "{name}" would grow beyond {LONGEST} characters')
    _set(context, name, joined, everywhere)
    return joined


def apply_operator(
    context: MacroContext, name: str, operator: str, value: Callable[[], str], *, everywhere: bool
) -> str:
    """What a short form such as `.x += 1` prints, its effect done. `value` is asked only if needed."""
    store = _store(context, everywhere)
    held = store.get(name)
    match operator:
        case "":
            return shown(held)
        case "=":
            _set(context, name, value(), everywhere)
            return ""
        case "++" | "--":
            return _add(context, name, 1 if operator == "++" else -1, everywhere)
        case "+=":
            _add(context, name, value(), everywhere)
            return ""
        case "-=":
            amount = number_of(value())
            if amount is None:
                raise NotNow
            _add(context, name, -amount, everywhere)
            return ""
        case "||" | "||=" | "??" | "??=":
            missing = name not in store if operator.startswith("??") else not _truthy(held)
            if not missing:
                return shown(held)
            given = value()
            if operator.endswith("="):
                _set(context, name, given, everywhere)
            return given
        case "==" | "!=":
            return _word((shown(held) == value()) == (operator == "=="))
        case _:
            return _word(_compare(held, value(), operator))


def _truthy(value: object) -> bool:
    return shown(value).strip().lower() not in ("", "off", "false", "0")


def _compare(held: object, text: str, operator: str) -> bool:
    left, right = number_of(held), number_of(text)
    if left is None or right is None:
        return False
    match operator:
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "<":
            return left < right
        case _:
            return left <= right


def _word(truth: bool) -> str:
    return "true" if truth else "false"


# --- keyed access


def _container(value: object) -> list[object] | dict[str, object] | None:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, list | dict) else None


def _read_key(context: MacroContext, name: str, key: str, everywhere: bool) -> str:
    held = _container(_store(context, everywhere).get(name))
    if isinstance(held, list):
        index = number_of(key)
        if index is None or not index.is_integer() or not 0 <= int(index) < len(held):
            return ""
        return shown(held[int(index)])
    return shown(held.get(key)) if isinstance(held, dict) else ""


def _write_key(context: MacroContext, name: str, key: str, value: str, everywhere: bool) -> None:
    held = _container(_store(context, everywhere).get(name))
    index = number_of(key)
    if held is None:
        held = [] if index is not None else {}
    if isinstance(held, list):
        if index is None or not index.is_integer() or not 0 <= int(index) < MOST_ITEMS:
            raise ValueError(f'"{key}" is no place in the list "{name}"')
        held += [None] * (int(index) + 1 - len(held))
        held[int(index)] = value
    else:
        held[key] = value
    _set(context, name, json.dumps(held, ensure_ascii=False, separators=(",", ":")), everywhere)


MOST_ITEMS = 10_000
"""Items a list variable may have."""


def _enter(everywhere: bool) -> None:
    """The same set of macros, for chat variables and for global ones."""
    word = "global" if everywhere else ""
    kind = "global variable" if everywhere else "variable of the chat"

    @macro(
        f"set{word}var", f"Sets a {kind}.", takes=2, group="variables", example=f"{{{{set{word}var::x::1}}}}"
    )
    def set_var(context: MacroContext, call: Call, words: Words) -> str:
        _set(context, words[0], words[1], everywhere)
        return ""

    @macro(f"add{word}var", f"Adds to a {kind}.", takes=2, group="variables")
    def add_var(context: MacroContext, call: Call, words: Words) -> str:
        _add(context, words[0], words[1], everywhere)
        return ""

    @macro(f"inc{word}var", f"Adds 1 to a {kind} and prints it.", takes=1, group="variables")
    def inc_var(context: MacroContext, call: Call, words: Words) -> str:
        return _add(context, words[0], 1, everywhere)

    @macro(f"dec{word}var", f"Takes 1 from a {kind} and prints it.", takes=1, group="variables")
    def dec_var(context: MacroContext, call: Call, words: Words) -> str:
        return _add(context, words[0], -1, everywhere)

    @macro(f"get{word}var", f"Prints a {kind}.", takes=1, group="variables")
    def get_var(context: MacroContext, call: Call, words: Words) -> str:
        return read_variable(context, words[0], everywhere=everywhere)

    names = ("hasglobalvar", "globalvarexists") if everywhere else ("hasvar", "varexists")

    @macro(names[0], f"Whether a {kind} exists.", aliases=names[1:], takes=1, group="variables")
    def has_var(context: MacroContext, call: Call, words: Words) -> str:
        return _word(words[0] in _store(context, everywhere))

    @macro(f"delete{word}var", f"Removes a {kind}.", aliases=(f"flush{word}var",), takes=1, group="variables")
    def delete_var(context: MacroContext, call: Call, words: Words) -> str:
        if _store(context, everywhere).pop(words[0], None) is not None:
            context.variables.everywhere_changed |= everywhere
            context.variables.chat_changed |= not everywhere
        return ""

    @macro(
        f"set{word}varkey",
        f"Sets one item of a {kind} that is a list or an object.",
        aliases=(f"set{word}varindex",),
        takes=3,
        group="variables",
    )
    def set_var_key(context: MacroContext, call: Call, words: Words) -> str:
        _write_key(context, words[0], words[1], words[2], everywhere)
        return ""

    @macro(
        f"get{word}varkey",
        f"Prints one item of a {kind} that is a list or an object.",
        aliases=(f"get{word}varindex",),
        takes=2,
        group="variables",
    )
    def get_var_key(context: MacroContext, call: Call, words: Words) -> str:
        return _read_key(context, words[0], words[1], everywhere)


_enter(False)
_enter(True)
