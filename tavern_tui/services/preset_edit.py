"""What one can do with the prompts of a preset: each function makes a changed preset."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tavern_tui.core.errors import UsageError
from tavern_tui.core.preset import CharacterOrder, ChatPreset, ManagedPrompt, PromptOrder
from tavern_tui.core.samplers import SamplerValue
from tavern_tui.storage.presets import samplers_from_chat
from tavern_tui.storage.presets.default import MARKERS, TEXTS
from tavern_tui.storage.presets.samplers import CHAT

EVERYBODY = ""
"""Whose order: that of all characters without one of their own."""

BUILT_IN_NAMES = {**MARKERS, **{identifier: title for identifier, (title, _) in TEXTS.items()}}
"""Prompts every preset has a place for, and what they are called where it does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRow:
    """A prompt in the list."""

    identifier: str
    prompt: ManagedPrompt | None
    """None: the order names it, but there is no such prompt."""
    enabled: bool = False
    listed: bool = True
    """False: it has no place in the order and is never sent."""

    @property
    def title(self) -> str:
        name = self.prompt.name.strip() if self.prompt is not None else ""
        return name or BUILT_IN_NAMES.get(self.identifier) or self.identifier

    @property
    def is_place(self) -> bool:
        """Whether the program fills it: with the card, the chat, ..."""
        return self.identifier in MARKERS


def find_prompt(preset: ChatPreset, identifier: str) -> ManagedPrompt | None:
    """The prompt that is used under this identifier; of two the last one."""
    return _known(preset).get(identifier) or _built_in(identifier)


def _known(preset: ChatPreset) -> dict[str, ManagedPrompt]:
    return {one.identifier: one for one in preset.prompts}


def _built_in(identifier: str) -> ManagedPrompt | None:
    """A prompt that every preset has, as it is where the file does not say."""
    if identifier in BUILT_IN_NAMES:
        return ManagedPrompt(
            identifier=identifier,
            name=BUILT_IN_NAMES[identifier],
            system_prompt=True,
            marker=identifier in MARKERS,
        )
    return None


def prompt_rows(preset: ChatPreset, who: str = EVERYBODY) -> list[PromptRow]:
    """The prompts in an order, then those that have no place in it."""
    order, known = order_of(preset, who), _known(preset)
    listed = {identifier for identifier, _ in order}
    rows = [
        PromptRow(identifier=identifier, prompt=known.get(identifier) or _built_in(identifier), enabled=on)
        for identifier, on in order
    ]
    others = dict.fromkeys(one.identifier for one in preset.prompts if one.identifier not in listed)
    missing = [identifier for identifier in BUILT_IN_NAMES if identifier not in listed]
    for identifier in dict.fromkeys((*others, *missing)):
        prompt = known.get(identifier) or _built_in(identifier)
        rows.append(PromptRow(identifier=identifier, prompt=prompt, listed=False))
    return rows


# --- the order


def order_of(preset: ChatPreset, who: str = EVERYBODY) -> PromptOrder:
    """The order in force for a character: its own, else everybody's."""
    own = preset.own_order(who) if who else None
    return preset.order if own is None else own


def with_order(preset: ChatPreset, who: str, order: PromptOrder) -> ChatPreset:
    """The preset with another order for somebody; a character without one gets one."""
    if not who:
        return replace(preset, order=order)
    mine = CharacterOrder(who=who, order=order)
    orders = tuple(mine if one.who == who else one for one in preset.character_orders)
    if mine not in orders:
        orders = (*orders, mine)
    return replace(preset, character_orders=orders)


def without_order(preset: ChatPreset, who: str) -> ChatPreset:
    """The preset without a character's own order."""
    kept = tuple(one for one in preset.character_orders if one.who != who)
    return replace(preset, character_orders=kept)


def toggled(preset: ChatPreset, who: str, identifier: str) -> ChatPreset:
    """A prompt switched off or on; one without a place gets one at the end, and is on."""
    order = order_of(preset, who)
    if all(name != identifier for name, _ in order):
        return with_order(preset, who, (*order, (identifier, True)))
    switched = tuple((name, not on if name == identifier else on) for name, on in order)
    return with_order(preset, who, switched)


def moved(preset: ChatPreset, who: str, identifier: str, to: int) -> ChatPreset:
    """A prompt at another place of the order, counted from 0; past the ends it stays at the end."""
    order = order_of(preset, who)
    mine = [row for row in order if row[0] == identifier]
    others = [row for row in order if row[0] != identifier]
    at = max(0, min(to, len(others)))
    return with_order(preset, who, (*others[:at], *mine, *others[at:]))


