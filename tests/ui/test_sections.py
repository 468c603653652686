"""Long texts in sections: laid out, folded, searched."""

from __future__ import annotations

from textual.app import App, ComposeResult

from tavern_tui.ui.widgets.section_rows import Layout, RowKind, Section, find
from tavern_tui.ui.widgets.sections import SectionView
from tavern_tui.ui.widgets.token_meter import token_bar

SECTIONS = [
    Section(key="a", title="First", text="one two three\nfour", note="12"),
    Section(key="b", title="Second", text="the mill\nby the river", folded=True),
    Section(key="c", title="Third", text="end", mark=0, mark_title="unchanged up to here"),
]


class Bench(App[None]):
    def compose(self) -> ComposeResult:
        yield SectionView()

    @property
    def view(self) -> SectionView:
        return self.query_one(SectionView)


def lines(view: SectionView) -> list[str]:
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


def test_a_layout_wraps_unchanged_texts_only_once(monkeypatch) -> None:
    layout = Layout()
    layout.lay(SECTIONS, (), 20)
    wrapped: list[str] = []
    monkeypatch.setattr(
        "tavern_tui.ui.widgets.section_rows.wrap", lambda text, width: wrapped.append(text) or [(0, 0, "")]
    )
    layout.lay([SECTIONS[0], Section(key="b", title="Second", text="new words")], (), 20)
    assert wrapped == ["new words"]


def test_searched_words_are_found_whatever_their_case() -> None:
    assert [(match.section, match.start) for match in find(SECTIONS, "THE")] == [(1, 0), (1, 12)]
    assert find(SECTIONS, "") == []
    assert find(SECTIONS, "(") == []


def test_a_mark_stands_before_the_line_it_falls_into() -> None:
    layout = Layout()
    layout.lay([Section(key="x", title="X", text="aaaa bbbb cccc", mark=6)], (), 5)
    assert [row.kind for row in layout.rows] == [
        RowKind.HEAD,
        RowKind.TEXT,
        RowKind.MARK,
        RowKind.TEXT,
        RowKind.TEXT,
        RowKind.GAP,
    ]


async def test_folded_sections_show_their_title_only_until_unfolded() -> None:
    app = Bench()
    async with app.run_test(size=(30, 14)) as pilot:
        app.view.show(SECTIONS)
        await pilot.pause()
        assert lines(app.view)[0].split() == ["▾", "First", "12"]
        assert not any("river" in line for line in lines(app.view))
        app.view.search("river")
        assert any("river" in line for line in lines(app.view))
        assert app.view.current is not None
        assert app.view.current.key == "b"


async def test_an_update_keeps_folding_and_cursor() -> None:
    app = Bench()
    async with app.run_test(size=(30, 14)) as pilot:
        app.view.show(SECTIONS)
        app.view.focus()
        await pilot.pause()
        app.view.toggle()
        await pilot.press("G")
        assert app.view.current is not None
        assert app.view.current.key == "c"
        app.view.show([Section(key="new", title="New", text="before all"), *SECTIONS])
        await pilot.pause()
        assert app.view.current.key == "c"
        assert any(line.startswith("▸ First") for line in lines(app.view))


async def test_a_click_on_a_title_folds_it() -> None:
    app = Bench()
    async with app.run_test(size=(30, 14)) as pilot:
        app.view.show(SECTIONS)
        await pilot.pause()
        await pilot.click(SectionView, offset=(4, 0))
        assert lines(app.view)[0].startswith("▸ First")


async def test_a_hundred_thousand_tokens_are_drawn_a_screen_at_a_time() -> None:
    app = Bench()
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.show([Section(key=str(n), title=f"#{n}", text="word " * 80) for n in range(1000)])
        await pilot.pause()
        assert app.view.virtual_size.height > 7000
        app.view.focus()
        await pilot.press("end")
        assert "#999" in "\n".join(lines(app.view))


def test_the_token_bar_fills_its_width_and_shows_every_share() -> None:
    bar = token_bar([("red", 1), ("green", 500), ("blue", 0)], 1000, 40)
    assert bar.cell_length == 40
    assert [span.end - span.start for span in bar.spans] == [1, 20, 19]
    assert token_bar([("red", 5000)], 1000, 10).cell_length == 10
    assert token_bar([("red", 1)], 0, 0).plain == ""
