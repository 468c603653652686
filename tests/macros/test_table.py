"""The table as help and completion show it, and what each row comes to."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tavern_tui.core.template import ContextTemplate, InstructTemplate, ReasoningTemplate, SystemPrompt
from tavern_tui.macros import substitute
from tavern_tui.macros.builtin import TOPICS
from tavern_tui.macros.completion import complete
from tavern_tui.macros.registry import MacroInfo, all_macros, find_macro

from .builders import CARD, a_context, put, said

MACROS = all_macros()


@pytest.mark.parametrize("info", MACROS, ids=lambda info: info.name)
def test_the_example_of_each_macro_works(info: MacroInfo) -> None:
    context = a_context(card=CARD)
    result = substitute(info.example, context, original="the overridden prompt")
    assert context.warnings == []
    assert "{{" not in result
    assert any(f"{{{{{name}".lower() in info.example.lower() for name in info.names)


@pytest.mark.parametrize("info", MACROS, ids=lambda info: info.name)
def test_the_help_of_each_macro_is_one_sentence(info: MacroInfo) -> None:
    assert re.fullmatch(r"[`A-Z0-9].{10,110}\.", info.help)


def test_no_two_macros_share_a_help_line_or_a_name() -> None:
    names = [name.lower() for info in MACROS for name in info.names]
    assert len(set(names)) == len(names)
    assert len({info.help for info in MACROS}) == len(MACROS)


def test_the_table_goes_topic_by_topic() -> None:
    groups = [info.group for info in MACROS]
    assert list(dict.fromkeys(groups)) == list(TOPICS)
    assert groups == sorted(groups, key=TOPICS.index)


KNOWN = """
user char group charIfNotGroup groupNotMuted notChar charDescription description charPersonality
personality charScenario scenario persona charPrompt charInstruction charDepthPrompt charCreatorNotes
creatorNotes charVersion version char_version mesExamplesRaw mesExamples charFirstMessage greeting
original model isMobile lastGenerationType hasExtension maxPrompt maxPromptTokens maxContext
maxContextTokens maxResponse maxResponseTokens lastMessage lastUserMessage lastCharMessage
lastMessageId firstIncludedMessageId firstDisplayedMessageId lastSwipeId currentSwipeId allChatRange
input time date weekday isotime isodate datetimeformat idleDuration idle_duration timeDiff random pick
roll space newline noop trim reverse // comment if else banned outlet
setvar addvar incvar decvar getvar hasvar varexists deletevar flushvar setvarkey setvarindex getvarkey
getvarindex setglobalvar addglobalvar incglobalvar decglobalvar getglobalvar hasglobalvar
globalvarexists deleteglobalvar flushglobalvar setglobalvarkey setglobalvarindex getglobalvarkey
getglobalvarindex
instructUserPrefix instructInput instructUserSuffix instructAssistantPrefix instructOutput
instructAssistantSuffix instructSeparator instructSystemPrefix instructSystemSuffix
instructFirstAssistantPrefix instructFirstOutputPrefix instructLastAssistantPrefix
instructLastOutputPrefix instructFirstUserPrefix instructFirstInput instructLastUserPrefix
instructLastInput instructStop instructUserFiller instructSystemInstructionPrefix
instructStoryStringPrefix instructStoryStringSuffix systemPrompt defaultSystemPrompt instructSystem
instructSystemPrompt exampleSeparator chatSeparator chatStart authorsNote charAuthorsNote
defaultAuthorsNote reasoningPrefix reasoningSuffix reasoningSeparator summary lastExpression
defaultExpression availableExpressions charPrefix charNegativePrefix
"""


@pytest.mark.parametrize("name", KNOWN.split())
def test_every_name_that_cards_use_is_known(name: str) -> None:
    assert find_macro(name) is not None
    assert find_macro(name.upper()) is find_macro(name)


@pytest.mark.parametrize("first", [f"builtin.{topic}" for topic in TOPICS] + ["registry", "legacy"])
def test_all_topics_are_there_whatever_is_imported_first(first: str) -> None:
    program = (
        f"import tavern_tui.macros.{first}\n"
        "from tavern_tui.macros.registry import all_macros, find_macro\n"
        "assert find_macro('user') and find_macro('setvar') and find_macro('weekday')\n"
        "print(*[info.name for info in all_macros()])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == [info.name for info in MACROS]


# --- what the rows come to

SCENE = a_context(
    members=("Bo", "Cy", "Di"),
    enabled_members=("Bo", "Di"),
    card=CARD,
    example_blocks="Bo: Hm.",
    system_prompt=SystemPrompt(enabled=True, content="Be {{char}}."),
    messages=[said("one"), said("two", by_user=True), said("three"), said("four", hidden=True)],
    first_included=1,
    input="typed",
    last_generation_type="swipe",
    model="llama",
    max_context=4096,
    max_response=96,
    context=ContextTemplate(example_separator="###", chat_start="***"),
    reasoning=ReasoningTemplate(prefix="<t>", suffix="</t>", separator="|"),
    instruct=InstructTemplate(
        input_sequence="<I>",
        input_suffix="</I>",
        output_sequence="<O>",
        output_suffix="</O>",
        system_sequence="<S>",
        system_suffix="</S>",
        first_output_sequence="<FO>",
        last_input_sequence="<LI>",
        stop_sequence="<STOP>",
        user_alignment_message="go on",
        last_system_sequence="<LS>",
        story_string_prefix="<P>",
        story_string_suffix="</P>",
    ),
    authors_note="note",
    char_authors_note="char note",
    default_authors_note="default note",
    outlets={"rules": "No magic."},
    extra={"summary": "So far.", "charPrefix": "portrait"},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{user}}/{{char}}", "Ann/Bo"),
        ("{{group}}/{{charIfNotGroup}}", "Bo, Cy, Di/Bo, Cy, Di"),
        ("{{groupNotMuted}}/{{notChar}}", "Bo, Di/Di"),
        ("{{description}} {{personality}} {{scenario}} {{persona}}", "a beekeeper calm a terrace a courier"),
        ("{{charPrompt}} {{charInstruction}} {{charDepthPrompt}}", "Be terse. Stay calm. It rains."),
        ("{{creatorNotes}} {{charVersion}}", "Slow burn. 1.2"),
        ("{{mesExamplesRaw}}|{{mesExamples}}", "<START>\nBo: Hm.|Bo: Hm."),
        ("{{greeting}} {{greeting::0}} {{greeting::2}}[{{greeting::3}}]", "Hello. Hello. Evening.[]"),
        ("{{model}} {{isMobile}} {{hasExtension::x}} {{lastGenerationType}}", "llama false false swipe"),
        ("{{maxPrompt}} {{maxContext}} {{maxResponse}}", "4000 4096 96"),
        ("{{lastMessage}} {{lastUserMessage}} {{lastCharMessage}} {{lastMessageId}}", "four two three 3"),
        ("{{firstIncludedMessageId}} {{firstDisplayedMessageId}} {{allChatRange}}", "1 0 0-3"),
        ("{{input}}", "typed"),
        ("{{outlet::rules}}[{{outlet::none}}]", "No magic.[]"),
        ("{{space}}|{{space::2}}|{{newline::2}}|{{noop}}|{{space::-1}}", " |  |\n\n||"),
        ("{{summary}} {{charPrefix}}[{{lastExpression}}]", "So far. portrait[]"),
        ("{{instructInput}}{{instructUserSuffix}}{{instructOutput}}{{instructSeparator}}", "<I></I><O></O>"),
        ("{{instructSystemPrefix}}{{instructSystemSuffix}}", "<S></S>"),
        ("{{instructFirstAssistantPrefix}}{{instructLastAssistantPrefix}}", "<FO><O>"),
        ("{{instructFirstUserPrefix}}{{instructLastUserPrefix}}", "<I><LI>"),
        ("{{instructStop}}{{instructUserFiller}}{{instructSystemInstructionPrefix}}", "<STOP>go on<LS>"),
        ("{{instructStoryStringPrefix}}{{instructStoryStringSuffix}}", "<P></P>"),
        ("{{systemPrompt}}|{{defaultSystemPrompt}}", "Be terse.|Be {{char}}."),
        ("{{exampleSeparator}}{{chatStart}}", "###***"),
        ("{{authorsNote}},{{charAuthorsNote}},{{defaultAuthorsNote}}", "note,char note,default note"),
        ("{{reasoningPrefix}}{{reasoningSeparator}}{{reasoningSuffix}}", "<t>|</t>"),
    ],
)
def test_what_the_macros_stand_for(text: str, expected: str) -> None:
    assert substitute(text, SCENE) == expected


def test_outside_of_groups_the_group_is_the_character_and_the_other_is_the_user() -> None:
    assert put("{{group}} {{groupNotMuted}} {{notChar}}") == "Bo Bo Ann"


def test_without_a_template_its_macros_are_empty() -> None:
    text = "{{instructInput}}{{instructStop}}{{systemPrompt}}{{lastMessage}}{{lastMessageId}}{{allChatRange}}"
    assert put(text, system_prompt=SystemPrompt(enabled=False, content="x")) == ""


def test_the_message_that_is_swiped_does_not_count() -> None:
    messages = [said("one", by_user=True), said("two")]
    assert put("{{lastMessage}} {{lastMessageId}}", messages=messages, swiping=True) == "one 0"


def test_swipes_are_counted_from_one() -> None:
    message = said("a").with_swipe(said("b").swipe)
    assert put("{{currentSwipeId}}/{{lastSwipeId}}", messages=[message]) == "2/2"
    assert put("{{currentSwipeId}}/{{lastSwipeId}}", messages=[said("a")]) == "/"


def test_banned_words_are_collected_without_their_quotes() -> None:
    context = a_context()
    assert substitute('a{{banned "shivers"}}{{banned::spine}}{{banned ""}}b', context) == "ab"
    assert context.banned == ["shivers", "spine"]


# --- completion


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("{{us", "user"),
        ("text {{ US", "user"),
        ("{{#if", "if"),
        ("{{reverse::{{us", "user"),
        ("{{gree", "charFirstMessage"),
        ("{{//", "//"),
        ("{{{us", "user"),
    ],
)
def test_completion_knows_names_and_aliases(typed: str, first: str) -> None:
    assert complete(typed, len(typed))[0].name.lower().startswith(first.lower())


def test_completion_offers_everything_after_the_braces() -> None:
    assert complete("a {{", 4) == list(MACROS)


@pytest.mark.parametrize(
    "typed", ["", "us", "{us", "{{user}} us", "{{nosuch", "{{user::x", "{{/i", "{{user "]
)
def test_completion_offers_nothing_elsewhere(typed: str) -> None:
    assert complete(typed, len(typed)) == []


def test_completion_looks_before_the_cursor_only() -> None:
    assert complete("{{useless", 4) == complete("{{us", 4)
    assert complete("{{us", -5) == []
    assert complete("{{us", 99) == complete("{{us", 4)


def test_own_names_come_before_aliases() -> None:
    names = [info.name for info in complete("{{char", 6)]
    assert names[0].startswith("char")
    assert names.index("group") > names.index("charVersion")