def detached(preset: ChatPreset, who: str, identifier: str) -> ChatPreset:
    """A prompt without a place in the order; the prompt itself stays."""
    order = tuple(row for row in order_of(preset, who) if row[0] != identifier)
    return with_order(preset, who, order)


# --- the prompts


def new_prompt(name: str) -> ManagedPrompt:
    """An empty prompt of the user's, with an identifier nobody else has."""
    return ManagedPrompt(identifier=str(uuid.uuid4()), name=name)


def added(preset: ChatPreset, who: str, prompt: ManagedPrompt, at: int) -> ChatPreset:
    """The preset with one more prompt, on, at a place of the order."""
    order = order_of(preset, who)
    at = max(0, min(at, len(order)))
    with_it = with_order(preset, who, (*order[:at], (prompt.identifier, True), *order[at:]))
    return replace(with_it, prompts=(*preset.prompts, prompt))


def changed(preset: ChatPreset, identifier: str, prompt: ManagedPrompt) -> ChatPreset:
    """The preset with `prompt` in the place of the one under `identifier`, in all orders, too.

    Raises UsageError for an identifier that cannot be."""
    if prompt.identifier != identifier:
        _check_identifier(preset, identifier, prompt.identifier)
        preset = _renamed(preset, identifier, prompt.identifier)
    at = [place for place, one in enumerate(preset.prompts) if one.identifier == identifier]
    if not at:
        return replace(preset, prompts=(*preset.prompts, prompt))
    prompts = list(preset.prompts)
    prompts[at[-1]] = prompt
    return replace(preset, prompts=tuple(prompts))


def _check_identifier(preset: ChatPreset, old: str, new: str) -> None:
    if not new.strip():
        raise UsageError("A prompt needs an identifier.")
    if old in BUILT_IN_NAMES:
        raise UsageError(f'"{old}" is known to the program by its identifier: it must stay.')
    if find_prompt(preset, new) is not None:
        raise UsageError(f'There already is a prompt "{new}".')


def _renamed(preset: ChatPreset, old: str, new: str) -> ChatPreset:
    return _in_all_orders(
        preset, lambda order: tuple((new if name == old else name, on) for name, on in order)
    )


def _in_all_orders(preset: ChatPreset, change: Callable[[PromptOrder], PromptOrder]) -> ChatPreset:
    characters = tuple(replace(one, order=change(one.order)) for one in preset.character_orders)
    return replace(preset, order=change(preset.order), character_orders=characters)


def removed(preset: ChatPreset, identifier: str) -> ChatPreset:
    """The preset without a prompt, in any order. Raises UsageError for one every preset has."""
    if identifier in BUILT_IN_NAMES:
        name = BUILT_IN_NAMES[identifier]
        raise UsageError(f'"{name}" belongs to every preset.', hint="Switch it off instead.")
    preset = _in_all_orders(preset, lambda order: tuple(row for row in order if row[0] != identifier))
    return replace(preset, prompts=tuple(one for one in preset.prompts if one.identifier != identifier))


# --- samplers and lengths


LENGTH_KEYS = {"max_tokens": "openai_max_tokens", "max_context": "openai_max_context"}
"""Field -> key of the file. A preset without the key leaves the length to the connection."""


def length_values(preset: ChatPreset) -> dict[str, int | None]:
    """The lengths a preset says; None: it leaves them to the connection."""
    return {
        field: getattr(preset, field) if preset.source.get(key) is not None else None
        for field, key in LENGTH_KEYS.items()
    }


def with_length(preset: ChatPreset, field: str, value: int | None) -> ChatPreset:
    """The preset with another length; None: without it."""
    usual: int = getattr(ChatPreset(), field)
    source = _with_key(preset.source, LENGTH_KEYS[field], value)
    return replace(preset, source=source, **{field: usual if value is None else value})  # type: ignore[arg-type]  # both are int


def _with_key(source: Mapping[str, object], key: str, value: object) -> dict[str, object]:
    """A preset's object with this value; None: without the key."""
    kept = {name: one for name, one in source.items() if value is not None or name != key}
    return kept if value is None else {**kept, key: value}


def sampler_values(preset: ChatPreset) -> dict[str, SamplerValue | None]:
    """All samplers a chat preset can hold, by our names; None: it leaves them to the server."""
    found = samplers_from_chat(preset)
    return {ours: found.get(ours) for ours in CHAT.values()}


def with_sampler(preset: ChatPreset, name: str, value: SamplerValue | None) -> ChatPreset:
    """The preset with another value for a sampler of ours; None: without it."""
    theirs = next(key for key, ours in CHAT.items() if ours == name)
    return replace(preset, source=_with_key(preset.source, theirs, value))
