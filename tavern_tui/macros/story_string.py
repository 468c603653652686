"""Story strings: the Handlebars subset that context templates are written in.

Simple tags, `#if` / `else` / `else if`, `#unless`, `#with`, `#each`, `lookup`, comments, the
white-space control `~` and escapes. A simple tag that is no field is handed to the macro engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.engine import substitute
from tavern_tui.macros.registry import MOST_CHARACTERS
from tavern_tui.macros.story_blocks import Block, Operand, Part, Value, parse_story
from tavern_tui.macros.story_tags import TemplateError

__all__ = ["TemplateError", "render"]

_FALSE_LITERALS = frozenset(("0", "false", "null", "undefined"))


def render(template: str, params: Mapping[str, str], context: MacroContext) -> str:
    """The template filled in, and then the macros of the whole resolved.

    Raises TemplateError."""
    filled = _Render(params, context).words(parse_story(template))
    return substitute(filled, context)


class _Render:
    """One filling. Inside of `#with` the names mean something else: `_scopes` are its texts."""

    def __init__(self, params: Mapping[str, str], context: MacroContext) -> None:
        self._params = params
        self._context = context
        self._scopes: list[str] = []
        self._left = MOST_CHARACTERS

    def words(self, parts: Sequence[Part]) -> str:
        return "".join([self._part(part) for part in parts])

    def _part(self, part: Part) -> str:
        match part:
            case Block():
                return self._block(part)
            case Value():
                return self._limited(self._value(part))
            case _:
                return part

    def _limited(self, text: str) -> str:
        self._left -= len(text)
        if self._left < 0:
            raise TemplateError(f"The story string comes to more than {MOST_CHARACTERS:,} characters.")
        return text

    # --- values

    def _value(self, value: Value) -> str:
        if value.path == "lookup" and len(value.operands) == 2:
            return self._looked_up(*value.operands)
        known = self._field(value.path)
        if known is not None:
            return known
        if "." in value.path or "/" in value.path or value.path == "this":
            self._warn(value, "is read as a path and stays empty")
            return ""
        if value.path.lower() == "trim":
            return "{{trim}}"
        if value.operands:
            self._warn(value, "is a macro, and macros get no arguments after a blank; use ::")
        return substitute("{{" + value.path + "}}", self._context)

    def _warn(self, value: Value, what: str) -> None:
        sentence = f'"{{{{{value.path[:80]}}}}}" of the story string {what}.'
        if sentence not in self._context.warnings:
            self._context.warnings.append(sentence)

    def _looked_up(self, owner: Operand, key: Operand) -> str:
        """`lookup this "name"` is a field, `lookup name 0` a letter of one."""
        name = key.text if key.is_quoted or key.text.isdecimal() else self._field(key.text) or ""
        if owner.text in ("this", ".") and not owner.is_quoted and not self._scopes:
            return self._params.get(name, "")
        text = self._operand(owner)
        is_place = name.isascii() and name.isdecimal() and len(name) < 10
        return text[int(name) : int(name) + 1] if is_place else ""

    def _operand(self, operand: Operand) -> str:
        """The text of a block's operand; empty means false."""
        if operand.is_quoted:
            return operand.text
        if operand.text in _FALSE_LITERALS:
            return ""
        if operand.text.isdecimal() or operand.text == "true":
            return operand.text
        if operand.text in ("this", ".") and not self._scopes:
            return "[object Object]"
        return self._field(operand.text) or ""

    def _field(self, path: str) -> str | None:
        """The text a path leads to; None if there is none."""
        scopes = list(self._scopes)
        while path.startswith("../"):
            path = path[3:]
            if not scopes:
                return None
            scopes.pop()
        if path in ("this", "."):
            return scopes[-1] if scopes else None
        for own in ("./", "this.", "this/"):
            path = path.removeprefix(own)
        return None if scopes else self._params.get(path)

    # --- blocks

    def _block(self, block: Block) -> str:
        value = self._operand(block.operand)
        if block.helper == "unless":
            return self.words(block.otherwise if value else block.inner)
        # `each` finds no items in a text, so its `else` is all there is to show.
        if not value or block.helper == "each":
            return self.words(block.otherwise)
        if block.helper == "if":
            return self.words(block.inner)
        self._scopes.append(value)
        try:
            return self.words(block.inner)
        finally:
            self._scopes.pop()
