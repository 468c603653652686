"""Stop strings: where the model has written enough."""

from __future__ import annotations

from collections.abc import Iterator

from tavern_tui.core.generation import GenerationType
from tavern_tui.core.template import InstructTemplate
from tavern_tui.prompt.inputs import TextShape
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.words import put_name


def text_stops(scene: Scene, shape: TextShape) -> tuple[str, ...]:
    """The stop strings of a text completion, each once, in SillyTavern's order."""
    stops: list[str] = []
    if scene.inputs.options.single_line:
        stops.append("\n")
    if shape.context.names_as_stop_strings:
        stops.extend(_names(scene))
    if shape.instruct is not None:
        stops.extend(_sequences(scene, shape.instruct))
    if shape.context.use_stop_strings:
        for line in (shape.context.chat_start, shape.context.example_separator):
            if line:
                stops.append("\n" + scene.substitute(line))
    stops.extend(custom_stops(scene))
    return tuple(dict.fromkeys(stop for stop in stops if stop))


def custom_stops(scene: Scene) -> tuple[str, ...]:
    """The user's own stop strings, each once."""
    options = scene.inputs.options
    stops = options.custom_stopping_strings
    if options.custom_stopping_strings_macro:
        stops = tuple(scene.substitute(stop) for stop in stops)
    return tuple(dict.fromkeys(stop for stop in stops if stop))


def _names(scene: Scene) -> Iterator[str]:
    user, char = f"\n{scene.user}:", f"\n{scene.char}:"
    yield char if scene.generation is GenerationType.IMPERSONATE else user
    yield user
    if scene.generation is GenerationType.CONTINUE and scene.messages and scene.messages[-1].is_user:
        yield char
    for name in scene.macros.members:
        if name != scene.char:
            yield f"\n{name}:"


def _sequences(scene: Scene, instruct: InstructTemplate) -> Iterator[str]:
    lines: dict[str, None] = {}
    for sequence in _named_sequences(scene, instruct):
        lines.update(dict.fromkeys(line for line in sequence.split("\n") if line.strip()))
    for line in lines:
        stop = "\n" + line if instruct.wrap else line
        yield scene.substitute(stop) if instruct.macro else stop


def _named_sequences(scene: Scene, instruct: InstructTemplate) -> Iterator[str]:
    yield instruct.stop_sequence
    if not instruct.sequences_as_stop_strings:
        return
    user, char, system = scene.user, scene.char, "System"
    yield put_name(instruct.input_sequence, user)
    yield put_name(instruct.output_sequence, char)
    yield put_name(instruct.first_output_sequence, char)
    yield put_name(instruct.last_output_sequence, char)
    yield put_name(instruct.system_sequence, system)
    yield put_name(instruct.last_system_sequence, system)
