"""The keys of the main screen and its panes."""

from __future__ import annotations

from tavern_tui.ui.key import Key, a_key


def _bench(id: str, keys: str, title: str, help: str) -> Key:
    """A row that opens a full screen; the composer's own F6 and F7 (selecting) come after it."""
    return Key(
        id=f"main.{id}", keys=keys, action=f"open_bench('{id}')", title=title, help=help, priority=True
    )


ROWS: tuple[Key, ...] = (
    a_key("app.help", "f1,question_mark", "Help", "This page: every key there is."),
    a_key("app.palette", "ctrl+p", "Commands", "Find any action by name.", show=True),
    a_key("app.pick_theme", "alt+c", "Theme", "Choose the colours."),
    a_key("app.leave", "ctrl+c", "Quit", "Copies a selection; without one, twice quits."),
    # ----- main
    a_key("main.connections", "f2", "Connections", "Show, focus or hide the connection pane.", show=True),
    a_key("main.characters", "f3", "Characters", "Show, focus or hide the character pane.", show=True),
    a_key("main.prompt", "f4", "Prompt", "Show, focus or hide what will be sent.", show=True),
    a_key("main.logs", "f5", "Log", "Show, focus or hide what was asked of which server."),
    # ----- benches
    _bench(
        "lorebooks", "f6,alt+l", "Lorebooks", "Lorebooks and entries: edit, search, see what fired and why."
    ),
    _bench("manager", "f7,alt+m", "Prompt manager", "The prompts of the chat-completion preset."),
    _bench("templates", "f8,alt+t", "Templates", "Context, instruct and system prompt templates."),
    _bench("regex", "f9,alt+x", "Regex scripts", "Find and replace in what is sent, stored and shown."),
    _bench("samplers", "f10,alt+s", "Samplers", "What the server is told about choosing tokens; presets."),
    _bench("chats", "alt+h", "All chats", "Chats with whoever is open: rename, branch tree, export, trash."),
    _bench("note", "alt+w", "Author's note", "The author's note of this chat, and the character's own."),
    _bench("personas", "alt+e", "Personas", "Choose and edit who you are."),
    _bench("group", "alt+g", "Groups", "Groups and their members."),
    a_key("main.next_connection", "ctrl+n", "Next connection", "Let the next connection answer from now on."),
    a_key(
        "main.switch_connection", "ctrl+o", "Switch connection", "Pick who answers from now on.", show=True
    ),
    a_key("main.adopt_found", "alt+a", "Use found server", "Use the server that was found on this machine."),
    a_key("main.new_tab", "alt+o", "Open in a tab", "Open somebody in a tab beside this chat."),
    a_key("main.next_tab", "ctrl+pagedown,alt+j", "Next tab", "Look at the next open chat."),
    a_key("main.previous_tab", "ctrl+pageup,alt+i", "Previous tab", "Look at the open chat before."),
    a_key("main.tabs", "alt+y", "Tabs", "Pick one of the open chats."),
    a_key("main.close_tab", "alt+q", "Close tab", "Close this chat's tab; a reply on its way is kept."),
    a_key("main.tab_left", "ctrl+shift+pageup", "Tab to the left", "Move this tab towards the first."),
    a_key("main.tab_right", "ctrl+shift+pagedown", "Tab to the right", "Move this tab towards the last."),
    a_key("main.bind", "alt+k", "Always answers", "Bind whoever answers now to this chat or character."),
    a_key("main.whose", "alt+d", "Whose version", "Choose between this chat and another program's version."),
    a_key("main.look", "f12,alt+shift+l", "Look", "Flat, bubbles or document; what stands beside names."),
    a_key("main.back", "escape", "Back to the chat", "Close an overlay and go back to the composer."),
    # ----- chat
    a_key("chat.stop", "escape", "Stop", "Stop the reply and keep what has arrived.", show=True),
    a_key(
        "chat.to_messages", "escape,ctrl+up", "Messages", "Go to the messages; so does a double click on one."
    ),
    a_key("chat.regenerate", "ctrl+r", "Regenerate", "Replace the last reply with a new one.", show=True),
    a_key("chat.continue", "ctrl+g", "Continue", "Let the last message go on."),
    a_key("chat.swipe_left", "alt+left", "Swipe left", "The last message's earlier version."),
    a_key(
        "chat.swipe_right",
        "alt+right",
        "Swipe right",
        "Its next version; past the last a new one is written.",
    ),
    a_key(
        "chat.empty_left",
        "left",
        "Swipe left",
        "The same while the composer is empty.",
        priority=True,
        palette=False,
    ),
    a_key(
        "chat.empty_right",
        "right",
        "Swipe right",
        "The same while the composer is empty.",
        priority=True,
        palette=False,
    ),
    a_key("chat.impersonate", "ctrl+t", "Write my turn", "Let the model draft your next message."),
    a_key("chat.attach", "alt+z", "Attach a file", "A picture, PDF, sound or film for the next message."),
    a_key(
        "chat.attach_clipboard",
        "ctrl+v",
        "Attach the clipboard",
        "The picture in the clipboard, where nothing was copied in here.",
    ),
    a_key(
        "chat.take_off", "alt+r", "Take off", "Take off the last file; so does Backspace in the empty box."
    ),
    a_key("chat.compare", "alt+v", "Two models", "Send to a second connection as well; see both replies."),
    a_key("chat.pick_chat", "ctrl+l", "Chats", "Open another chat of this character."),
    a_key("chat.search_all", "ctrl+f", "Search all chats", "Find words in all chats of everybody."),
    a_key("chat.new_chat", "alt+n", "New chat", "Begin a new chat; this one is kept."),
    a_key("chat.undo_delete", "alt+u", "Undo delete", "Bring the message back that was deleted last."),
    a_key("chat.use_persona", "alt+p", "Persona", "Choose who you are."),
    # ----- the message under the cursor
    a_key("messages.up", "k,up", "Up", "The message above.", palette=False),
    a_key(
        "messages.down",
        "j,down",
        "Down",
        "The message below; past the last, back to the composer.",
        palette=False,
    ),
    a_key("messages.first", "g,home", "First", "The first message.", palette=False),
    a_key("messages.last", "G,end", "Last", "The last message.", palette=False),
    a_key("messages.page_up", "pageup", "Page up", "Earlier lines.", palette=False),
    a_key("messages.page_down", "pagedown", "Page down", "Later lines.", palette=False),
    a_key("messages.edit", "e", "Edit", "Change the text.", show=True),
    a_key("messages.delete", "d,delete", "Delete", "Take the message out of the chat.", show=True),
    a_key("messages.swipe_left", "h,left", "Swipe left", "Its earlier version.", show=True),
    a_key("messages.swipe_right", "l,right", "Swipe right", "Its next version, or a new one.", show=True),
    a_key(
        "messages.regenerate",
        "r",
        "Regenerate",
        "Replace the reply with a new one (last message).",
        show=True,
    ),
    a_key("messages.continue", "c", "Continue", "Let it go on (last message).", show=True),
    a_key("messages.copy", "y", "Copy", "Copy the text to the clipboard.", show=True),
    a_key("messages.hide", "x", "Hide", "Keep it here but send it no more; again to undo.", show=True),
    a_key("messages.mark", "space", "Mark", "Choose several; delete, hide and copy take them all."),
    a_key("messages.delete_from", "D", "Delete to the end", "This message and all after it."),
    a_key("messages.move_up", "K,shift+up", "Move up", "Let it stand before the one above."),
    a_key("messages.move_down", "J,shift+down", "Move down", "Let it stand after the one below."),
    a_key("messages.duplicate", "p", "Duplicate", "Put a copy after it."),
    a_key("messages.add", "a", "Add", "Add a narrator's, your or a character's words, or a comment."),
    a_key("messages.swipes", "s", "All swipes", "Look through all its versions; show or delete some."),
    a_key("messages.delete_swipe", "X", "Delete swipe", "Take away the version that is shown."),
    a_key("messages.fold", "t", "Thinking", "Show or fold what the model thought."),
    a_key("messages.thinking", "T", "Edit thinking", "Change or remove what the model thought."),
    a_key("messages.tokens", "o", "Tokens", "What else could have come; take another token and go on."),
    a_key("messages.view", "v", "View a file", "Open its picture or other file with the system's viewer."),
    a_key("messages.links", "L", "Links", "See where its links lead; copy or open one."),
    a_key("messages.select", "V", "Select", "Select some of its words with the keys, and copy them."),
    a_key("messages.branch", "b", "Branch", "Begin a chat with the messages up to this one."),
    a_key("messages.checkpoint", "B", "Checkpoint", "Keep the chat up to here; again goes there."),
    a_key("messages.to_parent", "P", "To the parent", "Back to the chat this branch began in."),
    a_key("messages.external", "E", "Your editor", "Change the text in $VISUAL or $EDITOR."),
    a_key("messages.search", "slash", "Search", "Find words in the chat, newest first.", show=True),
    a_key("messages.next_match", "n", "Next", "The place after.", palette=False),
    a_key("messages.previous_match", "N", "Previous", "The place before.", palette=False),
    a_key(
        "messages.undo", "u", "Undo delete", "Bring the message back that was deleted last.", palette=False
    ),
    a_key("messages.back", "enter,escape,i", "Back", "Back to the composer.", show=True, palette=False),
    # ----- panes
    a_key("connections.add", "a", "Add", "Set up a new connection.", show=True),
    a_key("connections.edit", "e", "Edit", "Change the connection under the cursor.", show=True),
    a_key("connections.models", "m", "Models", "Its models: use, load, unload, get one.", show=True),
    a_key("connections.keys", "k", "Keys", "Its provider's API keys: choose, add, label, remove."),
    a_key("connections.test", "t", "Test", "Ask its server whether it is well.", show=True),
    a_key("connections.remove", "d,delete", "Remove", "Take it out of the list.", show=True),
    a_key("connections.search", "s", "Find servers", "Look for servers on this machine.", show=True),
    a_key("characters.search", "slash", "Search", "Narrow the list.", show=True),
    a_key("characters.import", "i", "Import", "Bring in a card, chat or lorebook from a file.", show=True),
    a_key("characters.details", "v", "Card", "Read the card under the cursor.", show=True),
    a_key("characters.chats", "c", "Chats", "Open the character and choose a chat.", show=True),
    a_key("characters.tab", "t", "In a tab", "Open the character in a tab beside this chat."),
    a_key("characters.delete", "d,delete", "Delete", "Move the card to the trash folder.", show=True),
    a_key("characters.restore", "u", "Bring back", "Undo the last deletion."),
    a_key("prompt.search", "slash", "Search", "Find words in the prompt.", show=True),
    a_key("prompt.next_match", "n", "Next", "The next place they are found.", palette=False),
    a_key("prompt.previous_match", "N", "Previous", "The place before.", palette=False),
    a_key("prompt.fold", "enter,space", "Fold", "Fold or unfold the part under the cursor.", palette=False),
    a_key("prompt.fold_all", "f", "Fold all", "Fold or unfold all parts.", show=True),
    a_key("prompt.body", "b", "As it goes out", "Parts, or the request body as it goes out.", show=True),
    a_key("prompt.copy_part", "y", "Copy part", "Copy the part under the cursor.", show=True),
    a_key("prompt.copy_all", "Y", "Copy all", "Copy the whole prompt."),
    a_key("prompt.send_edited", "e", "Edit & send", "Edit the prompt, then send this once.", show=True),
    a_key("logs.bottom", "G,end", "End", "Follow the newest line.", palette=False),
    a_key("logs.copy", "y", "Copy", "Copy the log.", show=True),
    a_key(
        "bench.leave",
        "escape",
        "Back",
        "From a field to the list, from the list to the chat.",
        show=True,
        palette=False,
    ),
    a_key("compare.keep_left", "1", "Keep the first", "Keep only that reply.", show=True, palette=False),
    a_key("compare.keep_right", "2", "Keep the second", "Keep only that reply.", show=True, palette=False),
    a_key("compare.both", "b,enter", "Keep both", "Keep both as swipes.", show=True, palette=False),
    a_key(
        "compare.leave",
        "escape",
        "Stop or leave",
        "Stop both, then leave.",
        show=True,
        palette=False,
    ),
    a_key("editor.save", "ctrl+o,f2,alt+enter", "Save", "Keep the text.", palette=False),
    a_key("editor.cancel", "escape", "Cancel", "Throw the changes away.", palette=False),
)
