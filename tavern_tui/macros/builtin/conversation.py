"""What was said: last messages, ids, the input box."""

from __future__ import annotations

from collections.abc import Callable

from tavern_tui.core.chat import Message
from tavern_tui.macros.context import MacroContext
from tavern_tui.macros.registry import Call, macro

Words = tuple[str, ...]


def _last(context: MacroContext, *, of_user: bool | None = None) -> int | None:
    """Index of the last message that counts. One being swiped does not."""
    end = len(context.messages) - (1 if context.swiping else 0)
    for index in range(end - 1, -1, -1):
        message = context.messages[index]
        if of_user is None or (not message.hidden and message.is_user == of_user):
            return index
    return None


def _text(context: MacroContext, index: int | None) -> str:
    return "" if index is None else context.messages[index].text


@macro("lastMessage", "The text of the last message.")
def last_message(context: MacroContext, call: Call, words: Words) -> str:
    return _text(context, _last(context))


@macro("lastUserMessage", "The text of your last message.")
def last_user_message(context: MacroContext, call: Call, words: Words) -> str:
    return _text(context, _last(context, of_user=True))


@macro("lastCharMessage", "The text of the character's last message.")
def last_char_message(context: MacroContext, call: Call, words: Words) -> str:
    return _text(context, _last(context, of_user=False))


@macro("lastMessageId", "The number of the last message; the first one is 0.")
def last_message_id(context: MacroContext, call: Call, words: Words) -> str:
    index = _last(context)
    return "" if index is None else str(index)


@macro("firstIncludedMessageId", "The first message that fitted into the last prompt.")
def first_included(context: MacroContext, call: Call, words: Words) -> str:
    return "" if context.first_included is None else str(context.first_included)


@macro("firstDisplayedMessageId", "The first message on the screen.")
def first_displayed(context: MacroContext, call: Call, words: Words) -> str:
    return "0" if context.messages else ""


def _swiped(context: MacroContext) -> Message | None:
    """The last message, if it has alternatives on record."""
    if not context.messages:
        return None
    message = context.messages[-1]
    has_swipes = len(message.swipes) > 1 or bool(message.source.get("swipes"))
    return message if has_swipes and not message.is_user else None


@macro("lastSwipeId", "How many swipes the last message has.")
def last_swipe_id(context: MacroContext, call: Call, words: Words) -> str:
    message = _swiped(context)
    return "" if message is None else str(len(message.swipes))


@macro("currentSwipeId", "Which swipe of the last message is shown, counted from 1.")
def current_swipe_id(context: MacroContext, call: Call, words: Words) -> str:
    message = _swiped(context)
    return "" if message is None else str(message.shown + 1)


@macro("allChatRange", "The range of all messages, such as 0-12.")
def all_chat_range(context: MacroContext, call: Call, words: Words) -> str:
    return f"0-{len(context.messages) - 1}" if context.messages else ""


@macro("input", "What stands in the input box.")
def typed(context: MacroContext, call: Call, words: Words) -> str:
    return context.input


@macro("lastGenerationType", "Why the last reply was asked for: normal, swipe, continue, ...")
def last_generation_type(context: MacroContext, call: Call, words: Words) -> str:
    return context.last_generation_type


@macro("outlet", "The lorebook entries sent to an outlet.", takes=1, example="{{outlet::rules}}")
def outlet(context: MacroContext, call: Call, words: Words) -> str:
    return context.outlets.get(words[0].strip(), "")


EXTENSIONS = (
    ("summary", "The latest summary of the chat."),
    ("lastExpression", "The last expression the character showed; empty where there are none."),
    ("defaultExpression", "The expression shown when none fits; empty where there are none."),
    ("availableExpressions", "The expressions the character has; empty where there are none."),
    ("charPrefix", "The character's own words for image prompts."),
    ("charNegativePrefix", "The character's own words against things in image prompts."),
)
"""Texts of other features. They come with the context, under their names; a feature that is not
there has none."""


def _reader(name: str) -> Callable[[MacroContext, Call, Words], str]:
    def of_feature(context: MacroContext, call: Call, words: Words) -> str:
        return context.extra.get(name, "")

    return of_feature


for _name, _help in EXTENSIONS:
    macro(_name, _help)(_reader(_name))
