"""Lines: the history of a text prompt with everything that is put between its messages."""

from __future__ import annotations

from tavern_tui.core.chat import Role
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.prompt import LeftOut
from tavern_tui.core.template import InstructTemplate
from tavern_tui.prompt.history import Turn
from tavern_tui.prompt.injections import ROLES, Position
from tavern_tui.prompt.instruct import Place, format_turn
from tavern_tui.prompt.left_out import cut_entries
from tavern_tui.prompt.material import Material
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.trace import Span, Spans, enclosed, text_of


class Lines:
    """The lines by number, 0 the newest. Each is formatted when it is first asked for."""

    def __init__(
        self, scene: Scene, instruct: InstructTemplate | None, material: Material, last: Span | None
    ) -> None:
        self._scene = scene
        self._instruct = instruct
        self._history = material.history
        self._continues = scene.generation is GenerationType.CONTINUE
        self._order: list[int | Turn] = list(range(len(material.history)))
        self._reach = 0
        """The highest place something was put at."""
        self._inject(material)
        if last is not None:
            turn = Turn(role=Role.USER, name="", spans=(last,))
            self._order.insert(self._place_for(0), turn)
            self._reach += 1
        self._last_user = self._find_last_user()
        self._cache: dict[int, Spans] = {}
        self.cycle: Spans | None = None
        """The message that is continued, when there is more than it."""
        self._skipped = 0
        if self._continues and len(self._order) > 1:
            self.cycle = self._format(0)
            self._skipped = 1
        self._turns = [
            number
            for number in range(min(self._reach + 1, len(self)))
            if isinstance(self._entry(number), Turn)
        ]
        self.injected = [number for number in self._turns if self._turn(number).spans[0] is not last]

    def __len__(self) -> int:
        return len(self._order) - self._skipped

    def spans(self, number: int) -> Spans:
        """A line as it is sent."""
        if number not in self._cache:
            self._cache[number] = self._format(number + self._skipped)
        return self._cache[number]

    def text(self, number: int) -> str:
        return text_of(self.spans(number))

    def is_user(self, number: int) -> bool:
        """Whether the line is the user's or stands as one."""
        return self._role(number + self._skipped) is Role.USER

    @property
    def alignment(self) -> Spans:
        """The template's user message for histories that do not begin with one."""
        text = self._instruct.user_alignment_message if self._instruct else ""
        if self._instruct is None or not text:
            return ()
        span = Span(
            text=self._scene.substitute(text),
            kind="template",
            title="User alignment message",
            origin="instruct user_alignment_message",
        )
        turn = Turn(role=Role.USER, name=self._scene.user, spans=(span,))
        return format_turn(self._scene, self._instruct, turn, Place.FIRST)

    def left_out(self, kept: set[int]) -> list[LeftOut]:
        """The lines that were cut: injections one by one, messages as ranges."""
        turns = [self._turn(number) for number in self._turns if number not in kept]
        messages = (
            entry
            for number in range(len(self))
            if number not in kept and isinstance(entry := self._entry(number), int)
        )
        oldest_first = (
            entry
            for number in range(len(self) - 1, -1, -1)
            if number not in kept and isinstance(entry := self._entry(number), int)
        )
        return cut_entries(turns, next(messages, None), next(oldest_first, None), self._history)

    def _turn(self, number: int) -> Turn:
        """An injected line."""
        entry = self._entry(number)
        assert isinstance(entry, Turn)
        return entry

    def _inject(self, material: Material) -> None:
        inserted = 0
        for depth in material.registry.depths():
            group = [
                Turn(role=role, name=self._speaker(role), spans=found.spans)
                for role in ROLES
                if (found := material.registry.collect(self._scene, Position.IN_CHAT, depth, role)).text
            ]
            place = min(self._place_for(depth) + inserted, len(self._order))
            self._order[place:place] = group
            inserted += len(group)
            self._reach = max(self._reach, place + len(group))

    def _place_for(self, depth: int) -> int:
        # Nothing may come after the text that is being continued.
        return 1 if depth == 0 and self._continues and self._order else depth

    def _speaker(self, role: Role) -> str:
        return {Role.USER: self._scene.user, Role.ASSISTANT: self._scene.char}.get(role, "")

    def _find_last_user(self) -> int | None:
        if self._scene.generation is GenerationType.IMPERSONATE or self._instruct is None:
            return None
        places = range(len(self._order))
        return next((place for place in places if self._role(place) is Role.USER), None)

    def _entry(self, number: int) -> int | Turn:
        return self._order[number + self._skipped]

    def _role(self, place: int) -> Role:
        entry = self._order[place]
        return entry.role if isinstance(entry, Turn) else self._history.message(entry).role

    def _format(self, place: int) -> Spans:
        entry = self._order[place]
        turn = entry if isinstance(entry, Turn) else self._history.turn(entry)
        closed = not (self._continues and place == 0)
        if self._instruct is not None:
            return format_turn(self._scene, self._instruct, turn, self._variant(place), closed=closed)
        named = turn.name and turn.role is not Role.SYSTEM
        return enclosed(turn.spans, f"{turn.name}: " if named else "", "\n" if closed else "")

    def _variant(self, place: int) -> Place:
        if place == self._last_user or (self._continues and place == 0):
            return Place.LAST
        return Place.FIRST if place == len(self._order) - 1 else Place.BETWEEN
