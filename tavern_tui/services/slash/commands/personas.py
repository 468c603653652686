"""Personas: lock, make, change, read, copy, delete."""

from __future__ import annotations

from dataclasses import replace

from tavern_tui.core.errors import UsageError
from tavern_tui.core.persona import Persona, PersonaPosition
from tavern_tui.services.slash.registry import Call, Slash
from tavern_tui.services.slash.values import is_on

_POSITIONS = {
    "inprompt": PersonaPosition.IN_PROMPT,
    "topan": PersonaPosition.TOP_OF_NOTE,
    "bottoman": PersonaPosition.BOTTOM_OF_NOTE,
    "atdepth": PersonaPosition.AT_DEPTH,
    "none": PersonaPosition.NONE,
}
_ROLES = ("system", "user", "assistant")


def _wanted(call: Call) -> Persona:
    """The persona that is named by its name or file; the chat's own where none is."""
    name = call.text("persona").strip() or call.session.persona.file
    personas = call.tavern.personas.all()
    for one in personas:
        if one.file == name:
            return one
    for one in personas:
        if one.name.casefold() == name.casefold():
            return one
    raise UsageError(f'There is no persona "{name[:40]}".' if name else "This chat has no kept persona.")


def _changed(call: Call, persona: Persona) -> Persona:
    """The persona with what the arguments name."""
    if "avatar" in call.named:
        raise UsageError("A script cannot choose a persona's picture; the persona list can.")
    if "name" in call.named:
        if not call.text("name").strip():
            raise UsageError("A persona needs a name.")
        persona = replace(persona, name=call.text("name").strip())
    if "descriptionPosition" in call.named:
        place = call.text("descriptionPosition").strip().lower()
        if place not in _POSITIONS:
            raise UsageError("descriptionPosition= is inPrompt, topAN, bottomAN, atDepth or none.")
        persona = replace(persona, position=_POSITIONS[place])
    if "descriptionDepth" in call.named:
        depth = call.text("descriptionDepth").strip()
        if not (depth.isascii() and depth.isdigit() and len(depth) < 6):
            raise UsageError("descriptionDepth= is a whole number.")
        persona = replace(persona, depth=int(depth))
    if "descriptionRole" in call.named:
        role = call.text("descriptionRole").strip().lower()
        if role not in _ROLES:
            raise UsageError("descriptionRole= is system, user or assistant.")
        persona = replace(persona, role=_ROLES.index(role))
    return replace(
        persona,
        description=call.text("description", persona.description),
        title=call.text("title", persona.title),
        lorebook=call.text("lorebook", persona.lorebook),
    )


async def create(call: Call) -> object:
    # Everything is checked first: a wrong argument leaves no half-made persona behind.
    checked = _changed(call, Persona(name=""))
    personas = call.tavern.personas
    made = personas.save(_changed(call, personas.new(checked.name)))
    if is_on(call.text("select"), otherwise=True):
        personas.use(made.file)
    return made.file


async def update(call: Call) -> object:
    return call.tavern.personas.save(_changed(call, _wanted(call))).file


async def get(call: Call) -> object:
    one = _wanted(call)
    facts: dict[str, object] = {
        "name": one.name,
        "description": one.description,
        "title": one.title,
        "position": int(one.position),
        "depth": one.depth,
        "role": one.role,
        "lorebook": one.lorebook,
        "avatar": one.file,
        "default": call.tavern.personas.default == one.file,
        "connections": [{"type": kind, "id": name} for kind, name in one.connections],
    }
    field = call.text("field")
    if field and field not in facts:
        raise UsageError(f"field= is one of {', '.join(facts)}.")
    return facts[field] if field else facts


async def duplicate(call: Call) -> object:
    copy = call.tavern.personas.duplicate(_wanted(call).file)
    if is_on(call.text("select"), otherwise=False):
        call.tavern.personas.use(copy.file)
    return copy.file


async def delete(call: Call) -> object:
    call.tavern.personas.delete(_wanted(call).file)
    return ""


async def lock(call: Call) -> object:
    kind = call.text("type", "chat")
    if kind not in ("chat", "character", "default"):
        raise UsageError("type= is chat, character or default.")
    personas, one = call.tavern.personas, _wanted(call)
    held = {
        "chat": personas.is_locked(one.file),
        "character": personas.is_bound(one),
        "default": personas.default == one.file,
    }[kind]
    state = call.unnamed.strip().lower()
    if not state:
        return held
    wanted = not held if state == "toggle" else is_on(state, otherwise=True)
    if wanted != held:
        if kind == "chat":
            personas.lock(one.file, wanted)
        elif kind == "character":
            personas.bind(one.file, wanted)
        else:
            personas.set_default(one.file)
    return wanted


COMMANDS = (
    Slash(
        name="persona-lock",
        aliases=("lock", "bind"),
        run=lock,
        help="Keep this persona for the chat, the character or all chats; alone: whether it is kept.",
        usage="type=chat|character|default [on|off|toggle]",
        in_view=True,
    ),
    Slash(
        name="persona-create",
        run=create,
        help="Make a persona, and play as it.",
        usage="name=… description=… title=… descriptionPosition=… lorebook=… select=true",
    ),
    Slash(
        name="persona-update",
        run=update,
        help="Change a persona.",
        usage="persona=… name=… description=… title=… lorebook=…",
    ),
    Slash(
        name="persona-get",
        aliases=("persona-data",),
        run=get,
        help="A persona, or one field of it.",
        usage="persona=… field=…",
    ),
    Slash(name="persona-duplicate", run=duplicate, help="Copy a persona.", usage="persona=… select=false"),
    Slash(name="persona-delete", run=delete, help="Move a persona to the trash.", usage="persona=…"),
)
