"""Settings that shape a prompt: options for both shapes, the author's note, and the
prompt-manager preset of chat completion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptOptions:
    """SillyTavern's `power_user` settings that change a prompt or a reply, with its defaults."""

    token_padding: int = 64
    collapse_newlines: bool = False
    pin_examples: bool = False
    strip_examples: bool = False
    trim_sentences: bool = False
    trim_spaces: bool = True
    always_force_name2: bool = True
    single_line: bool = False
    user_prompt_bias: str = ""
    """Start reply with."""
    prefer_character_prompt: bool = True
    prefer_character_jailbreak: bool = True
    custom_stopping_strings: tuple[str, ...] = ()
    custom_stopping_strings_macro: bool = True
    allow_name1_display: bool = False
    allow_name2_display: bool = False
    disable_group_trimming: bool = False
    auto_fix_generated_markdown: bool = False
    experimental_macro_engine: bool = True
    """False: SillyTavern's legacy macro engine."""
    note_allow_wi_scan: bool = False
    clean_plain_continue: bool = True
    """Plain text `continue` without SillyTavern's doubled name (prompt quirk 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorsNote:
    """The author's note of a chat."""

    text: str = ""
    interval: int = 1
    """Every n-th user message; 1 always, 0 never."""
    position: int = 1
    """0 after the story string / main prompt, 1 in the chat, 2 before it."""
    depth: int = 4
    role: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterNote:
    """A note bound to a character, laid over the chat's."""

    text: str = ""
    enabled: bool = False
    position: int = 0
    """0 replaces the chat's note, 1 before it, 2 after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryPlace:
    """How and where the summary of a chat stands in the prompt."""

    template: str = "[Summary: {{summary}}]"
    position: int = 0
    """0 after the story string / main prompt, 1 in the chat, 2 before it, -1 nowhere."""
    depth: int = 2
    role: int = 0
    scan: bool = False
    """Whether lorebook keys are looked for in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedPrompt:
    """One prompt of the prompt manager."""

    identifier: str
    name: str = ""
    role: str = "system"
    content: str = ""
    system_prompt: bool = False
    marker: bool = False
    injection_position: int = 0
    """0 relative (in list order), 1 in the chat at `injection_depth`."""
    injection_depth: int = 4
    injection_order: int = 100
    injection_trigger: tuple[str, ...] = ()
    forbid_overrides: bool = False
    source: Mapping[str, object] = field(default_factory=dict)


PromptOrder = tuple[tuple[str, bool], ...]
"""Prompts by identifier in the order in which they are sent, each with whether it takes part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterOrder:
    """An order of its own for one character."""

    who: str
    """`character_id` as text. Here that is the card's file name (`Ann.png`); numbers are
    SillyTavern's, which uses none of them since 1.19."""
    order: PromptOrder = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPreset:
    """A chat-completion preset (SillyTavern's `OpenAI Settings/*.json`)."""

    name: str = ""
    prompts: tuple[ManagedPrompt, ...] = ()
    order: PromptOrder = ()
    """The global order (`character_id` 100001)."""
    character_orders: tuple[CharacterOrder, ...] = ()
    """The other orders of the file."""
    impersonation_prompt: str = ""
    new_chat_prompt: str = ""
    new_group_chat_prompt: str = ""
    new_example_chat_prompt: str = ""
    continue_nudge_prompt: str = ""
    group_nudge_prompt: str = ""
    send_if_empty: str = ""
    wi_format: str = "{0}"
    scenario_format: str = "{{scenario}}"
    personality_format: str = "{{personality}}"
    names_behavior: int = 0
    """-1 none, 0 default, 1 `name` field, 2 in the content."""
    assistant_prefill: str = ""
    assistant_impersonation: str = ""
    use_sysprompt: bool = False
    squash_system_messages: bool = False
    continue_prefill: bool = False
    continue_postfix: str = " "
    max_context: int = 4095
    max_tokens: int = 300
    max_context_unlocked: bool = False
    source: Mapping[str, object] = field(default_factory=dict)
    """The preset's object as it was read (sampler values live here too)."""

    def own_order(self, who: str) -> PromptOrder | None:
        """The order that one character has of its own."""
        return next((one.order for one in self.character_orders if one.who == who), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegexScript:
    """A find-and-replace rule (SillyTavern's regex extension)."""

    name: str = ""
    find: str = ""
    replace: str = ""
    trim_strings: tuple[str, ...] = ()
    placement: tuple[int, ...] = ()
    """1 user input, 2 AI output, 3 slash commands, 5 lore, 6 reasoning."""
    disabled: bool = False
    markdown_only: bool = False
    prompt_only: bool = False
    run_on_edit: bool = False
    substitute: int = 0
    """Macros in `find`: 0 none, 1 raw, 2 escaped."""
    min_depth: int | None = None
    max_depth: int | None = None
    source: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """A named piece of text put somewhere into the prompt (SillyTavern's "extension prompt")."""

    key: str
    text: str
    position: int = 1
    """-1 none, 0 after the story / main prompt, 1 in the chat, 2 before it."""
    depth: int | None = 4
    role: int = 0
    scan: bool = False
    title: str = ""
    origin: str = ""
