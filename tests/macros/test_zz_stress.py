"""Whatever the text, macros neither raise nor lose their way."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tavern_tui.macros import substitute
from tavern_tui.macros.bias import extract_bias
from tavern_tui.macros.completion import complete
from tavern_tui.macros.lexer import tokens
from tavern_tui.macros.registry import all_macros
from tavern_tui.macros.story_string import TemplateError, render

from .builders import CARD, a_context, said

PIECES = st.sampled_from(
    [
        *"{}<>:/#!~.$ \n\\,-+1aé\ud800\0",
        "{{", "}}", "{{{", "}}}", "::", "{{if ", "{{else}}", "{{/if}}", "{{//}}", "{{///}}", "{{#if x}}",
        "{{trim}}", "<USER>", "{{time_UTC+2}}", ".x", "$y", "++", "--", "+=", "-=", "||=", "??", "==", ">=",
        "9" * 30, "-1", "1e400", "[1]", '{"a":1}', "x", "user", "UTC+2", "2d6", "YYYY", "2026-01-31", "{{!--",
        '"', "'", "../", "this", "lookup ", "{{original}}", "{{bias ",
        *(info.example for info in all_macros()),
        *("{{" + name for info in all_macros() for name in info.names),
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=6000, deadline=None)
@given(text=TEXTS, legacy=st.booleans(), card_fields=st.booleans(), value=JSON)
def test_no_text_raises(text: str, legacy: bool, card_fields: bool, value: object) -> None:
    context = a_context(
        legacy=legacy,
        card=CARD,
        chat_variables={"x": value},
        messages=[said("a", by_user=True, sent_at=text), said("b")],
        extra={"summary": "s"},
    )
    result = substitute(text, context, original="o", card_fields=card_fields)
    assert isinstance(result, str)
    assert len(context.warnings) <= 100


@settings(max_examples=6000, deadline=None)
@given(text=TEXTS)
def test_what_macros_store_can_be_written_as_json(text: str) -> None:
    context = a_context()
    substitute(text, context)
    json.dumps([context.variables.chat, context.variables.everywhere], allow_nan=False)


@settings(max_examples=6000, deadline=None)
@given(text=TEXTS)
def test_the_pieces_are_the_text_and_the_braces_balance(text: str) -> None:
    pieces = list(tokens(text))
    assert "".join(piece.text for piece in pieces) == text
    assert all(text.startswith(piece.text, piece.at) for piece in pieces)


@settings(max_examples=6000, deadline=None)
@given(words=st.text(st.characters(exclude_characters="{}<\\"), max_size=200))
def test_words_without_braces_stay(words: str) -> None:
    context = a_context()
    assert substitute(words, context) == words
    assert substitute(words, a_context(legacy=True)) == words


@settings(max_examples=6000, deadline=None)
@given(text=TEXTS)
def test_the_same_scene_gives_the_same_text(text: str) -> None:
    assert substitute(text, a_context(card=CARD)) == substitute(text, a_context(card=CARD))


@settings(max_examples=6000, deadline=None)
@given(template=TEXTS, field=st.text(max_size=10))
def test_a_story_string_is_rendered_or_refused(template: str, field: str) -> None:
    try:
        render(template, {"x": field, "user": "Ann"}, a_context())
    except TemplateError as error:
        assert str(error).endswith(".")  # either outcome is right


@settings(max_examples=6000, deadline=None)
@given(text=TEXTS, cursor=st.integers(-5, 200))
def test_bias_and_completion_take_any_text(text: str, cursor: int) -> None:
    without, bias = extract_bias(text)
    assert len(without) + len(bias) <= len(text)
    assert all(info in all_macros() for info in complete(text, cursor))
