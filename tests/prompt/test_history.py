"""History: what becomes of a message before it is laid out."""

from __future__ import annotations

import pytest

from tavern_tui.core.chat import Message, a_message
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.preset import RegexScript
from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.prompt.history import History, ScanTexts
from tavern_tui.prompt.inputs import PromptInputs
from tavern_tui.prompt.scene import open_scene
from tests.prompt.builders import CHAT, ann, text_inputs, user


def newest_first(inputs: PromptInputs) -> list[str]:
    history = History(open_scene(inputs))
    return [history.turn(depth).text for depth in range(len(history))]


def thinking(text: str, reasoning: str) -> Message:
    return a_message("Ann", text, extra={"reasoning": reasoning})


def script(**fields: object) -> RegexScript:
    values = {"find": "/m/g", "replace": "X", "placement": (1, 2), "prompt_only": True, **fields}
    return RegexScript(name="s", **values)  # type: ignore[arg-type]  # fields of RegexScript


def test_depth_limits_of_scripts_count_from_the_newest_message() -> None:
    inputs = text_inputs(regex_scripts=[script(min_depth=1, max_depth=2)])
    assert newest_first(inputs) == ["m3", "X2", "X1", "m0"]


def test_the_continued_message_stands_below_depth_zero() -> None:
    inputs = text_inputs(regex_scripts=[script(min_depth=0)], generation=GenerationType.CONTINUE)
    assert newest_first(inputs) == ["m3", "X2", "X1", "X0"]


def test_scripts_tell_the_user_from_the_model() -> None:
    assert newest_first(text_inputs(regex_scripts=[script(placement=(2,))])) == ["m3", "X2", "m1", "X0"]


@pytest.mark.parametrize(
    ("additions", "texts"),
    [(0, ["b", "u", "a"]), (1, ["<t>B</t>|b", "u", "a"]), (2, ["<t>B</t>|b", "u", "<t>A</t>|a"])],
)
def test_reasoning_goes_back_with_the_newest_messages(additions: int, texts: list[str]) -> None:
    template = ReasoningTemplate(
        prefix="<t>", suffix="</t>", separator="|", add_to_prompts=True, max_additions=additions
    )
    messages = [thinking("a", "A"), user("u"), thinking("b", "B")]
    assert newest_first(text_inputs(reasoning=template, messages=messages)) == texts


def test_a_continued_message_always_has_its_reasoning_open_if_it_has_no_words_yet() -> None:
    template = ReasoningTemplate(prefix="<t>", suffix="</t>", separator="|")
    going_on = {"reasoning": template, "generation": GenerationType.CONTINUE}
    assert newest_first(text_inputs(messages=[thinking("b", "B")], **going_on)) == ["<t>B</t>|b"]
    assert newest_first(text_inputs(messages=[thinking("", "B")], **going_on)) == ["<t>B"]


def test_the_first_message_of_a_chat_has_its_macros_resolved() -> None:
    assert newest_first(text_inputs(messages=[ann("{{char}}"), user("{{char}}")])) == ["{{char}}", "Ann"]


def test_files_and_titles_of_pictures_surround_the_words() -> None:
    extra = {
        "files": [{"text": "file one"}, {"text": ""}, {"url": "x"}, "odd"],
        "media": [{"title": "a cat", "append_title": True}, {"title": "a dog"}, 3],
    }
    message = a_message("User", "look", is_user=True, extra=extra)
    assert newest_first(text_inputs(messages=[message])) == ["file one\n\nlook\n\na cat"]


@pytest.mark.parametrize("extra", [{"files": 3, "media": {"a": 1}}, {"reasoning": 7, "bias": []}])
def test_odd_extras_are_ignored(extra: dict[str, object]) -> None:
    assert newest_first(text_inputs(messages=[a_message("Ann", "hi", extra=extra)])) == ["hi"]


def test_lore_reads_messages_newest_first_with_names_and_makes_no_more_than_it_reads() -> None:
    made = History(open_scene(text_inputs()))
    texts = ScanTexts(made, names=True)
    assert list(texts[0:2]) == ["User: m3", "Ann: m2"]
    assert len(texts) == len(CHAT)
    assert len(made._turns) == 2
    with pytest.raises(IndexError):
        texts[4]
