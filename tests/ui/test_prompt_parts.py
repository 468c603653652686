"""What the prompt panel says of a prompt."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.core.chat import Role, a_message
from tavern_tui.core.prompt import ChatPrompt, PromptMessage, PromptPart
from tavern_tui.ui.panes.prompt.as_text import messages_from_text, text_from_messages
from tavern_tui.ui.panes.prompt.parts import body_sections, message_counts, prompt_sections
from tavern_tui.ui.widgets.section_rows import Layout, RowKind
from tests.ui.fake_tavern import FakeSession


def a_session() -> FakeSession:
    session = FakeSession()
    session.parts = [
        PromptPart(kind="system", title="System prompt", origin="preset", text="Play Ann.\n", tokens=4)
    ]
    session.chat.messages += [a_message("Ann", "Hello."), a_message("Ann", "Hello.")]
    return session


def test_each_part_is_a_section_with_its_tokens_then_what_was_left_out_and_why() -> None:
    sections = prompt_sections(a_session().preview("I walk in."))
    assert [(one.title, one.note) for one in sections] == [
        ("System prompt", "4"),
        ("#0 Ann", "5"),
        ("#1 Ann", "5"),
        ("#2 Otto", "6"),
        ("Left out (1)", ""),
        ("Lorebook entries (1 of 2 active)", ""),
    ]
    assert "no room" in sections[-2].text
    assert 'key "mill" in #2' in sections[-1].text


def test_the_point_up_to_which_nothing_changed_is_marked_in_the_part_it_falls_into() -> None:
    session = a_session()
    session.unchanged = len("Play Ann.\nAnn: He")
    marks = {one.title: one.mark for one in prompt_sections(session.preview()) if one.mark is not None}
    assert marks == {"#0 Ann": len("Ann: He")}


def test_nothing_is_marked_if_all_of_it_or_none_of_it_was_sent_before() -> None:
    session = a_session()
    for unchanged in (0, 10_000):
        session.unchanged = unchanged
        assert all(one.mark is None for one in prompt_sections(session.preview()))


def test_sections_have_keys_of_their_own_even_if_parts_look_alike() -> None:
    session = a_session()
    session.parts *= 3
    keys = [one.key for one in prompt_sections(session.preview())]
    assert len(keys) == len(set(keys))


def test_control_characters_in_a_prompt_are_shown_not_sent() -> None:
    session = a_session()
    session.parts = [replace(session.parts[0], title="T\x1b]52;c;eA==\x07", text="a\x1b[2Jb\u202e")]
    section = prompt_sections(session.preview())[0]
    assert not set(section.title + section.text) & {"\x1b", "\x07", "\u202e"}
    assert "a" in section.text
    assert "b" in section.text


def test_as_it_goes_out_shows_address_headers_and_the_whole_body() -> None:
    sections = body_sections(a_session().preview())
    assert [one.title for one in sections] == ["http://127.0.0.1:8080/completion", "Headers", "Body"]
    assert '"n_predict": 350' in sections[2].text


def a_chat(parts: tuple[PromptPart, ...], as_built: tuple[PromptPart, ...] = (), prefill: str = ""):
    preview = FakeSession().preview()
    messages = tuple(PromptMessage(role=Role.SYSTEM, content=part.text) for part in parts)
    built = replace(
        preview.built,
        prompt=ChatPrompt(messages=messages, prefill=prefill),
        parts=parts,
        as_built=as_built,
        left_out=(),
        lore=(),
    )
    return replace(preview, built=built, text="".join(part.text for part in parts))


def a_part(title: str, message: int, role: Role = Role.SYSTEM) -> PromptPart:
    return PromptPart(
        kind="system", title=title, origin=title, text=f"{title}.", tokens=3, message=message, role=role
    )


MERGED = (a_part("Main", 0), a_part("Style", 0), a_part("#0 Ann", 1, Role.USER))
BUILT = (a_part("Main", 0), a_part("Style", 1, Role.ASSISTANT), a_part("#0 Ann", 2, Role.USER))


def test_a_message_of_several_parts_has_a_heading_that_folds_them() -> None:
    sections = prompt_sections(a_chat(MERGED))
    assert [(one.title, one.note) for one in sections] == [
        ("system · 2 parts", "6"),
        ("  Main", "3"),
        ("  Style", "3"),
        ("user · #0 Ann", "3"),
    ]
    layout = Layout()
    layout.lay(sections, {sections[0].key}, 40)
    shown = [sections[row.section].title for row in layout.rows if row.kind is RowKind.HEAD]
    assert shown == ["system · 2 parts", "user · #0 Ann"]


def test_messages_are_shown_as_they_were_built_and_as_they_go_out() -> None:
    preview = a_chat(MERGED, BUILT)
    assert [one.title for one in prompt_sections(preview)] == [
        "system · Main",
        "assistant · Style",
        "user · #0 Ann",
    ]
    assert [one.title for one in body_sections(preview)][2:-1] == [
        "system · 2 parts",
        "  Main",
        "  Style",
        "user · #0 Ann",
    ]
    assert message_counts(preview.built) == (3, 2)
    keys = [one.key for one in (*prompt_sections(preview), *body_sections(preview))]
    assert len(keys) == len(set(keys)), "each view keeps its own folding"


def test_messages_that_are_not_reshaped_are_in_the_body_only() -> None:
    assert [one.title for one in body_sections(a_chat(MERGED))][2:] == ["Body"]


def test_what_the_reply_must_begin_with_is_shown_behind_the_messages() -> None:
    assert prompt_sections(a_chat(MERGED, prefill="Well,"))[-1].text == "Well,"


NAMES = st.text(alphabet="Ann Otto", max_size=6).map(str.strip)
CONTENTS = st.text(alphabet="ab \n-─", max_size=40).map(lambda text: text.strip("\n"))


@given(
    messages=st.lists(
        st.builds(PromptMessage, role=st.sampled_from(list(Role)), content=CONTENTS, name=NAMES), max_size=5
    )
)
def test_messages_survive_being_edited_as_text(messages: list[PromptMessage]) -> None:
    expected = [
        {"role": one.role.value, "content": one.content, **({"name": one.name} if one.name else {})}
        for one in messages
    ]
    assert messages_from_text(text_from_messages(messages)) == expected


def test_words_before_the_first_heading_become_a_system_message() -> None:
    assert messages_from_text("Be brief.\n\n── user ──\nHi") == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
    ]
