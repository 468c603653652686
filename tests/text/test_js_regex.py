"""JavaScript's regular expressions, as JavaScript reads them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tavern_tui.text.js_regex import BadPattern, TooSlow, compile_js, parse_literal


def first(pattern: str, flags: str, text: str) -> str | None:
    match = compile_js(pattern, flags).search(text)
    return None if match is None else match.group(0)


@pytest.mark.parametrize(
    ("pattern", "flags", "text", "found"),
    [
        (r"\d+", "", "٣4", "4"),
        (r"\w+", "", "é_a", "_a"),
        (r"\w+", "i", "ſ", None),
        (r"\W", "", "aé", "é"),
        (r"[\W]", "", "aé", "é"),
        (r"[^\W]", "", "éa", "a"),
        (r"[\D]", "", "1x", "x"),
        (r"\s", "", "a\x1cb\ufeff", "\ufeff"),
        (r"[\S]", "", "\u3000x", "x"),
        (r"\bfoo\b", "", "éfooé", "foo"),
        (r"\Bo", "", "foo", "o"),
        (r"[\b]", "", "a\b", "\b"),
        ("a$", "", "a\n", None),
        ("a$", "m", "a\nb", "a"),
        ("^b", "", "a\nb", None),
        ("^b", "m", "a\r\nb", "b"),
        ("a.b", "", "a\u2028b", None),
        ("a.b", "", "a\x85b", "a\x85b"),
        ("a.b", "s", "a\nb", "a\nb"),
        ("a[^]b", "", "a\nb", "a\nb"),
        ("a[]", "", "a", None),
        ("[[]", "", "[", "["),
        ("[&&~~||]+", "", "a&|~", "&|~"),
        (r"[\w-]+", "", "a-b", "a-b"),
        (r"[a-\d]+", "", "-a1", "-a1"),
        ("[]a]", "", "]a]", None),
        (r"\u0041\x42\103", "", "ABC", "ABC"),
        (r"\ud83d\ude00", "", "😀", "😀"),
        (r"\u{1F600}", "u", "😀", "😀"),
        (r"\u{3}", "", "uuu", "uuu"),
        (r"\cJ", "", "\n", "\n"),
        (r"\c", "", r"\c", r"\c"),
        (r"\0", "", "\0", "\0"),
        (r"\/\-\!", "", "/-!", "/-!"),
        (r"\p{Lu}+", "u", "aÉÜ", "ÉÜ"),
        (r"\p{L}", "", "p{L}", "p{L}"),
        (r"(?<year>\d{4})-\k<year>", "", "2001-2001", "2001-2001"),
        (r"\k<a>", "", "k<a>", "k<a>"),
        (r"(a)?\1b", "", "b", "b"),
        (r"\1(a)", "", "a", "a"),
        (r"(a)\2", "", "a\x02", "a\x02"),
        ("(?<=x)a", "", "axa", "a"),
        ("(?<!x)a", "", "xa", None),
        ("a{2}", "", "aaa", "aa"),
        ("a{,2}", "", "a{,2}", "a{,2}"),
        ("a{b}", "", "a{b}", "a{b}"),
        ("x{2,}?", "", "xxx", "xx"),
        ("}]", "", "}]", "}]"),
        ("a{e<=1}", "", "ab", None),
        ("É", "i", "é", "é"),
        ("a#b c", "", "a#b c", "a#b c"),
        ("b", "y", "ab", None),
        ("(?=a)*b", "", "b", "b"),
    ],
)
def test_meaning(pattern: str, flags: str, text: str, found: str | None) -> None:
    assert first(pattern, flags, text) == found


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [
        ("(", ""), (")", ""), ("[a", ""), ("\\", ""), ("a++", ""), ("*a", ""), ("a**", ""), ("a{2}{3}", ""),
        ("^*", ""), ("(?<=a)*", ""), ("x{2,1}", ""), ("[b-a]", ""), ("(?P<a>x)", ""), ("(?i)a", ""),
        ("(?>a)", ""), ("(?#a)", ""), ("(?<1>a)", ""), ("(?<a>x)(?<a>y)", ""), (r"(?<a>x)\k<b>", ""),
        ("{", "u"), (r"\q", "u"), (r"\1", "u"), (r"[\w-a]", "u"), (r"\p{Nonsense}", "u"),
        (r"\u{110000}", "u"), ("[~--]", ""),
        ("a", "gg"), ("a", "x"), ("a", "uv"), ("(" * 200 + ")" * 200, ""), ("a" * 30_000, ""),
    ],
)  # fmt: skip
def test_what_javascript_refuses_is_refused_in_one_sentence(pattern: str, flags: str) -> None:
    with pytest.raises(BadPattern) as caught:
        compile_js(pattern, flags)
    assert "\n" not in str(caught.value)


def test_replacing() -> None:
    assert compile_js("a*", "g").sub(lambda match: "-", "baac") == "-b--c-"
    assert compile_js("a", "").sub(lambda match: "-", "aa") == "-a"
    assert compile_js("a", "gy").sub(lambda match: "-", "aabaa") == "--baa"
    assert compile_js("x", "g").sub(lambda match: "-", "abc") == "abc"


def test_a_hopeless_pattern_costs_its_time_limit_once() -> None:
    slow = compile_js("(a|aa)+$", "")
    for _ in range(50):  # every call after the first fails at once
        with pytest.raises(TooSlow):
            slow.search("a" * 80 + "!", timeout=0.02)
    with pytest.raises(TooSlow):
        slow.sub(lambda match: "", "anything")


@pytest.mark.parametrize(
    ("text", "flags"),
    [("/a/", ""), ("/a/gi", "gi"), (r"/a\/b/", ""), ("/a\nb/s", "s"), ("/[a/", None), ("a", None),
     ("//", None),
     ("/a/b/", None), ("/a/x", None), ("/a", None), (" /a/", None), ("/a/gg", None)],
)  # fmt: skip
def test_literals(text: str, flags: str | None) -> None:
    regex = parse_literal(text)
    assert (regex.flags if regex else None) == flags


PIECES = st.sampled_from([
    "a", "b", ".", "x", "\\d", "\\w", "\\s", "\\b", "[ab]", "[^a]", "(", ")", "(?:", "(?=", "(?<n>", "|",
    "*", "+", "?", "{1,2}", "{", "^", "$", "\\1", "\\k<n>", "\\", "[", "]", "-", "\\u0061", "\n", "é", "\\D",
    "😀",
])  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=10).map("".join), st.sampled_from(["", "i", "m", "s", "u", "g", "gims"]))
def test_any_pattern_is_run_or_refused(pattern: str, flags: str) -> None:
    try:
        regex = compile_js(pattern, flags)
        regex.search("ab x1\n ba", timeout=0.01)
        regex.sub(lambda match: "_", "ab x1\n ba", timeout=0.01)
    except (BadPattern, TooSlow):
        pass


@settings(max_examples=400, deadline=None)
@given(
    st.lists(PIECES, max_size=6).map("".join),
    st.lists(st.sampled_from(["a", "b", "x", "1", " ", "\n", "é"]), max_size=12).map("".join),
)
def test_a_one_line_pattern_finds_the_same_line_by_line(pattern: str, text: str) -> None:
    try:
        regex = compile_js(pattern, "")
    except BadPattern:
        return
    if regex.one_line:
        lines = any(regex.search(line) is not None for line in text.split("\n"))
        assert (regex.search(text) is not None) == lines
