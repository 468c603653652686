"""Building a prompt at 5,000 messages with 500 lorebook entries, against one `str.count` for all keys."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

from benchmarks import Measure, cpu_milliseconds
from tavern_tui.core.character import Character
from tavern_tui.core.chat import Message, a_message
from tavern_tui.core.lorebook import LinkedBook, Lorebook, LoreEntry, LoreSource
from tavern_tui.core.persona import Persona
from tavern_tui.core.prompt import BuiltPrompt
from tavern_tui.core.template import ContextTemplate
from tavern_tui.lore import keys, probes
from tavern_tui.prompt.build import build_prompt
from tavern_tui.prompt.inputs import ChatShape, PromptInputs, TextShape
from tavern_tui.storage.presets import default_chat_preset
from tavern_tui.tokens.estimate import EstimateCounter

MESSAGES = 5_000
ENTRIES = 500
WORDS = [
    "river",
    "lantern",
    "ferry",
    "rope",
    "stone",
    "wolf",
    "copper",
    "bread",
    "winter",
    "door",
    "song",
    "smoke",
    "iron",
    "bell",
    "road",
]


def _messages(dice: random.Random) -> list[Message]:
    return [
        a_message(
            "User" if at % 2 else "Ann", " ".join(dice.choices(WORDS, k=60)) + f" {at}.", is_user=bool(at % 2)
        )
        for at in range(MESSAGES)
    ]


def inputs(shape: TextShape | ChatShape) -> PromptInputs:
    """The same long chat for every shape."""
    dice = random.Random(11)
    entries = tuple(
        LoreEntry(uid=at, keys=(f"{dice.choice(WORDS)}{at}", dice.choice(WORDS) if at % 25 == 0 else f"k{at}x"),
                  content=" ".join(dice.choices(WORDS, k=30)))
        for at in range(ENTRIES)
    )  # fmt: skip
    return PromptInputs(
        shape=shape,
        character=Character(name="Ann", description="{{char}} is a smith."),
        persona=Persona(name="User"),
        messages=_messages(dice),
        books=(LinkedBook(book=Lorebook(name="world", entries=entries), source=LoreSource.GLOBAL),),
        context_size=16_384,
        response_length=350,
        counter=EstimateCounter(),
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )


def _cold(text: PromptInputs) -> BuiltPrompt:
    """A build for which no key was read before, as the first one after a start."""
    probes.forget()
    keys.prepare_key.cache_clear()
    return build_prompt(text)


def run() -> list[Measure]:
    """Full builds, and the rebuild after one more message."""
    story = "{{#if system}}{{system}}\n{{/if}}{{#if wiBefore}}{{wiBefore}}\n{{/if}}{{description}}\n{{trim}}"
    text = inputs(TextShape(context=ContextTemplate(story_string=story)))
    chat = inputs(ChatShape(preset=default_chat_preset()))
    build_prompt(text)  # the keys of a book are read once
    more = replace(text, messages=[*text.messages, a_message("User", "And the ferry?", is_user=True)])
    scanned = "\n".join(message.text for message in text.messages[-2:]).lower()
    names = [key for linked in text.books for entry in linked.book.entries for key in entry.keys]
    count = cpu_milliseconds(lambda: [scanned.count(key) for key in names])
    text_build = cpu_milliseconds(lambda: build_prompt(text))
    cold_build = cpu_milliseconds(lambda: _cold(text))
    rebuild = cpu_milliseconds(lambda: build_prompt(more), rounds=10)
    longer = replace(more, messages=[*text.messages * 10, *more.messages[-1:]])
    long_rebuild = cpu_milliseconds(lambda: build_prompt(longer), rounds=10)
    chat_build = cpu_milliseconds(lambda: build_prompt(chat))
    return [
        Measure(name="text build, 5,000 messages", value=cold_build, baseline=25, limit=1, against="25 ms"),
        Measure(name="rebuild after one message", value=rebuild, baseline=5, limit=1, against="5 ms"),
        Measure(name="rebuild at 50,000 messages", value=long_rebuild, baseline=rebuild, limit=2,
                against="at 5,000"),
        Measure(name="rebuild", value=rebuild, baseline=count, limit=100,
                against="str.count of 1,000 keys over the scanned text"),
        Measure(name="chat build", value=chat_build, baseline=text_build, limit=1.2, against="text"),
    ]  # fmt: skip
