"""A model's raw reply -> the text of a message: the whole clean-up, step by step."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tavern_tui.core.generation import GenerationType
from tavern_tui.core.preset import PromptOptions
from tavern_tui.core.template import InstructTemplate
from tavern_tui.text.stop_strings import without_half_stop
from tavern_tui.text.trim import collapse_newlines, tighten_markers, trim_line_ends, trim_sentences
from tavern_tui.text.whitespace import SPACES, js_trim


def _unchanged(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanRules:
    """What the clean-up of one reply depends on."""

    generation_type: str = GenerationType.NORMAL
    user: str = ""
    char: str = ""
    """Who speaks; in a group the member whose turn it is."""
    other_members: tuple[str, ...] = ()
    """Names of the group's other members; empty outside groups."""
    stops: tuple[str, ...] = ()
    instruct: InstructTemplate | None = None
    """With macros resolved; None: instruct mode is off."""
    options: PromptOptions = field(default_factory=PromptOptions)
    bias: str = ""
    """The setting "start reply with", macros resolved. Goes back in front of the reply."""
    regex: Callable[[str], str] = _unchanged
    """The regex scripts that change stored text (AI output, or user input when impersonating)."""
    open_reasoning: bool = False
    """The reply continues a thought that has not ended: white space at its ends matters."""

    @property
    def impersonates(self) -> bool:
        return self.generation_type == GenerationType.IMPERSONATE

    @property
    def speaker(self) -> str:
        """Whose words the reply is."""
        return self.user if self.impersonates else self.char


def clean_reply(text: str, rules: CleanRules, *, final: bool) -> str:
    """The message text for all that has arrived of a reply.

    `text` is the whole reply so far (for `continue`: with the old text in front); `final` is
    False while more may come. Takes time linear in the text, besides `rules.regex`."""
    for step in _STEPS:
        text = step(text, rules)
    if final and rules.options.trim_sentences:
        text = trim_sentences(text)
    if rules.options.trim_spaces and not rules.open_reasoning:
        text = js_trim(text)
    return text


def _put_bias_in_front(text: str, rules: CleanRules) -> str:
    if rules.impersonates or rules.generation_type == GenerationType.CONTINUE:
        return text
    return rules.bias + text


def _drop_half_stops(text: str, rules: CleanRules) -> str:
    for stop in rules.stops:
        text = without_half_stop(text, stop)
    return text


def _run_regex(text: str, rules: CleanRules) -> str:
    return rules.regex(text)


def _tidy_lines(text: str, rules: CleanRules) -> str:
    return trim_line_ends(collapse_newlines(text) if rules.options.collapse_newlines else text)


def _cut_wrong_speaker(text: str, rules: CleanRules) -> str:
    options = rules.options
    shown = options.allow_name2_display if rules.impersonates else options.allow_name1_display
    wrong = rules.char if rules.impersonates else rules.user
    if shown or not wrong:
        return text
    return "" if text.startswith(f"{wrong}:") else _before(text, f"\n{wrong}:")


def _cut_end_of_text(text: str, rules: CleanRules) -> str:
    return _before(text, "<|endoftext|>")


def _cut_instruct(text: str, rules: CleanRules) -> str:
    template = rules.instruct
    if template is None:
        return text
    text = _before(text, template.stop_sequence)
    if template.input_sequence.strip():
        text = _before(text, template.input_sequence)
    if not template.sequences_as_stop_strings:
        return text
    own = (
        (template.input_sequence,)
        if rules.impersonates
        else (template.output_sequence, template.last_output_sequence)
    )
    for sequence in own:
        for line in sequence.split("\n"):
            text = text.replace(line, "") if line.strip() else text
    return text


def _cut_other_members(text: str, rules: CleanRules) -> str:
    if rules.options.disable_group_trimming:
        return text
    for name in rules.other_members:
        if name:
            text = "" if text.startswith(f"{name}:") else _before(text, f"\n{name}:")
    return text


def _drop_own_name_at_lines(text: str, rules: CleanRules) -> str:
    if rules.options.allow_name2_display or not rules.char or f"{rules.char}:" not in text:
        return text
    return re.sub(rf"^{re.escape(rules.char)}:\s*", "", text, flags=re.MULTILINE)


def _trim_impersonation(text: str, rules: CleanRules) -> str:
    return js_trim(text) if rules.impersonates else text


def _fix_markdown(text: str, rules: CleanRules) -> str:
    return tighten_markers(text) if rules.options.auto_fix_generated_markdown else text


def _drop_leading_name(text: str, rules: CleanRules) -> str:
    prefix = f"{rules.speaker}:"
    return text[len(prefix) :].lstrip(SPACES) if rules.speaker and text.startswith(prefix) else text


def _before(text: str, mark: str) -> str:
    """`text` up to the first `mark`; all of it when `mark` is empty or absent."""
    return text.partition(mark)[0] if mark else text


_STEPS: tuple[Callable[[str, CleanRules], str], ...] = (
    _put_bias_in_front,
    _drop_half_stops,
    _run_regex,
    _tidy_lines,
    _cut_wrong_speaker,
    _cut_end_of_text,
    _cut_instruct,
    _cut_other_members,
    _drop_own_name_at_lines,
    _trim_impersonation,
    _fix_markdown,
    _drop_leading_name,
    _trim_impersonation,
)
"""In SillyTavern's order, which users' texts depend on."""
