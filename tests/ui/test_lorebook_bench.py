"""The lorebook screen: every field reaches the file, deletions come back, verdicts are explained."""

from __future__ import annotations

import json

from tavern_tui.core.lorebook import Lorebook, LoreEntry, LoreSource
from tavern_tui.storage.lorebooks import save_lorebook
from tavern_tui.ui.panes.lorebook.bench import LorebookBench
from tavern_tui.ui.panes.lorebook.fields import ROWS, split, values_of, with_value
from tavern_tui.ui.panes.lorebook.why import TrialView, WhyView
from tests.ui.driving import screen_text, until
from tests.ui.real_app import running, write

WORLD = {
    "entries": {
        "0": {"uid": 0, "key": ["mill"], "comment": "The mill", "content": "It burned.", "odd": {"x": 1}},
        "1": {"uid": 1, "key": ["oak"], "comment": "The oak", "content": "It stands.", "constant": True},
    },
    "extensions": {"kept": True},
}


def a_world(folders, name="Hills") -> None:
    folders.worlds.mkdir(parents=True, exist_ok=True)
    (folders.worlds / f"{name}.json").write_text(json.dumps(WORLD))


def world(folders, name="Hills"):
    return json.loads((folders.worlds / f"{name}.json").read_text())


async def opened(pilot) -> LorebookBench:
    await pilot.press("f6")
    await until(pilot, lambda: isinstance(pilot.app.screen, LorebookBench))
    bench = pilot.app.screen
    await until(pilot, lambda: bench._list.has_focus)
    return bench


async def on_entry(pilot, bench, book, uid) -> None:
    bench.go_to(book, uid)
    await pilot.pause()


async def test_a_field_is_in_the_file_and_nothing_else_changes(folders) -> None:
    a_world(folders)
    async with running(folders) as (pilot, _tavern):
        bench = await opened(pilot)
        await on_entry(pilot, bench, "Hills", 0)
        await write(pilot, "#content", "It burned in {{char}}'s youth.")
        await write(pilot, "#keys", "mill, /gr(ai|e)n, or flour/i")
        await write(pilot, "#sticky", "3")
        bench.query_one("#position").value = "4"
        await pilot.pause()
        await pilot.press("escape", "escape")
        await until(pilot, lambda: pilot.app.screen is not bench)
    expected = json.loads(json.dumps(WORLD))
    expected["entries"]["0"] |= {
        "content": "It burned in {{char}}'s youth.",
        "key": ["mill", "/gr(ai|e)n, or flour/i"],
        "sticky": 3,
        "position": 4,
    }
    assert world(folders) == expected


async def test_a_deleted_entry_and_a_deleted_book_come_back(folders) -> None:
    a_world(folders)
    async with running(folders) as (pilot, tavern):
        tavern.change_settings(confirm_deletions=False)
        bench = await opened(pilot)
        await on_entry(pilot, bench, "Hills", 0)
        await pilot.press("d")
        await until(pilot, lambda: "0" not in world(folders)["entries"])
        await pilot.press("u")
        await until(pilot, lambda: world(folders) == WORLD)
        bench._put_cursor_on("Hills")
        await pilot.press("d")
        await until(pilot, lambda: not (folders.worlds / "Hills.json").exists())
        await pilot.press("u")
        await until(pilot, lambda: (folders.worlds / "Hills.json").exists())
    assert world(folders) == WORLD


async def test_a_linked_book_is_in_the_prompt_and_the_screen_says_why(folders) -> None:
    a_world(folders)
    async with running(folders) as (pilot, tavern):
        bench = await opened(pilot)
        bench._put_cursor_on("Hills")
        await pilot.press("l")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: tavern.lorebooks.links("Hills") == (LoreSource.GLOBAL,))
        await pilot.press("w")
        await until(pilot, lambda: isinstance(pilot.app.screen, WhyView))
        await until(pilot, lambda: "The oak" in screen_text(pilot))
        text = screen_text(pilot)
        assert next(line for line in text.splitlines() if "The oak" in line).count("constant") == 1
        assert "no key" in next(line for line in text.splitlines() if "The mill" in line)
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert "It stands." in str(tavern.session.preview("hello").built.prompt)


async def test_keys_are_tried_against_a_text(folders) -> None:
    a_world(folders)
    async with running(folders) as (pilot, _tavern):
        bench = await opened(pilot)
        bench._put_cursor_on("Hills")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, TrialView))
        await pilot.press(*"amill")
        await until(pilot, lambda: "1 of 2" in screen_text(pilot))
        await write(pilot, "#trial", "Is the mill far?")
        await until(pilot, lambda: "2 of 2" in screen_text(pilot))
        line = next(line for line in screen_text(pilot).splitlines() if "The mill" in line)
        assert '"mill"' in line


async def test_a_new_entry_is_written_with_its_key(folders) -> None:
    a_world(folders)
    async with running(folders) as (pilot, _tavern):
        bench = await opened(pilot)
        bench._put_cursor_on("Hills")
        await pilot.press("a")
        await pilot.pause()
        await write(pilot, "#comment", "The well")
        await write(pilot, "#keys", "well")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: pilot.app.screen is not bench)
    entry = world(folders)["entries"]["2"]
    assert (entry["comment"], entry["key"]) == ("The well", ["well"])


async def test_search_finds_words_in_folded_books(folders) -> None:
    a_world(folders)
    async with running(folders) as (pilot, _tavern):
        bench = await opened(pilot)
        await pilot.press("slash", *"burned")
        await until(pilot, lambda: "The mill" in screen_text(pilot))
        assert "The oak" not in "\n".join(str(bench._draw(at)) for at in range(len(bench._lines)))


async def test_a_renamed_book_takes_its_links_along(folders) -> None:
    a_world(folders)
    async with running(folders) as (_pilot, tavern):
        tavern.lorebooks.link("Hills", LoreSource.GLOBAL, True)
        tavern.lorebooks.link("Hills", LoreSource.CHAT, True)
        tavern.lorebooks.rename("Hills", "Dales")
        assert tavern.lorebooks.links("Dales") == (LoreSource.GLOBAL, LoreSource.CHAT)
    assert world(folders, "Dales") == WORLD
    assert not (folders.worlds / "Hills.json").exists()


async def test_ten_thousand_entries_are_listed_without_a_widget_for_each(folders) -> None:
    entries = tuple(LoreEntry(uid=at, keys=(f"key{at}",), content="words") for at in range(10_000))
    save_lorebook(folders, Lorebook(name="Big", entries=entries))
    async with running(folders) as (pilot, _tavern):
        bench = await opened(pilot)
        bench._put_cursor_on("Big")
        await pilot.press("space")
        await until(pilot, lambda: bench._list.count > 10_000)
        widgets = len(bench.query("*"))
        await pilot.press("end")
        await until(pilot, lambda: "key9999" in screen_text(pilot))
        assert len(bench.query("*")) == widgets


def test_every_field_goes_into_the_form_and_back() -> None:
    entry = LoreEntry(uid=3, keys=("a", "/b,c/"), triggers=("swipe",), scan_depth=4, case_sensitive=True)
    values = values_of(entry)
    again = LoreEntry(uid=3)
    for id, value in values.items():
        again = with_value(again, id, value)
    assert again == entry
    assert {row.id for row in ROWS if row.kind != "heading"} == set(values)


def test_commas_part_keys_but_not_inside_a_regular_expression() -> None:
    assert split("mill , oak,, /a{1,2}\\/b, c/i,end") == ("mill", "oak", "/a{1,2}\\/b, c/i", "end")
    assert split("/open, end") == ("/open", "end")
