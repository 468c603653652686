"""The script language: its text to a tree. Pure; nothing is run and no macro is resolved here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tavern_tui.core.errors import UsageError

NAME = re.compile(r"[^\s|:{}]+")
ARGUMENT = re.compile(r"([A-Za-z_][\w-]*)=")
MAX_DEPTH = 60
"""Closures inside closures; nobody writes more, and the stack ends somewhere."""


@dataclass(frozen=True, slots=True)
class Closure:
    """`{: a=1 /command :}`; with `()` behind it, it is run where it stands."""

    script: Script
    arguments: tuple[tuple[str, Value], ...] = ()
    at_once: bool = False
    source: str = ""
    """As it was written, for `/closure-serialize`."""


Piece = str | Closure
Value = tuple[Piece, ...]
"""Texts with their escapes resolved and macros still in them, and closures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`/name key=value words`."""

    name: str
    named: tuple[tuple[str, Value], ...] = ()
    unnamed: Value = ()
    quoted: tuple[bool, ...] = ()
    """Which of the pieces of `unnamed` stood in quotes."""
    takes_pipe: bool = True
    """False after `||`: the result before is not its unnamed argument."""
    at: int = 0
    """Where it begins in the text."""


@dataclass(frozen=True, slots=True)
class Script:
    """Commands that run one after the other."""

    commands: tuple[Command, ...] = field(default=())


def parse_script(text: str) -> Script:
    """The script in a text that begins with `/`. Raises UsageError, naming the place."""
    reader = _Reader(text)
    script = reader.script(0, closes=False)
    return script


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.strict = False

    # --- small steps

    def here(self, what: str) -> bool:
        return self.text.startswith(what, self.at)

    def blanks(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def ended(self, closes: bool) -> bool:
        return self.at >= len(self.text) or (closes and self.here(":}"))

    def fail(self, sentence: str) -> UsageError:
        shown = self.text[self.at : self.at + 20].split("\n")[0]
        return UsageError(f"The script {sentence} (at character {self.at + 1}: {shown!r}).")

    # --- scripts

    def script(self, depth: int, *, closes: bool) -> Script:
        if depth > MAX_DEPTH:
            raise self.fail("has too many closures inside each other")
        commands: list[Command] = []
        takes_pipe = True
        while True:
            self.blanks()
            if self.ended(closes):
                return Script(tuple(commands))
            if self.here("|"):
                self.at += 1
                takes_pipe = True
                if self.here("|"):
                    self.at += 1
                    takes_pipe = False
                continue
            if self.comment(closes):
                continue
            if not self.here("/"):
                raise self.fail("has something that is not a command")
            command = self.command(depth, takes_pipe, closes)
            if command is not None:
                commands.append(command)

    def comment(self, closes: bool) -> bool:
        if self.here("/*"):
            depth = 0
            while self.at < len(self.text):
                if self.here("/*"):
                    depth, self.at = depth + 1, self.at + 2
                elif self.here("*|"):
                    depth, self.at = depth - 1, self.at + 2
                    if depth == 0:
                        return True
                else:
                    self.at += 1
            return True
        if self.here("//") or self.here("/#"):
            while not self.ended(closes) and not self.here("|"):
                self.at += 2 if self.here("\\") else 1
            return True
        return False

    def command(self, depth: int, takes_pipe: bool, closes: bool) -> Command | None:
        begins = self.at
        self.at += 1
        if self.here(":"):
            self.at += 1
            name = "run"
            target = NAME.match(self.text, self.at)
            if target is None:
                raise self.fail("runs something without a name")
            self.at = target.end()
            named = self.named(depth, closes)
            return Command(
                name=name, named=named, unnamed=(target.group(),), quoted=(False,),
                takes_pipe=takes_pipe, at=begins,
            )  # fmt: skip
        found = NAME.match(self.text, self.at)
        if found is None:
            raise self.fail("has a slash without a command")
        self.at = found.end()
        named = self.named(depth, closes)
        unnamed, quoted = self.unnamed(depth, closes)
        command = Command(
            name=found.group().lower(), named=named, unnamed=unnamed, quoted=quoted,
            takes_pipe=takes_pipe, at=begins,
        )  # fmt: skip
        if command.name == "parser-flag":
            words = "".join(piece for piece in unnamed if isinstance(piece, str)).split()
            if words[:1] == ["STRICT_ESCAPING"]:
                self.strict = words[1:] != ["off"]
            elif words[:1] != ["REPLACE_GETVAR"]:  # this one has no effect here
                raise self.fail(f"names the parser flag {''.join(words[:1])!r}, which there is not")
            return None
        return command

    # --- arguments

    def named(self, depth: int, closes: bool) -> tuple[tuple[str, Value], ...]:
        found: list[tuple[str, Value]] = []
        while True:
            start = self.at
            self.blanks()
            name = ARGUMENT.match(self.text, self.at)
            if name is None:
                self.at = start
                return tuple(found)
            self.at = name.end()
            found.append((name.group(1), self.one_value(depth, closes)))

    def one_value(self, depth: int, closes: bool) -> Value:
        """A value behind `name=`: quoted, a closure, or up to the next blank."""
        if self.here('"'):
            return (self.quoted_text(closes),)
        if self.here("{:"):
            return (self.closure(depth),)
        pieces: list[str] = []
        while not self.ended(closes) and not self.here("|") and not self.text[self.at].isspace():
            pieces.append(self.character_or_macro())
        return ("".join(pieces),)

    def unnamed(self, depth: int, closes: bool) -> tuple[Value, tuple[bool, ...]]:
        """The rest of a command: texts and closures in their order."""
        pieces: list[Piece] = []
        quoted: list[bool] = []
        text: list[str] = []
        blank = True

        def flush(*, last: bool = False) -> None:
            words = "".join(text)
            text.clear()
            words = words.strip() if not pieces and last else words.lstrip() if not pieces else words
            words = words.rstrip() if last else words
            if words:
                pieces.append(words)
                quoted.append(False)

        self.blanks()
        while not self.ended(closes) and not self.here("|"):
            if self.here("{:"):
                flush()
                blank = True
                pieces.append(self.closure(depth))
                quoted.append(False)
            elif blank and self.here('"') and self.closing_quote(closes):
                text.clear()
                pieces.append(self.quoted_text(closes))
                quoted.append(True)
            else:
                text.append(self.character_or_macro())
                blank = blank and text[-1].isspace()
        flush(last=True)
        return tuple(pieces), tuple(quoted)

    def closing_quote(self, closes: bool) -> bool:
        """Whether the quote here is closed before the command ends."""
        at = self.at + 1
        while at < len(self.text):
            char = self.text[at]
            if char == "\\":
                at += 2
                continue
            if char == '"':
                return True
            if (char == "|" and not self.strict) or (closes and self.text.startswith(":}", at)):
                return False
            at += 1
        return False

    def quoted_text(self, closes: bool) -> str:
        self.at += 1
        pieces: list[str] = []
        while self.at < len(self.text):
            if self.here('"'):
                self.at += 1
                return "".join(pieces)
            if self.here("|") and not self.strict:
                break
            pieces.append(self.character_or_macro())
        raise self.fail("has a quotation mark that is not closed")

    def character_or_macro(self) -> str:
        """One character, an escaped one, or a whole macro (in which a bar is only a bar)."""
        for escaped, meant in (("\\|", "|"), ('\\"', '"'), ("\\{{", "\\{{"), ("\\{:", "{:"), ("\\:}", ":}")):
            if self.here(escaped):
                self.at += len(escaped)
                return meant
        if self.here("{{"):
            inner = self.text.find("{{", self.at + 2)  # looked for first: a text of them is read once
            end = self.text.find("}}", self.at, inner if inner >= 0 else None)
            if end >= 0:
                macro = self.text[self.at : end + 2]
                self.at = end + 2
                return macro
        self.at += 1
        return self.text[self.at - 1]

    def closure(self, depth: int) -> Closure:
        begins = self.at
        self.at += 2
        arguments = self.named(depth + 1, True)
        script = self.script(depth + 1, closes=True)
        if not self.here(":}"):
            raise self.fail("has a closure that is not closed")
        self.at += 2
        source = self.text[begins : self.at]
        at_once = self.here("()")
        if at_once:
            self.at += 2
        return Closure(script, arguments, at_once, source)
