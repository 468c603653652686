"""What settings.json says about replies: how thinking is marked in them, and what follows them."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.core.following import AutoContinue, AutoSwipe
from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.storage.json_keep import Key, KeyPath, KeyTable, flag, key, same, text, texts, whole

REASONING = KeyTable(
    ReasoningTemplate,
    *(
        Key(name, ("power_user", "reasoning", name), reader)
        for name, reader in {
            "name": text, "prefix": text, "suffix": text, "separator": text,
            "auto_parse": flag, "add_to_prompts": flag, "max_additions": whole, "auto_expand": flag,
        }.items()
    ),
)  # fmt: skip
AUTO_CONTINUE = KeyTable(
    AutoContinue,
    key("enabled", "power_user.auto_continue.enabled", flag),
    key("allow_chat_completions", "power_user.auto_continue.allow_chat_completions", flag),
    key("target_length", "power_user.auto_continue.target_length", whole),
)
AUTO_SWIPE = KeyTable(
    AutoSwipe,
    key("enabled", "power_user.auto_swipe", flag),
    key("minimum_length", "power_user.auto_swipe_minimum_length", whole),
    key("blacklist", "power_user.auto_swipe_blacklist", texts),
    key("blacklist_threshold", "power_user.auto_swipe_blacklist_threshold", whole),
)

_TABLES: Mapping[type, KeyTable] = {
    ReasoningTemplate: REASONING,
    AutoContinue: AUTO_CONTINUE,
    AutoSwipe: AUTO_SWIPE,
}

ReplyWishes = ReasoningTemplate | AutoContinue | AutoSwipe


def reply_changes(before: ReplyWishes, after: ReplyWishes) -> dict[KeyPath, object]:
    """The keys of settings.json that have to change with these values, both of one kind."""
    table = _TABLES[type(after)]
    held = table.values(before)
    return {path: value for path, value in table.values(after).items() if not same(held[path], value)}
