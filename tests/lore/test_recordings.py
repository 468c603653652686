"""Lore as SillyTavern 1.19 activated and placed it, from its recorded requests."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tavern_tui.core.lorebook import LinkedBook, LoreSettings, LoreSource
from tavern_tui.core.preset import RegexScript
from tavern_tui.lore.books import from_character_book, lorebook_from_json
from tavern_tui.lore.inputs import Activation, MatchSources, ScanInput
from tavern_tui.lore.place import LoreSlots, place
from tavern_tui.lore.scan import scan
from tavern_tui.text.regex_scripts import apply_scripts

from .builders import estimate, estimate_loose

PARITY = Path(__file__).resolve().parents[2].parent / "shared" / "parity"
CASES = sorted(PARITY.glob("*-lore-*.json")) + sorted(PARITY.glob("chat-regex-scripts.json"))

pytestmark = pytest.mark.skipif(not CASES, reason="The recorded prompts are not on this machine.")


def substitute_for(case: dict[str, Any]) -> Any:
    names = {"user": case["persona"]["name"], "char": _data(case)["name"]}

    def substitute(text: str) -> str:
        return re.sub(r"\{\{(user|char)\}\}", lambda match: names[match[1]], text)

    return substitute


def _data(case: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = case["card"]["data"]
    return data


def linked_books(case: dict[str, Any]) -> list[LinkedBook]:
    links = case.get("lorebook_links", {})
    character = [links["character"]] if links.get("character") else []
    named = [
        (LoreSource.GLOBAL, links.get("global", [])),
        (LoreSource.CHARACTER, [*character, *links.get("character_extra", [])]),
        (LoreSource.CHAT, [links["chat"]] if links.get("chat") else []),
        (LoreSource.PERSONA, [links["persona"]] if links.get("persona") else []),
    ]
    books = [
        LinkedBook(book=lorebook_from_json(name, case["lorebooks"][name]), source=source)
        for source, names in named
        for name in names
    ]
    if case.get("embedded_book_imported"):
        data = _data(case)
        book = from_character_book(data["character_book"], data["name"])
        books.append(LinkedBook(book=book, source=LoreSource.CHARACTER))
    return books


def settings_of(case: dict[str, Any]) -> LoreSettings:
    named = {
        key.removeprefix("world_info_"): value
        for key, value in case["world_info"].items()
        if key != "world_info_overflow_alert"
    }
    return LoreSettings(**named)


def turns(case: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The chat as it stands at each generation."""
    user, char = case["persona"]["name"], _data(case)["name"]
    chat = [message for message in case["chat"] if not message["is_system"]]
    states = []
    for turn in case.get("prior_turns") or []:
        chat = [*chat, {"name": user, "mes": turn["input"]}]
        states.append(chat)
        chat = [*chat, {"name": char, "mes": turn["reply"]}]
    generation = case["generation"]
    if generation["type"] in ("regenerate", "swipe"):
        chat = chat[:-1]
    if generation["input"]:
        chat = [*chat, {"name": user, "mes": generation["input"]}]
    return [*states, chat]


def scanned(case: dict[str, Any]) -> Activation:
    substitute = substitute_for(case)
    data = _data(case)
    settings = settings_of(case)
    note = case.get("authors_note") or {}
    scans_note = (case.get("options") or {}).get("note_allow_wi_scan") and note.get("interval") == 1
    depth_prompt = (data.get("extensions") or {}).get("depth_prompt") or {}
    timed: Any = {}
    for chat in turns(case):
        prefix = settings.include_names
        activation = scan(
            ScanInput(
                books=linked_books(case),
                settings=settings,
                messages=[
                    substitute(f"{message['name']}: {message['mes']}" if prefix else message["mes"])
                    for message in reversed(chat)
                ],
                sources=MatchSources(
                    persona_description=substitute(case["persona"]["description"]),
                    character_description=substitute(data["description"]),
                    character_personality=substitute(data["personality"]),
                    character_depth_prompt=substitute(depth_prompt.get("prompt", "")),
                    scenario=substitute(data["scenario"]),
                    creator_notes=substitute(data["creator_notes"]),
                ),
                injections=[note["prompt"]] if scans_note else [],
                generation_type=case["generation"]["type"],
                character_file=case["card_file"],
                character_tags=None,
                room=case["max_context"] - case["response_length"],
                count=estimate if case["api"] == "text" else estimate_loose,
                substitute=substitute,
                rng=Random(0),
                timed=timed,
            )
        )
        timed = activation.timed or timed
    return activation


def placed(case: dict[str, Any], activation: Activation) -> LoreSlots:
    scripts = [
        RegexScript(
            name=raw["scriptName"],
            find=raw["findRegex"],
            replace=raw["replaceString"],
            placement=tuple(raw["placement"]),
            prompt_only=raw["promptOnly"],
            markdown_only=raw["markdownOnly"],
        )
        for raw in case.get("regex_scripts") or []
    ]
    return place(
        activation,
        lambda text, depth: apply_scripts(
            text, scripts, placement=5, context="prompt", depth=depth, substitute=substitute_for(case)
        ),
    )


def sent(case: dict[str, Any]) -> str:
    expected = case["expected"]
    if case["api"] == "text":
        return str(expected["prompt"])
    return "\n".join(message["content"] for message in expected["messages"])


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_recorded_lore_is_found_and_no_other(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    prompt = sent(case)
    activation = scanned(case)
    slots = placed(case, activation)
    note_due = (case.get("authors_note") or {}).get("interval", 1) == 1
    for text in (slots.before, slots.after, *slots.at_depth.values()):
        assert text in prompt
    for name, text in slots.outlets.items():
        # Elsewhere (in a card's field) an outlet is asked for before the scan, and empty.
        assert text in prompt or f"outlet::{name}" not in case["text"]["context"]["story_string"]
    if note_due:
        assert "\n".join(slots.note_top) in prompt
        assert "\n".join(slots.note_bottom) in prompt
    active = {(entry.book, entry.entry.uid) for entry in activation.entries}
    for linked in linked_books(case):
        for entry in linked.book.entries:
            if (linked.book.name, entry.uid) not in active:
                lines = prompt.split("\n")
                assert substitute_for(case)(entry.content).strip() not in lines
