"""Templates by name, by a server's chat template and by a model's name; users' own come first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tavern_tui.core.errors import DataError
from tavern_tui.core.template import (
    ContextTemplate,
    InstructTemplate,
    ReasoningTemplate,
    SystemPrompt,
)
from tavern_tui.storage.atomic import write_json
from tavern_tui.storage.folders import Folders, free_name, inside
from tavern_tui.storage.named_files import path_in
from tavern_tui.storage.templates.convert import (
    context_from_json,
    instruct_from_json,
    reasoning_from_json,
    system_prompt_from_json,
    template_to_json,
    with_anchors,
)
from tavern_tui.storage.templates.files import (
    KINDS,
    TemplateFiles,
    join_yaml,
    read_templates,
    split_master,
    split_yaml,
)
from tavern_tui.text.js_regex import compile_js, parse_literal

__all__ = [
    "DEFAULT",
    "DEFAULT_REASONING",
    "KINDS",
    "Recognised",
    "TemplateStore",
    "context_from_json",
    "instruct_from_json",
    "join_yaml",
    "reasoning_from_json",
    "split_master",
    "split_yaml",
    "system_prompt_from_json",
    "template_to_json",
    "with_anchors",
]

DEFAULT = "Default"
DEFAULT_REASONING = ReasoningTemplate().name
DEFAULT_STORY = "".join(
    f"{{{{#if {name}}}}}{{{{{name}}}}}\n{{{{/if}}}}"
    for name in (
        "anchorBefore",
        "system",
        "wiBefore",
        "description",
        "personality",
        "scenario",
        "wiAfter",
        "persona",
        "anchorAfter",
    )
) + "{{trim}}"  # fmt: skip
DEFAULT_SYSTEM = (
    "You play {{char}} in a story that {{user}} and you tell together. Write {{char}}'s next turn, stay "
    "true to the character, and leave {{user}}'s words and deeds to {{user}}."
)

Template = TypeVar("Template")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What a server's chat template was found to be."""

    name: str
    marks: tuple[str, ...] = ()
    """The texts it holds that tell so; none: it is known to the letter, by its hash."""


