"""Builds the program from its parts, once. The one place that knows every part."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tavern_tui.services.tavern import Tavern
    from tavern_tui.storage.folders import Folders
    from tavern_tui.ui.app import TavernApp


WHOLE_ROUNDS = 50
"""Of how many rounds of the garbage collector one looks at everything: 20 to 60 ms in which no key is heard,
while a reply comes in. Python has 10; the cycles of 300,000 more objects may then wait a little longer."""


def build_tavern(folders: Folders, environ: Mapping[str, str]) -> Tavern:
    """Everything but the screen. The parts are imported here, because they take as long to load as
    Textual and the first frame need not wait for them."""
    from tavern_tui.providers.wirelog import WireLog
    from tavern_tui.services.attachments import Attachments
    from tavern_tui.services.connections import ConnectionService
    from tavern_tui.services.library import Library
    from tavern_tui.services.log import LogView
    from tavern_tui.services.mcp_tools import McpTools
    from tavern_tui.services.preset_scripts import PresetScripts
    from tavern_tui.services.prompts import PromptDesk
    from tavern_tui.services.settings import SettingsService
    from tavern_tui.services.signal import Signal
    from tavern_tui.services.tavern import Tavern
    from tavern_tui.services.token_counts import TokenCounts
    from tavern_tui.services.tokenizers import LocalTokenizers
    from tavern_tui.services.tool_desk import ToolDesk
    from tavern_tui.services.user_setup import SetupService
    from tavern_tui.storage.install_key import name_of_chat
    from tavern_tui.storage.presets import default_chat_preset
    from tavern_tui.storage.secrets import SecretStore
    from tavern_tui.storage.templates import TemplateStore

    settings = SettingsService(folders)
    problems: list[str] = list(settings.warnings)
    notices: Signal[str] = Signal()

    def warn(sentence: str) -> None:
        problems.append(sentence)
        notices.send(sentence)

    secrets = SecretStore(
        folders.secrets_file,
        environ,
        keyring=settings.value.use_keyring,
        sillytavern=folders.st_secrets,
    )
    problems += secrets.warnings
    log = WireLog(log_prompts=settings.value.log_prompts)
    templates = TemplateStore(folders)
    connections = ConnectionService(
        settings=settings, secrets=secrets, templates=templates, environ=environ, log=log
    )
    library = Library(folders, warn)
    setup = SetupService(folders, warn)
    desk = PromptDesk(
        connections=connections,
        library=library,
        setup=setup,
        templates=templates,
        preset_scripts=PresetScripts(folders),
        default_preset=default_chat_preset,
        now=lambda: datetime.now().astimezone(),
        tools=ToolDesk(settings, [McpTools(lambda: settings.value.mcp_servers, warn)]),
        attachments=Attachments(folders, warn),
        name_of_chat=lambda chat: name_of_chat(folders.state / "install.key", chat),
        counts=TokenCounts(
            connections,
            tokenizers=LocalTokenizers(folders.tokenizers, warn, environ),
            file=folders.cache / "tokens.sqlite",
        ),
    )
    return Tavern(
        folders=folders,
        settings=settings,
        connections=connections,
        library=library,
        desk=desk,
        setup=setup,
        templates=templates,
        log=LogView(log, folders.log_file),
        now=lambda: datetime.now().astimezone(),
        problems=problems,
        notices=notices,
    )


def build_app(folders: Folders, environ: Mapping[str, str], *, open_first: str | None = None) -> TavernApp:
    """The app, ready to run. Everything but settings and themes is built behind its first frame."""
    from tavern_tui.storage.settings import load_settings
    from tavern_tui.storage.themes import load_themes
    from tavern_tui.ui.app import TavernApp  # Textual: the other commands do without it
    from tavern_tui.ui.opening import Opening

    problems: list[str] = []
    return TavernApp(
        Opening(
            settings=load_settings(folders.config_file).settings,
            themes=load_themes(folders, problems.append),
            notices=problems,
            build=lambda: build_tavern(folders, environ),
            card=open_first,
            at_rest=_set_aside,
        )
    )


def _set_aside() -> None:
    """Leave what there is out of the garbage collector's rounds. With a chat of 10,000 messages a whole
    round stops everything for a tenth of a second, and finds nothing: messages hold no cycles and go when
    the chat is closed."""
    gc.collect(1)
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], WHOLE_ROUNDS)
