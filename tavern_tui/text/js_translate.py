"""A JavaScript pattern, rewritten for Python's `regex` module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tavern_tui.text.js_syntax import (
    ANY,
    BOUNDARY,
    CONTROL,
    CROSSES_LINES,
    HEX,
    LINE_END_CHARS,
    LINE_ENDS,
    NO_BOUNDARY,
    SETS,
    SYNTAX,
    BadPattern,
    bounds_at,
    class_literal,
    count_groups,
    digits_at,
    group_names,
    group_reference,
    literal,
)

MAX_PATTERN = 20_000
"""Characters; longer ones are refused unread."""
_MAX_NESTING = 60  # `regex` parses groups recursively
_MAX_REPEAT = 1_000_000


@dataclass(frozen=True, slots=True)
class Translation:
    """A translated pattern and what its text says about it."""

    pattern: str
    groups: int
    names: dict[str, int]
    one_line: bool
    """Every match lies inside one line and looks no further than that line's ends as if the text
    ended there: searching line by line finds the same."""


def translate(pattern: str, flags: str) -> Translation:
    """Rewrite a JavaScript pattern. Raises BadPattern with a sentence."""
    if len(pattern) > MAX_PATTERN:
        raise BadPattern(f"A regular expression of {len(pattern)} characters is too long.")
    return _Translator(pattern, flags).run()


class _Translator:
    """Reads the pattern once, left to right."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.ignore_case = "i" in flags
        self.multiline = "m" in flags
        self.dot_all = "s" in flags
        self.unicode = "u" in flags or "v" in flags
        self.names = group_names(pattern)
        self.total_groups = count_groups(pattern)
        self.opened = 0
        self.stack: list[bool] = []
        """Of every open group: may it be repeated?"""
        self.out: list[str] = []
        self.repeatable = False
        self.one_line = True

    def run(self) -> Translation:
        while self.at < len(self.pattern):
            self._term()
        if self.stack:
            raise self._bad("a group is not closed")
        return Translation("".join(self.out), self.total_groups, self.names, self.one_line)

    # -- pieces --------------------------------------------------------------------------------

    def _term(self) -> None:
        char = self.pattern[self.at]
        handler = _TERMS.get(char)
        if handler is None:
            self.at += 1
            self._emit(literal(char))
            self._note_char(char)
        else:
            handler(self)

    def _emit(self, piece: str, *, repeatable: bool = True) -> None:
        self.out.append(piece)
        self.repeatable = repeatable

    def _note_char(self, char: str) -> None:
        if char in LINE_END_CHARS:
            self.one_line = False

    def _bad(self, why: str) -> BadPattern:
        shown = self.pattern if len(self.pattern) <= 60 else self.pattern[:57] + "..."
        return BadPattern(f"The regular expression /{shown}/ is not valid: {why}.")

    def _dot(self) -> None:
        self.at += 1
        self.one_line = self.one_line and not self.dot_all
        self._emit(ANY if self.dot_all else f"[^{LINE_ENDS}]")

    def _start(self) -> None:
        self.at += 1
        self.one_line = False
        self._emit(rf"(?:\A|(?<=[{LINE_ENDS}]))" if self.multiline else r"\A", repeatable=False)

    def _end(self) -> None:
        self.at += 1
        self.one_line = False
        self._emit(rf"(?=[{LINE_ENDS}]|\Z)" if self.multiline else r"\Z", repeatable=False)

    def _alternative(self) -> None:
        self.at += 1
        self._emit("|", repeatable=False)

    def _open(self) -> None:
        self.at += 1
        if len(self.stack) >= _MAX_NESTING:
            raise self._bad("its groups are nested too deeply")
        for opening, python in _GROUPS.items():
            if self.pattern.startswith(opening, self.at):
                self.at += len(opening)
                return self._opened(python, opening)
        if self.pattern.startswith("?<", self.at):
            self.at = self.pattern.index(">", self.at) + 1  # group_names has checked it
        elif self.pattern.startswith("?", self.at):
            raise self._bad(f'JavaScript knows no group "({self.pattern[self.at : self.at + 2]}"')
        self.opened += 1
        return self._opened("(", "")

    def _opened(self, python: str, opening: str) -> None:
        looks_around = opening not in ("", "?:")
        self.one_line = self.one_line and not looks_around
        may_repeat = not looks_around or (opening in ("?=", "?!") and not self.unicode)
        self.stack.append(may_repeat)
        self._emit(python, repeatable=False)

    def _close(self) -> None:
        self.at += 1
        if not self.stack:
            raise self._bad('there is a ")" too many')
        self._emit(")", repeatable=self.stack.pop())

    def _repeat(self) -> None:
        self.at += 1
        self._quantify(self.pattern[self.at - 1])

    def _brace(self) -> None:
        bounds = bounds_at(self.pattern, self.at)
        if bounds is None:
            if self.unicode:
                raise self._bad('a "{" stands alone')
            self.at += 1
            return self._emit(r"\{")
        low, high, self.at = bounds
        if high is not None and low > high:
            raise self._bad("a repeat's bounds are in the wrong order")
        upper = "" if high is None or high > _MAX_REPEAT else str(high)
        return self._quantify(f"{{{min(low, _MAX_REPEAT)},{upper}}}")

    def _quantify(self, quantifier: str) -> None:
        if not self.repeatable:
            raise self._bad("there is nothing to repeat")
        if self.pattern.startswith("?", self.at):
            self.at += 1
            quantifier += "?"
        self._emit(quantifier, repeatable=False)

    def _lone_bracket(self) -> None:
        if self.unicode:
            raise self._bad(f'a "{self.pattern[self.at]}" stands alone')
        self._emit("\\" + self.pattern[self.at])
        self.at += 1

    # -- escapes -------------------------------------------------------------------------------

    def _escape(self) -> None:
        self.at += 1
        if self.at >= len(self.pattern):
            raise self._bad("it ends in a backslash")
        char = self.pattern[self.at]
        if char in "bB":
            self.at += 1
            self._emit(BOUNDARY if char == "b" else NO_BOUNDARY, repeatable=False)
        elif char in SETS:
            self.at += 1
            self.one_line = self.one_line and char not in CROSSES_LINES
            # Without this, ignoring case would let ſ and K count as ASCII letters.
            self._emit(f"(?-i:[{SETS[char]}])" if self.ignore_case else f"[{SETS[char]}]")
        elif char in "pP" and self.unicode:
            self.one_line = False
            self._emit(self._property())
        elif char == "k" and (self.names or self.unicode):
            self._emit(self._named_reference())
        elif char in "123456789" and (reference := self._reference()):
            self._emit(reference)
        else:
            char = self._character(in_class=False)
            self._emit(literal(char))
            self._note_char(char)

    def _reference(self) -> str:
        digits = digits_at(self.pattern, self.at)
        number = int(digits[:6])
        if number > self.total_groups:
            if self.unicode:
                raise self._bad(f"there is no group {digits}")
            return ""
        self.at += len(digits)
        return group_reference(number)

    def _named_reference(self) -> str:
        end = self.pattern.find(">", self.at)
        name = self.pattern[self.at + 2 : end]
        if self.pattern[self.at + 1 : self.at + 2] != "<" or end < 0 or name not in self.names:
            raise self._bad("a reference names no group")
        self.at = end + 1
        return group_reference(self.names[name])

    def _property(self) -> str:
        end = self.pattern.find("}", self.at)
        name = self.pattern[self.at + 2 : end]
        if self.pattern[self.at + 1 : self.at + 2] != "{" or end < 0:
            raise self._bad("a Unicode property has no name")
        if not name or not name.replace("=", "").replace("_", "").isalnum():
            raise self._bad(f'there is no Unicode property "{name}"')
        letter = self.pattern[self.at]
        self.at = end + 1
        return f"\\{letter}{{{name}}}"

    def _character(self, *, in_class: bool) -> str:
        """The one character an escape stands for; `at` is on the letter after the backslash."""
        char = self.pattern[self.at]
        self.at += 1
        if char in CONTROL:
            return CONTROL[char]
        if char == "c" and self.pattern[self.at : self.at + 1].isascii():
            letter = self.pattern[self.at : self.at + 1]
            if letter.isalpha():
                self.at += 1
                return chr(ord(letter) % 32)
            self.at -= 1
            return "\\"
        if char == "x":
            return self._hex(2) or char
        if char == "u":
            return self._unicode_escape() or char
        if char in "01234567":
            return self._octal(char)
        if self.unicode and char not in SYNTAX and not (in_class and char == "-"):
            raise self._bad(f'"\\{char}" means nothing')
        return char

    def _hex(self, length: int) -> str:
        digits = self.pattern[self.at : self.at + length]
        if len(digits) < length or not HEX.issuperset(digits):
            if self.unicode:
                raise self._bad("an escape lacks its hexadecimal digits")
            return ""
        self.at += length
        return chr(int(digits, 16))

    def _unicode_escape(self) -> str:
        if self.unicode and self.pattern.startswith("{", self.at):
            end = self.pattern.find("}", self.at)
            digits = self.pattern[self.at + 1 : end]
            if end < 0 or not digits or not HEX.issuperset(digits) or int(digits[-8:], 16) > 0x10FFFF:
                raise self._bad("an escape names no character")
            self.at = end + 1
            return chr(int(digits, 16))
        first = self._hex(4)
        if not ("\ud800" <= first <= "\udbff" and self.pattern.startswith("\\u", self.at)):
            return first
        start = self.at
        self.at += 2
        second = self._hex(4)
        if "\udc00" <= second <= "\udfff":
            return chr(0x10000 + ((ord(first) - 0xD800) << 10) + ord(second) - 0xDC00)
        self.at = start
        return first

    def _octal(self, first: str) -> str:
        digits = first
        while len(digits) < 3 and self.pattern[self.at : self.at + 1] in tuple("01234567"):
            if int(digits + self.pattern[self.at], 8) > 0o377:
                break
            digits += self.pattern[self.at]
            self.at += 1
        if self.unicode and digits != "0":
            raise self._bad(f'"\\{digits}" means nothing')
        return chr(int(digits, 8))

    # -- classes -------------------------------------------------------------------------------

    def _class(self) -> None:
        self.at += 1
        negated = self.pattern.startswith("^", self.at)
        self.at += negated
        self.one_line = self.one_line and not negated
        members: list[str] = []
        while not self.pattern.startswith("]", self.at):
            members.append(self._member())
        self.at += 1
        if members:
            self._emit(f"[{'^' if negated else ''}{''.join(members)}]")
        else:
            self._emit(ANY if negated else "(?!)")

    def _member(self) -> str:
        low = self._class_atom()
        if not self.pattern.startswith("-", self.at) or self.pattern.startswith("-]", self.at):
            return low if isinstance(low, str) else self._one(low.char)
        self.at += 1
        high = self._class_atom()
        if isinstance(low, str) or isinstance(high, str):
            if self.unicode:
                raise self._bad("a range begins or ends with a set")
            return (
                "".join(atom if isinstance(atom, str) else self._one(atom.char) for atom in (low, high))
                + "\\-"
            )
        if low.char > high.char:
            raise self._bad("a range is in the wrong order")
        if any(low.char <= end <= high.char for end in LINE_END_CHARS):
            self.one_line = False
        return f"{class_literal(low.char)}-{class_literal(high.char)}"

    def _one(self, char: str) -> str:
        self._note_char(char)
        return class_literal(char)

    def _class_atom(self) -> str | _Char:
        """A set, ready for the class, or one character."""
        if self.at >= len(self.pattern):
            raise self._bad("a character class is not closed")
        char = self.pattern[self.at]
        self.at += 1
        if char != "\\":
            return _Char(char)
        if self.at >= len(self.pattern):
            raise self._bad("it ends in a backslash")
        char = self.pattern[self.at]
        if char in SETS:
            self.at += 1
            self.one_line = self.one_line and char not in CROSSES_LINES
            return SETS[char]
        if char in "pP" and self.unicode:
            self.one_line = False
            return self._property()
        if char == "b":
            self.at += 1
            return _Char("\b")
        return _Char(self._character(in_class=True))


@dataclass(frozen=True, slots=True)
class _Char:
    """One character of a class."""

    char: str


_GROUPS = {"?:": "(?:", "?=": "(?=", "?!": "(?!", "?<=": "(?<=", "?<!": "(?<!"}
_TERMS: dict[str, Callable[[_Translator], None]] = {
    ".": _Translator._dot,
    "^": _Translator._start,
    "$": _Translator._end,
    "|": _Translator._alternative,
    "(": _Translator._open,
    ")": _Translator._close,
    "*": _Translator._repeat,
    "+": _Translator._repeat,
    "?": _Translator._repeat,
    "{": _Translator._brace,
    "}": _Translator._lone_bracket,
    "]": _Translator._lone_bracket,
    "[": _Translator._class,
    "\\": _Translator._escape,
}
