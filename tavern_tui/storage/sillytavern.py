"""What a SillyTavern data folder says besides its cards and chats: lore links, notes, regexes, tags."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tavern_tui.core.character import Character
from tavern_tui.core.errors import DataError
from tavern_tui.core.following import AutoContinue, AutoSwipe
from tavern_tui.core.lorebook import LoreSettings
from tavern_tui.core.preset import AuthorsNote, CharacterNote, PromptOptions, RegexScript, SummaryPlace
from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.json_keep import (
    KeyPath,
    KeyTable,
    as_list,
    as_object,
    dig,
    flag,
    key,
    lay_over,
    parse_json,
    read_file,
    texts,
    whole,
)
from tavern_tui.storage.replies import AUTO_CONTINUE, AUTO_SWIPE, REASONING
from tavern_tui.storage.st_settings import change_st_settings, read_st_settings

VARIABLES: KeyPath = ("extension_settings", "variables", "global")

LORE = KeyTable(
    LoreSettings,
    *(
        key(name, f"world_info_settings.world_info_{name}", whole)
        for name in (
            "depth", "min_activations", "min_activations_depth_max", "budget", "budget_cap",
            "character_strategy", "max_recursion_steps",
        )
    ),
    *(
        key(name, f"world_info_settings.world_info_{name}", flag)
        for name in (
            "include_names", "recursive", "case_sensitive", "match_whole_words", "use_group_scoring"
        )
    ),
)  # fmt: skip
OPTIONS = KeyTable(
    PromptOptions,
    key("token_padding", "power_user.token_padding", whole),
    key("user_prompt_bias", "power_user.user_prompt_bias"),
    key("note_allow_wi_scan", "extension_settings.note.allowWIScan", flag),
    *(
        key(name, f"power_user.{name}", flag)
        for name in (
            "collapse_newlines", "pin_examples", "strip_examples", "trim_sentences", "trim_spaces",
            "always_force_name2", "single_line", "prefer_character_prompt", "prefer_character_jailbreak",
            "custom_stopping_strings_macro", "allow_name1_display", "allow_name2_display",
            "disable_group_trimming", "auto_fix_generated_markdown", "experimental_macro_engine",
        )
    ),
)  # fmt: skip
NOTE = KeyTable(
    AuthorsNote,
    key("text", "extension_settings.note.default"),
    key("interval", "extension_settings.note.defaultInterval", whole),
    key("position", "extension_settings.note.defaultPosition", whole),
    key("depth", "extension_settings.note.defaultDepth", whole),
    key("role", "extension_settings.note.defaultRole", whole),
)
SUMMARY = KeyTable(
    SummaryPlace,
    key("template", "extension_settings.memory.template"),
    key("position", "extension_settings.memory.position", whole),
    key("depth", "extension_settings.memory.depth", whole),
    key("role", "extension_settings.memory.role", whole),
    key("scan", "extension_settings.memory.scan", flag),
)
CHARACTER_NOTE = KeyTable(
    CharacterNote,
    key("text", "prompt"),
    key("enabled", "useChara", flag),
    key("position", "position", whole),
)
REGEX = KeyTable(
    RegexScript,
    key("name", "scriptName"),
    key("find", "findRegex"),
    key("replace", "replaceString"),
    key("trim_strings", "trimStrings", texts),
    key("disabled", "disabled", flag),
    key("markdown_only", "markdownOnly", flag),
    key("prompt_only", "promptOnly", flag),
    key("run_on_edit", "runOnEdit", flag),
    key(
        "substitute", "substituteRegex", lambda value: int(value) if isinstance(value, bool) else whole(value)
    ),
    key("min_depth", "minDepth", whole),
    key("max_depth", "maxDepth", whole),
)

GLOBAL_SCRIPTS: KeyPath = ("extension_settings", "regex")
CARD_SCRIPTS: KeyPath = ("data", "extensions", "regex_scripts")
PRESET_SCRIPTS: KeyPath = ("extensions", "regex_scripts")
ALLOWED_CARDS: KeyPath = ("extension_settings", "character_allowed_regex")
ALLOWED_PRESETS: KeyPath = ("extension_settings", "preset_allowed_regex")

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class TavernSetup:
    """The parts of settings.json that shape prompts, as our values; defaults where it is silent."""

    lore: LoreSettings = field(default_factory=LoreSettings)
    global_books: tuple[str, ...] = ()
    """Lorebooks that are active everywhere."""
    character_books: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Card file without ending -> more lorebooks."""
    note: AuthorsNote = field(default_factory=AuthorsNote)
    """Defaults of chats without an author's note of their own."""
    character_notes: Mapping[str, CharacterNote] = field(default_factory=dict)
    """Card file without ending -> note."""
    summary: SummaryPlace = field(default_factory=SummaryPlace)
    regex_scripts: tuple[RegexScript, ...] = ()
    """The global ones."""
    allowed_regex: tuple[str, ...] = ()
    """Card files (with ending) whose own scripts may run."""
    allowed_preset_regex: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """SillyTavern's name of an API -> presets whose own scripts may run."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tag id -> name."""
    tag_map: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Card file with ending, or group id -> tag ids."""
    options: PromptOptions = field(default_factory=PromptOptions)
    reasoning: ReasoningTemplate = field(default_factory=ReasoningTemplate)
    auto_continue: AutoContinue = field(default_factory=AutoContinue)
    auto_swipe: AutoSwipe = field(default_factory=AutoSwipe)
    global_variables: Mapping[str, object] = field(default_factory=dict)
    main_api: str = ""

    def note_of(self, metadata: Json) -> AuthorsNote:
        """The author's note of a chat with this metadata."""
        return note_of(metadata, self.note)

    def books_of(self, file: str) -> tuple[str, ...]:
        """More lorebooks of a character."""
        return self.character_books.get(file, ())

    def character_note(self, file: str) -> CharacterNote:
        return self.character_notes.get(file, CharacterNote())

    def tags_of(self, file: str) -> tuple[str, ...]:
        """Ids of a character's tags."""
        return self.tag_map.get(f"{file}.png", ())

    def regex_scripts_for(
        self, character: Character, preset: tuple[RegexScript, ...] = ()
    ) -> tuple[RegexScript, ...]:
        """The scripts that run with this character: the global ones, those of the preset, then its
        own if it may."""
        if f"{character.file}.png" not in self.allowed_regex:
            return (*self.regex_scripts, *preset)
        return (*self.regex_scripts, *preset, *card_scripts(character))


