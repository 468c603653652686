"""Inputs with sensible defaults, so that a test names only what it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Message, a_message
from tavern_tui.core.persona import Persona
from tavern_tui.core.preset import ChatPreset, Injection, ManagedPrompt
from tavern_tui.core.prompt import BuiltPrompt, ChatPrompt, TextPrompt
from tavern_tui.core.template import ContextTemplate, InstructTemplate, SystemPrompt
from tavern_tui.prompt.build import build_prompt
from tavern_tui.prompt.inputs import ChatShape, PromptInputs, TextShape
from tavern_tui.prompt.manager import DEFAULT_ORDER
from tavern_tui.tokens.estimate import EstimateCounter

STORY = (
    "{{#if anchorBefore}}{{anchorBefore}}\n{{/if}}{{#if system}}{{system}}\n{{/if}}"
    "{{#if wiBefore}}{{wiBefore}}\n{{/if}}{{#if description}}{{description}}\n{{/if}}"
    "{{#if personality}}{{personality}}\n{{/if}}{{#if scenario}}{{scenario}}\n{{/if}}"
    "{{#if wiAfter}}{{wiAfter}}\n{{/if}}{{#if persona}}{{persona}}\n{{/if}}"
    "{{#if anchorAfter}}{{anchorAfter}}\n{{/if}}{{trim}}"
)

ANGLES = InstructTemplate(
    name="Angles",
    input_sequence="<U>",
    input_suffix="</U>\n",
    output_sequence="<A>",
    output_suffix="</A>\n",
    system_sequence="<S>",
    system_suffix="</S>\n",
    story_string_prefix="<S>",
    story_string_suffix="</S>\n",
    wrap=False,
)


def ann(text: str) -> Message:
    return a_message("Ann", text)


def user(text: str) -> Message:
    return a_message("User", text, is_user=True)


CHAT = (ann("m0"), user("m1"), ann("m2"), user("m3"))


def an_injection(key: str, text: str, depth: int = 1, role: int = 0, **fields: Any) -> Injection:
    return Injection(key=key, text=text, depth=depth, role=role, **fields)


def text_inputs(
    *,
    instruct: InstructTemplate | None = None,
    context: ContextTemplate | None = None,
    system: SystemPrompt | None = None,
    **fields: Any,
) -> PromptInputs:
    """Inputs of a text completion for Ann's chat."""
    shape = TextShape(
        context=context or ContextTemplate(story_string=STORY),
        instruct=instruct,
        system_prompt=system or SystemPrompt(enabled=False),
    )
    return _inputs(shape, fields)


def a_preset(*extra: ManagedPrompt, **fields: Any) -> ChatPreset:
    """The default order with a main prompt, and more prompts behind it."""
    main = ManagedPrompt(identifier="main", name="Main", content="Play {{char}}.", system_prompt=True)
    jailbreak = ManagedPrompt(identifier="jailbreak", name="After", system_prompt=True)
    order = (*DEFAULT_ORDER, *((prompt.identifier, True) for prompt in extra))
    values: dict[str, Any] = {"new_chat_prompt": "[Start]", **fields}
    return ChatPreset(prompts=(main, jailbreak, *extra), order=order, **values)


def chat_inputs(preset: ChatPreset | None = None, post_processing: str = "", **fields: Any) -> PromptInputs:
    """Inputs of a chat completion for Ann's chat."""
    return _inputs(ChatShape(preset=preset or a_preset(), post_processing=post_processing), fields)


def _inputs(shape: TextShape | ChatShape, fields: dict[str, Any]) -> PromptInputs:
    inputs = PromptInputs(
        shape=shape,
        character=Character(name="Ann", file="ann"),
        persona=Persona(name="User"),
        messages=list(CHAT),
        counter=EstimateCounter(),
        now=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    )
    return replace(inputs, **fields)


def text_of(inputs: PromptInputs) -> str:
    """The prompt string these inputs give."""
    prompt = build_prompt(inputs).prompt
    assert isinstance(prompt, TextPrompt)
    return prompt.text


def messages_of(inputs: PromptInputs) -> list[tuple[str, str]]:
    """The (role, content) pairs these inputs give."""
    return contents(build_prompt(inputs))


def contents(built: BuiltPrompt) -> list[tuple[str, str]]:
    assert isinstance(built.prompt, ChatPrompt)
    return [(message.role.value, message.content) for message in built.prompt.messages]
