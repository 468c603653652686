"""The clean-up of replies, rule by rule and for any frame of a stream."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.core.preset import PromptOptions
from tavern_tui.core.template import InstructTemplate
from tavern_tui.text.clean_reply import CleanRules, clean_reply
from tavern_tui.text.trim import tighten_markers, trim_line_ends, trim_sentences


def clean(text: str, *, final: bool = True, options: dict[str, Any] | None = None, **rules: Any) -> str:
    made = CleanRules(user="User", char="Ann", options=PromptOptions(**(options or {})), **rules)
    return clean_reply(text, made, final=final)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("  Hello. \n", "Hello."),
        ("one  \ntwo\t\n three", "one\ntwo\n three"),
        ("User: hi", ""),
        ("Hello.\nUser: hi", "Hello."),
        ("Hello.\nUserland: hi", "Hello.\nUserland: hi"),
        ("Ann: Hello.\nAnn:  Again.", "Hello.\nAgain."),
        ("Hello.<|endoftext|>more", "Hello."),
        ("Anna: Hello.", "Anna: Hello."),
        ("He said Ann: x", "He said Ann: x"),
        ("", ""),
    ],
)
def test_every_reply(text: str, result: str) -> None:
    assert clean(text) == result


@pytest.mark.parametrize(
    ("text", "rules", "result"),
    [
        ("Hi\nUse", {"stops": ("\nUser:",)}, "Hi"),
        ("more", {"bias": "Once "}, "Once more"),
        ("more", {"bias": "Once ", "generation_type": "continue"}, "more"),
        ("more", {"bias": "Once ", "generation_type": "impersonate"}, "more"),
        ("a cat", {"regex": lambda text: text.replace("cat", "dog")}, "a dog"),
        ("User: hi\nAnn: no", {"generation_type": "impersonate"}, "hi"),
        ("hi\nUser: more", {"generation_type": "impersonate"}, "hi\nUser: more"),
        ("Hi\nBob: no", {"other_members": ("Bob",)}, "Hi"),
        ("Bob: no", {"other_members": ("Bob",)}, ""),
        (
            "Hi\nBob: no",
            {"other_members": ("Bob",), "options": {"disable_group_trimming": True}},
            "Hi\nBob: no",
        ),
        ("a\n\n\nb", {"options": {"collapse_newlines": True}}, "a\nb"),
        ("Hi\nUser: x", {"options": {"allow_name1_display": True}}, "Hi\nUser: x"),
        ("Ann: Hi\nAnn: x", {"options": {"allow_name2_display": True}}, "Hi\nAnn: x"),
        (" Hi ", {"options": {"trim_spaces": False}}, " Hi"),
        (" Hi\n", {"open_reasoning": True}, " Hi\n"),
        ("She ran. Then sh", {"options": {"trim_sentences": True}}, "She ran."),
        ("* waves *", {"options": {"auto_fix_generated_markdown": True}}, "*waves*"),
    ],
)
def test_rules(text: str, rules: dict[str, Any], result: str) -> None:
    assert clean(text, **rules) == result


ALPACA = InstructTemplate(
    input_sequence="### Instruction:", output_sequence="### Response:\n", stop_sequence="</s>"
)


@pytest.mark.parametrize(
    ("text", "rules", "result"),
    [
        ("Hi</s>more", {}, "Hi"),
        ("Hi\n### Instruction:\nmore", {}, "Hi"),
        ("### Response:\nHi", {}, "Hi"),
        ("Hi### Instruction:", {"generation_type": "impersonate"}, "Hi"),
    ],
)
def test_instruct_sequences_are_cut(text: str, rules: dict[str, Any], result: str) -> None:
    assert clean(text, instruct=ALPACA, **rules) == result


def test_sentences_are_only_trimmed_at_the_end() -> None:
    assert clean("She ran. Then sh", final=False, options={"trim_sentences": True}) == "She ran. Then sh"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("One. Two", "One."),
        ('She said "no" and', 'She said "no"'),
        ('She said. "', "She said."),
        ("*waves* and *", "*waves* and"),
        ("Done 🙂 and", "Done 🙂"),
        ("Love ❤️ and", "Love ❤️"),
        ("好。然后", "好。"),
        ("nothing here  ", "nothing here"),
        ("", ""),
    ],
)
def test_unfinished_sentences(text: str, result: str) -> None:
    assert trim_sentences(text) == result


def test_markers() -> None:
    assert tighten_markers("* a * and ** b ** and _ c _ and __ d __") == "*a* and **b** and _c_ and __d__"
    assert tighten_markers("a * b") == "a * b"
    assert trim_line_ends("a \n\t\nb ") == "a\n\nb"


PIECES = st.sampled_from(
    ["User:", "Ann:", "\n", " ", "*", "Hello.", "</s>", "<|endoftext|>", "### Instruction:", "Bob:"]
)
RULES = st.builds(
    CleanRules,
    generation_type=st.sampled_from(["normal", "continue", "impersonate"]),
    user=st.sampled_from(["User", ""]),
    char=st.sampled_from(["Ann", ""]),
    other_members=st.sampled_from([(), ("Bob",), ("",)]),
    stops=st.sampled_from([(), ("\nUser:", "</s>")]),
    instruct=st.sampled_from([None, ALPACA]),
    options=st.builds(PromptOptions, trim_sentences=st.booleans(), auto_fix_generated_markdown=st.booleans()),
)


@given(st.lists(PIECES, max_size=12).map("".join), RULES, st.booleans())
def test_a_clean_reply_speaks_for_nobody_else(text: str, rules: CleanRules, final: bool) -> None:
    cleaned = clean_reply(text, rules, final=final)
    wrong = rules.char if rules.impersonates else rules.user
    assert not wrong or f"\n{wrong}:" not in cleaned
    assert "<|endoftext|>" not in cleaned
    assert cleaned == cleaned.strip()


@pytest.mark.parametrize("piece", ["a ", "* ", "_*", "\n", " \n", "Ann: ", "User", "</s", ". "])
def test_long_replies_are_cleaned_without_trouble(piece: str) -> None:
    options = {"trim_sentences": True, "auto_fix_generated_markdown": True, "collapse_newlines": True}
    text = "x" + piece * 50_000
    assert len(clean(text, stops=("\nUser:", "</s>"), instruct=ALPACA, options=options)) <= len(text)
