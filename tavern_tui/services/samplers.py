"""SamplerService: the samplers of the current connection - their values, where those come from, what is
sent of them - and the presets that hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tavern_tui.core.chat_choices import CHOICES, fits
from tavern_tui.core.connection import Connection
from tavern_tui.core.errors import UsageError
from tavern_tui.core.samplers import SAMPLERS, SamplerKind, SamplerSpec, SamplerValue
from tavern_tui.providers.orders import USUAL_ORDERS
from tavern_tui.providers.samplers import Values, checked, texts_for_ids
from tavern_tui.providers.sent import Sent, sent_values
from tavern_tui.services.chat_choices import Probe, preset_choices
from tavern_tui.services.presets import PresetService
from tavern_tui.services.token_counts import CHOICES as NO_FILE
from tavern_tui.storage.presets import PresetKind, ordered_samplers, samplers_from_chat

if TYPE_CHECKING:
    from tavern_tui.services.connections import ConnectionService

UNDO_STEPS = 50
KOBOLD_NAMES = ("top_k", "top_a", "top_p, min_p", "tfs", "typical", "temperature", "repetition penalty")
NOVEL_NAMES = (
    "temperature", "top_k", "top_p", "tfs", "top_a", "typical_p", "cfg", "top_g", "mirostat",
    "unified", "min_p",
)  # fmt: skip
"""What the numbers in an order mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerState:
    """One sampler of the current connection."""

    spec: SamplerSpec
    value: SamplerValue | None
    """None: it is not set; the server does as it does."""
    origin: str
    """`connection`, `preset`, or empty."""
    sent: Sent | None
    supported: bool = True
    """False: it is set, but this server has no such thing."""

    @property
    def shown(self) -> SamplerValue:
        """The value, or the neutral one where none is set."""
        return self.spec.neutral if self.value is None else self.value

    @property
    def differs(self) -> bool:
        """Whether it does something."""
        return self.value is not None and self.value != self.spec.neutral


