"""The examples and the history of a chat completion: as many as the budget allows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import IntEnum

from tavern_tui.core.chat import Role
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.preset import ChatPreset
from tavern_tui.core.prompt import LeftOut
from tavern_tui.prompt.cargo import call_drafts, calls_tools
from tavern_tui.prompt.depth import injected_turns, splice
from tavern_tui.prompt.drafts import Budget, Draft, control
from tavern_tui.prompt.examples import Block, split_turns
from tavern_tui.prompt.history import History, Turn
from tavern_tui.prompt.injections import Registry
from tavern_tui.prompt.left_out import cut, cut_entries
from tavern_tui.prompt.manager import Slots
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.trace import Span, enclosed, in_slot, without_returns
from tavern_tui.prompt.words import trim


class Names(IntEnum):
    """`names_behavior` of a preset: where a message says who speaks."""

    NONE = -1
    DEFAULT = 0
    """In the content, where it would be unclear: groups and other personas."""
    FIELD = 1
    CONTENT = 2


_EXAMPLE_NAMES = {Role.USER: "example_user", Role.ASSISTANT: "example_assistant"}
_NAME_LENGTH = 64
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_]")


class ChatHistory:
    """The messages between the prompts. Made newest first, and only as far as they fit."""

    def __init__(self, scene: Scene, preset: ChatPreset, history: History) -> None:
        self._scene = scene
        self._preset = preset
        self._history = history
        self._order: list[int | Turn] = list(range(len(history)))
        self.left_out: list[LeftOut] = []
        self.continued: list[Draft] = []
        """The message to continue and the request to go on, for the end of the prompt."""

    def take_prefill(self) -> Draft | None:
        """The message that is continued, taken out so that it can be the last of the request."""
        if not self._order:
            return None
        return self._draft(self._order.pop(0))

    def inject(self, slots: Slots, registry: Registry) -> None:
        """Put the prompts that belong between the messages into place."""
        splice(self._order, injected_turns(self._scene, slots, registry))

    def fill(self, budget: Budget) -> list[Draft]:
        """The messages that fit, oldest first, between what opens and what closes a history."""
        opening, nudge = self._opening(), self._group_nudge()
        budget.reserve(*opening, *nudge)
        self.continued = self._nudge_to_continue()
        budget.reserve(*self.continued)
        kept = self._stand_in(budget)
        for place, entry in enumerate(self._order):
            drafts = self._drafts(entry)
            if not budget.takes(*drafts):
                self._cut(self._order[place:])
                break
            kept.extend(reversed(drafts))
        return [*opening, *reversed(kept), *nudge]

    def _cut(self, entries: Sequence[int | Turn]) -> None:
        is_plain = len(self._order) == len(self._history)  # nothing was put between the messages
        turns = [] if is_plain else [entry for entry in entries if isinstance(entry, Turn)]
        newest = next((entry for entry in entries if isinstance(entry, int)), None)
        oldest = next((entry for entry in reversed(entries) if isinstance(entry, int)), None)
        self.left_out.extend(cut_entries(turns, newest, oldest, self._history))

    def _opening(self) -> list[Draft]:
        preset = self._preset
        key = "new_group_chat_prompt" if self._scene.in_group else "new_chat_prompt"
        text = preset.new_group_chat_prompt if self._scene.in_group else preset.new_chat_prompt
        return [self._control(text, "New chat", key, "newChat")]

    def _group_nudge(self) -> list[Draft]:
        if not self._scene.in_group or self._scene.generation is GenerationType.IMPERSONATE:
            return []
        text = self._preset.group_nudge_prompt
        return [self._control(text, "Whose turn it is", "group_nudge_prompt", "groupNudge")]

    def _control(self, text: str, title: str, key: str, label: str) -> Draft:
        return control(self._scene.substitute(text), title, f"preset {key}", label=label)

    def _nudge_to_continue(self) -> list[Draft]:
        if self._scene.generation is not GenerationType.CONTINUE or self._preset.continue_prefill:
            return []
        place = next((n for n, entry in enumerate(self._order) if isinstance(entry, int)), None)
        if place is None:
            return []
        draft = self._draft(self._order.pop(place), named=False)
        text = self._scene.substitute(
            self._preset.continue_nudge_prompt, extra={"lastChatMessage": trim(draft.content)}
        )
        return [draft, control(text, "Request to continue", "preset continue_nudge_prompt")]

    def _stand_in(self, budget: Budget) -> list[Draft]:
        """A user message after a reply, for those whose server wants to hear the user last."""
        text = self._preset.send_if_empty
        newest = self._order[0] if self._order else None
        if not text or newest is None or self._role(newest) is not Role.ASSISTANT or self._calls(newest):
            return []
        draft = control(self._scene.substitute(text), "Sent if empty", "preset send_if_empty", role=Role.USER)
        if not budget.affords(draft):
            return []
        budget.reserve(draft)
        return [draft]

    def _role(self, entry: int | Turn) -> Role:
        return entry.role if isinstance(entry, Turn) else self._history.message(entry).role

    def _calls(self, entry: int | Turn) -> bool:
        if isinstance(entry, Turn) or not self._scene.inputs.tools:
            return False
        return calls_tools(self._history.message(entry))

    def _drafts(self, entry: int | Turn) -> list[Draft]:
        """What becomes of an entry; calls to tools become several messages that stay together."""
        if isinstance(entry, int) and self._calls(entry):
            return call_drafts(self._scene, self._history.message(entry), self._history.index(entry))
        return [self._in_place(entry)]

    def _in_place(self, entry: int | Turn) -> Draft:
        """The message as part of the history. Those without macros are kept between builds."""
        if isinstance(entry, Turn):
            return self._draft(entry)
        turn = self._history.turn(entry)
        manner = (self._preset.names_behavior, self._scene.user, self._scene.in_group)
        held = _plain_drafts.get(id(turn))
        if held is not None and held[0] is turn and held[1] == manner:
            return held[2]
        draft = self._draft(entry)
        draft = replace(draft, spans=in_slot(draft.spans, SLOT))
        if not any(mark in span.text for span in turn.spans for mark in MACRO_MARKS):
            while len(_plain_drafts) >= _KEPT_DRAFTS:
                _plain_drafts.pop(next(iter(_plain_drafts)), None)
            _plain_drafts[id(turn)] = (turn, manner, draft)
        return draft

    def _draft(self, entry: int | Turn, *, named: bool = True) -> Draft:
        if isinstance(entry, Turn):
            return Draft(role=entry.role, spans=entry.spans)
        turn = self._history.turn(entry)
        spans = tuple([self._resolved(span) for span in without_returns(turn.spans)])
        if self._prefixes(turn):
            spans = enclosed(spans, f"{turn.name}: ", "")
        in_field = named and self._preset.names_behavior == Names.FIELD
        return Draft(
            role=turn.role, spans=spans, name=field_name(turn.name) if in_field else "", cargo=turn.cargo
        )

    def _resolved(self, span: Span) -> Span:
        text = self._scene.substitute(span.text)
        return span if text == span.text else replace(span, text=text)

    def _prefixes(self, turn: Turn) -> bool:
        narrates = turn.role is Role.SYSTEM
        match self._preset.names_behavior:
            case Names.DEFAULT:
                foreign = turn.name != self._scene.user
                return foreign and (self._scene.in_group or (turn.force_avatar and not narrates))
            case Names.CONTENT:
                return not narrates
            case _:
                return False


SLOT = "chatHistory"
MACRO_MARKS = ("{", "<", "\\")
"""Without these a text holds no macro."""
_KEPT_DRAFTS = 4096
_plain_drafts: dict[int, tuple[Turn, tuple[int, str, bool], Draft]] = {}
"""Identity of a turn -> the turn (which keeps the identity from being used again), how names are
shown, and the message it makes."""


def forget_drafts() -> None:
    """Forget all messages, as if the program had just been started."""
    _plain_drafts.clear()


def fill_examples(
    scene: Scene, preset: ChatPreset, blocks: list[Block], budget: Budget, left_out: list[LeftOut]
) -> list[Draft]:
    """The example blocks that fit, each whole."""
    heading = scene.substitute(preset.new_example_chat_prompt)
    drafts: list[Draft] = []
    for number, block in enumerate(blocks):
        opening = control(heading, "New example", "preset new_example_chat_prompt", label="newExample")
        turns = [opening, *_example_turns(scene, block)]
        if not budget.affords(*turns):
            left_out.extend(cut(block.title, block.origin) for block in blocks[number:])
            break
        budget.reserve(*turns)
        drafts.extend(turns)
    return drafts


def _example_turns(scene: Scene, block: Block) -> list[Draft]:
    return [
        Draft(role=Role.SYSTEM, spans=(block.span(turn.text),), name=_EXAMPLE_NAMES[turn.role])
        for turn in split_turns(block, scene, named=scene.in_group)
    ]


def field_name(name: str) -> str:
    """A name as the `name` field of a message may hold it."""
    return _NOT_IN_A_NAME.sub("_", name)[:_NAME_LENGTH]
