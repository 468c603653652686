"""Role-play Markdown becomes blocks of words with style runs."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tavern_tui.text.inline import BOLD, CODE, FAINT, HEADING, ITALIC, LINK, SPEECH, STRIKE, scan
from tavern_tui.text.markup import Block, Kind, parse, restart


def styled(source: str, *, open_ended: bool = False) -> list[tuple[str, int]]:
    """The pieces of a paragraph with their flags."""
    words, runs = scan(source, open_ended=open_ended)
    pieces, position = [], 0
    for start, end, flags in runs:
        if start > position:
            pieces.append((words[position:start], 0))
        pieces.append((words[start:end], flags))
        position = end
    if position < len(words):
        pieces.append((words[position:], 0))
    return pieces


@pytest.mark.parametrize(
    ("source", "pieces"),
    [
        ("plain words", [("plain words", 0)]),
        ("*She smiles.*", [("She smiles.", ITALIC)]),
        ("a **bold** word", [("a ", 0), ("bold", BOLD), (" word", 0)]),
        ("***both***", [("both", BOLD | ITALIC)]),
        ("***a* b**", [("a", BOLD | ITALIC), (" b", BOLD)]),
        ("**a *b***", [("a ", BOLD), ("b", BOLD | ITALIC)]),
        ("*a **b** c*", [("a ", ITALIC), ("b", ITALIC | BOLD), (" c", ITALIC)]),
        ("_so_ and __so__", [("so", ITALIC), (" and ", 0), ("so", BOLD)]),
        ("snake_case_name", [("snake_case_name", 0)]),
        ("~~gone~~", [("gone", STRIKE)]),
        ("`*code*` *x*", [("*code*", CODE), (" ", 0), ("x", ITALIC)]),
        ("``a`b``", [("a`b", CODE)]),
        ("5 * 3 * 2", [("5 * 3 * 2", 0)]),
        ("a **** b", [("a **** b", 0)]),
        (r"\*not\*", [("*not*", 0)]),
        (r"¯\_(ツ)_/¯", [("¯_(ツ)_/¯", 0)]),
        ("*never closed", [("*never closed", 0)]),
        ("**a *b**", [("a *b", BOLD)]),
    ],
)
def test_emphasis(source: str, pieces: list[tuple[str, int]]) -> None:
    assert styled(source) == pieces


@pytest.mark.parametrize(
    ("source", "pieces"),
    [
        ('He said "hi".', [("He said ", 0), ('"hi"', SPEECH), (".", 0)]),
        ("“Hi”, „hallo“, «salut», »hej«", None),
        ("彼は「はい」と", [("彼は", 0), ("「はい」", SPEECH), ("と", 0)]),
        ('他说"你好"。', [("他说", 0), ('"你好"', SPEECH), ("。", 0)]),
        ('"a *b* c"', [('"a ', SPEECH), ("b", SPEECH | ITALIC), (' c"', SPEECH)]),
        ('*x "y" z*', [("x ", ITALIC), ('"y"', ITALIC | SPEECH), (" z", ITALIC)]),
        ('*"y"*', [('"y"', ITALIC | SPEECH)]),
        ('*nods*"Hi"', [("nods", ITALIC), ('"Hi"', SPEECH)]),
        ('*a "b* c"', [("a ", ITALIC), ('"b', ITALIC | SPEECH), (' c"', SPEECH)]),
        ('6" tall, 5\'10" wide', [('6" tall, 5\'10" wide', 0)]),
        ('"It goes on', [('"It goes on', SPEECH)]),
        ('"One\n"Two"', [('"One\n"Two"', SPEECH)]),
    ],
)
def test_speech(source: str, pieces: list[tuple[str, int]] | None) -> None:
    found = styled(source)
    if pieces is None:
        assert [words for words, flags in found if flags == SPEECH] == ["“Hi”", "„hallo“", "«salut»", "»hej«"]
    else:
        assert found == pieces


def test_a_text_that_is_still_written_shows_emphasis_before_it_is_closed() -> None:
    assert styled("she *waves **very", open_ended=True) == [
        ("she ", 0),
        ("waves ", ITALIC),
        ("very", ITALIC | BOLD),
    ]


def test_a_link_keeps_its_address_in_sight() -> None:
    assert styled("[here](http://x.y)") == [("here", LINK), ("(http://x.y)", FAINT)]


def test_the_address_of_an_embedded_picture_is_cut() -> None:
    words, _ = scan("![cat](data:image/png;base64," + "A" * 100_000 + ")")
    assert words.startswith("cat(data:image/png")
    assert len(words) < 100


def kinds(source: str) -> list[tuple[Kind, str, str]]:
    return [(block.kind, block.first, block.text) for block in parse(source)]


@pytest.mark.parametrize(
    ("source", "blocks"),
    [
        ("one\ntwo\n\nthree", [(Kind.PARAGRAPH, "", "one\ntwo"), (Kind.PARAGRAPH, "", "three")]),
        ("# Title #\ntext", [(Kind.HEADING, "", "Title"), (Kind.PARAGRAPH, "", "text")]),
        ("a\n---\nb", [(Kind.PARAGRAPH, "", "a"), (Kind.RULE, "", ""), (Kind.PARAGRAPH, "", "b")]),
        ("- one\n  more\n- two", [(Kind.ITEM, "• ", "one\nmore"), (Kind.ITEM, "• ", "two")]),
        ("1. one\n   - deep", [(Kind.ITEM, "1. ", "one"), (Kind.ITEM, "  • ", "deep")]),
        ("* waves *", [(Kind.PARAGRAPH, "", "* waves *")]),
        ("> said\n> so", [(Kind.QUOTE, "▎ ", "said\nso")]),
        (">:(", [(Kind.PARAGRAPH, "", ">:(")]),
        ("```py\n*x*\n```\ny", [(Kind.FENCE, "", "*x*"), (Kind.PARAGRAPH, "", "y")]),
        ("~~~\nopen to the end", [(Kind.FENCE, "", "open to the end")]),
        ("#hashtag", [(Kind.PARAGRAPH, "", "#hashtag")]),
        ("| a | bb |\n|---|:-:|\n| ccc | d |", [(Kind.TABLE, "", "a   │ bb\n────┼───\nccc │ d")]),
        ("|HP: 10|", [(Kind.PARAGRAPH, "", "|HP: 10|")]),
        ("\n\n  \n", []),
    ],
)
def test_blocks(source: str, blocks: list[tuple[Kind, str, str]]) -> None:
    assert kinds(source) == blocks


def test_headings_and_code_carry_their_style() -> None:
    heading, fence = parse("## A *b*\n```\ncode\n```")
    assert heading.runs == [(0, 2, HEADING), (2, 3, HEADING | ITALIC)]
    assert fence.runs == ((0, 4, CODE),)


MARKS = ("*", "**", "_", '"', "“", "”", "`", "```", "~~", "\n", "\n\n", " ", "a", "word ", "- ", "> ", "# ")
LINES = ("---", "1. ", "| a |", "\n|--|\n", "|", "\\", "[x](y)", "  ", "|-", "~~~", "\n---\n")
PIECES = st.lists(st.sampled_from(MARKS + LINES), max_size=25)


@given(PIECES, PIECES)
def test_reading_on_from_the_restart_gives_the_same_blocks(before: list[str], after: list[str]) -> None:
    begun, whole = "".join(before), "".join([*before, *after])
    blocks = parse(begun, open_ended=True)
    kept = restart(blocks, begun)
    start = blocks[kept].start if blocks else 0
    again = [block._replace(start=block.start + start) for block in parse(whole[start:], open_ended=True)]
    if blocks and again:
        again[0] = again[0]._replace(gap=blocks[kept].gap)
    assert comparable([*blocks[:kept], *again]) == comparable(parse(whole, open_ended=True))


def comparable(blocks: list[Block]) -> list[Block]:
    return [block._replace(runs=tuple(block.runs)) for block in blocks]


@given(PIECES)
def test_runs_are_in_order_and_inside_the_words(pieces: list[str]) -> None:
    for block in parse("".join(pieces)):
        position = 0
        for start, end, flags in block.runs:
            assert position <= start < end <= len(block.text)
            assert flags
            position = end


HOSTILE = (
    *MARKS,
    *LINES,
    "*a ",
    "**a ",
    '"a',
    "`a``",
    "[",
    "[a](",
    "](",
    "~~a",
    "# #",
    "|-",
    "| |",
    "***a* ",
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * size
        started = time.process_time()
        parse(text)
        parse("x\n" + "\n".join([text[:20]] * (size // 20)) + "\n~~~" + text + "`")
        return time.process_time() - started

    seconds(500)
    # Quadratic work on this much text takes far longer than a busy machine explains.
    assert seconds(16_000) < max(2.0, 40 * seconds(2_000))
