"""Example dialogue: from the card's text to blocks, from a block to its turns."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tavern_tui.core.chat import Role
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.sources import START
from tavern_tui.prompt.trace import Span
from tavern_tui.prompt.words import trim

_START = re.compile(re.escape(START), re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One exchange: a heading line, if the layout has one, and its lines."""

    heading: str
    body: str
    """Ends with a newline."""
    title: str
    origin: str

    @property
    def text(self) -> str:
        return self.heading + self.body

    def span(self, text: str | None = None) -> Span:
        """The block, or `text` taken from it, as a piece of the prompt."""
        return Span(
            text=self.text if text is None else text,
            kind="examples",
            title=self.title,
            origin=self.origin,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleTurn:
    """One speaker's lines in a block."""

    role: Role
    name: str
    text: str


def parse_blocks(text: str, heading: str, title: str, origin: str) -> list[Block]:
    """The blocks of an example text. Anything before the first `<START>` is the first block."""
    if not text or text == START:
        return []
    if not text.startswith(START):
        text = trim(f"{START}\n{text}")
    bodies = [trim(body) + "\n" for body in _START.split(text)[1:]]
    many = len(bodies) > 1
    return [
        Block(
            heading=heading,
            body=body,
            title=f"{title}, block {number}" if many else title,
            origin=origin,
        )
        for number, body in enumerate(bodies, 1)
    ]


def split_turns(block: Block, scene: Scene, *, named: bool) -> list[ExampleTurn]:
    """The block by speakers. A line begins a turn when it begins with the name of the other side;
    words before the first name belong to the first turn. `named`: texts keep their speaker."""
    members = scene.macros.members
    turns: list[ExampleTurn] = []
    lines: list[str] = []
    role: Role | None = None
    name = ""

    def flush() -> None:
        if role is None:
            return
        text = trim("\n".join(lines).replace(f"{name}:", "", 1))
        turns.append(ExampleTurn(role=role, name=name, text=f"{name}: {text}" if named else text))
        lines.clear()

    for line in block.body.split("\n"):
        speaker = _speaker(line, scene, members)
        if speaker is not None:
            if speaker[0] is not role:
                flush()
            role, name = speaker
        lines.append(line)
    flush()
    return turns


def _speaker(line: str, scene: Scene, members: tuple[str, ...]) -> tuple[Role, str] | None:
    if line.startswith(f"{scene.user}:"):
        return Role.USER, scene.user
    for name in (scene.char, *members):
        if line.startswith(f"{name}:"):
            return Role.ASSISTANT, name
    return None