class TemplateStore:
    """The templates of the data folder and the bundled ones. Files are read when first asked for."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._held: TemplateFiles | None = None
        self._own_held: TemplateFiles | None = None

    @property
    def _files(self) -> TemplateFiles:
        if self._held is None:
            self._held = read_templates(self._folders)
        return self._held

    def _files_with(self, name: str) -> TemplateFiles:
        """Where a template of this name may be. None that ships with the program is called `Default`, and
        reading those takes 12 ms and a megabyte that a chat without a template need not pay."""
        if self._held is not None or name.casefold() != DEFAULT.casefold():
            return self._files
        if self._own_held is None:
            self._own_held = read_templates(self._folders, bundled=False)
        return self._own_held

    def reload(self) -> None:
        """Forget what was read: files may have come or changed."""
        self._held = self._own_held = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each file that could not be used."""
        return tuple(self._files.warnings)

    # --- by name

    def names(self) -> list[str]:
        """Instruct templates by name."""
        return self._names("instruct")

    def context_names(self) -> list[str]:
        return self._names("context")

    def system_prompt_names(self) -> list[str]:
        return self._names("sysprompt")

    def reasoning_names(self) -> list[str]:
        return self._names("reasoning")

    def instruct(self, name: str) -> InstructTemplate | None:
        """The instruct template of this name, upper and lower case aside; None if there is none."""
        return self._one("instruct", name, instruct_from_json)

    def context(self, name: str) -> ContextTemplate | None:
        return self._one("context", name, context_from_json)

    def system_prompt(self, name: str) -> SystemPrompt | None:
        return self._one("sysprompt", name, system_prompt_from_json)

    def reasoning(self, name: str) -> ReasoningTemplate | None:
        return self._one("reasoning", name, reasoning_from_json)

    def default_context(self) -> ContextTemplate:
        """The layout for prompts without an instruct template."""
        plain = ContextTemplate(name=DEFAULT, story_string=DEFAULT_STORY)
        return self.context(DEFAULT) or plain

    def default_system_prompt(self) -> SystemPrompt:
        """The system prompt where none is chosen."""
        return self.system_prompt(DEFAULT) or SystemPrompt(name=DEFAULT, content=DEFAULT_SYSTEM)

    def default_reasoning(self) -> ReasoningTemplate:
        """The marks of thinking that most models use."""
        return self.reasoning(DEFAULT_REASONING) or ReasoningTemplate()

    # --- by what answers

    def by_chat_template(self, template: str) -> str | None:
        """The instruct template for a server's chat template: by its hash, else by the marks it
        holds - the longest set of them that is there whole."""
        found = self.recognise(template)
        return found.name if found is not None else None

    def recognise(self, template: str) -> Recognised | None:
        """The same, with what it was recognised by."""
        bare = template.rstrip("\0")
        for spelling in (bare, template):
            known = self._files.hashes.get(hashlib.sha256(spelling.encode("utf-8", "replace")).hexdigest())
            if known is not None:
                return Recognised(name=known)
        fitting = [
            (sum(map(len, marks)), -at, Recognised(name=name, marks=marks))
            for at, (name, marks) in enumerate(self._files.marks)
            if all(mark in bare for mark in marks)
        ]
        return max(fitting, key=lambda row: row[:2])[2] if fitting else None

    def by_model(self, model: str) -> str | None:
        """The first template whose activation pattern matches the model's name."""
        for name, template in self._files.found["instruct"].items():
            pattern = template.get("activation_regex")
            if isinstance(pattern, str) and pattern and _matches(pattern, model):
                return name
        return None

    # --- files

    def sources(self, kind: str, name: str) -> tuple[Path, ...]:
        """The files that hold a template of this kind and name, the one in force first."""
        return tuple(self._files.sources.get((kind, name), ()))

    def own_file(self, kind: str, name: str) -> Path | None:
        """The file of SillyTavern's folder that a template in force comes from; None: it comes from
        a file that holds more than it, or that ships with the program."""
        first = next(iter(self.sources(kind, name)), None)
        return first if first is not None and first.parent == self._folder(kind) else None

    def save(self, template: InstructTemplate | ContextTemplate | SystemPrompt | ReasoningTemplate) -> Path:
        """Write a template into the data folder: into the file it came from if that is there, else
        into one named like itself. Raises DataError, WriteFailed."""
        kind = _KIND_OF[type(template)]
        path = self.own_file(kind, template.name) or self._new_file(kind, template.name)
        write_json(path, template_to_json(template))
        self.reload()
        return path

    def _new_file(self, kind: str, name: str) -> Path:
        """Where a new template goes. A file there may be of another name that is spelled the same
        once it is made safe, or may be broken: it is left alone."""
        folder = self._folder(kind)
        path = path_in(folder, name, ".json")
        return path if not path.exists() else inside(folder, f"{free_name(folder, name, '.json')}.json")

    def _folder(self, kind: str) -> Path:
        return {
            "instruct": self._folders.instruct,
            "context": self._folders.context,
            "sysprompt": self._folders.sysprompt,
            "reasoning": self._folders.reasoning,
        }[kind]

    def _names(self, kind: str) -> list[str]:
        return sorted(self._files.found[kind], key=lambda name: (name.casefold(), name))

    def _one(
        self,
        kind: str,
        name: str,
        made: Callable[[Mapping[str, object], str, list[str] | None], Template],
    ) -> Template | None:
        held = self._files_with(name).found[kind]
        wanted = name if name in held else _spelled(held, name)
        return made(held[wanted], wanted, None) if wanted is not None else None


_KIND_OF = {
    InstructTemplate: "instruct",
    ContextTemplate: "context",
    SystemPrompt: "sysprompt",
    ReasoningTemplate: "reasoning",
}


def _spelled(names: Mapping[str, object], wanted: str) -> str | None:
    return next((name for name in names if name.casefold() == wanted.casefold()), None)


def _matches(pattern: str, model: str) -> bool:
    try:
        regex = parse_literal(pattern) or compile_js(pattern)
        return regex.search(model) is not None
    except DataError:
        return False  # neither a valid pattern nor a fast one: it activates nothing
