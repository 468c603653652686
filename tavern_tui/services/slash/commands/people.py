"""People, notes and connections; talking to the user; and the list of commands."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from tavern_tui.core.errors import UsageError
from tavern_tui.core.preset import AuthorsNote
from tavern_tui.services.slash.registry import Call, Run, Slash
from tavern_tui.services.slash.values import as_json, as_text, needed_number

# --- who is open


async def go(call: Call) -> object:
    """Open a character, or a group, by name."""
    wanted = call.unnamed.strip()
    for group in call.tavern.groups.all():
        if group.name.casefold() == wanted.casefold():
            await call.tavern.open_group(group.id)
            return group.name
    character = call.tavern.library.find(wanted)
    await call.tavern.open_character(character.file)
    return character.name


async def anybody(call: Call) -> object:
    tag = call.unnamed.strip().casefold()
    files = [
        one.file
        for one in call.tavern.library.characters()
        if not tag or tag in (word.casefold() for word in one.tags)
    ]
    if not files:
        raise UsageError("There is nobody.")
    session = await call.tavern.open_character(random.choice(files))
    return session.character.name


FIELDS: dict[str, str] = {
    "name": "name",
    "description": "description",
    "personality": "personality",
    "scenario": "scenario",
    "firstMessage": "first_message",
    "first_mes": "first_message",
    "messageExamples": "example_messages",
    "mes_example": "example_messages",
    "creatorNotes": "creator_notes",
    "systemPrompt": "system_prompt",
    "postHistoryInstructions": "post_history",
    "characterVersion": "version",
    "favorite": "favourite",
    "talkativeness": "talkativeness",
}
"""What SillyTavern calls a card's fields -> ours."""


async def card(call: Call) -> object:
    who = call.text("char")
    character = call.tavern.library.find(who) if who else call.session.character
    field = call.text("field") or call.unnamed.strip() or "description"
    value = getattr(character, FIELDS.get(field, field), None)
    if not isinstance(value, str | float | bool | tuple):
        raise UsageError(f'A card has no field "{field[:40]}".', hint=f"Fields: {', '.join(FIELDS)}.")
    return as_text(value)


async def persona(call: Call) -> object:
    wanted = call.unnamed.strip()
    if not wanted:
        return call.tavern.persona.name
    for one in call.tavern.library.personas():
        if wanted in (one.name, one.file):
            await call.tavern.use_persona(one.file)
            return one.name
    raise UsageError(f'There is no persona "{wanted[:40]}".')


# --- the author's note


def note(field: str, read: Callable[[AuthorsNote], object], take: Callable[[str], object]) -> Run:
    async def run(call: Call) -> object:
        notes = call.tavern.notes
        text = call.unnamed.strip()
        if text:
            notes.change_chat(replace(notes.chat, **{field: take(text)}))  # type: ignore[arg-type]  # a field of it
        return as_text(read(notes.chat))

    return run


PLACES = {"after": 0, "scenario": 0, "chat": 1, "before": 2}
ROLES = {"system": 0, "user": 1, "assistant": 2}


def word_of(table: dict[str, int], what: str) -> Callable[[str], int]:
    def take(text: str) -> int:
        if text.lower() not in table:
            raise UsageError(f'"{text[:20]}" is no {what}.', hint=f"Known: {', '.join(table)}.")
        return table[text.lower()]

    return take


def number_of(what: str) -> Callable[[str], int]:
    return lambda text: int(needed_number(text, what))


# --- connections


async def profile(call: Call) -> object:
    wanted = call.unnamed.strip()
    if wanted:
        await call.tavern.connections.switch(wanted)
    return call.tavern.connections.current.name


async def profiles(call: Call) -> object:
    return [one.name for one in call.tavern.connections.all]


def setting(field: str, *, empty: str = "") -> Run:
    """Reads or changes a field of the current connection."""

    async def run(call: Call) -> object:
        connections = call.tavern.connections
        wanted = call.unnamed.strip()
        if wanted:
            connections.change(connections.current.name, **{field: empty if wanted == "none" else wanted})
        return as_text(getattr(connections.current, field)) or (connections.model if field == "model" else "")

    return run


async def instruct(call: Call) -> object:
    connections = call.tavern.connections
    wanted = call.unnamed.strip()
    if wanted:
        connections.change(connections.current.name, instruct=call.tavern.check_template(wanted))
    return connections.template.name


# --- talking to the user


async def echo(call: Call) -> object:
    severity = {"warning": "warning", "error": "error"}.get(call.text("severity"), "information")
    title = call.text("title")
    call.front.say(f"{title}: {call.unnamed}" if title else call.unnamed, kind=severity)
    return call.unnamed


