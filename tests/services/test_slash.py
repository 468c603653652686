"""Scripts: what they mean, and that nothing in them can harm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tavern_tui.core.errors import TavernError, UsageError
from tavern_tui.services.events import SessionEvent
from tavern_tui.services.session import ChatSession
from tavern_tui.services.slash.commands import all_commands
from tavern_tui.services.slash.language import parse_script
from tavern_tui.services.slash.not_here import NOT_HERE
from tavern_tui.services.slash.runner import Runner
from tavern_tui.services.tavern import Tavern
from tavern_tui.storage.folders import Folders
from tests.services.helpers import scripted, tavern, texts


class Front:
    """Keeps what is said; answers as it was told to."""

    def __init__(self, *answers: str) -> None:
        self.said: list[str] = []
        self.input = ""
        self.jumped = -1
        self._answers = list(answers)

    def say(self, words: str, *, kind: str = "information") -> None:
        self.said.append(words)

    async def show(self, words: str) -> None:
        self.said.append(words)

    async def ask(self, question: str, value: str = "") -> str | None:
        return self._answers.pop(0) if self._answers else None

    async def choose(self, question: str, choices: list[str]) -> str | None:
        return choices[-1] if choices else None

    async def follow(self, session: ChatSession, stream: AsyncGenerator[SessionEvent, None]) -> None:
        async with aclosing(stream) as events:
            async for _ in events:
                pass

    def set_input(self, text: str) -> None:
        self.input = text

    def fold(self, indexes: list[int], folded: bool | None) -> None:
        self.folded = (indexes, folded)

    def jump(self, index: int) -> None:
        self.jumped = index


@asynccontextmanager
async def scripts(folders: Folders, *replies: str) -> AsyncGenerator[tuple[Runner, Tavern, Front], None]:
    async with tavern(folders, scripted(*replies or ("x",))) as made:
        front = Front("my answer")
        yield Runner(made, front, all_commands()), made, front


RESULTS: list[tuple[str, str]] = [
    ("/pass one", "one"),
    ("/pass one | /upper", "ONE"),
    ("/pass one || /upper two", "TWO"),
    ('/pass "a | b"', "Error"),
    (r"/pass a \| b", "a | b"),
    ("/pass a | /pass {{pipe}}{{pipe}}", "aa"),
    ("/add 1 2 3", "6"),
    ("/div 10 4", "2.5"),
    ("/mul [2,3,4]", "24"),
    ("/let x 5 | /add x 2", "7"),
    ("/let key=x 5 | /var x 6 | /var x", "6"),
    ("/let x {: /pass hi :} | /:x", "hi"),
    ("/let f {: who=nobody /pass {{var::who}} :} | /:f who=Ann", "Ann"),
    ("/let f {: who=nobody /pass {{var::who}} :} | /run f", "nobody"),
    ("/pass {: /add 1 1 :}()", "2"),
    ("/if left=3 right=2 rule=gt else={: /pass no :} {: /pass yes :}", "yes"),
    ("/if left=abc right=B rule=in {: /pass yes :}", "yes"),
    ("/if left=1 right=2 else={: /pass no :} {: /pass yes :}", "no"),
    ("/if left=0 rule=not /pass yes", "yes"),
    ("/let i 0 | /while left=i right=5 rule=lt {: /var i {: /add i 1 :}() :} | /var i", "5"),
    ("/let s . | /times 3 {: /var s {{var::s}}{{timesIndex}} :} | /var s", ".012"),
    ("/times 5 {: /break done :} | /pass after", "after"),
    ("/setvar key=a 1 | /addvar key=a 4 | /incvar a | /getvar a", "6"),
    ("/setvar key=l [] | /addvar key=l x | /addvar key=l y | /getvar index=1 l", "y"),
    ("/setvar key=d index=k v | /getvar d", '{"k": "v"}'),
    ("/setglobalvar key=g hi | /getglobalvar g", "hi"),
    ("/setvar key=n Bob | /pass {{getvar::n}}", "Bob"),
    ("/pass {{user}} and {{char}}", "User and Ann"),
    ("/len abc", "3"),
    ("/sort [3,1,2]", "[1, 2, 3]"),
    ("/substr start=1 end=3 abcdef", "bc"),
    ('/replace mode=regex pattern="/(b+)/g" replacer="<$1>" abbbcb', "a<bbb>c<b>"),
    ("/replace pattern=a replacer=o banana", "bonono"),
    ('/match pattern="/n(.)/g" banana', '[["na", "a"], ["na", "a"]]'),
    ("/test pattern=/^b/ banana", "true"),
    ('/fuzzy list=["north","south"] go to the soth', "south"),
    ("/array-wrap 5", '["5"]'),
    ("// a note | /pass there", "there"),
    ("/# a note | /pass there", "there"),
    ("/* a /* nested *| note *| /pass there", "there"),
    ("/pass one | /abort quiet=true | /pass two", ""),
    ("/messages names=on 0", "Ann: Welcome, User."),
    ("/reasoning-parse <think>a</think>b", "a"),
    ("/closure-serialize {: /pass 1 :}", "{: /pass 1 :}"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "result"), RESULTS, ids=[one[0] for one in RESULTS])
async def test_what_a_script_gives(folders: Folders, script: str, result: str) -> None:
    async with scripts(folders) as (runner, _, _):
        if result == "Error":
            with pytest.raises(UsageError):
                await runner.run(script)
        else:
            assert await runner.run(script) == result


async def test_messages_are_sent_added_hidden_and_cut_by_commands(folders: Folders) -> None:
    async with scripts(folders, "A reply.") as (runner, made, front):
        await runner.run("/send Hello | /trigger")
        assert texts(made)[1:] == ["Hello", "A reply."]
        await runner.run('/sendas name="Bob the smith" at=1 Hm.')
        assert made.session.chat.messages[1].name == "Bob the smith"
        await runner.run("/hide 1-2")
        assert [one.hidden for one in made.session.chat.messages] == [False, True, True, False]
        await runner.run("/unhide 1-2 | /sys Rain. | /comment mine")
        assert texts(made)[-2:] == ["Rain.", "mine"]
        assert await runner.run("/cut 1-2") == "Hm.\n\nHello"
        await runner.run("/del 2 | /chat-jump 0")
        assert texts(made)[1:] == ["A reply."]
        assert front.jumped == 0
        await runner.run("/addswipe Another. | /delswipe 1")
        assert texts(made)[-1] == "Another."
        await runner.run("/message-role at=-1 user | /message-name at=-1 Zoe")
        assert made.session.chat.messages[-1].is_user
        assert made.session.chat.messages[-1].name == "Zoe"


async def test_texts_are_written_aside_and_put_where_the_script_wants(folders: Folders) -> None:
    async with scripts(folders, "Aside.") as (runner, made, front):
        before = list(texts(made))
        assert await runner.run("/gen What now? | /setinput") == "Aside."
        assert front.input == "Aside."
        assert await runner.run('/genraw system="Be brief." Count.') == "Aside."
        provider: Any = made.connections.provider()
        assert provider.requests[-1].prompt.text == "Be brief.\nCount."
        assert "What now?" in provider.requests[-2].prompt.text
        assert list(texts(made)) == before
        assert await runner.run("/impersonate") == "Aside."


async def test_a_passing_injection_is_in_one_prompt(folders: Folders) -> None:
    async with scripts(folders) as (runner, made, _):
        await runner.run("/inject id=stays position=chat It rains. | /inject id=once ephemeral=true Thunder!")
        assert "Thunder!" in made.session.preview("Hello").text
        await runner.run("/send Hello | /trigger")
        kept = made.session.preview("Hello").text
        assert "Thunder!" not in kept
        assert "It rains." in kept
        with pytest.raises(UsageError, match="no filter"):
            await runner.run("/inject id=x filter={: /pass 1 :} Text")


async def test_a_new_chat_may_put_the_old_one_into_the_trash(folders: Folders) -> None:
    async with scripts(folders) as (runner, made, _):
        await runner.run("/send Hello")
        old = made.session.chat.title
        await runner.run("/newchat delete=true")
        assert old not in [one.title for one in made.chats()]
        assert old in [one.title for one in made.chat_files.trash()]


async def test_injections_notes_and_connections(folders: Folders) -> None:
    async with scripts(folders) as (runner, made, front):
        await runner.run("/inject id=mood position=chat depth=0 It rains.")
        assert "It rains." in made.session.preview("Hello").text
        await runner.run("/flushinject mood")
        assert "It rains." not in made.session.preview("Hello").text
        await runner.run("/note Be terse. | /note-depth 2 | /note-position chat | /note-role user")
        note = made.notes.chat
        assert (note.text, note.depth, int(note.position), int(note.role)) == ("Be terse.", 2, 1, 1)
        assert await runner.run("/profile") == "script"
        await runner.run("/profile offline")
        assert made.connections.current.name == "offline"
        await runner.run("/echo Hello there | /popup {{pipe}} | /help if")
        assert front.said[:2] == ["Hello there", "Hello there"]
        assert "/if" in front.said[2]
        await runner.run("/help | /help add a swipe")
        assert "Messages: /addswipe, /comment" in front.said[3]
        assert front.said[4].startswith("/addswipe ")
        assert await runner.run("/input Your name?") == "my answer"
        assert await runner.run('/buttons labels=["a","b"] Which?') == "b"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("/nosuchthing", "no command /nosuchthing"),
        ("/pas x", "no command /pas"),
        ("hello", "not a command"),
        ('/pass name="unclosed', "not closed"),
        ("/let x {: /pass 1", "not closed"),
        ("/" + "{: " * 200, "without a command"),
        ("/pass " + "{: /pass " * 200, "too many closures"),
        ("/add one", "/add: 'one' is no number"),
        ("/div 1 0", "/div: This has no result"),
        ("/if left=1 right=a rule=gt /pass", "compares numbers"),
        ("/var nowhere", "no variable"),
        ("/hide 99", "no message 99"),
        ("/run nowhere", "no closure"),
        ("/member-count", "not with a group"),
        ("/go Nobody at all", "Nobody at all"),
    ],
)
async def test_what_is_wrong_is_one_sentence(folders: Folders, script: str, words: str) -> None:
    async with scripts(folders) as (runner, _, _):
        with pytest.raises(TavernError) as caught:
            await runner.run(script)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)


async def test_a_loop_without_end_ends_and_can_be_cancelled(folders: Folders) -> None:
    async with scripts(folders) as (runner, _, _):
        endless = asyncio.ensure_future(runner.run("/while guard=off left=1 {: /pass on :}"))
        await asyncio.sleep(0)
        endless.cancel()
        with pytest.raises(asyncio.CancelledError):
            await endless
        assert await runner.run("/while left=1 {: /pass on :} | /pass done") == "done"
        with pytest.raises(UsageError, match="was stopped"):
            await runner.run("/while guard=off left=1 {: /pass on :}")


async def test_a_pattern_that_takes_for_ever_is_given_up(folders: Folders) -> None:
    async with scripts(folders) as (runner, _, _):
        with pytest.raises(TavernError, match="too long"):
            await runner.run(f'/test pattern="/(a\\|aa)+$/" {"a" * 90}!')


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=300)
@given(st.text(alphabet='/|{}:"\\ ab=()*#', max_size=60))
def test_any_text_is_a_script_or_a_sentence(text: str) -> None:
    try:
        parse_script(f"/{text}")
    except UsageError as error:
        assert "\n" not in str(error)


# --- what the chat group has besides


async def test_somebody_who_is_not_in_the_chat_is_asked(folders: Folders) -> None:
    async with scripts(folders, "I bake.") as (runner, made, _):
        path = folders.data.parent / "bo.json"
        path.write_text('{"name": "Bo", "description": "{{char}} bakes.", "first_mes": "Hm?"}')
        await made.library.import_file(path)
        assert await runner.run("/ask name=Bo What do you do?") == "I bake."
        provider = made.connections.provider()
        assert "Bo bakes." in provider.requests[-1].prompt.text  # type: ignore[attr-defined]
        assert made.session.character.name == "Ann"
        assert texts(made) == ["Welcome, {{user}}."]


async def test_a_text_and_the_chat_are_summed_up(folders: Folders) -> None:
    async with scripts(folders, "Short.") as (runner, made, _):
        assert await runner.run("/summarize prompt=Briefly A long story") == "Short."
        prompt = made.connections.provider().requests[-1].prompt.text  # type: ignore[attr-defined]
        assert "Briefly" in prompt
        assert "A long story" in prompt
        assert "forge" not in prompt
        assert await runner.run("/summarize") == "Short."
        assert "Welcome, User." in made.connections.provider().requests[-1].prompt.text  # type: ignore[attr-defined]


async def test_another_connection_answers_a_bare_prompt(folders: Folders) -> None:
    async with tavern(folders, scripted("First.", name="one"), scripted("Second.", name="two")) as made:
        runner = Runner(made, Front(), all_commands())
        assert await runner.run("/profile-genstream profile=two Hi") == "Second."
        assert made.connections.current.name == "one"
        assert made.session.away is None
        with pytest.raises(UsageError, match="no connection"):
            await runner.run("/profile-genstream profile=three Hi")


async def test_stop_strings_are_the_connections(folders: Folders) -> None:
    async with scripts(folders) as (runner, made, _):
        assert await runner.run("/stop-strings") == "[]"
        assert await runner.run('/stop-strings ["END","."]') == '["END", "."]'
        assert made.connections.current.stop == ("END", ".")


async def test_replies_begin_with_the_words_that_were_set(folders: Folders) -> None:
    async with scripts(folders) as (runner, made, _):
        assert await runner.run("/start-reply-with Well") == "Well"
        assert await runner.run("/start-reply-with") == "Well"
        assert made.session.preview("Hi").built.prompt.text.endswith("Well")  # type: ignore[union-attr]
        assert await runner.run("/start-reply-with force=true") == ""


async def test_a_script_makes_a_tool_and_calls_it(folders: Folders) -> None:
    async with scripts(folders) as (runner, made, front):
        await runner.run(
            "/tools-register name=greet description=Greets. "
            'parameters={"type":"object","properties":{"who":{"type":"string"}}} '
            "{: /pass Hello {{var::who}} :}"
        )
        assert "greet" in await runner.run("/tools-list")
        assert [one.name for one in made.tools.offers() if one.name == "greet"] == ["greet"]
        assert await runner.run('/tools-invoke parameters={"who":"Bo"} greet') == "Hello Bo"
        await runner.run("/tools-unregister greet")
        with pytest.raises(UsageError, match="no tool"):
            await runner.run("/tools-invoke greet")
        await runner.run("/tools-list return=popup-html")
        assert front.said


async def test_a_temporary_chat_leaves_nothing_behind(folders: Folders) -> None:
    async with scripts(folders, "Yes.") as (runner, made, _):
        await runner.run("/tempchat | /send Hi | /trigger")
        assert texts(made)[1:] == ["Hi", "Yes."]
        assert made.session.store.path is None
        assert not list(folders.chats.glob("*/*.jsonl"))
        await runner.run("/newchat")
        assert made.session.store.path is not None


async def test_a_pick_picks_anew(folders: Folders) -> None:
    async with scripts(folders) as (runner, made, _):
        assert await runner.run("/reroll-pick") == "1"
        assert await runner.run("/reroll-pick") == "2"
        assert await runner.run("/reroll-pick 9") == "9"
        assert made.session.chat.metadata["pick_reroll_seed"] == 9


async def test_another_reasoning_template_is_used_from_now_on(folders: Folders) -> None:
    async with scripts(folders) as (runner, made, _):
        assert await runner.run("/reasoning-template") == "Think XML"
        assert await runner.run("/reasoning-preset gemma 4") == "Gemma 4"
        assert made.replies.thinking.prefix == "<|channel>thought\n"
        assert (
            await runner.run("/reasoning-parse [THINK]a[/THINK]b | /reasoning-template Mistral") == "Mistral"
        )
        assert await runner.run("/reasoning-parse [THINK]a[/THINK]b") == "a"
        with pytest.raises(UsageError, match="no reasoning template") as caught:
            await runner.run("/reasoning-template Nobody's")
        assert "Gemma 4" in caught.value.hint
        assert await runner.run("/reasoning-formatting quiet=true Nobody's") == ""
        assert await runner.run("/reasoning-template") == "Mistral"


async def test_thoughts_are_folded_by_name(folders: Folders) -> None:
    async with scripts(folders) as (runner, _, front):
        await runner.run("/reasoning-expand 0")
        assert front.folded == ([0], False)
        await runner.run("/collapse-reasoning")
        assert front.folded == ([0], True)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("/let f {: /run f :} | /:f", "one in the other"),
        ("/while guard=off left=1 {: :}", "2,000 commands"),
        ("/times guard=off 1000000000 {: :}", "2,000 commands"),
        ("/let x aaaaaaaa | /times 40 {: /var key=x {{var::x}}{{var::x}} :}", "4,000,000 characters"),
        ("/pow 10 400", "too large"),
    ],
)
async def test_a_hostile_script_comes_to_an_end(
    folders: Folders, script: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tavern_tui.services.slash.runner.MAX_STEPS", 2000)
    async with scripts(folders) as (runner, _, _):
        with pytest.raises(UsageError, match=words):
            await runner.run(script)


async def test_what_has_no_place_in_a_terminal_is_told(folders: Folders) -> None:
    async with scripts(folders) as (runner, _, _):
        with pytest.raises(UsageError, match="There is no command /sprite here"):
            await runner.run("/sprite joy")
    assert not NOT_HERE.keys() & {
        name for one in all_commands().commands.values() for name in (one.name, *one.aliases)
    }


def test_a_text_of_nothing_but_openings_is_read_once() -> None:
    """Read anew for each of them, it would take a minute."""
    script = parse_script("/pass " + '{{ "' * 60_000)
    assert len(str(script.commands[0].unnamed[0])) > 230_000


async def test_lorebooks_are_read_and_written(folders: Folders) -> None:
    async with scripts(folders) as (runner, made, _):
        assert (await runner.run("/getchatbook name=Mill")).startswith("Mill")
        assert await runner.run("/getchatbook") == "Mill"
        uid = await runner.run('/createentry file=Mill key="wheel, stone" The wheel turns.')
        assert await runner.run("/findentry file=Mill Wheel") == uid
        assert await runner.run(f"/getentryfield file=Mill field=key {uid}") == "wheel, stone"
        await runner.run(f"/setentryfield file=Mill uid={uid} field=order 7")
        await runner.run(f"/setentryfield file=Mill uid={uid} field=constant true")
        await runner.run(f"/setentryfield file=Mill uid={uid} field=scanDepth 3")
        await runner.run(f"/setentryfield file=Mill uid={uid} It stands still.")
        (entry,) = made.lorebooks.book("Mill").entries  # type: ignore[union-attr]
        assert (entry.order, entry.constant, entry.scan_depth, entry.content) == (
            7,
            True,
            3,
            "It stands still.",
        )
        for wrong in ("field=order x", "field=nothing x", "field=scanDepth soon"):
            with pytest.raises(UsageError):
                await runner.run(f"/setentryfield file=Mill uid={uid} {wrong}")
        assert "It stands still." in made.session.preview("Hello").text


async def test_lorebooks_are_switched(folders: Folders) -> None:
    async with scripts(folders) as (runner, made, _):
        made.lorebooks.new("Town")
        await runner.run("/world Town")
        assert await runner.run("/getglobalbooks") == '["Town"]'
        await runner.run("/world state=toggle Town")
        assert await runner.run("/getglobalbooks") == "[]"
        await runner.run("/world Town | /world")
        assert await runner.run("/getglobalbooks") == "[]"
        assert await runner.run("/getcharbook") == ""
        assert await runner.run("/getcharbook create=true name=Town") == "Town"
        assert made.session.character.world == "Town"
        assert await runner.run("/getcharbook type=all") == '["Town"]'


@pytest.mark.parametrize(
    ("field", "value"),
    [("scenario", "A forge."), ("messageExamples", ""), ("tags", "[]"), ("talkativeness", "0.5"),
     ("favorite", "false"), ("firstMessage", "Welcome, {{user}}.")],
)  # fmt: skip
async def test_the_fields_of_a_card_are_read(folders: Folders, field: str, value: str) -> None:
    async with scripts(folders) as (runner, _, _front):
        assert await runner.run(f"/char-get field={field}") == value


@pytest.mark.parametrize("field", ["lorebook", "depth_prompt", "source", "__class__", "x"])
async def test_what_is_no_field_of_a_card_is_refused(folders: Folders, field: str) -> None:
    async with scripts(folders) as (runner, _, _front):
        with pytest.raises(UsageError, match="A card has no field"):
            await runner.run(f"/char-get field={field}")
