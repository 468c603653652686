"""All commands, one module per subject; each has `COMMANDS`."""

from __future__ import annotations

from tavern_tui.services.slash.commands.asking import COMMANDS as ASKING
from tavern_tui.services.slash.commands.chats import COMMANDS as CHATS
from tavern_tui.services.slash.commands.flow import COMMANDS as FLOW
from tavern_tui.services.slash.commands.generating import COMMANDS as GENERATING
from tavern_tui.services.slash.commands.groups import COMMANDS as GROUPS
from tavern_tui.services.slash.commands.media import COMMANDS as MEDIA
from tavern_tui.services.slash.commands.messages import COMMANDS as MESSAGES
from tavern_tui.services.slash.commands.numbers import COMMANDS as NUMBERS
from tavern_tui.services.slash.commands.people import COMMANDS as PEOPLE
from tavern_tui.services.slash.commands.personas import COMMANDS as PERSONAS
from tavern_tui.services.slash.commands.texts import COMMANDS as TEXTS
from tavern_tui.services.slash.commands.variables import COMMANDS as VARIABLES
from tavern_tui.services.slash.commands.worlds import COMMANDS as WORLDS
from tavern_tui.services.slash.registry import Registry

SUBJECTS = (
    ("Messages", MESSAGES),
    ("Replies", GENERATING),
    ("Chats", CHATS),
    ("People, notes, connections", PEOPLE),
    ("Groups", GROUPS),
    ("Personas", PERSONAS),
    ("Lorebooks", WORLDS),
    ("Questions to the model", ASKING),
    ("Pictures", MEDIA),
    ("Text", TEXTS),
    ("Numbers", NUMBERS),
    ("Variables", VARIABLES),
    ("Scripts", FLOW),
)


def all_commands() -> Registry:
    """Every command there is."""
    registry = Registry()
    for subject, commands in SUBJECTS:
        registry.add(commands, subject)
    return registry
