"""Sampler values of SillyTavern's preset files under our names (`core.samplers`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from tavern_tui.core.biases import read_bias, write_bias
from tavern_tui.core.samplers import SAMPLERS, SamplerKind, SamplerValue
from tavern_tui.storage.json_keep import Reader, flag, number, read_value, text, whole

SAME = {name: name for name in SAMPLERS}
"""Samplers that are called in the file as we call them."""


def _same(*names: str) -> dict[str, str]:
    return {name: SAME[name] for name in names}


TEXTGEN: Mapping[str, str] = {
    "temp": "temperature",
    "rep_pen": "repetition_penalty",
    "rep_pen_range": "repetition_range",
    "rep_pen_decay": "repetition_decay",
    "rep_pen_slope": "repetition_slope",
    "encoder_rep_pen": "encoder_repetition_penalty",
    "freq_pen": "frequency_penalty",
    "min_length": "min_tokens",
    "min_temp": "dynatemp_low",
    "max_temp": "dynatemp_high",
    "grammar_string": "grammar",
    "banned_tokens": "banned_strings",
    **_same(
        "temperature_last", "top_p", "top_k", "top_a", "tfs", "epsilon_cutoff", "eta_cutoff", "typical_p",
        "min_p", "no_repeat_ngram_size", "presence_penalty", "skew", "dynatemp", "dynatemp_exponent",
        "smoothing_factor", "smoothing_curve", "dry_allowed_length", "dry_multiplier", "dry_base",
        "dry_sequence_breakers", "dry_penalty_last_n", "add_bos_token", "ban_eos_token",
        "skip_special_tokens", "mirostat_mode", "mirostat_tau", "mirostat_eta", "guidance_scale",
        "negative_prompt", "json_schema", "xtc_threshold", "xtc_probability", "nsigma", "min_keep",
        "adaptive_target", "adaptive_decay", "seed", "penalty_alpha", "spaces_between_special_tokens",
        "logit_bias",
    ),
    "presence_pen": "presence_penalty",
}  # fmt: skip
KOBOLD: Mapping[str, str] = {
    "temp": "temperature",
    "rep_pen": "repetition_penalty",
    "rep_pen_range": "repetition_range",
    "rep_pen_slope": "repetition_slope",
    "typical": "typical_p",
    "mirostat": "mirostat_mode",
    "sampler_order": "sampler_order",
    **_same("top_p", "min_p", "top_a", "top_k", "tfs", "mirostat_tau", "mirostat_eta", "grammar"),
}
NOVEL: Mapping[str, str] = {
    "tail_free_sampling": "tfs",
    "repetition_penalty_range": "repetition_range",
    "repetition_penalty_slope": "repetition_slope",
    "repetition_penalty_frequency": "frequency_penalty",
    "repetition_penalty_presence": "presence_penalty",
    "min_length": "min_tokens",
    "mirostat_lr": "mirostat_eta",
    "cfg_scale": "guidance_scale",
    "order": "sampler_order",
    "banned_tokens": "banned_strings",
    **_same(
        "temperature", "top_k", "top_p", "top_a", "typical_p", "min_p", "repetition_penalty",
        "mirostat_tau", "phrase_rep_pen", "math1_temp", "math1_quad", "math1_quad_entropy_scale", "prefix",
        "logit_bias",
    ),
}  # fmt: skip
CHAT: Mapping[str, str] = _same(
    "temperature", "frequency_penalty", "presence_penalty", "top_p", "top_k", "top_a", "min_p",
    "repetition_penalty", "seed", "n",
)  # fmt: skip
"""Theirs -> ours, per kind of preset file."""

ORDERS: Mapping[str, str] = {
    "llamacpp": "samplers",
    "koboldcpp": "sampler_order",
    "ooba": "sampler_priority",
    "aphrodite": "samplers_priorities",
}
"""Text generation: which of the file's four orders a server understands."""

LENGTHS: Mapping[str, str] = {
    "genamt": "max_tokens",
    "max_length": "context_size",
    "openai_max_tokens": "max_tokens",
    "openai_max_context": "context_size",
}
NOVEL_LENGTHS: Mapping[str, str] = {"max_length": "max_tokens", "max_context": "context_size"}


def samplers_from(
    preset: Mapping[str, object], names: Mapping[str, str], where: str = "", warnings: list[str] | None = None
) -> dict[str, SamplerValue]:
    """The samplers a preset sets. Values that cannot be read are left out, with a warning each."""
    found: dict[str, SamplerValue] = {}
    for theirs, ours in names.items():
        value = read_value(preset.get(theirs), _reader(ours), None, f'{where}: "{theirs}"', warnings)
        if value is not None:
            found[ours] = value
    if "banned_strings" in names.values():
        tokens = _banned_tokens(preset.get("banned_tokens"))
        if tokens:
            found["banned_tokens"] = tokens
    return found


