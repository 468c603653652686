"""The keys of the chats screen."""

from __future__ import annotations

from tavern_tui.ui.key import a_key

ROWS = (
    a_key("chats.new", "a", "New", "Begin a new chat; this one is kept.", show=True),
    a_key("chats.tab", "o", "In a tab", "Open the chat in a tab beside this one.", show=True),
    a_key("chats.rename", "r", "Rename", "Give the chat another title.", show=True),
    a_key("chats.duplicate", "c", "Copy", "Copy the whole chat.", show=True),
    a_key("chats.delete", "d,delete", "Delete", "Move the chat to the trash folder.", show=True),
    a_key("chats.restore", "u", "Bring back", "Bring back what was deleted, from the trash.", show=True),
    a_key("chats.tree", "t", "Tree", "As a tree of branches, or by date.", show=True),
    a_key("chats.export", "x", "Export", "Write it as Markdown, text, a web page or JSONL.", show=True),
    a_key("chats.import", "i", "Import", "Take over a chat of SillyTavern or another program."),
    a_key("chats.statistics", "s", "Statistics", "How much was written, by whom, with which models."),
    a_key("chats.search", "slash", "Search", "Narrow the list.", show=True),
    a_key("chats.empty", "E", "Empty the trash", "Delete for good what is in the trash."),
)
