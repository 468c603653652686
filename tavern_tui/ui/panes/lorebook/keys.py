"""The keys of the lorebook screen."""

from __future__ import annotations

from tavern_tui.ui.key import a_key

ROWS = (
    a_key("lorebooks.fold", "space", "Unfold", "On a book: show or hide its entries. On an entry: on or off.",
          show=True),
    a_key("lorebooks.add", "a", "New entry", "Add an entry to the book under the cursor.", show=True),
    a_key("lorebooks.copy", "c", "Copy", "Make a copy of the entry or book under the cursor.", show=True),
    a_key("lorebooks.delete", "d,delete", "Delete", "Delete the entry or book under the cursor.", show=True),
    a_key("lorebooks.undo", "u", "Undo", "Bring back what was deleted last."),
    a_key("lorebooks.search", "slash", "Search", "Find entries by key, title or words, in all books.",
          show=True),
    a_key("lorebooks.why", "w", "Why", "Which entries are in the prompt as it would be sent now, and why.",
          show=True),
    a_key("lorebooks.trial", "t", "Try keys", "Type a text and see which entries it would activate.",
          show=True),
    a_key("lorebooks.links", "l", "Active in", "Where the book is active: everywhere, here, or nowhere.",
          show=True),
    a_key("lorebooks.new_book", "b", "New book", "Begin an empty lorebook."),
    a_key("lorebooks.rename", "r", "Rename", "Give the book another name; links follow."),
    a_key("lorebooks.move_out", "m", "Move out", "Make the card's own book a file that can be shared."),
    a_key("lorebooks.sort", "s", "Sort", "Entries by file, order, title or tokens, in turn."),
    a_key("lorebooks.import", "i", "Import", "Take over a lorebook of any program we know."),
    a_key("lorebooks.export", "x", "Export", "Write the book as SillyTavern's world file."),
)  # fmt: skip
