"""The `{{...}}` language. Pure: clock, dice and variables are passed in."""

from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.engine import substitute

__all__ = ["MacroContext", "substitute"]
