"""The commands for groups."""

from __future__ import annotations

import pytest

from tavern_tui.core.errors import UsageError
from tavern_tui.services.slash.commands import all_commands
from tavern_tui.services.slash.runner import Runner
from tavern_tui.storage.folders import Folders
from tests.services.helpers import scripted
from tests.services.test_groups import company, group_id, lines, speakers
from tests.services.test_slash import Front

ORDER = ("Ann.png", "Bo.png", "Cy.png")
BO = ("1", "Bo", "bo", "Bo.png")
"""Place, name, name in any case, card."""


@pytest.mark.parametrize("who", BO)
async def test_a_member_is_meant_by_place_name_or_card(folders: Folders, who: str) -> None:
    async with company(folders, scripted("x")) as made:
        runner = Runner(made, Front(), all_commands())
        assert await runner.run(f"/member-get {who}") == "Bo"
        assert await runner.run(f"/getmember field=index {who}") == "1"
        assert await runner.run(f"/member-get field=avatar {who}") == "Bo.png"
        await runner.run(f"/trigger {who}")
        assert speakers(made) == ["Bo"]
        await runner.run(f"/disable {who}")
        assert made.groups.get(group_id(made)).disabled == ("Bo.png",)
        await runner.run(f"/enable {who}")
        assert made.groups.get(group_id(made)).disabled == ()


async def test_members_come_go_and_change_places(folders: Folders) -> None:
    async with company(folders) as made:
        runner = Runner(made, Front(), all_commands())

        async def after(script: str) -> list[str]:
            await runner.run(script)
            return [avatar.removesuffix(".png") for avatar in made.groups.get(group_id(made)).members]

        assert await after("/member-up Cy") == ["Ann", "Cy", "Bo"]
        assert await after("/member-up 0") == ["Ann", "Cy", "Bo"]
        assert await after("/member-down 0") == ["Cy", "Ann", "Bo"]
        assert await after("/member-down Bo") == ["Cy", "Ann", "Bo"]
        assert await after("/member-remove Ann") == ["Cy", "Bo"]
        assert await after("/member-add Ann") == ["Cy", "Bo", "Ann"]
        assert await runner.run("/member-count") == "3"


async def test_a_member_whose_card_is_gone_keeps_their_place_and_can_be_let_go(folders: Folders) -> None:
    async with company(folders, scripted("x")) as made:
        folders.card("Ann").unlink()
        await made.open_group(group_id(made))
        runner = Runner(made, Front(), all_commands())
        assert await runner.run("/member-get 1") == "Bo"
        await runner.run("/member-remove Ann")
        assert made.groups.get(group_id(made)).members == ("Bo.png", "Cy.png")


@pytest.mark.parametrize("who", ["Odo", "3", "-1", "nan", ""])
async def test_who_is_not_in_the_group_is_named_with_those_who_are(folders: Folders, who: str) -> None:
    async with company(folders) as made:
        with pytest.raises(UsageError, match=f'"{who}" is not in the group The Mill') as refused:
            await Runner(made, Front(), all_commands()).run(f"/member-peek {who}")
        assert "Ann, Bo, Cy" in refused.value.hint


async def test_words_put_into_a_members_mouth_say_whose_card_it_is(folders: Folders) -> None:
    async with company(folders) as made:
        runner = Runner(made, Front(), all_commands())
        await runner.run("/sendas name=Bo Bread is ready.")
        assert (lines(made)[-1]["name"], lines(made)[-1]["original_avatar"]) == ("Bo", "Bo.png")
        await runner.run("/message-name Ann")
        assert (lines(made)[-1]["name"], lines(made)[-1]["original_avatar"]) == ("Ann", "Ann.png")
        await runner.run("/sendas name=Stranger Good evening.")
        assert "original_avatar" not in lines(made)[-1]
