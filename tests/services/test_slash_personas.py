"""Scripts that make, change and delete personas."""

from __future__ import annotations

import pytest

from tavern_tui.core.errors import UsageError
from tavern_tui.storage.folders import Folders
from tests.services.test_slash import scripts


async def test_a_script_makes_changes_and_reads_a_persona(folders: Folders) -> None:
    async with scripts(folders) as (runner, made, _):
        await runner.run("/persona-create name=Mira description=Tall descriptionPosition=atDepth")
        assert made.session.persona.name == "Mira"
        await runner.run("/persona-update persona=Mira title=Captain")
        assert await runner.run("/persona-get persona=mira field=title") == "Captain"
        assert await runner.run("/persona-get field=description") == "Tall"
        assert await runner.run("/persona-get field=position") == "4"


async def test_a_wrong_argument_leaves_no_persona_behind(folders: Folders) -> None:
    async with scripts(folders) as (runner, made, _):
        before = made.personas.all()
        with pytest.raises(UsageError, match="descriptionRole"):
            await runner.run("/persona-create name=Mira descriptionRole=king")
        assert made.personas.all() == before


async def test_a_copy_stays_when_the_first_is_deleted(folders: Folders) -> None:
    async with scripts(folders) as (runner, made, _):
        first = await runner.run("/persona-create name=Mira description=Tall select=false")
        copy = await runner.run(f"/persona-duplicate persona={first}")
        await runner.run(f"/persona-delete persona={first}")
        files = {one.file: one.description for one in made.personas.all()}
        assert first not in files
        assert files[copy] == "Tall"


@pytest.mark.parametrize("kind", ["chat", "character", "default"])
async def test_a_persona_is_locked_and_let_go(folders: Folders, kind: str) -> None:
    async with scripts(folders) as (runner, _, _front):
        await runner.run("/persona-create name=Mira")
        assert await runner.run(f"/persona-lock type={kind}") == "false"
        await runner.run(f"/persona-lock type={kind} on")
        await runner.run(f"/persona-lock type={kind} on")
        assert await runner.run(f"/persona-lock type={kind}") == "true"
        await runner.run(f"/persona-lock type={kind} toggle")
        assert await runner.run(f"/persona-lock type={kind}") == "false"
