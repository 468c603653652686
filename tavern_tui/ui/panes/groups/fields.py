"""The forms of the group screen."""

from __future__ import annotations

from tavern_tui.core.character import GroupMode, GroupStrategy
from tavern_tui.ui.widgets.form import Row

STRATEGIES = (
    (GroupStrategy.NATURAL, "Natural: who is named, then who is talkative"),
    (GroupStrategy.LIST, "All of them, in order"),
    (GroupStrategy.POOLED, "Who has not spoken since your last message"),
    (GroupStrategy.MANUAL, "Nobody, until you say who"),
)
MODES = (
    (GroupMode.SWAP, "Only the speaker's"),
    (GroupMode.APPEND, "All members', but the muted"),
    (GroupMode.APPEND_DISABLED, "All members', the muted too"),
)
ROWS = (
    Row(id="name", label="Name", help="What the group is called."),
    Row(id="strategy", label="Who speaks", kind="choice",
        choices=tuple((str(int(value)), title) for value, title in STRATEGIES),
        help="Who answers when you have said something."),
    Row(id="mode", label="Cards in the prompt", kind="choice",
        choices=tuple((str(int(value)), title) for value, title in MODES),
        help="Whose descriptions the model is told."),
    Row(id="join_prefix", label="Before each card's field", kind="text", macros=True, lines=3,
        help="With joined cards; <FIELDNAME> becomes Description, Personality, Scenario …"),
    Row(id="join_suffix", label="After each card's field", kind="text", macros=True, lines=3,
        help="With joined cards; the same in {{char}} and <FIELDNAME>."),
    Row(id="allow_self_responses", label="Answers itself", kind="switch",
        help="The one who spoke last may be the next to speak."),
    Row(id="auto_mode_delay", label="Auto mode, seconds", kind="number", least=0, most=3600,
        help="How long the group waits before it talks on by itself."),
    Row(id="favourite", label="Favourite", kind="switch", help="For the list."),
)  # fmt: skip
MEMBER_ROWS = (
    Row(id="talkativeness", label="Talkativeness, %", kind="number", least=0, most=100,
        help="How readily they join in, if who speaks is Natural. Kept in their card."),
)  # fmt: skip
