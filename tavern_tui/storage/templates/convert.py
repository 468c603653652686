"""Template objects as SillyTavern stores them to our template values and back, old ones migrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from tavern_tui.core.template import (
    ContextTemplate,
    InstructTemplate,
    ReasoningTemplate,
    SystemPrompt,
)
from tavern_tui.storage.json_keep import Key, KeyTable, Reader, flag, lay_over, text, whole

_READERS: dict[str, Reader] = {"str": text, "bool": flag, "int": whole}


def _table(made: type, *left_out: str) -> KeyTable:
    """A table of all fields under their own names: SillyTavern's are ours here."""
    rows = [one for one in fields(made) if one.name not in (*left_out, "source")]
    return KeyTable(made, *(Key(one.name, (one.name,), _READERS[str(one.type)]) for one in rows))


INSTRUCT = _table(InstructTemplate)
CONTEXT = _table(ContextTemplate)
SYSTEM_PROMPT = _table(SystemPrompt, "enabled")
REASONING = _table(ReasoningTemplate, "auto_parse", "add_to_prompts", "max_additions", "auto_expand")

ANCHOR_BEFORE = "{{#if anchorBefore}}{{anchorBefore}}\n{{/if}}"
ANCHOR_AFTER = "{{#if anchorAfter}}{{anchorAfter}}\n{{/if}}"
TRIM = "{{trim}}"


def instruct_from_json(
    template: Mapping[str, object], name: str = "", warnings: list[str] | None = None
) -> InstructTemplate:
    """An instruct template; `name` stands in for a missing one."""
    values = _read(INSTRUCT, _modern_instruct(template), "Instruct template", name, warnings)
    return InstructTemplate(source=template, **values)


def context_from_json(
    template: Mapping[str, object], name: str = "", warnings: list[str] | None = None
) -> ContextTemplate:
    """A context template. One from before the anchors gets them, or notes would vanish."""
    values = _read(CONTEXT, template, "Context template", name, warnings)
    if "story_string_position" not in template:
        values["story_string"] = with_anchors(values["story_string"])
    return ContextTemplate(source=template, **values)


def system_prompt_from_json(
    template: Mapping[str, object], name: str = "", warnings: list[str] | None = None
) -> SystemPrompt:
    """A system prompt."""
    values = _read(SYSTEM_PROMPT, template, "System prompt", name, warnings)
    return SystemPrompt(source=template, **values)


def reasoning_from_json(
    template: Mapping[str, object], name: str = "", warnings: list[str] | None = None
) -> ReasoningTemplate:
    """A reasoning template. Whether reasoning is parsed and sent back is not its business."""
    values = _read(REASONING, template, "Reasoning template", name, warnings)
    return ReasoningTemplate(source=template, **values)


def template_to_json(
    template: InstructTemplate | ContextTemplate | SystemPrompt | ReasoningTemplate,
) -> dict[str, object]:
    """The template's object, keys this client does not know included."""
    table, read = _WRITERS[type(template)]
    before = table.values(read(template.source, template.name)) if template.source else {}
    return lay_over(template.source, before, table.values(template))


_WRITERS: dict[type, tuple[KeyTable, Any]] = {
    InstructTemplate: (INSTRUCT, instruct_from_json),
    ContextTemplate: (CONTEXT, context_from_json),
    SystemPrompt: (SYSTEM_PROMPT, system_prompt_from_json),
    ReasoningTemplate: (REASONING, reasoning_from_json),
}


def with_anchors(story: str) -> str:
    """A story string with places for what is put before and after the prompt."""
    if "{{anchorBefore}}" not in story:
        at = story.find("{{")
        at = at if at >= 0 else 0
        story = story[:at] + ANCHOR_BEFORE + story[at:]
    if "{{anchorAfter}}" not in story:
        after = story.rfind("}}") + 2
        trim = story.rfind(TRIM)
        at = min(after, trim) if trim >= 0 else after
        story = story[:at] + ANCHOR_AFTER + story[at:]
    return story


def _read(
    table: KeyTable, template: Mapping[str, object], kind: str, name: str, warnings: list[str] | None
) -> dict[str, Any]:
    called = template.get("name")
    values = table.read(template, f'{kind} "{called if isinstance(called, str) else name}"', warnings)
    values["name"] = called if isinstance(called, str) and called else name
    return values


def _modern_instruct(template: Mapping[str, object]) -> Mapping[str, object]:
    """The template with the keys of older versions under their present names."""
    modern = dict(template)
    if "separator_sequence" in template:
        modern.setdefault("output_suffix", template["separator_sequence"])
    if "names" in template or "names_force_groups" in template:
        always, groups = template.get("names") is True, template.get("names_force_groups") is True
        modern.setdefault("names_behavior", "always" if always else "force" if groups else "none")
    return modern