def read_setup(folders: Folders, warnings: list[str] | None = None) -> TavernSetup:
    """What settings.json says; the defaults without one. Oddities become sentences in `warnings`."""
    heard = warnings if warnings is not None else []
    return setup_from_json(read_st_settings(folders, heard), heard)


def setup_from_json(settings: Json, warnings: list[str]) -> TavernSetup:
    """The setup in the object of a settings.json."""
    where = "settings.json"
    extensions = as_object(settings.get("extension_settings"))
    lore = LORE.read(settings, where, warnings)
    if lore["budget"] > 100:
        lore["budget"] = LoreSettings().budget  # SillyTavern resets it likewise: it was once in tokens
    linked = as_object(dig(settings, ("world_info_settings", "world_info")))
    return TavernSetup(
        lore=LoreSettings(**lore),
        global_books=_texts(linked.get("globalSelect")),
        character_books={
            str(row.get("name")): _texts(row.get("extraBooks")) for row in _rows(linked.get("charLore"))
        },
        note=AuthorsNote(**NOTE.read(settings, where, warnings)),
        character_notes={
            str(row.get("name")): CharacterNote(**CHARACTER_NOTE.read(row, where, warnings))
            for row in _rows(dig(extensions, ("note", "chara")))
        },
        summary=SummaryPlace(**SUMMARY.read(settings, where, warnings)),
        regex_scripts=regex_scripts_from(extensions.get("regex"), where, warnings),
        allowed_regex=_texts(extensions.get("character_allowed_regex")),
        allowed_preset_regex={
            api: _texts(names) for api, names in as_object(extensions.get("preset_allowed_regex")).items()
        },
        tags={str(row.get("id")): str(row.get("name", "")) for row in _rows(settings.get("tags"))},
        tag_map={file: _texts(ids) for file, ids in as_object(settings.get("tag_map")).items()},
        options=PromptOptions(
            custom_stopping_strings=_stop_strings(settings, where, warnings),
            **OPTIONS.read(settings, where, warnings),
        ),
        reasoning=ReasoningTemplate(**REASONING.read(settings, where, warnings)),
        auto_continue=AutoContinue(**AUTO_CONTINUE.read(settings, where, warnings)),
        auto_swipe=AutoSwipe(**AUTO_SWIPE.read(settings, where, warnings)),
        global_variables=as_object(dig(settings, VARIABLES)),
        main_api=str(settings.get("main_api") or ""),
    )


