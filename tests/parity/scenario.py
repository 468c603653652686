"""A recorded scenario as the product's own values, and what the product makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tavern_tui.core.character import Character, Group, GroupMode
from tavern_tui.core.chat import a_message
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.lorebook import LinkedBook, LoreSettings, LoreSource
from tavern_tui.core.persona import Persona, PersonaPosition
from tavern_tui.core.preset import (
    AuthorsNote,
    CharacterNote,
    PromptOptions,
    RegexScript,
)
from tavern_tui.core.prompt import BuiltPrompt, ChatPrompt
from tavern_tui.lore.books import lorebook_from_json
from tavern_tui.prompt.build import build_prompt
from tavern_tui.prompt.inputs import ChatShape, GroupCast, PromptInputs, TextShape
from tavern_tui.prompt.outgoing import outgoing
from tavern_tui.storage.cards import character_from_json
from tavern_tui.storage.chats.messages import message_from_json
from tavern_tui.storage.presets.chat import chat_preset_from_json
from tavern_tui.storage.templates.convert import (
    context_from_json,
    instruct_from_json,
    reasoning_from_json,
    system_prompt_from_json,
)
from tavern_tui.tokens.estimate import EstimateCounter

Json = Mapping[str, Any]

CHAT_STOPS = 4
"""Stop strings the recorded chat source sends at most."""


@dataclass(frozen=True)
class Outcome:
    """What the product would send: `prompt` and `stop`, or `messages` and `stop`."""

    sent: dict[str, Any]
    built: BuiltPrompt


def read_scenarios(folder: Path, name: str = "") -> Iterator[tuple[str, Json]]:
    """The scenarios of a folder whose name contains `name`, sorted by it."""
    for path in sorted(folder.glob("*.json")):
        if name in path.stem:
            yield path.stem, json.loads(path.read_text("utf-8"))


def play(scenario: Json) -> Outcome:
    """Build the scenario's prompt; turns that happened before are played first."""
    inputs = inputs_of(scenario)
    for turn in scenario.get("prior_turns", ()):
        inputs = _after_turn(inputs, turn["input"], turn["reply"])
    typed = scenario["generation"].get("input", "")
    built = build_prompt(replace(inputs, user_input=typed))
    return Outcome(sent=_wire(built), built=built)


def inputs_of(scenario: Json) -> PromptInputs:
    """Everything the scenario says, before anything is sent."""
    speaker, cast = _cast(scenario)
    return PromptInputs(
        shape=_shape(scenario),
        character=speaker,
        group=cast,
        persona=_persona(scenario["persona"]),
        messages=[_message(line) for line in scenario["chat"]],
        metadata=scenario.get("chat_metadata", {}),
        chat_name="chat",
        generation=GenerationType(scenario["generation"]["type"]),
        books=list(_books(scenario, speaker)),
        lore=_known(LoreSettings, _without_prefix(scenario["world_info"], "world_info_")),
        note=_note(scenario["authors_note"]),
        character_note=_character_note(scenario.get("character_note", {})),
        options=_options(scenario["options"]),
        reasoning=reasoning_from_json(scenario.get("reasoning", {})),
        regex_scripts=[_script(script) for script in scenario.get("regex_scripts", ())],
        context_size=scenario["max_context"],
        response_length=scenario["response_length"],
        counter=EstimateCounter(),
        now=datetime(2026, 1, 1, 12, tzinfo=UTC),
        global_variables=scenario.get("global_variables", {}),
    )


def _after_turn(inputs: PromptInputs, typed: str, reply: str) -> PromptInputs:
    """The inputs after one complete exchange."""
    sent = outgoing(typed, inputs)
    messages = [*inputs.messages, *([sent.message] if sent.message else [])]
    metadata = dict(inputs.metadata)
    if sent.changes.chat_variables is not None:
        metadata["variables"] = sent.changes.chat_variables
    generation = GenerationType.NORMAL
    built = build_prompt(replace(inputs, messages=messages, metadata=metadata, generation=generation))
    if built.changes.timed_lore is not None:
        metadata["timedWorldInfo"] = built.changes.timed_lore
    if built.changes.chat_variables is not None:
        metadata["variables"] = built.changes.chat_variables
    messages.append(a_message(inputs.character.name, reply))
    return replace(inputs, messages=messages, metadata=metadata)


