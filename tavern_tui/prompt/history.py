"""History: the messages of the chat as the model will read them, made one by one, newest first.

A chat may have thousands of messages of which only the newest fit; nothing here touches a
message before somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import overload

from tavern_tui.core.chat import Message, Role
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.prompt import NO_CARGO, Cargo
from tavern_tui.prompt.cargo import calls_tools, cargo_of, carries
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.trace import Span, Spans, text_of
from tavern_tui.text.regex_scripts import apply_scripts

USER_INPUT, AI_OUTPUT, LORE, REASONING = 1, 2, 5, 6
"""Placements of regex scripts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of the prompt, before a template or a preset gives it its form."""

    role: Role
    name: str
    """Empty: nameless, written without a name in front."""
    spans: Spans
    index: int | None = None
    """Of the chat's message; None: an injection."""
    force_avatar: bool = False
    cargo: Cargo = NO_CARGO

    @property
    def text(self) -> str:
        return text_of(self.spans)

    @property
    def injected(self) -> bool:
        return self.index is None


class History:
    """The messages that take part, by depth: 0 is the newest."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._messages = _taking_part(scene)
        self._turns: list[Turn] = []
        self._reasoning_added = 0

    def __len__(self) -> int:
        return len(self._messages)

    def message(self, depth: int) -> Message:
        """The stored message."""
        return self._scene.messages[self._messages[-1 - depth]]

    def index(self, depth: int) -> int:
        """The message's place in the chat."""
        return self._messages[-1 - depth]

    def indexes_newest_first(self) -> Sequence[int]:
        """The places of all messages in the chat."""
        return self._messages[::-1]

    def turn(self, depth: int) -> Turn:
        """The message with scripts, attachments and reasoning applied."""
        while len(self._turns) <= depth:  # reasoning is added newest first, up to a number
            self._turns.append(self._make(len(self._turns)))
        return self._turns[depth]

    def _make(self, depth: int) -> Turn:
        index = self._messages[-1 - depth]
        message = self._scene.messages[index]
        if index == 0 or message.reasoning or self._scene.inputs.regex_scripts or carries(message):
            return self._made(message, index, depth)
        held = _plain_turns.get(id(message))
        if held is not None and held[0] is message and held[1].index == index:
            return held[1]
        turn = self._made(message, index, depth)
        while len(_plain_turns) >= _KEPT_TURNS:
            _plain_turns.pop(next(iter(_plain_turns)), None)
        _plain_turns[id(message)] = (message, turn)
        return turn

    def _made(self, message: Message, index: int, depth: int) -> Turn:
        text = self._scene.substitute(message.text) if index == 0 else message.text
        placement = USER_INPUT if message.is_user else AI_OUTPUT
        text = self._scripted(text, placement, depth)
        text = with_attachments(text, message.extra)
        text = self._with_reasoning(text, message, depth)
        return Turn(
            role=message.role,
            name=message.name,
            spans=(
                Span(
                    text=text,
                    kind="history",
                    title=f"#{index} {message.name}",
                    origin=f"message {index}",
                ),
            ),
            index=index,
            force_avatar=bool(message.force_avatar),
            cargo=cargo_of(self._scene, message),
        )

    def _scripted(self, text: str, placement: int, depth: int) -> str:
        scene = self._scene
        if not scene.inputs.regex_scripts:
            return text
        # The message that is being continued stands below the newest one.
        shift = 1 if scene.generation is GenerationType.CONTINUE else 0
        return apply_scripts(
            text,
            scene.inputs.regex_scripts,
            placement=placement,
            context="prompt",
            depth=depth - shift,
            substitute=scene.substitute,
            warnings=scene.warnings,
        )

    def _with_reasoning(self, text: str, message: Message, depth: int) -> str:
        scene, template = self._scene, self._scene.inputs.reasoning
        continued = depth == 0 and scene.generation is GenerationType.CONTINUE
        if not message.reasoning or not (continued or self._may_add_reasoning()):
            return text
        if scene.in_group and message.name != scene.char:
            return text
        reasoning = self._scripted(message.reasoning, REASONING, depth)
        if not reasoning:
            return text
        self._reasoning_added += 1
        opened = scene.substitute(template.prefix) + reasoning
        if continued and not text:
            return opened
        closing = scene.substitute(template.suffix) + scene.substitute(template.separator)
        return opened + closing + text

    def _may_add_reasoning(self) -> bool:
        template = self._scene.inputs.reasoning
        return template.add_to_prompts and self._reasoning_added < template.max_additions


_KEPT_TURNS = 4096
_plain_turns: dict[int, tuple[Message, Turn]] = {}
"""Identity of a message -> the message (which keeps the identity from being used again) and the turn
it makes wherever no script, macro or reasoning has a say."""


def forget_turns() -> None:
    """Forget all turns, as if the program had just been started."""
    _plain_turns.clear()


MAX_SCANNED = 1_000_000
"""Characters at the end of one message that are searched for lore keys: no more would find room in any
prompt, and a message of 50 MB would hold everything up for seconds."""


class ScanTexts(Sequence[str]):
    """The history as lore keys see it: newest first, with names if the settings say so."""

    def __init__(self, history: History, *, names: bool) -> None:
        self._history = history
        self._names = names

    def __len__(self) -> int:
        return len(self._history)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        turn = self._history.turn(index % len(self))
        text = turn.text if len(turn.text) <= MAX_SCANNED else turn.text[-MAX_SCANNED:]
        return f"{turn.name}: {text}" if self._names else text


def with_attachments(text: str, extra: Mapping[str, object]) -> str:
    """The message with the text of its files in front and the titles of its pictures behind."""
    files = [text for text in _texts(extra.get("files"), "text") if text]
    titles = list(_texts(extra.get("media"), "title", only_if="append_title"))
    if files:
        text = "\n\n".join([*files, text])
    return "\n\n".join([text, *titles]) if titles else text


def _texts(entries: object, key: str, only_if: str = "") -> Iterator[str]:
    if not isinstance(entries, list):
        return
    for entry in entries:
        if isinstance(entry, Mapping) and (not only_if or entry.get(only_if)):
            value = entry.get(key)
            if isinstance(value, str) and value:
                yield value


def _taking_part(scene: Scene) -> Sequence[int]:
    messages = scene.messages
    indexes: Sequence[int] = range(len(messages))
    if any(map(attrgetter("hidden"), messages)):  # a look at each, without a list, where none is
        with_tools = bool(scene.inputs.tools)
        indexes = [
            index
            for index, message in enumerate(messages)
            if not message.hidden or (with_tools and calls_tools(message))
        ]
    return indexes[:-1] if scene.generation is GenerationType.SWIPE else indexes
