"""Requests get the ids of their texts from the user's own tokenizer, and replies their candidates."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import pytest

from tavern_tui.core.connection import Connection
from tavern_tui.core.generation import GenerationRequest
from tavern_tui.core.prompt import TextPrompt
from tavern_tui.providers.catalogue.novelai_lists import KAYRA
from tavern_tui.providers.registry import ROWS
from tavern_tui.services.token_choices import read_tokens
from tavern_tui.services.token_ids import TokenIds
from tavern_tui.storage.folders import Folders
from tavern_tui.tokens.local import OpenTokenizer, open_tokenizer
from tests.providers.fakes.backends.novelai import NovelFake
from tests.providers.fakes.server import FakeServer
from tests.providers.fakes.strict import REPLY
from tests.services.helpers import run, tavern


def characters() -> OpenTokenizer:
    """Each character is a token, its code point the id."""
    return OpenTokenizer(encode=lambda text: [ord(one) for one in text], text_of=chr)


@pytest.fixture
def reply_tokens(folders: Folders) -> str:
    """The name of a file whose tokens are single characters, and the reply's pieces by their number."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    pieces = {piece: at for at, piece in enumerate((*REPLY, "?"))}
    letters = {chr(one): 100 + one for one in range(10, 127)}
    tokenizer = Tokenizer(models.WordLevel({**letters, **pieces}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    folders.tokenizers.mkdir(parents=True)
    tokenizer.save(str(folders.tokenizers / "mine.json"))
    return "mine.json"


def a_request(**fields: object) -> GenerationRequest:
    return GenerationRequest(prompt=TextPrompt(text="Hi"), **fields)  # type: ignore[arg-type]


def ids_of(text: str) -> tuple[int, ...]:
    return tuple(map(ord, text))


def test_stops_bans_and_biases_of_novelai_get_their_ids() -> None:
    request = a_request(
        model="kayra-v1",
        stop=("\nA:",),
        samplers={"banned_tokens": ("b",), "logit_bias": ("cd = 1", "[9] = 1")},
    )
    filled = TokenIds().filled(request, ROWS["novelai"], characters())
    assert filled.token_ids == {text: ids_of(text) for text in ("\nA:", "b", " b", "B", " B", "cd")}
    assert filled.token_text is not None
    assert filled.token_text(98) == "b"


def test_a_service_that_takes_ids_gets_those_of_its_samplers_only() -> None:
    request = a_request(model="m", stop=("\nA:",), samplers={"logit_bias": ("cd = 1",)})
    assert TokenIds().filled(request, ROWS["mancer"], characters()).token_ids == {"cd": ids_of("cd")}
    assert TokenIds().filled(request, ROWS["togetherai"], characters()) == request


def test_a_server_that_has_a_tokenizer_asks_itself() -> None:
    request = a_request(samplers={"logit_bias": ("cd = 1",)})
    assert TokenIds().filled(request, ROWS["koboldcpp"], characters()) is request


def test_without_a_tokenizer_a_request_stays_as_it_is() -> None:
    request = a_request(model="kayra-v1", stop=("\nA:",))
    assert TokenIds().filled(request, ROWS["novelai"], None) is request


def test_what_a_tokenizer_refuses_is_left_out_and_a_token_it_lacks_is_its_number() -> None:
    def picky(text: str) -> Sequence[int]:
        if "A" in text:
            raise RuntimeError("no")
        return ids_of(text)

    request = a_request(model="kayra-v1", stop=("\nA:", "b", "\ud800"))
    filled = TokenIds().filled(request, ROWS["novelai"], OpenTokenizer(encode=picky, text_of=chr))
    assert filled.token_ids == {"b": ids_of("b"), "\ud800": ids_of("?")}
    assert filled.token_text is not None
    assert filled.token_text(-5) == "[-5]"


def test_a_text_is_tokenised_once() -> None:
    asked: list[str] = []

    def count(text: str) -> Sequence[int]:
        asked.append(text)
        return ids_of(text)

    ids, request = TokenIds(), a_request(model="kayra-v1", stop=("\nA:", "b"))
    tokenizer = OpenTokenizer(encode=count, text_of=chr)
    for _ in range(3):
        ids.filled(request, ROWS["novelai"], tokenizer)
    assert asked == ["\nA:", "b"]
    # Another tokenizer has other ids.
    other = OpenTokenizer(encode=lambda text: [7], text_of=chr)
    assert ids.filled(request, ROWS["novelai"], other).token_ids == {"\nA:": (7,), "b": (7,)}


async def test_a_first_message_already_tells_novelai_where_to_stop(
    folders: Folders, reply_tokens: str
) -> None:
    fake = NovelFake()
    async with FakeServer(fake) as server:
        connection = Connection(
            name="nai", provider="novelai", url=server.url, model="kayra-v1", tokenizer=reply_tokens,
            extra_headers={"Authorization": f"Bearer {fake.key}"}, max_tokens=100,
            samplers={"logprobs": 2, "banned_tokens": ("{oak}",)},
        )  # fmt: skip
        async with tavern(folders, connection) as made:
            await run(made.session.send("Hello"))
            message = made.session.chat.messages[-1]
            status = made.connections.status
    sent = fake.generations[0].body["parameters"]
    stop = [100 + ord(one) for one in "\nUser:"]
    assert stop in sent["stop_sequences"]
    assert sent["bad_words_ids"][len(KAYRA.bad_words) :] == [[100 + ord(one) for one in "oak"]]
    assert message.text.startswith("The fire is low")
    assert status is not None
    assert "stop strings are cut here" not in status.detail
    first = read_tokens(message.extra["token_probabilities"])[0]
    assert (first.token, first.others) == (" The", ((" The", -0.25), (" fire", -1.5)))


def test_a_sentencepiece_token_keeps_its_space(tmp_path: Path) -> None:
    from sentencepiece import SentencePieceTrainer

    text = tmp_path / "words.txt"
    text.write_text("the mill stands by the river and the oak stands by the mill\n" * 50)
    SentencePieceTrainer.train(
        input=str(text), model_prefix=str(tmp_path / "m"), vocab_size=300, minloglevel=2,
        hard_vocab_limit=False, byte_fallback=True,
    )  # fmt: skip
    tokenizer = open_tokenizer(tmp_path / "m.model")
    assert "".join(map(tokenizer.text_of, tokenizer.encode("the mill"))) == " the mill"
    assert [tokenizer.text_of(id) for id in tokenizer.encode("~")][-1:] == ["~"]


def test_openai_and_hugging_face_tokens_are_read_back(
    tmp_path: Path, reply_tokens: str, folders: Folders
) -> None:
    ranks = [bytes([one]) for one in range(256)] + [b" mill"]
    lines = [f"{base64.b64encode(token).decode()} {rank}" for rank, token in enumerate(ranks)]
    path = tmp_path / "o200k_base.tiktoken"
    path.write_text("\n".join(lines))
    assert open_tokenizer(path).text_of(256) == " mill"
    assert open_tokenizer(path).text_of(200) == "\ufffd"
    mine = open_tokenizer(folders.tokenizers / reply_tokens)
    assert [mine.text_of(id) for id in mine.encode("oak")] == ["o", "a", "k"]
