"""Instruct, context, system-prompt and reasoning templates, with SillyTavern's field names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructTemplate:
    """The sequences a text-completion model expects around each turn."""

    name: str = ""
    input_sequence: str = ""
    output_sequence: str = ""
    system_sequence: str = ""
    input_suffix: str = ""
    output_suffix: str = ""
    system_suffix: str = ""
    first_input_sequence: str = ""
    first_output_sequence: str = ""
    last_input_sequence: str = ""
    last_output_sequence: str = ""
    last_system_sequence: str = ""
    story_string_prefix: str = ""
    story_string_suffix: str = ""
    stop_sequence: str = ""
    wrap: bool = True
    """A newline between sequence and text."""
    macro: bool = True
    """Macros inside the sequences are resolved."""
    names_behavior: str = "force"
    """`none`, `force` (groups and past personas) or `always`."""
    system_same_as_user: bool = False
    sequences_as_stop_strings: bool = True
    skip_examples: bool = False
    user_alignment_message: str = ""
    activation_regex: str = ""
    source: Mapping[str, object] = field(default_factory=dict)
    """The template's object as it was read; the writer lays the fields over it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextTemplate:
    """How the parts before the chat history are laid out."""

    name: str = ""
    story_string: str = ""
    example_separator: str = "***"
    chat_start: str = "***"
    use_stop_strings: bool = False
    names_as_stop_strings: bool = True
    story_string_position: int = 0
    """0 top of the prompt, 1 in the chat."""
    story_string_depth: int = 1
    story_string_role: int = 0
    always_force_name2: bool = True
    """With the two below: a setting of the user's that choosing this template sets. A prompt is built
    with the setting (`PromptOptions`), not with the template's value."""
    trim_sentences: bool = False
    single_line: bool = False
    source: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPrompt:
    """A system prompt and the instructions after the history."""

    name: str = ""
    enabled: bool = True
    content: str = ""
    post_history: str = ""
    source: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningTemplate:
    """How a model's thinking is marked in its text, and whether it is sent back."""

    name: str = "Think XML"
    prefix: str = "<think>"
    suffix: str = "</think>"
    separator: str = "\n"
    auto_parse: bool = False
    add_to_prompts: bool = False
    max_additions: int = 1
    """How many messages have their thinking sent back, the newest first."""
    auto_expand: bool = False
    """Thinking is shown unfolded."""
    source: Mapping[str, object] = field(default_factory=dict)
