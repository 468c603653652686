"""LastLine: what opens the reply behind the newest line of a text prompt."""

from __future__ import annotations

from tavern_tui.core.chat import Role
from tavern_tui.core.generation import GenerationType
from tavern_tui.prompt.bias import Bias
from tavern_tui.prompt.history import Turn
from tavern_tui.prompt.inputs import TextShape
from tavern_tui.prompt.instruct import Place, format_turn, opening
from tavern_tui.prompt.scene import Scene
from tavern_tui.prompt.trace import Span, Spans, template, text_of
from tavern_tui.prompt.words import trim_end, trim_start


class LastLine:
    """The end of the prompt for one kind of generation.

    `alone`: nothing is set apart as the text to continue."""

    def __init__(self, scene: Scene, shape: TextShape, bias: Bias, *, alone: bool) -> None:
        self._scene = scene
        self._instruct = shape.instruct
        self._bias = bias
        self._alone = alone

    @property
    def takes_newline(self) -> bool:
        """Whether the newest line gives up the newline at its end."""
        generation = self._scene.generation
        if generation is GenerationType.CONTINUE:
            return False
        if self._instruct is None:
            return True
        return self._instruct.wrap and generation is not GenerationType.QUIET

    def after(self, line: str) -> Spans:
        """What follows `line`, the newest of the history."""
        spans = self.opening(line)
        if self._instruct is None:
            spans = (*spans, self._plain_bias(line + text_of(spans)))
        return tuple(span for span in spans if span.text)

    def opening(self, line: str) -> Spans:
        """The same without the start of the reply where that stands apart: this much is counted
        before the history is chosen."""
        spans: list[Span] = []
        quiet = self._scene.substitute(self._scene.inputs.quiet_prompt)
        if quiet:
            spans.append(self._quiet(quiet))
        if self._instruct is None:
            if not quiet:
                spans.append(template(self._name_line(line), "Opening of the reply"))
        elif self._scene.generation is not GenerationType.CONTINUE:
            text = opening(self._scene, self._instruct, self._name(), self._bias.text)
            spans.append(template(text, "Opening of the reply", "instruct template"))
        return tuple(spans)

    def _quiet(self, text: str) -> Span:
        span = Span(text=text, kind="control", title="Request in the background", origin="quiet prompt")
        if self._instruct is None:
            return Span(text="\n" + text, kind=span.kind, title=span.title, origin=span.origin)
        turn = Turn(role=Role.SYSTEM, name="", spans=(span,))
        return format_turn(self._scene, self._instruct, turn, Place.BETWEEN)[0]

    def _name(self) -> str:
        match self._scene.generation:
            case GenerationType.QUIET:
                return self._scene.inputs.quiet_name or "System"
            case GenerationType.IMPERSONATE:
                return self._scene.user
            case _:
                return self._scene.char

    def _name_line(self, line: str) -> str:
        newline = "" if line.endswith("\n") else "\n"
        if self._scene.generation is GenerationType.IMPERSONATE:
            return f"{newline}{self._scene.user}:"
        if self._bias.forced or self._scene.inputs.options.always_force_name2:
            return f"{newline}{self._scene.char}:" if self._wants_name() else ""
        return ""

    def _wants_name(self) -> bool:
        if self._scene.generation is not GenerationType.CONTINUE:
            return True
        # A continued message brings its own name; the other client writes it twice.
        messages = self._scene.messages
        doubled = not self._scene.inputs.options.clean_plain_continue
        return doubled and not self._alone and not (messages and messages[-1].is_user)

    def _plain_bias(self, line: str) -> Span:
        text = trim_start(self._bias.text)
        if text and trim_end(line) == line:
            text = " " + text
        return Span(text=text, kind="control", title="Start of the reply", origin="start reply with")
