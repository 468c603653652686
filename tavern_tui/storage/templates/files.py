"""Template files: SillyTavern's JSON folders, our YAML files, and master export files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tavern_tui.core.errors import DataError
from tavern_tui.storage.bundled import bundled_files
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.json_keep import as_list, as_object, read_file, read_object
from tavern_tui.storage.yaml_files import parse_yaml, plain, yaml_text

Json = Mapping[str, object]

KINDS = ("instruct", "context", "sysprompt", "reasoning")
REQUIRED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("instruct", ("name", "input_sequence", "output_sequence")),
    ("context", ("name", "story_string")),
    ("sysprompt", ("name", "content")),
    ("preset", ("temp", "top_k", "top_p", "rep_pen")),
    ("reasoning", ("name", "prefix", "suffix", "separator")),
)
"""How a bare template file is told: the first row whose keys are all there."""

MAX_YAML = 4 * 2**20


@dataclass(slots=True)
class TemplateFiles:
    """All templates by kind and name; the first of a name wins, and users' files come first."""

    found: dict[str, dict[str, Json]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    hashes: dict[str, str] = field(default_factory=dict)
    """SHA-256 of a server's chat template -> name."""
    marks: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """(name, texts that a server's chat template of this format holds, all of them)."""
    warnings: list[str] = field(default_factory=list)
    sources: dict[tuple[str, str], list[Path]] = field(default_factory=dict)
    """(kind, name) -> the files with such a template, the one in force first."""

    def add(self, kind: str, name: str, template: Json, path: Path) -> None:
        self.found[kind].setdefault(name, template)
        self.sources.setdefault((kind, name), []).append(path)


def read_templates(folders: Folders, *, bundled: bool = True) -> TemplateFiles:
    """Every template there is, or only the user's own. Broken files are left out, with a warning each."""
    files = TemplateFiles()
    places = (folders.instruct, folders.context, folders.sysprompt, folders.reasoning)
    for kind, folder in zip(KINDS, places, strict=True):
        for path in _files_in(folder, ".json"):
            _reading(files, lambda path=path, kind=kind: _add_json(files, kind, path))  # type: ignore[misc]  # bound now
    for path in _files_in(folders.instruct_templates, ".json"):
        _reading(files, lambda path=path: _add_master(files, path))  # type: ignore[misc]  # bound now
    ours = bundled_files("instruct_templates", ".yaml") if bundled else ()
    for path in (*_files_in(folders.instruct_templates, ".yaml"), *ours):
        _reading(files, lambda path=path: _add_yaml(files, path))  # type: ignore[misc]  # bound now
    return files


def split_master(templates: Json) -> Iterator[tuple[str, Json]]:
    """(kind, template) of each part of a master export, or of the one bare template a file holds.

    Kinds: `instruct`, `context`, `sysprompt`, `reasoning`, and `preset` for sampler settings."""
    parts = [(kind, templates.get(kind)) for kind in (*KINDS, "preset")]
    inner = [(kind, part) for kind, part in parts if isinstance(part, Mapping)]
    if inner:
        yield from inner
        return
    for kind, keys in REQUIRED:
        if all(key in templates for key in keys):
            yield kind, templates
            return


def split_yaml(data: bytes, what: str) -> list[tuple[str, Json]]:
    """(kind, template) of each part of a YAML file of ours; none, if it holds no template.

    Raises DataError."""
    found = parse_yaml(data, what)
    return _parts(found, _name_of(found, Path(what)))


def _parts(found: Json, name: str) -> list[tuple[str, Json]]:
    parts = [(kind, found.get(kind)) for kind in KINDS]
    return [
        (kind, {"name": name, **as_object(plain(part))}) for kind, part in parts if isinstance(part, Mapping)
    ]


def join_yaml(name: str, parts: Json) -> str:
    """The text of a YAML file with these parts by kind. `split_yaml` reads them back as they are."""
    named = {kind: _without_name(as_object(part), name) for kind, part in parts.items() if kind in KINDS}
    return yaml_text({"name": name, **named})


def _without_name(part: Json, name: str) -> Json:
    """A part of a file whose name it has need not say it again."""
    return {key: value for key, value in part.items() if (key, value) != ("name", name)}


def _reading(files: TemplateFiles, read: Callable[[], None]) -> None:
    try:
        read()
    except DataError as error:
        files.warnings.append(str(error))


def _files_in(folder: Path, ending: str) -> list[Path]:
    return sorted(folder.glob(f"*{ending}")) if folder.is_dir() else []


def _add_json(files: TemplateFiles, kind: str, path: Path) -> None:
    template = read_object(path)
    files.add(kind, _name_of(template, path), template, path)


def _add_master(files: TemplateFiles, path: Path) -> None:
    for kind, template in split_master(read_object(path)):
        if kind in files.found:
            files.add(kind, _name_of(template, path), template, path)


def _add_yaml(files: TemplateFiles, path: Path) -> None:
    found = parse_yaml(read_file(path, MAX_YAML), path.name)
    name = _name_of(found, path)
    if not any(isinstance(found.get(kind), Mapping) for kind in KINDS):
        raise DataError(f"{path.name} holds no template: it has none of {', '.join(KINDS)}.")
    for kind, template in _parts(found, name):
        files.add(kind, _name_of(template, path), template, path)
    for one in as_list(found.get("chat_template_hashes")):
        files.hashes.setdefault(str(one).lower(), name)
    for texts in as_list(found.get("chat_template_marks")):
        wanted = tuple(one for one in as_list(texts) if isinstance(one, str) and one)
        if wanted:
            files.marks.append((name, wanted))


def _name_of(template: Json, path: Path) -> str:
    name = template.get("name")
    return name if isinstance(name, str) and name else path.stem
