"""What follows a reply that calls tools: they answer, their results are kept, the model is asked again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence

from tavern_tui.core.chat import Message, a_message
from tavern_tui.services.events import ChatReplaced, MessageAdded, SessionEvent
from tavern_tui.services.generating import Conversation
from tavern_tui.services.reply_facts import now
from tavern_tui.services.target import Target
from tavern_tui.services.tools import ToolAnswer, ToolCall, ToolContext, invocations

CALLED_BY = "System"
"""The name under which calls stand in a chat's file."""


class ToolRounds(Conversation):
    """A conversation whose replies may call tools."""

    _running: asyncio.Task[list[ToolAnswer]] | None = None

    def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
        super().stop()

    async def _use_tools(
        self, calls: Sequence[ToolCall], target: Target
    ) -> AsyncGenerator[SessionEvent, None]:
        """Have the tools answer and put that into the chat: after the words the model said with its
        calls, or before the message it is still to write. Nothing is kept if the user stops it."""
        answers = await self._answers(calls)
        if answers is None:
            return
        message = self._kept_calls(answers, target.extra)
        if target.index is not None and self._waits(target):
            self.chat.messages.insert(target.index, message)
            self.store.rewrite(self.chat)
            target.index += 1
            yield ChatReplaced(target.index - 1)
        else:
            self.chat.messages.append(message)
            self.store.append(self.chat)
            yield MessageAdded(len(self.chat.messages) - 1)

    def _waits(self, target: Target) -> bool:
        """Whether a message is to be written anew, and nothing was yet."""
        return target.index is not None and self.chat.messages[target.index] is target.before

    def tool_context(self) -> ToolContext:
        """What tools may know of this chat."""
        return self._desk.tool_context(self)

    async def _answers(self, calls: Sequence[ToolCall]) -> list[ToolAnswer] | None:
        """One answer for each call, in turn; None: the user stopped it."""
        context = self.tool_context()
        self._running = asyncio.create_task(self._answer_all(calls, context))
        try:
            return await self._running
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            return None
        finally:
            self._running.cancel()
            self._running = None

    async def _answer_all(self, calls: Sequence[ToolCall], context: ToolContext) -> list[ToolAnswer]:
        return [await self._desk.tools.answer(call, context) for call in calls]

    def _kept_calls(self, answers: Sequence[ToolAnswer], extra: Mapping[str, object]) -> Message:
        names = ", ".join(dict.fromkeys(answer.title for answer in answers))
        with self._answering() as connections:
            api, model = connections.current.provider, connections.model
        facts = {
            "isSmallSys": True,
            "api": api,
            "model": model,
            "tool_invocations": invocations(answers, self._done.thoughts if self._done else ""),
        }
        return a_message(CALLED_BY, f"Called: {names}", sent_at=now(), extra={**extra, **facts}, hidden=True)
