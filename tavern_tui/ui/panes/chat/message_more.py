"""MessageMore: what is done with single messages now and then."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual import work
from textual.app import SuspendNotSupported

from tavern_tui.core.errors import TavernError
from tavern_tui.text.clean import clean_line, clean_text
from tavern_tui.ui.panes.chat.message_keys import MessageKeys

KINDS = (
    ("narrator", "Narrator", "told to the model as a system message"),
    ("comment", "Comment", "a note to yourself, never sent"),
    ("user", "You", "your words, without asking for a reply"),
    ("character", "Character", "the character's words, written by you"),
)


class MessageMore(MessageKeys):
    """Moves, copies and adds messages; looks through swipes, thinking and tokens."""

    def action_message_move_up(self) -> None:
        self._move(-1)

    def action_message_move_down(self) -> None:
        self._move(1)

    def _move(self, step: int) -> None:
        index = self._index
        if index >= 0 and self._try(lambda: self._session.move(index, step)):
            self.transcript.cursor = max(0, min(index + step, len(self._session.chat.messages) - 1))

    def action_message_duplicate(self) -> None:
        index = self._index
        if index >= 0 and self._try(lambda: self._session.duplicate(index)):
            self.transcript.cursor = index + 1

    @work(exclusive=True, group="edit")
    async def action_message_add(self) -> None:
        """Put a message after the one under the cursor."""
        from tavern_tui.services.editing import Said
        from tavern_tui.ui.dialogs.editor import Editor
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

        session, index = self._session, self._index
        choices = [Choice(id=kind, title=title, detail=detail) for kind, title, detail in KINDS]
        kind = await self.app.push_screen_wait(PickOne("Whose words?", choices))
        if kind is None:
            return
        text = await self.app.push_screen_wait(Editor(f"New message: {kind}", "", save="Add"))
        if (
            text is not None
            and text.strip()
            and self._try(lambda: session.add(Said(kind), text, at=index + 1))
        ):
            self.transcript.cursor = index + 1

    @work(exclusive=True, group="edit")
    async def action_message_swipes(self) -> None:
        """All versions of a message; show one, or delete some."""
        from tavern_tui.ui.panes.chat.swipes import SwipesDialog

        session, index = self._session, self._index
        if index < 0:
            return
        dialog = SwipesDialog(session, index)
        picked = await self.app.push_screen_wait(dialog)
        if dialog.brought_back:
            self.reload()
        if picked is not None:
            self._try(lambda: session.show_swipe(index, picked))

    def action_message_delete_swipe(self) -> None:
        index = self._index
        if index >= 0 and self._try(lambda: self._session.delete_swipe(index)):
            self.notify("Swipe deleted. u brings it back.", markup=False)

    def action_message_fold(self) -> None:
        index = self._index
        if index < 0:
            return
        if self.transcript.look.thinking == "hidden" and self._session.chat.messages[index].reasoning:
            self.notify("The chat shows no thinking. Alt+Shift+R, Replies, changes that.", markup=False)
            return
        self.transcript.fold(index)

    @work(exclusive=True, group="edit")
    async def action_message_thinking(self) -> None:
        """Edit what the model thought; an empty text removes it."""
        from tavern_tui.ui.dialogs.editor import Editor

        session, index = self._session, self._index
        if index < 0:
            return
        before = session.chat.messages[index].reasoning
        text = await self.app.push_screen_wait(Editor(f"Thinking of #{index}", before))
        if text is not None and text != before:
            self._try(lambda: session.edit_reasoning(index, text))

    @work(exclusive=True, group="edit")
    async def action_message_view(self) -> None:
        """See a picture or another file of the message in the system's viewer."""
        from tavern_tui.ui.panes.chat.attach_open import look_at_file

        session, index = self._session, self._index
        if index < 0:
            return
        try:
            await look_at_file(self.app, self._tavern.attachments, session.chat.messages[index].extra)
        except TavernError as error:
            self._complain(error)

    @work(exclusive=True, group="edit")
    async def action_message_tokens(self) -> None:
        """The tokens of a reply and what else could have come; another one may be taken."""
        from tavern_tui.services.token_choices import read_tokens
        from tavern_tui.ui.panes.chat.tokens import TokensDialog

        session, index = self._session, self._index
        if index < 0:
            return
        message = session.chat.messages[index]
        tokens = read_tokens(message.extra.get("token_probabilities"))
        if not tokens:
            self.notify(
                "Nothing is known of this message's tokens. The sampler `Token probabilities` asks for them, "
                "where the server tells.",
                markup=False,
            )
            return
        text = await self.app.push_screen_wait(TokensDialog(message.text, tokens))
        if text is not None:
            self._ask(session.continue_with(index, text))

    @work(exclusive=True, group="open")
    async def action_message_branch(self) -> None:
        """Begin a chat with the messages up to this one, and go on there."""
        index = self._index
        if index >= 0:
            await self._go_elsewhere(lambda: self._tavern.branches.branch(index))

    @work(exclusive=True, group="open")
    async def action_message_checkpoint(self) -> None:
        """Go to the message's checkpoint; without one, name it and keep it."""
        from tavern_tui.ui.dialogs.ask_text import AskText

        index, branches = self._index, self._tavern.branches
        if index < 0:
            return
        if branches.checkpoint_of(index):
            await self._go_elsewhere(lambda: branches.go(index))
            return
        name = await self.app.push_screen_wait(AskText("Checkpoint", label="Title; empty: one is made up"))
        if name is None:
            return
        try:
            made = await branches.checkpoint(index, name)
        except TavernError as error:
            self._complain(error)
            return
        self.notify(f"Kept as {clean_line(made)}. B goes there.", markup=False)

    @work(exclusive=True, group="open")
    async def action_message_to_parent(self) -> None:
        await self._go_elsewhere(self._tavern.branches.back)

    async def _go_elsewhere(self, go: Callable[[], Awaitable[object]]) -> None:
        try:
            await self.settle()
            await go()
        except TavernError as error:
            self._complain(error)

    @work(exclusive=True, group="edit")
    async def action_message_external(self) -> None:
        """Edit a message in the editor of the environment ($VISUAL, $EDITOR)."""
        session, index = self._session, self._index
        if index < 0:
            return
        before = session.chat.messages[index].text
        try:
            text = await self._edited_outside(before)
        except TavernError as error:
            self._complain(error)
            return
        if text is not None and text != before:
            self._try(lambda: session.edit(index, text))

    async def _edited_outside(self, text: str) -> str | None:
        """The text as the user's own editor left it; None: it cannot be used here."""
        command = os.environ.get("VISUAL") or os.environ.get("EDITOR")
        if not command:
            self.notify("Set EDITOR in the environment, to nano or vim, say.", markup=False)
            return None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "message.md"
            path.write_text(clean_text(text), encoding="utf-8")
            try:
                with self.app.suspend():
                    await asyncio.to_thread(subprocess.run, [*shlex.split(command), str(path)], check=True)
                return path.read_text(encoding="utf-8").removesuffix("\n")
            except SuspendNotSupported:
                self.notify("This terminal cannot be handed to another program.", markup=False)
            except (OSError, ValueError, subprocess.CalledProcessError) as error:
                self.notify(clean_line(f"{command} failed: {error}"), severity="error", markup=False)
        return None
