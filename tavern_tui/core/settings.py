"""The program's own settings, one value. Every field is a line of the settings file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tavern_tui.core.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user chose. The defaults are those of a fresh machine."""

    theme: str = "auto"
    """Name of a theme; `auto`: the dark or the light default, as `appearance` says."""
    appearance: str = "auto"
    """`dark`, `light`, or `auto`: what the terminal's background suggests."""
    enter_sends: bool = True
    """Enter sends and Ctrl+J breaks the line; False: the other way round."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Keys of your own: binding id -> keys, separated by commas."""
    show_prompt_panel: bool = True
    """Show the prompt beside the chat where there is room."""
    show_left_panes: bool = True
    """Show connections and characters beside the chat where there is room."""
    side: str = "left"
    """Where there is room for one side only: `left`, `right` or `none`."""
    show_reasoning: bool = True
    """Show that a model thought, and what; False: nothing of it in the chat."""
    show_avatars: bool = False
    """Draw pictures in the terminal (needs the extra `images`)."""
    message_style: str = "flat"
    """`flat`, `bubble` or `document` (prose without names)."""
    message_facts: tuple[str, ...] = ("model", "tokens", "seconds", "cost")
    """What stands beside a message's name: `time`, `model`, `tokens`, `seconds`, `speed`, `cost`."""
    show_timestamps: bool = False
    """Show when a message was sent; the same as `time` among `message_facts`."""
    smooth_scroll: bool = False
    """Let a page move in small steps instead of a jump: it takes half a second."""
    streaming_fps: int = 30
    """How often per second a growing reply is drawn."""
    bell: bool = True
    """Ring the terminal's bell when a reply is complete while you look at something else."""
    log_prompts: bool = False
    """Write prompts and replies into the log file. Keys are never written."""
    probe_on_start: bool = True
    """Look for model servers on this machine's usual ports when none is connected."""
    confirm_deletions: bool = True
    """Ask before a character or a chat goes to the trash."""
    backups: bool = True
    """Keep earlier versions of changed chats in the backups folder."""
    use_tools: bool = True
    """Let models call tools, where the preset offers them."""
    tool_consent: Mapping[str, str] = field(default_factory=dict)
    """What you said about a tool for good: its name -> `always` or `never`."""
    mcp_servers: tuple[Mapping[str, object], ...] = ()
    """Servers whose tools models may call (`[[mcp_servers]]`): `name`, and `command`, `args` or `url`."""
    prices: Mapping[str, object] = field(default_factory=dict)
    """What models cost whose services do not say: `provider/model` -> a table with `prompt`, `reply` and
    perhaps `cached`, in US dollars for a million tokens."""
    use_keyring: bool = False
    """Keep keys in the system's keyring (needs the extra `keyring`) instead of a file."""
    current_connection: str = ""
    """Name of the connection that answers."""
    current_character: str = ""
    """File name, without ending, of the character that was open last."""
    current_group: str = ""
    """Id of the group that was open last; empty: it was a character."""
    current_chat: str = ""
    """Title of the chat that was open last."""
    tabs: tuple[Mapping[str, object], ...] = ()
    """The chats that were open in tabs (`[[tabs]]`), where there were several: `character` or `group`,
    and `chat`."""
    bindings: Mapping[str, object] = field(default_factory=dict)
    """Who answers in the chats of a character or group, by `character:FILE` or `group:ID`: a table with
    `connection` and perhaps `preset`."""
    current_persona: str = ""
    """File name of the persona in use; empty: the default one."""
    connections: tuple[Connection, ...] = ()
    """Saved connections, in the order they are cycled through."""
    providers: tuple[Mapping[str, object], ...] = ()
    """Provider rows of your own (`[[providers]]`), for servers that are not in the table."""
    source: Mapping[str, object] = field(default_factory=dict)
    """Keys of the settings file this version does not know. Written back untouched."""