def _wire(built: BuiltPrompt) -> dict[str, Any]:
    prompt = built.prompt
    if not isinstance(prompt, ChatPrompt):
        return {"prompt": prompt.text, "stop": list(prompt.stop)}
    messages = [
        {"role": message.role.value, "content": message.content}
        | ({"name": message.name} if message.name else {})
        for message in prompt.messages
    ]
    return {"messages": messages, "stop": list(prompt.stop[:CHAT_STOPS])}


def _shape(scenario: Json) -> TextShape | ChatShape:
    if scenario["api"] == "chat":
        found = scenario["chat_completion"]
        return ChatShape(
            preset=chat_preset_from_json("recorded", found, []),
            post_processing=found["custom_prompt_post_processing"],
        )
    found = scenario["text"]
    instruct = found["instruct"]
    return TextShape(
        context=context_from_json(found["context"]),
        instruct=instruct_from_json(instruct) if instruct["enabled"] else None,
        system_prompt=system_prompt_from_json(found["sysprompt"]),
    )


def _cast(scenario: Json) -> tuple[Character, GroupCast | None]:
    if "group" not in scenario:
        return character_from_json(scenario["card"], scenario["card_file"], []), None
    found = scenario["group"]
    members = tuple(
        character_from_json(card, file, []) for card, file in zip(found["cards"], found["files"], strict=True)
    )
    muted = found.get("disabled", ())
    group = Group(
        id="group",
        name=found["name"],
        members=tuple(f"{member.file}.png" for member in members),
        disabled=tuple(f"{member.file}.png" for member in members if member.name in muted),
        mode=GroupMode(found.get("generation_mode", 0)),
        join_prefix=found.get("join_prefix", ""),
        join_suffix=found.get("join_suffix", ""),
    )
    speaker = next(member for member in members if member.name == found["speaker"])
    return speaker, GroupCast(group=group, members=members)


def _books(scenario: Json, speaker: Character) -> Iterator[LinkedBook]:
    if scenario.get("embedded_book_imported") and speaker.lorebook is not None:
        yield LinkedBook(book=speaker.lorebook, source=LoreSource.CHARACTER)
    links = scenario.get("lorebook_links", {})
    for link, source in _LINKS.items():
        names = links.get(link) or ()
        for name in [names] if isinstance(names, str) else names:
            book = lorebook_from_json(name, scenario["lorebooks"][name])
            yield LinkedBook(book=book, source=source)


_LINKS = {
    "chat": LoreSource.CHAT,
    "persona": LoreSource.PERSONA,
    "character": LoreSource.CHARACTER,
    "character_extra": LoreSource.CHARACTER,
    "global": LoreSource.GLOBAL,
}


def _message(line: Json) -> Any:
    message = message_from_json(line, "the scenario's chat", [])
    assert message is not None
    return message


def _persona(found: Json) -> Persona:
    return Persona(
        name=found["name"],
        description=found["description"],
        position=PersonaPosition(found["position"]),
        depth=found["depth"],
        role=found["role"],
    )


def _note(found: Json) -> AuthorsNote:
    return AuthorsNote(
        text=found["prompt"],
        interval=found["interval"],
        position=found["position"],
        depth=found["depth"],
        role=found["role"],
    )


def _character_note(found: Json) -> CharacterNote:
    return CharacterNote(
        text=found.get("prompt", ""),
        enabled=found.get("useChara", False),
        position=found.get("position", 0),
    )


def _options(found: Json) -> PromptOptions:
    custom = found["custom_stopping_strings"]
    known = {name: value for name, value in found.items() if name != "custom_stopping_strings"}
    options = _known(PromptOptions, known)
    stops = tuple(json.loads(custom)) if custom else ()
    return replace(options, custom_stopping_strings=stops, clean_plain_continue=False)


def _script(found: Json) -> RegexScript:
    return RegexScript(
        name=found["scriptName"],
        find=found["findRegex"],
        replace=found["replaceString"],
        trim_strings=tuple(found["trimStrings"]),
        placement=tuple(found["placement"]),
        disabled=found["disabled"],
        markdown_only=found["markdownOnly"],
        prompt_only=found["promptOnly"],
        run_on_edit=found["runOnEdit"],
        substitute=found["substituteRegex"],
        min_depth=found["minDepth"],
        max_depth=found["maxDepth"],
    )


def _known(kind: type[Any], found: Json) -> Any:
    """A dataclass from the keys it has fields for; lists become tuples."""
    names = {field.name for field in fields(kind)}
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in found.items() if name in names}
    return kind(**values)


def _without_prefix(found: Json, prefix: str) -> Json:
    return {name.removeprefix(prefix): value for name, value in found.items()}
