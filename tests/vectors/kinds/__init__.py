"""How each kind of vector file is run: file name without ending -> its cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from tests.vectors.kinds import prompts
from tests.vectors.kinds.case import Case, Json

KINDS: Mapping[str, Callable[[Json], Iterator[Case]]] = {
    **{
        f"post-{mode}": partial(prompts.post_cases, mode=mode.replace("-", "_"))
        for mode in ("merge", "merge-tools", "semi", "semi-tools", "strict", "strict-tools", "single")
    },
    "text-completion": prompts.flat_cases,
}

__all__ = ["KINDS", "Case", "Json"]
