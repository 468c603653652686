"""Instruct mode: the sequences of a template around messages, examples and the reply's opening."""

from __future__ import annotations

from enum import Enum, auto

from tavern_tui.core.chat import Role
from tavern_tui.core.generation import GenerationType
from tavern_tui.core.template import InstructTemplate
from tavern_tui.prompt.examples import Block, split_turns
from tavern_tui.prompt.history import Turn
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.trace import Spans, enclosed, template, text_of
from tavern_tui.prompt.words import put_name, trim_end, trim_start


class Place(Enum):
    """Which variant of a sequence a message gets."""

    FIRST = auto()
    LAST = auto()
    BETWEEN = auto()


def prefix_of(instruct: InstructTemplate, role: Role, place: Place) -> str:
    """The sequence in front of a message."""
    if role is Role.SYSTEM:
        return instruct.input_sequence if instruct.system_same_as_user else instruct.system_sequence
    plain, first, last = {
        Role.USER: (
            instruct.input_sequence,
            instruct.first_input_sequence,
            instruct.last_input_sequence,
        ),
        Role.ASSISTANT: (
            instruct.output_sequence,
            instruct.first_output_sequence,
            instruct.last_output_sequence,
        ),
    }[role]
    return {Place.FIRST: first, Place.LAST: last, Place.BETWEEN: plain}[place] or plain


def suffix_of(instruct: InstructTemplate, role: Role) -> str:
    """The sequence behind a message."""
    if role is Role.SYSTEM:
        return instruct.input_suffix if instruct.system_same_as_user else instruct.system_suffix
    return instruct.input_suffix if role is Role.USER else instruct.output_suffix


def format_turn(
    scene: Scene, instruct: InstructTemplate, turn: Turn, place: Place, *, closed: bool = True
) -> Spans:
    """A message with its sequences; not `closed`: without what ends it, for the model to go on."""
    name = "" if turn.role is Role.SYSTEM else turn.name
    prefix = scene.sequence(prefix_of(instruct, turn.role, place), name, macro=instruct.macro)
    suffix = _suffix(scene, instruct, turn.role, name) if closed else ""
    said_by = f"{name}: " if _shows_name(scene, instruct, turn) else ""
    head = _lined(prefix, instruct, followed=bool(said_by or turn.text or suffix)) + said_by
    return enclosed(turn.spans, head, suffix)


def _suffix(scene: Scene, instruct: InstructTemplate, role: Role, name: str) -> str:
    suffix = scene.sequence(suffix_of(instruct, role), name, macro=instruct.macro)
    return suffix or ("\n" if instruct.wrap else "")


def _shows_name(scene: Scene, instruct: InstructTemplate, turn: Turn) -> bool:
    if turn.role is Role.SYSTEM or not turn.name:
        return False
    if instruct.names_behavior == "always":
        return True
    foreign = turn.name != scene.user and (scene.in_group or turn.force_avatar)
    return instruct.names_behavior == "force" and foreign


def _lined(prefix: str, instruct: InstructTemplate, *, followed: bool) -> str:
    """The prefix on a line of its own, where the template wraps and something follows."""
    return f"{prefix}\n" if prefix and instruct.wrap and followed else prefix


def wrap_story(scene: Scene, instruct: InstructTemplate, story: Spans) -> Spans:
    """The story string with its own sequences; nothing around nothing."""
    if not text_of(story):
        return story
    prefix = put_name(scene.substitute(instruct.story_string_prefix), "System")
    suffix = scene.substitute(instruct.story_string_suffix)
    head = _lined(prefix, instruct, followed=True)
    return (
        *((template(head, "Before the story string", "instruct story_string_prefix"),) if head else ()),
        *story,
        *((template(suffix, "After the story string", "instruct story_string_suffix"),) if suffix else ()),
    )


def opening(scene: Scene, instruct: InstructTemplate, name: str, bias: str) -> str:
    """What opens the reply: the last sequence, a name where names are shown, the reply's start."""
    impersonating = scene.generation is GenerationType.IMPERSONATE
    quiet = scene.generation is GenerationType.QUIET
    shown = instruct.names_behavior == "always" or (scene.in_group and instruct.names_behavior == "force")
    shown = bool(name) and shown and not quiet
    sequence = scene.sequence(_opening_sequence(scene, instruct), name, macro=instruct.macro)
    separator = "\n" if instruct.wrap else ""
    text = separator + sequence
    if shown:
        text += separator + (_filler(instruct) if not (impersonating or quiet) else "") + f"{name}:"
    if quiet and instruct.wrap:
        text = text.removeprefix("\n")
    if bias and not impersonating:
        text += bias if shown else separator + trim_start(bias)
    if instruct.wrap:
        text = trim_end(text)
    return text if shown else text + separator


def _opening_sequence(scene: Scene, instruct: InstructTemplate) -> str:
    match scene.generation:
        case GenerationType.IMPERSONATE:
            return instruct.last_input_sequence or instruct.input_sequence
        case GenerationType.QUIET:
            return instruct.last_system_sequence or instruct.output_sequence
        case _:
            return instruct.last_output_sequence or instruct.output_sequence


def _filler(instruct: InstructTemplate) -> str:
    """The white space the plain output sequence ends with, if the last one forgets it."""
    last, plain = instruct.last_output_sequence, instruct.output_sequence
    if not last or trim_end(last) != last or trim_end(plain) == plain:
        return ""
    return plain[-1]


def format_examples(
    scene: Scene, instruct: InstructTemplate, blocks: list[Block], separator: str
) -> list[Spans]:
    """The example blocks as pieces the budget can cut: separators and turns, each on its own."""
    pieces: list[Spans] = []
    if not instruct.skip_examples:
        named = scene.in_group and instruct.names_behavior in ("always", "force")
        for block in blocks:
            turns = split_turns(block, scene, named=named)
            if turns and separator:
                pieces.append((template(separator, "Example separator", "context example_separator"),))
            for turn in turns:
                said_by = "" if named else _example_name(instruct, turn.role, turn.name)
                text = _example(scene, instruct, turn.role, turn.name, said_by + turn.text)
                pieces.append((block.span(text),))
    if pieces:
        return pieces
    return [(block.span(separator + block.body),) for block in blocks]


def _example_name(instruct: InstructTemplate, role: Role, name: str) -> str:
    behavior = instruct.names_behavior
    shown = behavior == "always" or (behavior == "force" and role is Role.USER)
    return f"{name}: " if shown else ""


def _example(scene: Scene, instruct: InstructTemplate, role: Role, name: str, text: str) -> str:
    prefix = scene.sequence(prefix_of(instruct, role, Place.BETWEEN), name, macro=instruct.macro)
    suffix = scene.sequence(suffix_of(instruct, role), name, macro=instruct.macro)
    if not suffix and instruct.wrap and instruct.macro:
        suffix = "\n"
    return _lined(prefix, instruct, followed=bool(text + suffix)) + text + suffix
