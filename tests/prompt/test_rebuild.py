"""A prompt that is built again is the one that a program just started would build."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tavern_tui.core.chat import a_message
from tavern_tui.core.lorebook import LinkedBook, Lorebook, LoreEntry, LoreSource
from tavern_tui.core.persona import Persona
from tavern_tui.core.preset import RegexScript
from tavern_tui.lore import keys, probes, scan
from tavern_tui.prompt import chat_history, history
from tavern_tui.prompt.build import build_prompt
from tavern_tui.tokens import estimate
from tests.prompt.builders import ANGLES, a_preset, chat_inputs, text_inputs

WORDS = st.sampled_from(
    ["mill", "{{user}}", "{{random::a::b::c}}", "{{time}}", "{{setvar::x::1}}", "{{getvar::x}}", "oak\r\n"]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
SCRIPT = RegexScript(name="s", find="/mill/g", replace="windmill", placement=(1, 2), prompt_only=True)
BOOK = LinkedBook(
    book=Lorebook(
        name="w", entries=(LoreEntry(uid=1, keys=("mill",), content="It burned, {{user}}."),
                           LoreEntry(uid=2, keys=("/o.k/",), content="It stands. mill")),
    ),
    source=LoreSource.GLOBAL,
)  # fmt: skip


def forget() -> None:
    """Empty every cache that building fills."""
    probes.forget()
    history.forget_turns()
    chat_history.forget_drafts()
    keys.prepare_key.cache_clear()
    scan._verdict.cache_clear()
    estimate._message_tokens.cache_clear()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(TEXTS, min_size=1, max_size=6), TEXTS, st.sampled_from(["User", "Mira"]), st.booleans(),
    st.sampled_from([None, ANGLES, "chat"]),
)  # fmt: skip
def test_warm_and_cold_builds_are_equal(texts, more, name, scripted, shape) -> None:
    fields = {"books": (BOOK,), "regex_scripts": (SCRIPT,) if scripted else ()}
    inputs = (
        chat_inputs(preset=a_preset(), **fields) if shape == "chat" else text_inputs(instruct=shape, **fields)
    )
    messages = [a_message("User", text, is_user=at % 2 == 0) for at, text in enumerate(texts)]
    build_prompt(replace(inputs, messages=messages))
    changed = replace(
        inputs,
        messages=[*messages[:-1], a_message("Ann", more), messages[-1]],
        persona=Persona(name=name),
    )
    warm = build_prompt(changed)
    forget()
    cold = build_prompt(changed)
    assert warm == cold
