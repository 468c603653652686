"""Lorebooks: which are active, and their entries."""

from __future__ import annotations

from dataclasses import replace

from tavern_tui.core.errors import UsageError
from tavern_tui.core.lorebook import Lorebook, LoreEntry, LoreSource
from tavern_tui.services.lore_entries import field_of, find_entry, with_field
from tavern_tui.services.lorebooks import entry_of, with_entry, with_new_entry
from tavern_tui.services.slash.registry import Call, Slash
from tavern_tui.services.slash.values import as_text, is_on


def _book(call: Call) -> Lorebook:
    name = call.text("file")
    book = call.tavern.lorebooks.book(name) if name else None
    if book is None:
        raise UsageError(f'There is no lorebook "{name}".', hint="file= names it.")
    return book


def _entry(call: Call, book: Lorebook, uid: str) -> LoreEntry:
    entry = entry_of(book, int(uid)) if uid.strip().isdigit() else None
    if entry is None:
        raise UsageError(f'The lorebook "{book.name}" has no entry {uid[:20]!r}.')
    return entry


def _named(call: Call, held: str, source: LoreSource, usual: str) -> str:
    """The book that is linked, or a new one where one is wanted."""
    if held or not is_on(call.text("create"), otherwise=source is LoreSource.CHAT):
        return held
    books = call.tavern.lorebooks
    name = call.text("name") or usual
    if books.book(name) is None:
        name = books.new(name).name
    books.link(name, source, True)
    return name


async def switch(call: Call) -> object:
    """Switch books that count in all chats; without a name, all of them off."""
    books = call.tavern.lorebooks
    name = call.unnamed.strip()
    if not name:
        for one in books.active_everywhere():
            books.link(one, LoreSource.GLOBAL, False)
        return ""
    if books.book(name) is None:
        raise UsageError(f'There is no lorebook "{name}".')
    state = call.text("state", "on")
    active = name not in books.active_everywhere() if state == "toggle" else is_on(state, otherwise=True)
    books.link(name, LoreSource.GLOBAL, active)
    return ""


async def everywhere(call: Call) -> object:
    return list(call.tavern.lorebooks.active_everywhere())


async def of_chat(call: Call) -> object:
    held = as_text(call.session.chat.metadata.get("world_info"))
    return _named(call, held, LoreSource.CHAT, f"Chat Book {call.session.chat.title}")


async def of_persona(call: Call) -> object:
    persona = call.session.persona
    return _named(call, persona.lorebook, LoreSource.PERSONA, f"{persona.name}'s Lorebook")


async def of_character(call: Call) -> object:
    who = call.unnamed.strip()
    character = call.session.character
    if who and who.casefold() != character.name.casefold():
        character = call.tavern.library.character(call.tavern.library.find(who).file)
    more = list(call.tavern.lorebooks.more_of(character))
    match call.text("type", "primary"):
        case "additional":
            return more
        case "all":
            return [*([character.world] if character.world else []), *more]
    if character.file != call.session.character.file:
        return character.world
    return _named(call, character.world, LoreSource.CHARACTER, f"{character.name}'s Lorebook")


async def find(call: Call) -> object:
    entry = find_entry(_book(call), call.text("field", "key"), call.unnamed)
    return entry.uid if entry is not None else ""


async def create(call: Call) -> object:
    book, entry = with_new_entry(_book(call))
    entry = with_field(entry, "key", call.text("key"))
    entry = replace(entry, comment=call.text("key"), content=call.unnamed)
    call.tavern.lorebooks.save(with_entry(book, entry))
    return entry.uid


async def read(call: Call) -> object:
    entry = _entry(call, _book(call), call.unnamed)
    value = field_of(entry, call.text("field", "content"))
    return ", ".join(map(str, value)) if isinstance(value, list) else value


async def write(call: Call) -> object:
    book = _book(call)
    entry = _entry(call, book, call.text("uid"))
    changed = with_field(entry, call.text("field", "content"), call.unnamed)
    call.tavern.lorebooks.save(with_entry(book, changed))
    return ""


def _names(*verbs: str) -> tuple[str, ...]:
    return tuple(f"{verb}{kind}" for verb in verbs for kind in ("lore", "wi"))


COMMANDS = (
    Slash(
        name="world", run=switch, help="Let a lorebook count in all chats, or not; without a name, none.",
        usage="[state=on|off|toggle] [NAME]",
    ),
    Slash(
        name="getglobalbooks", aliases=_names("getglobal"), run=everywhere,
        help="The lorebooks that count in all chats.",
    ),
    Slash(
        name="getchatbook", aliases=_names("getchat"), run=of_chat, usage="[name=NAME] [create=true]",
        help="The lorebook of this chat; a new one if there is none.",
    ),
    Slash(
        name="getpersonabook", aliases=("getpersonalore", "getpersonawi"), run=of_persona,
        usage="[name=NAME] [create=false]", help="The lorebook of who you are.",
    ),
    Slash(
        name="getcharbook", aliases=_names("getchar"), run=of_character,
        usage="[type=primary|additional|all] [create=false] [NAME]", help="The lorebook of a character.",
    ),
    Slash(
        name="findentry", aliases=_names("find"), run=find, usage="file=BOOK [field=key] TEXT",
        help="The number of the entry that is most like a text.",
    ),
    Slash(
        name="createentry", aliases=_names("create"), run=create, usage="file=BOOK [key=KEYS] [TEXT]",
        help="A new entry; its number.",
    ),
    Slash(
        name="getentryfield", aliases=("getlorefield", "getwifield"), run=read,
        usage="file=BOOK [field=content] UID", help="Read a field of an entry.",
    ),
    Slash(
        name="setentryfield", aliases=("setlorefield", "setwifield"), run=write,
        usage="file=BOOK uid=UID [field=content] VALUE", help="Write a field of an entry.",
    ),
)  # fmt: skip
