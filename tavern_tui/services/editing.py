"""Editing: what one does with the messages of a chat by hand, and taking it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tavern_tui.core.chat import Message, Role, Swipe, a_message
from tavern_tui.core.errors import UsageError
from tavern_tui.services.events import ChatReplaced, MessageChanged, MessageRemoved
from tavern_tui.services.group_turns import signed
from tavern_tui.services.reply_facts import now
from tavern_tui.services.rounds import Rounds
from tavern_tui.text.reasoning import split_reasoning

UNDO_STEPS = 50

Changer = Callable[[Message], Message]


class Said(StrEnum):
    """Kinds of messages a user may put into a chat."""

    USER = "user"
    CHARACTER = "character"
    NARRATOR = "narrator"
    """Sent to the model as a system message."""
    COMMENT = "comment"
    """A note to oneself: never sent."""


@dataclass(slots=True)
class _Undo:
    """Messages as they were before a change."""

    label: str
    messages: list[Message]


class Editing(Rounds):
    """Changes take effect at once and are saved at once; `undo` takes back the last ones."""

    _undo: list[_Undo]

    # --- texts

    def edit(self, index: int, text: str) -> None:
        """Give the shown swipe of a message another text. Thinking in a reply's is taken out of it, where
        that is done by itself."""
        template = self._desk.reasoning

        def changed(message: Message) -> Message:
            if message.is_user or message.reasoning or not template.auto_parse:
                return message.with_text(text)
            found = split_reasoning(text, template)
            message = message.with_text(found.text)
            extra = {"reasoning": found.reasoning, "reasoning_type": "parsed"}
            return message.with_extra(extra) if found.reasoning else message

        self._change(index, "edit", changed)

    def edit_reasoning(self, index: int, text: str) -> None:
        """Give the shown swipe another thinking; an empty text removes it."""

        def changed(message: Message) -> Message:
            extra = {
                name: value
                for name, value in message.extra.items()
                if name not in ("reasoning", "reasoning_signature", "reasoning_display_text")
            }
            if text.strip():
                kind = "edited" if message.reasoning else "manual"
                extra |= {"reasoning": text.strip(), "reasoning_type": kind}
            return message.with_shown(replace(message.swipe, extra=extra))

        self._change(index, "thinking", changed)

    def rename_author(self, index: int, name: str) -> None:
        """Let somebody else have said a message."""
        if not name.strip():
            raise UsageError("A message needs a name.")
        self._change(index, "rename", lambda message: self._as_member(replace(message, name=name.strip())))

    def change_role(self, index: int, role: Role) -> None:
        """Let a message be the user's, the character's or the narrator's."""

        def changed(message: Message) -> Message:
            extra = {name: value for name, value in message.extra.items() if name != "type"}
            if role is Role.SYSTEM:
                extra["type"] = "narrator"
            message = message.with_shown(replace(message.swipe, extra=extra))
            return replace(message, is_user=role is Role.USER)

        self._change(index, "role", changed)

    def hide(self, index: int, hidden: bool = True) -> None:
        """Keep a message from the model, or show it to it again."""
        self.hide_all([index], hidden)

    def hide_all(self, indexes: Iterable[int], hidden: bool = True) -> None:
        """The same for several messages."""
        self._check_free()
        wanted = [index for index in self._indexes(indexes) if self.chat.messages[index].hidden != hidden]
        if not wanted:
            return
        self._remember("hide" if hidden else "show")
        for index in wanted:
            self.chat.messages[index] = replace(self.chat.messages[index], hidden=hidden)
        self._keep(wanted)

    # --- which messages there are, and where

    def add(self, kind: Said, text: str, *, at: int | None = None, name: str = "") -> int:
        """Put a message into the chat without asking for a reply; returns where it is.

        `at`: before the message of this number; None: at the end."""
        self._check_free()
        if not text.strip():
            raise UsageError("There is nothing to add.")
        where = len(self.chat.messages) if at is None else max(0, min(at, len(self.chat.messages)))
        self._remember("add")
        self.chat.messages.insert(where, self._new_message(kind, text, name))
        if where == len(self.chat.messages) - 1:
            self.store.append(self.chat)
            self.changed.send(ChatReplaced(where))
        else:
            self._rewritten(where)
        return where

    def _new_message(self, kind: Said, text: str, name: str) -> Message:
        if kind is Said.USER:
            return a_message(name or self.persona.name, text, is_user=True, sent_at=now())
        if kind is Said.CHARACTER:
            return self._as_member(a_message(name or self.character.name, text, sent_at=now()))
        if kind is Said.NARRATOR:
            usual = self.chat.metadata.get("narrator_name")
            who = name or (usual if isinstance(usual, str) and usual else "System")
            return a_message(who, text, sent_at=now(), extra={"type": "narrator"})
        return a_message(name or "Note", text, sent_at=now(), extra={"type": "comment"}, hidden=True)

    def _as_member(self, message: Message) -> Message:
        """In a group, the words of a member say whose they are."""
        cast = self.cast
        found = (one for one in cast.members if one.name == message.name) if cast is not None else iter(())
        member = next(found, None)
        return message if member is None or message.is_user else signed(message, member.file)

    def delete(self, index: int) -> None:
        """Take a message out of the chat; `undo` brings it back."""
        index = self._index(index)
        self._check_free()
        self._remember("delete")
        del self.chat.messages[index]
        self.store.rewrite(self.chat)
        self.changed.send(MessageRemoved(index))

    def delete_all(self, indexes: Iterable[int]) -> None:
        """Take several messages out of the chat."""
        self._check_free()
        gone = set(self._indexes(indexes))
        if not gone:
            return
        self._remember("delete")
        self.chat.messages[:] = [
            message for index, message in enumerate(self.chat.messages) if index not in gone
        ]
        self._rewritten(min(gone))

    def delete_from(self, index: int) -> None:
        """Take this message and all after it out of the chat."""
        self.delete_all(range(self._index(index), len(self.chat.messages)))

    def move(self, index: int, step: int) -> int:
        """Move a message up (below 0) or down; returns where it is now."""
        index = self._index(index)
        target = max(0, min(index + step, len(self.chat.messages) - 1))
        if target == index:
            return index
        self._check_free()
        self._remember("move")
        self.chat.messages.insert(target, self.chat.messages.pop(index))
        self._rewritten(min(index, target))
        return target

    def duplicate(self, index: int) -> int:
        """Put a copy of a message after it; returns where the copy is."""
        index = self._index(index)
        self._check_free()
        self._remember("duplicate")
        self.chat.messages.insert(index + 1, self.chat.messages[index])
        self._rewritten(index + 1)
        return index + 1

    # --- swipes

    def show_swipe(self, index: int, number: int) -> None:
        """Show a message's swipe of this number (from 0)."""
        message = self.chat.messages[self._index(index)]
        if not 0 <= number < len(message.swipes):
            raise UsageError(f"This message has {len(message.swipes)} swipes.")
        if number != message.shown:
            self._change(index, "", lambda one: replace(one, shown=number))

    def swipe_left(self, index: int = -1) -> None:
        """Show the swipe before the one that is shown."""
        self._check_free()
        message = self.chat.messages[self._index(index)]
        if message.shown > 0:
            self.show_swipe(index, message.shown - 1)

    def add_swipe(self, index: int, text: str) -> None:
        """Add a swipe of one's own to a message, and show it."""
        self._change(index, "swipe", lambda one: one.with_swipe(Swipe(text=text, sent_at=now())))

    def delete_swipe(self, index: int, number: int | None = None) -> None:
        """Take one of a message's swipes away (the one that is shown); the last one stays."""
        message = self.chat.messages[self._index(index)]
        number = message.shown if number is None else number
        if len(message.swipes) < 2:
            raise UsageError("A message keeps its last swipe.", hint="Delete the message instead.")
        if not 0 <= number < len(message.swipes):
            raise UsageError(f"This message has {len(message.swipes)} swipes.")
        swipes = (*message.swipes[:number], *message.swipes[number + 1 :])
        shown = message.shown - 1 if message.shown > number else min(message.shown, len(swipes) - 1)
        self._change(index, "swipe", lambda one: replace(one, swipes=swipes, shown=shown))

    # --- back again

    def undo(self) -> str:
        """Take back the last change by hand, or a regeneration; says which, or the empty string."""
        self._check_free()
        if not self._undo:
            return ""
        step = self._undo.pop()
        self.chat.messages[:] = step.messages
        self.store.rewrite(self.chat)
        return step.label

    undo_delete = undo

    def join(self, messages: Sequence[Message]) -> None:
        """Another program wrote these messages: they stay, whatever is taken back."""
        for step in self._undo:
            step.messages += messages

    # --- inside

    def _change(self, index: int, label: str, make: Changer) -> None:
        """Put what `make` makes of a message in its place. `label`: what `undo` calls it; empty: it is
        no change to take back."""
        self._check_free()
        index = self._index(index)
        if label:
            self._remember(label)
        self._put(index, make(self.chat.messages[index]))
        self.changed.send(MessageChanged(index))

    def _remember(self, label: str) -> None:
        self._undo.append(_Undo(label, list(self.chat.messages)))
        del self._undo[:-UNDO_STEPS]

    def _put(self, index: int, message: Message) -> None:
        self.chat.messages[index] = message
        self.store.update(self.chat, index)

    def _keep(self, indexes: Sequence[int]) -> None:
        if len(indexes) == 1:
            self.store.update(self.chat, indexes[0])
        else:
            self.store.rewrite(self.chat)
        for index in indexes:
            self.changed.send(MessageChanged(index))

    def _rewritten(self, first: int) -> None:
        self.store.rewrite(self.chat)
        self.changed.send(ChatReplaced(first))

    def _index(self, index: int) -> int:
        count = len(self.chat.messages)
        if not -count <= index < count:
            raise UsageError("There is no such message.")
        return index % count

    def _indexes(self, indexes: Iterable[int]) -> list[int]:
        return sorted({self._index(index) for index in indexes})
