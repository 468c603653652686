"""Registry: the named pieces of text that are put into the prompt at a position or depth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from tavern_tui.core.chat import Role
from tavern_tui.core.preset import Injection
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.trace import Span, Spans, merged, split_into
from tavern_tui.prompt.words import trim, trim_start

MAX_DEPTH = 10_000


class Position(IntEnum):
    """Where an injection goes."""

    NONE = -1
    AFTER_STORY = 0
    IN_CHAT = 1
    BEFORE_STORY = 2


ROLES: tuple[Role, ...] = (Role.SYSTEM, Role.USER, Role.ASSISTANT)
"""By the numbers used in SillyTavern's files; also the order at one depth, newest first."""


def role_of(number: int) -> Role:
    """The role a number stands for; anything unknown is system."""
    return ROLES[number] if 0 <= number < len(ROLES) else Role.SYSTEM


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Injections of one place, joined."""

    text: str
    spans: Spans


class Registry:
    """The injections of one build, by key. A key put again replaces the older text."""

    def __init__(self) -> None:
        self._by_key: dict[str, Injection] = {}

    def put(self, injection: Injection) -> None:
        """Add or replace; an empty text leaves nothing to inject."""
        self._by_key[injection.key] = injection

    def get(self, key: str) -> Injection | None:
        return self._by_key.get(key)

    def at(self, position: Position) -> list[Injection]:
        """The injections of a position that have text, in the order they were put."""
        return [one for one in self._by_key.values() if one.text and one.position == position]

    def scannable(self) -> list[Injection]:
        """Those whose text can trigger lore, in the order they were put."""
        return [one for one in self._by_key.values() if one.scan and one.text]

    def depths(self) -> list[int]:
        """The depths something is injected at, ascending."""
        found = {_depth(one) for one in self.at(Position.IN_CHAT)}
        return sorted(depth for depth in found if 0 <= depth <= MAX_DEPTH)

    def collect(
        self, scene: Scene, position: Position, depth: int | None = None, role: Role | None = None
    ) -> Collected:
        """The texts of one place, each trimmed, one per line, macros resolved; no white space
        at the start."""
        chosen = sorted(self._chosen(position, depth, role), key=_utf16)
        pieces = [span_of(one) for one in chosen]
        raw = "\n".join(piece.text for piece in pieces)
        text = trim_start(scene.substitute(raw))
        if not text:
            return Collected(text="", spans=())
        return Collected(
            text=text, spans=split_into(text, pieces, "\n", merged(pieces, "injection", "Injected"))
        )

    def _chosen(self, position: Position, depth: int | None, role: Role | None) -> Iterator[Injection]:
        for one in self.at(position):
            if depth is not None and _depth(one) != depth:
                continue
            if role is None or role_of(one.role) is role:
                yield one


def span_of(injection: Injection) -> Span:
    """The injection as a piece of the prompt."""
    return Span(
        text=trim(injection.text),
        kind=_KINDS.get(injection.key, "injection"),
        title=injection.title or injection.key,
        origin=injection.origin or f"injection {injection.key}",
    )


NOTE_KEY = "2_floating_prompt"
SUMMARY_KEY = "1_memory"
PERSONA_KEY = "PERSONA_DESCRIPTION"
DEPTH_PROMPT_KEY = "DEPTH_PROMPT"
STORY_KEY = "__STORY_STRING__"

_KINDS = {NOTE_KEY: "note", SUMMARY_KEY: "summary", PERSONA_KEY: "persona", STORY_KEY: "system"}


def _depth(injection: Injection) -> int:
    return injection.depth or 0


def _utf16(injection: Injection) -> bytes:
    return injection.key.encode("utf-16-be", "surrogatepass")
