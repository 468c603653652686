"""Every fake by the id of the provider it speaks to."""

from __future__ import annotations

import importlib
import pkgutil

from tests.providers.fakes import backends
from tests.providers.fakes.strict import StrictFake


def all_fakes() -> dict[str, type[StrictFake]]:
    """Found in `backends/`, sorted by id."""
    found: dict[str, type[StrictFake]] = {}
    for module in pkgutil.iter_modules(backends.__path__):
        found |= importlib.import_module(f"{backends.__name__}.{module.name}").FAKES
    return dict(sorted(found.items()))