class SamplerService:
    """Reads presets through `presets`; values set by hand are the connection's own and go before them.

    Raises UsageError, WriteFailed where it writes."""

    def __init__(self, connections: ConnectionService, presets: PresetService) -> None:
        self._connections = connections
        self._presets = presets
        self._undo: list[tuple[str, Mapping[str, SamplerValue]]] = []

    # --- what there is

    @property
    def connection(self) -> Connection:
        return self._connections.current

    @property
    def preset_name(self) -> str:
        """The preset the values come from that are not the connection's own; empty: none."""
        return self._presets.used(self._presets.kind_sent)

    def preset_values(self) -> Mapping[str, SamplerValue]:
        """The samplers of the chosen preset."""
        name, kind = self.preset_name, self._presets.kind_sent
        if not name:
            return {}
        try:
            if kind is PresetKind.CHAT:
                preset = self._presets.get(name)
                return {**samplers_from_chat(preset), **preset_choices(preset.source)}
            return ordered_samplers(self._presets.get_text(name, kind), self.connection.provider)
        except UsageError:
            return {}

    def values(self) -> dict[str, SamplerValue]:
        """All values that are set, the connection's own before the preset's."""
        return {**self.preset_values(), **self.connection.samplers}

    def all(self) -> list[SamplerState]:
        """The samplers the connection's server and model have, temperature first; a chat service's other
        choices; and what is set and left out."""
        row = self._connections.spec_of(self.connection)
        table, values, preset = row.samplers, self.values(), self.preset_values()
        probe = self._probe(values) if row.prompt_kind == "chat" else None
        status = self._connections.status
        sent = sent_values(
            table,
            Values(
                samplers=values,
                context_size=self._connections.context_size,
                max_tokens=self._connections.max_tokens,
                stream=self.connection.stream,
                max_replies=status.max_replies if status is not None else None,
                server_version=status.version if status is not None else "",
            ),
        )
        known = [
            name for name, spec in SAMPLERS.items() if name in table and (probe is None or probe.takes(spec))
        ]
        left_out = [
            name
            for name, value in values.items()
            if name not in known and name in SAMPLERS and value != SAMPLERS[name].neutral
        ]
        samplers = [
            SamplerState(
                spec=SAMPLERS[name],
                value=values.get(name),
                origin=self._origin(SAMPLERS[name], preset),
                sent=sent.get(name),
                supported=name in known,
            )
            for name in (*known, *left_out)
        ]
        return samplers if probe is None else [*samplers, *self._choices(probe, values, preset)]

    def _probe(self, values: Mapping[str, SamplerValue]) -> Probe:
        return Probe(
            self._connections.spec_of(self.connection),
            self.connection,
            model=self._connections.model,
            max_tokens=self._connections.max_tokens,
            values=values,
        )

    def _choices(
        self, probe: Probe, values: Mapping[str, SamplerValue], preset: Mapping[str, SamplerValue]
    ) -> list[SamplerState]:
        """What else a chat service and its model can be told; nothing it would not be sent."""
        own = self.connection.samplers
        return [
            SamplerState(
                spec=choice,
                value=values.get(name),
                origin=self._origin(choice, preset),
                sent=probe.sent(choice),
                supported=known,
            )
            for name, choice in CHOICES.items()
            if (known := probe.knows(choice)) or (name in own and own[name] != choice.neutral)
        ]

    def _origin(self, spec: SamplerSpec, preset: Mapping[str, SamplerValue]) -> str:
        if spec.id in self.connection.samplers:
            return "connection"
        said = spec.id in preset and (spec.id not in CHOICES or preset[spec.id] != spec.neutral)
        return "preset" if said else ""

    def remarks(self) -> list[str]:
        """What the server is not sent as it was set, one sentence each."""
        states = self.all()
        said = [
            f"{one.spec.title}: {one.sent.error}" for one in states if one.sent is not None and one.sent.error
        ]
        said += [
            f"{one.spec.title} is sent as {one.sent.words}."
            for one in states
            if one.sent is not None and one.sent.changed and one.differs
        ]
        held_back = [
            one.spec.title for one in states if one.sent is not None and one.sent.held_back and one.differs
        ]
        if held_back:
            said.append(f"Not sent, as it stands here: {', '.join(held_back)}.")
        wordy = self._wordy(states)
        if wordy:
            said.append(
                f"{', '.join(wordy)}: the words in it are not sent: that needs the model's tokenizer. Name "
                "its file in the connection (F2, e), or write ids: [123]."
            )
        away = [one.spec.title for one in states if not one.supported]
        if away:
            said.append(f"Left out, this server has no such thing: {', '.join(away)}.")
        return said

    def _wordy(self, states: Sequence[SamplerState]) -> list[str]:
        """What holds words for a server that takes ids, where nobody knows the ids."""
        row = self._connections.spec_of(self.connection)
        if self.connection.tokenizer not in NO_FILE or (row.server is not None and row.server.tokens):
            return []
        set_here = {one.spec.id: one.value for one in states if one.value is not None}
        return [
            SAMPLERS[name].title
            for name, value in set_here.items()
            if name in SAMPLERS and texts_for_ids(row.samplers, {name: value})
        ]

    def usual_order(self) -> tuple[str | int, ...]:
        """The order the server's samplers have by themselves; empty: it has none that can be changed."""
        return USUAL_ORDERS.get(self.connection.provider, ())

    def order_name(self, entry: str | int) -> str:
        """What an entry of an order means."""
        if not isinstance(entry, int):
            return entry
        names = NOVEL_NAMES if self.connection.provider == "novelai" else KOBOLD_NAMES
        return f"{entry} {names[entry]}" if 0 <= entry < len(names) else str(entry)

    # --- changing

    def set(self, name: str, value: SamplerValue | None) -> None:
        """Set a sampler of the current connection; None: back to the preset's value, or to none."""
        if name not in ALL:
            raise UsageError(f'There is no sampler "{name}".')
        samplers = dict(self.connection.samplers)
        if value is None:
            samplers.pop(name, None)
        else:
            samplers[name] = (
                chosen_value(name, value) if name in CHOICES else within(SAMPLERS[name], checked(name, value))
            )
        self._keep(samplers)

    def step(self, name: str, steps: int) -> None:
        """Move a number by so many of its steps, or flip a switch, or take the next choice."""
        spec, now = ALL[name], self.values().get(name, ALL[name].neutral)
        if isinstance(now, bool):
            self.set(name, not now)
        elif spec.choices:
            here = spec.choices.index(str(now)) if str(now) in spec.choices else 0
            self.set(name, spec.choices[(here + (1 if steps > 0 else -1)) % len(spec.choices)])
        elif isinstance(now, int | float):
            moved = now + steps * spec.step
            self.set(name, round(moved) if spec.kind is SamplerKind.INT else round(moved, 4))

    def neutralise(self) -> None:
        """Set every sampler the server has to the value that does nothing."""
        table = self._connections.spec_of(self.connection).samplers
        kept = {name: value for name, value in self.connection.samplers.items() if name not in table}
        self._keep({**kept, **{name: SAMPLERS[name].neutral for name in table if name not in SPECIAL}})

    def clear(self) -> None:
        """Forget all values set by hand: only the preset's are left."""
        self._keep({})

    def undo(self) -> bool:
        """Take back the last change; False: there is none of this connection."""
        while self._undo:
            name, samplers = self._undo.pop()
            if name == self.connection.name:
                self._put(samplers)
                return True
        return False

    def _keep(self, samplers: Mapping[str, SamplerValue]) -> None:
        before = self.connection
        if dict(before.samplers) == dict(samplers):
            return
        self._put(samplers)
        self._undo.append((before.name, before.samplers))
        del self._undo[:-UNDO_STEPS]

    def _put(self, samplers: Mapping[str, SamplerValue]) -> None:
        connection = self.connection
        changed = replace(connection, samplers=dict(samplers))
        if connection.name == "offline":
            self._connections.use_once(changed)
        else:
            self._connections.keep(connection, changed)

    # --- presets

    def save_into_preset(self, name: str = "") -> str:
        """Write all values and the connection's lengths into a preset (the chosen one, or a new one of
        this name) and use it; values set by hand are then the preset's. Returns its name."""
        kind = self._presets.kind_sent
        if kind is PresetKind.CHAT:
            raise UsageError("A chat preset's samplers are kept in the prompt manager.", hint="F7 opens it.")
        target = name or self.preset_name
        if not target:
            raise UsageError("There is no preset to save into.", hint="Save a new one.")
        connection = self.connection
        lengths = {"max_tokens": connection.max_tokens}
        if connection.context_size:
            lengths["context_size"] = connection.context_size
        saved = self._presets.save_text(
            target, kind, self.values(), backend=connection.provider, lengths=lengths, new=bool(name)
        )
        self._presets.choose(saved, kind)
        self._keep({})
        return saved


ALL: Mapping[str, SamplerSpec] = {**SAMPLERS, **CHOICES}
"""Everything a connection keeps among its samplers."""
SPECIAL = frozenset({"seed", "n", "logprobs", "sampler_order", "add_bos_token", "skip_special_tokens"})
"""Samplers that do not shape the distribution: neutralising leaves them."""


def chosen_value(name: str, value: SamplerValue) -> SamplerValue:
    """A value for one of the choices. Raises UsageError if it cannot be that."""
    if not fits(name, value):
        known = f" It can be {', '.join(CHOICES[name].choices)}." if CHOICES[name].choices else ""
        raise UsageError(f"{CHOICES[name].title} cannot be {str(value)[:40]!r}.{known}")
    return value


def within(spec: SamplerSpec, value: SamplerValue) -> SamplerValue:
    """A number inside the sampler's range."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if spec.choices:
        return value
    clamped = min(max(value, spec.low), spec.high)
    return int(clamped) if spec.kind is SamplerKind.INT else clamped