def note_of(metadata: Json, default: AuthorsNote) -> AuthorsNote:
    """A chat's author's note; what its metadata does not say is taken from `default`."""
    read = _CHAT_NOTE.read(metadata, "The chat's author's note", None)
    said = {one.field for one in _CHAT_NOTE.keys if metadata.get(one.path[0]) is not None}
    return AuthorsNote(
        **{name: value if name in said else getattr(default, name) for name, value in read.items()}
    )


_CHAT_NOTE = KeyTable(
    AuthorsNote,
    key("text", "note_prompt"),
    key("interval", "note_interval", whole),
    key("position", "note_position", whole),
    key("depth", "note_depth", whole),
    key("role", "note_role", whole),
)


def write_global_variables(folders: Folders, variables: Json) -> None:
    """Keep the variables all chats share. Raises UnreadableFile, WriteFailed."""
    change_st_settings(folders, {VARIABLES: dict(variables)})


def change_lore_links(folders: Folders, global_books: tuple[str, ...]) -> None:
    """Which lorebooks are active everywhere. Raises UnreadableFile, WriteFailed."""
    path = ("world_info_settings", "world_info", "globalSelect")
    change_st_settings(folders, {path: list(global_books)})


def regex_scripts_from(found: object, where: str, warnings: list[str]) -> tuple[RegexScript, ...]:
    """The scripts in a list, or the one script in an object."""
    rows = [found] if isinstance(found, Mapping) else as_list(found)
    return tuple(
        RegexScript(
            placement=tuple(one for one in as_list(row.get("placement")) if type(one) is int),
            source=row,
            **REGEX.read(row, where, warnings),
        )
        for row in map(as_object, rows)
        if isinstance(row.get("findRegex"), str)
    )


def card_scripts(character: Character) -> tuple[RegexScript, ...]:
    """The scripts inside a card, whether they may run or not."""
    return regex_scripts_from(dig(character.source, CARD_SCRIPTS), f"The card {character.file}", [])


def script_json(script: RegexScript) -> dict[str, object]:
    """The script's object, keys this client does not know included."""
    before = {
        path: value
        for read in regex_scripts_from([script.source], "", [])
        for path, value in _script_values(read).items()
    }
    return lay_over(script.source, before, _script_values(script))


def _script_values(script: RegexScript) -> dict[KeyPath, object]:
    return {**REGEX.values(script), ("placement",): list(script.placement)}


def read_regex_scripts(path: Path, warnings: list[str] | None = None) -> tuple[RegexScript, ...]:
    """A file of regex scripts. Raises UnreadableFile, DataError."""
    found = parse_json(read_file(path), path.name)
    scripts = regex_scripts_from(found, path.name, warnings if warnings is not None else [])
    if not scripts:
        raise DataError(f"{path.name} holds no regex script.")
    return scripts


def _stop_strings(settings: Json, where: str, warnings: list[str]) -> tuple[str, ...]:
    """Stop strings of the user's own: the JSON text of a list."""
    found = dig(settings, ("power_user", "custom_stopping_strings"))
    if not isinstance(found, str) or not found.strip():
        return _texts(found)
    try:
        return _texts(json.loads(found))
    except (ValueError, RecursionError):
        warnings.append(f"{where}: the custom stopping strings are no JSON list; they were ignored.")
        return ()


def _texts(found: object) -> tuple[str, ...]:
    return tuple(one for one in as_list(found) if isinstance(one, str))


def _rows(found: object) -> list[Json]:
    return [as_object(one) for one in as_list(found)]
