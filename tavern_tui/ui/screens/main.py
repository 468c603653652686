"""MainScreen: starts the program, carries words between panes, switches connections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tavern_tui.core.errors import TavernError
from tavern_tui.core.settings import Settings
from tavern_tui.text.clean import clean_line
from tavern_tui.ui.keys import bindings
from tavern_tui.ui.opening import Opening
from tavern_tui.ui.panes.chat.pane import ChatPane
from tavern_tui.ui.screens.elsewhere import WatchingScreen

if TYPE_CHECKING:
    from tavern_tui.services.chat_places import ChatOwner
    from tavern_tui.services.connections import Found
    from tavern_tui.services.preview import PromptPreview
    from tavern_tui.services.tavern import Tavern
    from tavern_tui.ui.panes.characters.pane import CharacterPane
    from tavern_tui.ui.panes.connection.pane import ConnectionPane
    from tavern_tui.ui.panes.connection.switching import Switching
    from tavern_tui.ui.panes.groups.bench import GroupBench
    from tavern_tui.ui.panes.prompt.pane import PromptPane

SETTLE = 0.3
"""Seconds after a change before the tokens in the status line are counted again."""


class MainScreen(WatchingScreen):
    """Carries words from one pane to another."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("main")]

    def __init__(self, opening: Opening, open_tavern: Callable[[], Tavern]) -> None:
        super().__init__(opening)
        self._open_tavern = open_tavern
        self._found: Sequence[Found] = ()
        self._tokens = ""
        self._forget: list[Callable[[], None]] = []

    def on_mount(self) -> None:
        self.call_after_refresh(self._after_first_frame)

    def on_unmount(self) -> None:
        for forget in self._forget:
            forget()

    # --- starting

    def _after_first_frame(self) -> None:
        tavern = self.tavern = self._open_tavern()
        self._opening.at_rest()
        self._ready = True
        self._forget = [
            tavern.opened.listen(lambda _: self._opened()),
            tavern.tabs.changed.listen(lambda _: self._show_tabs()),
            tavern.notices.listen(self._tell),
            tavern.connections.changed.listen(lambda _: self._inputs_changed()),
            tavern.connections.status_changed.listen(lambda _: self._inputs_changed()),
            tavern.presets_changed.listen(lambda _: self._inputs_changed()),
            tavern.counted.listen(lambda _: self._inputs_changed()),
            tavern.settings_changed.listen(self._settings_changed),
            tavern.setup_changed.listen(lambda _: self._setup_changed()),
        ]
        self._watch_file()
        self.chat.attach(tavern)
        self._arrange()
        self._show_facts()
        self.refresh_bindings()
        self._start()

    def _settings_changed(self, settings: Settings) -> None:
        self.chat.take_settings(settings)

    def _setup_changed(self) -> None:
        self.chat.take_settings(self.tavern.settings)
        self._inputs_changed()

    @work
    async def _start(self) -> None:
        """Open the last chat, then look for servers if nobody but the offline writer answers."""
        try:
            await self.tavern.start(self._opening.card)
        except TavernError as error:
            self._complain(error)
        if self._is_over():
            return
        self._opened()
        if self.tavern.connections.current.provider == "offline":
            self._introduce_writer()
            if self.tavern.settings.probe_on_start:
                self._offer(await self.tavern.connections.probe())

    def _is_over(self) -> bool:
        """Whether the program ended while a worker waited, and took the chat from the screen."""
        return not self.query("#chat")

    def _introduce_writer(self) -> None:
        """On a machine without connections: say who answers, and how to change that."""
        if len(self.tavern.connections.all) == 1:
            self.notify(
                "A small n-gram writer inside this program, not a language model. "
                "Ctrl+O lists who else can answer; F2 sets up a connection.",
                title="The offline writer answers",
                timeout=10,
                markup=False,
            )

    def _offer(self, servers: Sequence[Found]) -> None:
        """Say which servers answer here, and which key takes the first."""
        self._found = servers
        self.refresh_bindings()
        if not servers:
            return
        names = ", ".join(
            clean_line(f"{one.title} ({one.model})" if one.model else one.title) for one in servers
        )
        self.notify(
            f"{names}. Alt+A lets it answer; Ctrl+O shows all.",
            title="Found on this machine"
            if len(servers) == 1
            else f"Found {len(servers)} servers on this machine",
            timeout=12,
            markup=False,
        )

    # --- the prompt as it would be sent

    def _inputs_changed(self) -> None:
        """Something that goes into the prompt is different: count again, soon."""
        self._show_facts()
        prompt = self._pane("prompt")
        if prompt is not None:
            self._as_prompt_pane(prompt).look_soon()
        else:
            self._measure_later()

    @work(exclusive=True, group="measure")
    async def _measure_later(self) -> None:
        from asyncio import sleep

        await sleep(SETTLE)
        if self._is_over():
            return
        try:
            self._measured(self.look_ahead())
        except TavernError:
            self._tokens = ""
            self._show_facts()

    def _measured(self, preview: PromptPreview) -> None:
        context = self.tavern.connections.context_size
        about = "" if preview.built.exact else "~"
        self._tokens = f"{about}{preview.built.tokens:,} / {context:,} tokens"
        self._show_facts()

    def _as_prompt_pane(self, pane: Widget) -> PromptPane:
        from tavern_tui.ui.panes.prompt.pane import PromptPane

        assert isinstance(pane, PromptPane)
        return pane

    def on_prompt_pane_looked(self, event: PromptPane.Looked) -> None:
        event.stop()
        self._measured(event.preview)

    def on_prompt_pane_send_edited(self, event: PromptPane.SendEdited) -> None:
        event.stop()
        self._close_overlay()
        self.chat.send_edited(event.prompt)

    def on_group_bench_speak(self, event: GroupBench.Speak) -> None:
        event.stop()
        try:
            self.chat.let_speak(event.file)
        except TavernError as error:
            self._complain(error)

    def on_group_bench_auto_mode(self, event: GroupBench.AutoMode) -> None:
        event.stop()
        self.chat.auto_mode_changed()

    @on(ChatPane.Typed)
    def typed(self) -> None:
        prompt = self._pane("prompt")
        if prompt is not None:
            self._as_prompt_pane(prompt).look_soon()

    @on(ChatPane.Settled)
    def settled(self) -> None:
        self._inputs_changed()

    # --- words between panes

    @on(ChatPane.Working)
    def working(self, event: ChatPane.Working) -> None:
        self.status.show_state(event.state)

    def on_character_pane_opened(self, event: CharacterPane.Opened) -> None:
        event.stop()
        self._close_overlay()
        if event.tab:
            self._do(lambda: self._open_in_tab(event.owner))
        else:
            self._open_owner(event.owner, event.choose_chat)

    @work(exclusive=True, group="open")
    async def _open_owner(self, owner: ChatOwner, choose_chat: bool) -> None:
        try:
            await self.chat.settle()
            await self.tavern.open_owner(owner)
        except TavernError as error:
            self._complain(error)
            return
        if choose_chat:
            self.chat.action_pick_chat()
        else:
            self.chat.focus_composer()

    def on_connection_pane_servers_found(self, event: ConnectionPane.ServersFound) -> None:
        event.stop()
        self._offer(event.servers)
        if not event.servers:
            self.notify("No server answers on this machine's usual ports.", markup=False)

    def _opened(self) -> None:
        """Another chat is open: everything that shows it follows."""
        self.chat.show_session()
        self._opening.at_rest()
        self._inputs_changed()
        self._look()
        characters = self._pane("characters")
        if characters is not None:
            from tavern_tui.ui.panes.characters.pane import CharacterPane

            assert isinstance(characters, CharacterPane)
            characters.show()

    def _show_facts(self) -> None:
        if not self.query("#status"):
            return  # the program ends, and a count comes late
        connections = self.tavern.connections
        connection = connections.current
        is_offline = connection.provider == "offline"
        model = "" if is_offline or connections.model == connection.name else connections.model
        answers = "offline · a small n-gram writer, not a language model"
        self.status.show_facts(
            Content.styled(clean_line(self.tavern.session.character.name), "bold"),
            Content.styled(self._tokens, "$foreground-muted"),
            Content.styled(answers if is_offline else clean_line(connection.name), "$primary"),
            Content.styled(clean_line(model), "$foreground-muted"),
        )

    # --- connections in the middle of a chat

    @cached_property
    def _switching(self) -> Switching:
        from tavern_tui.ui.panes.connection.switching import Switching

        return Switching(self.app, self.tavern.connections)

    @work(exclusive=True, group="switch")
    async def action_next_connection(self) -> None:
        await self._switching.to(self._switching.next_name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._ready and (action != "adopt_found" or bool(self._found))

    def action_adopt_found(self) -> None:
        """Let the first server that was found answer from now on."""
        if self._found:
            self._adopt(self._found[0])
        else:
            self.notify("No server was found yet. F2 and s look for one.", markup=False)

    def _adopt(self, server: Found) -> None:
        try:
            connection = self.tavern.connections.adopt(server)
        except TavernError as error:
            self._complain(error)
            return
        self._found = tuple(one for one in self._found if one is not server)
        self.refresh_bindings()
        self.notify(f"{clean_line(connection.name)} answers from now on.", markup=False)

    @work(exclusive=True, group="switch")
    async def action_switch_connection(self) -> None:
        """Pick who answers, from the saved connections and the servers that were found."""
        from tavern_tui.ui.dialogs.pick_one import Choice, PickOne

        current = self.tavern.connections.current.name
        saved = [
            Choice(
                id=one.name,
                title=one.name,
                detail=" · ".join(part for part in (one.provider, one.model, one.url) if part),
                marked=one.name == current,
            )
            for one in self.tavern.connections.all
        ]
        found = [
            Choice(id=f"found/{at}", title=one.title, detail=f"found here · {one.model or one.url}")
            for at, one in enumerate(self._found)
        ]
        picked = await self.app.push_screen_wait(PickOne("Who answers?", [*saved, *found]))
        if picked is None:
            return
        if picked.startswith("found/"):
            self._adopt(self._found[int(picked.removeprefix("found/"))])
            return
        await self._switching.to(picked)

    # --- saying things

    def _tell(self, sentence: str) -> None:
        self.notify(clean_line(sentence), markup=False)