async def ask(call: Call) -> object:
    answer = await call.front.ask(call.unnamed or "Your answer?", call.text("default"))
    return answer or ""


async def buttons(call: Call) -> object:
    labels = as_json(call.text("labels", "[]"))
    choices = [as_text(one) for one in labels] if isinstance(labels, list) else []
    return await call.front.choose(call.unnamed or "Which?", choices) or ""


async def popup(call: Call) -> object:
    await call.front.show(call.unnamed)
    return call.unnamed


async def help_(call: Call) -> object:
    """The commands, those about something, or one of them."""
    registry = call.registry
    wanted = call.unnamed.strip().removeprefix("/")
    about = registry.about(wanted) if wanted and not registry.has(wanted) else []
    if about:
        text = "\n".join(f"/{one.name:22} {one.help}" for one in about)
    elif wanted:
        one = registry.find(wanted)
        also = f"\nAlso: {', '.join(f'/{alias}' for alias in one.aliases)}" if one.aliases else ""
        text = f"/{one.name} {one.usage}\n{one.help}{also}"
    else:
        rows = [
            f"{subject}: {', '.join(f'/{one.name}' for one in sorted(commands, key=lambda one: one.name))}"
            for subject, commands in registry.subjects.items()
        ]
        text = "\n\n".join([*rows, "/help NAME tells what one does; /help WORD finds those about it."])
    await call.front.show(text)
    return ""


COMMANDS = (
    Slash(
        name="go",
        in_view=True,
        aliases=("char",),
        run=go,
        help="Open a character or group.",
        usage="NAME",
    ),
    Slash(name="random", in_view=True, run=anybody, help="Open anybody, perhaps with a tag.", usage="[TAG]"),
    Slash(
        name="char-get",
        aliases=("char-data",),
        run=card,
        help="Read a card.",
        usage="[char=NAME] field=description",
    ),
    Slash(
        name="persona-set",
        aliases=("persona", "name"),
        run=persona,
        help="Say who you are.",
        usage="[NAME]",
    ),
    Slash(
        name="note", run=note("text", lambda one: one.text, str), help="The author's note.", usage="[TEXT]",
    ),
    Slash(
        name="note-depth",
        aliases=("depth",),
        run=note("depth", lambda one: one.depth, number_of("/note-depth")),
        help="How deep the note stands.",
        usage="[N]",
    ),
    Slash(
        name="note-frequency",
        aliases=("freq", "note-freq"),
        run=note("interval", lambda one: one.interval, number_of("/note-frequency")),
        help="Every how many of your messages it is sent.",
        usage="[N]",
    ),
    Slash(
        name="note-position",
        aliases=("pos", "note-pos"),
        run=note("position", lambda one: one.position, word_of(PLACES, "place")),
        help="Where the note stands.",
        usage="[before|after|chat]",
    ),
    Slash(
        name="note-role",
        run=note("role", lambda one: one.role, word_of(ROLES, "role")),
        help="Who says the note.",
        usage="[system|user|assistant]",
    ),
    Slash(name="profile", run=profile, help="The connection that answers.", usage="[NAME]"),
    Slash(name="profile-list", run=profiles, help="All connections."),
    Slash(name="model", run=setting("model"), help="The model that answers.", usage="[ID]"),
    Slash(
        name="api-url", aliases=("server",), run=setting("url"), help="The server's address.", usage="[URL]",
    ),
    Slash(name="tokenizer", run=setting("tokenizer"), help="Who counts tokens.", usage="[NAME|FILE]"),
    Slash(name="context", run=setting("context"), help="The context template.", usage="[NAME]"),
    Slash(
        name="sysprompt", aliases=("system-prompt",), run=setting("system_prompt"),
        help="The system prompt.", usage="[NAME]",
    ),
    Slash(name="instruct", run=instruct, help="The instruct template.", usage="[NAME]"),
    Slash(name="echo", run=echo, help="Show a sentence.", usage="[severity=warning] TEXT"),
    Slash(name="input", aliases=("prompt",), run=ask, help="Ask the user.", usage="[default=D] QUESTION"),
    Slash(
        name="buttons", run=buttons, help="Let the user choose.", usage='labels=["A","B"] QUESTION'
    ),
    Slash(name="popup", run=popup, help="Show a longer text.", usage="TEXT"),
    Slash(name="help", aliases=("?",), run=help_, help="The commands.", usage="[NAME]"),
)  # fmt: skip
