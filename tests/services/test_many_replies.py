"""Several replies to one request become swipes; candidates of tokens are kept with the message."""

from __future__ import annotations

from tavern_tui.core.connection import Connection
from tavern_tui.services.token_choices import read_tokens
from tavern_tui.storage.chats import read_chat
from tavern_tui.storage.folders import Folders
from tests.providers.fakes.backends.llamacpp import LlamaCppFake
from tests.providers.fakes.server import FakeServer
from tests.services.helpers import run, tavern


async def test_further_replies_are_swipes_and_the_first_one_is_shown(folders: Folders) -> None:
    async with FakeServer(LlamaCppFake(reply=(" Well", " met", "."))) as server:
        there = Connection(
            name="many",
            provider="llamacpp",
            url=server.url,
            instruct="none",
            extra_body={"n": 3, "n_probs": 2},
        )
        async with tavern(folders, there) as made:
            await run(made.session.send("Hello"))
            said = made.session.chat.messages[-1]
            assert [swipe.text for swipe in said.swipes] == ["Well met."] * 3
            assert said.shown == 0
            path = made.session.store.path
            assert path is not None
            kept = read_chat(path).chat.messages[-1]
            assert len(kept.swipes) == 3
            assert "token_probabilities" not in kept.swipes[1].extra
            await run(made.session.swipe_right())
            assert made.session.chat.messages[-1].shown == 1


async def test_candidates_of_tokens_are_kept_with_the_message(folders: Folders) -> None:
    async with FakeServer(LlamaCppFake(reply=(" Well", " met", "."))) as server:
        there = Connection(
            name="probable", provider="llamacpp", url=server.url, instruct="none", extra_body={"n_probs": 2}
        )
        async with tavern(folders, there) as made:
            await run(made.session.send("Hello"))
            tokens = read_tokens(made.session.chat.messages[-1].extra["token_probabilities"])
            assert [one.token for one in tokens] == [" Well", " met", "."]
            assert tokens[0].others == ((" Well", -0.25), (" or", -1.25))


async def test_what_another_program_left_there_is_no_crash(folders: Folders) -> None:
    assert read_tokens("nonsense") == []
    assert read_tokens([["a"], 5, ["b", -1, [["c"], 7, ["d", -2]]]])[0].others == (("d", -2.0),)