def with_samplers(
    preset: Mapping[str, object], names: Mapping[str, str], values: Mapping[str, SamplerValue | None]
) -> dict[str, object]:
    """The preset with these samplers in it, as such files spell them; None takes one out. What the
    file cannot hold, and what it holds besides, stays away or as it is."""
    changed = dict(preset)
    theirs_of = {ours: theirs for theirs, ours in reversed(list(names.items()))}
    if theirs_of.get("banned_strings") and ("banned_strings" in values or "banned_tokens" in values):
        before = samplers_from(preset, names)
        kept = {name: values.get(name, before.get(name)) for name in ("banned_strings", "banned_tokens")}
        changed["banned_tokens"] = _banned_text(kept["banned_strings"], kept["banned_tokens"])
    for ours, value in values.items():
        theirs = theirs_of.get(ours)
        if theirs is None or ours in ("banned_strings", "banned_tokens"):
            continue
        if value is None:
            changed.pop(theirs, None)
        else:
            changed[theirs] = _writer(ours)(value)
    return changed


def samplers_from_textgen(
    preset: Mapping[str, object], backend: str = "", where: str = "", warnings: list[str] | None = None
) -> dict[str, SamplerValue]:
    """The samplers of a text-generation preset. With a `backend` (SillyTavern's id) also its order."""
    names = TEXTGEN if backend not in ORDERS else {**TEXTGEN, ORDERS[backend]: "sampler_order"}
    return samplers_from(preset, names, where, warnings)


def lengths_from(preset: Mapping[str, object], names: Mapping[str, str] = LENGTHS) -> dict[str, int]:
    """`max_tokens` and `context_size`, where the preset was saved with them."""
    found: dict[str, int] = {}
    for theirs, ours in names.items():
        value = read_value(preset.get(theirs), whole, 0, "", None)
        if value > 0:
            found[ours] = value
    return found


def _reader(ours: str) -> Reader:
    return _OWN_READERS.get(ours) or _KIND_READERS[SAMPLERS[ours].kind]


def _strings(value: object) -> tuple[str, ...]:
    """A list of texts, also as the JSON text of one."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else []
        except (ValueError, RecursionError):
            value = [value]
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _order(value: object) -> tuple[str, ...] | tuple[int, ...] | None:
    """Samplers by name, or by KoboldAI's numbers."""
    if not isinstance(value, list) or not value:
        return None
    numbers = tuple(one for one in value if isinstance(one, int) and not isinstance(one, bool))
    return numbers if len(numbers) == len(value) else tuple(one for one in value if isinstance(one, str))


def _banned(value: object) -> tuple[str, ...]:
    """Quoted lines of "banned tokens" are phrases; lines of token ids belong to one model only."""
    lines = [line.strip() for line in value.splitlines()] if isinstance(value, str) else []
    return tuple(line[1:-1] for line in lines if len(line) > 2 and line[0] == line[-1] == '"')


def _banned_tokens(value: object) -> tuple[str, ...]:
    """The other lines: texts and ids of single tokens."""
    lines = [line.strip() for line in value.splitlines()] if isinstance(value, str) else []
    return tuple(line for line in lines if line and not (len(line) > 2 and line[0] == line[-1] == '"'))


def _banned_text(phrases: object, tokens: object) -> str:
    """Both as the file's one text."""
    quoted = [f'"{one}"' for one in phrases] if isinstance(phrases, tuple) else []
    plain = [str(one) for one in tokens] if isinstance(tokens, tuple) else []
    return "\n".join([*quoted, *plain])


def _biases(value: object) -> tuple[str, ...] | None:
    """`[{text, value}]` as our lines."""
    if not isinstance(value, list):
        return None
    rows = [one for one in value if isinstance(one, Mapping)]
    return tuple(
        write_bias(str(row["text"]), float(row["value"]))
        for row in rows
        if isinstance(row.get("text"), str) and row["text"] and _is_number(row.get("value"))
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _bias_rows(value: SamplerValue) -> object:
    """Our lines as the file has them. The ids are SillyTavern's own; any text does."""
    rows = [(line.rpartition("=")[0].removesuffix(" "), read_bias(line)) for line in _texts(value)]
    return [
        {"id": f"bias-{number}", "text": text, "value": bias.value}
        for number, (text, bias) in enumerate(rows)
        if bias is not None
    ]


def _texts(value: SamplerValue) -> list[str]:
    return [str(one) for one in value] if isinstance(value, tuple) else []


def _schema(value: object) -> str | None:
    """A JSON schema as text; the empty one means none."""
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False) if value else None
    return value if isinstance(value, str) else None


_OWN_READERS: dict[str, Callable[[object], object]] = {
    "sampler_order": _order,
    "banned_strings": _banned,
    "json_schema": _schema,
    "logit_bias": _biases,
}
_KIND_READERS: dict[SamplerKind, Reader] = {
    SamplerKind.FLOAT: number,
    SamplerKind.INT: whole,
    SamplerKind.BOOL: flag,
    SamplerKind.TEXT: text,
    SamplerKind.STRINGS: _strings,
}


def _json_list(value: SamplerValue) -> object:
    """A list as JSON text, which is how these files keep DRY's breakers."""
    return json.dumps(_texts(value), ensure_ascii=False)


def _schema_object(value: SamplerValue) -> object:
    try:
        found: object = json.loads(str(value)) if str(value).strip() else {}
    except (ValueError, RecursionError):
        return str(value)
    return found


def _plain(value: SamplerValue) -> object:
    return list(value) if isinstance(value, tuple) else value


def _writer(ours: str) -> Callable[[SamplerValue], object]:
    return _WRITERS.get(ours, _plain)


_WRITERS: dict[str, Callable[[SamplerValue], object]] = {
    "dry_sequence_breakers": _json_list,
    "json_schema": _schema_object,
    "logit_bias": _bias_rows,
}
