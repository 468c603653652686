"""The chat-completion preset of a fresh machine. Every word in it can be changed."""

from __future__ import annotations

from tavern_tui.core.preset import ChatPreset, ManagedPrompt
from tavern_tui.storage.presets.chat import DEFAULT_ORDER, chat_preset_from_json, whole_preset_json
from tavern_tui.storage.presets.samplers import LENGTHS

MARKERS = {
    "worldInfoBefore": "Lorebook (before)",
    "personaDescription": "Persona",
    "charDescription": "Character description",
    "charPersonality": "Character personality",
    "scenario": "Scenario",
    "worldInfoAfter": "Lorebook (after)",
    "dialogueExamples": "Example dialogue",
    "chatHistory": "Chat history",
}
"""Places that the prompt builder fills."""

TEXTS = {
    "main": (
        "Main prompt",
        "You play {{char}} in a story that {{user}} and you tell together. Write {{char}}'s next turn, "
        "stay true to the character, and leave {{user}}'s words and deeds to {{user}}.",
    ),
    "nsfw": ("Auxiliary prompt", ""),
    "enhanceDefinitions": (
        "Enhance definitions",
        "Whatever else you know of {{char}} may enrich the portrayal, as long as it does not contradict "
        "what is written here.",
    ),
    "jailbreak": ("Post-history instructions", ""),
}


def default_chat_preset() -> ChatPreset:
    """A preset with every built-in prompt in the usual order, as its file would have it. It says
    nothing of lengths: they depend on the model."""
    value = {key: one for key, one in whole_preset_json(_default()).items() if key not in LENGTHS}
    return chat_preset_from_json("Default", value, [])


def _default() -> ChatPreset:
    prompts = [
        ManagedPrompt(identifier=name, name=title, content=content, system_prompt=True)
        for name, (title, content) in TEXTS.items()
    ]
    prompts += [
        ManagedPrompt(identifier=name, name=title, system_prompt=True, marker=True)
        for name, title in MARKERS.items()
    ]
    return ChatPreset(
        name="Default",
        prompts=tuple(prompts),
        order=DEFAULT_ORDER,
        impersonation_prompt="[Write the next turn as {{user}}, in the voice {{user}} has used so far. "
        "Do not write for {{char}}.]",
        new_chat_prompt="[The story begins]",
        new_group_chat_prompt="[The story begins. Present: {{group}}]",
        new_example_chat_prompt="[Example of the style]",
        continue_nudge_prompt="[Go on right where the last message stops, without repeating any of it.]",
        group_nudge_prompt="[Write the next turn as {{char}} only.]",
    )
