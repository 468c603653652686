"""Every sampler we know, as data: range, step, neutral value and one line of help.

Names are ours; `providers.samplers` says what each backend calls them. Ranges follow
SillyTavern's text-generation panel, so that its presets load unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SamplerValue = float | int | bool | str | tuple[str, ...] | tuple[int, ...]


class SamplerKind(StrEnum):
    """What a sampler's value looks like."""

    FLOAT = "float"
    INT = "int"
    BOOL = "bool"
    TEXT = "text"
    STRINGS = "strings"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerSpec:
    """One sampler."""

    id: str
    title: str
    kind: SamplerKind
    neutral: SamplerValue
    help: str
    low: float = 0
    high: float = 1
    step: float = 0.01
    choices: tuple[str, ...] = ()
    """The only values a text may have; empty: any."""


def _number(
    id: str, title: str, low: float, high: float, neutral: float, help: str, step: float = 0.01
) -> SamplerSpec:
    return SamplerSpec(
        id=id, title=title, kind=SamplerKind.FLOAT, neutral=neutral, help=help, low=low, high=high, step=step
    )


def _whole(id: str, title: str, low: int, high: int, neutral: int, help: str) -> SamplerSpec:
    return SamplerSpec(
        id=id, title=title, kind=SamplerKind.INT, neutral=neutral, help=help, low=low, high=high, step=1
    )


def _switch(id: str, title: str, neutral: bool, help: str) -> SamplerSpec:
    return SamplerSpec(id=id, title=title, kind=SamplerKind.BOOL, neutral=neutral, help=help)


def _choice(id: str, title: str, choices: tuple[str, ...], help: str) -> SamplerSpec:
    return SamplerSpec(
        id=id, title=title, kind=SamplerKind.TEXT, neutral=choices[0], help=help, choices=choices
    )


SAMPLERS: dict[str, SamplerSpec] = {
    spec.id: spec
    for spec in (
        _number("temperature", "Temperature", 0, 5, 1, "Higher: bolder and less predictable."),
        _number("top_p", "Top P", 0, 1, 1, "Keep the likeliest tokens that add up to this share."),
        _whole("top_k", "Top K", -1, 500, 0, "Keep this many of the likeliest tokens; 0 is off."),
        _number("top_a", "Top A", 0, 1, 0, "Drop tokens below this share of the best one's square."),
        _number("min_p", "Min P", 0, 1, 0, "Drop tokens below this share of the best one."),
        _number("typical_p", "Typical P", 0, 1, 1, "Keep tokens of typical surprise."),
        _number("tfs", "Tail free", 0, 1, 1, "Cut the flat tail of the distribution."),
        _number("epsilon_cutoff", "Epsilon cutoff", 0, 9, 0, "Drop tokens below this, in 1e-4."),
        _number("eta_cutoff", "Eta cutoff", 0, 20, 0, "The same, moving with the entropy, in 1e-4."),
        _number("nsigma", "Top n-sigma", 0, 5, 0, "Keep tokens within n standard deviations of the best."),
        _whole("min_keep", "Min keep", 0, 50, 0, "Samplers leave at least this many tokens."),
        _number("repetition_penalty", "Repetition penalty", 1, 3, 1, "Makes used tokens less likely."),
        _whole(
            "repetition_range", "Repetition range", -1, 8192, 0, "Tokens the penalty looks back; 0 is all."
        ),
        _number("repetition_slope", "Repetition slope", 0, 10, 0, "Weighs recent repetitions more."),
        _whole("repetition_decay", "Repetition decay", -1, 8192, 0, "Tokens over which the penalty fades."),
        _number("frequency_penalty", "Frequency penalty", -2, 2, 0, "Grows with each use of a token."),
        _number("presence_penalty", "Presence penalty", -2, 2, 0, "The same for every token used once."),
        _number(
            "encoder_repetition_penalty", "Encoder penalty", 0.8, 1.5, 1, "Above 1: stays near the prompt."
        ),
        _whole(
            "no_repeat_ngram_size", "No-repeat n-gram", 0, 20, 0, "Forbids repeating runs of this length."
        ),
        _number("dry_multiplier", "DRY multiplier", 0, 5, 0, "Strength of the penalty on repeated runs."),
        _number("dry_base", "DRY base", 1, 4, 1.75, "How fast it grows with the run's length."),
        _whole("dry_allowed_length", "DRY allowed length", 1, 20, 2, "Runs up to this long are free."),
        _whole("dry_penalty_last_n", "DRY range", 0, 8192, 0, "Tokens it looks back; 0 is the context."),
        SamplerSpec(
            id="dry_sequence_breakers",
            title="DRY breakers",
            kind=SamplerKind.STRINGS,
            neutral=("\n", ":", '"', "*"),
            help="Strings that end a run.",
        ),
        _number("xtc_threshold", "XTC threshold", 0, 0.5, 0.1, "Tokens above this may be left out."),
        _number("xtc_probability", "XTC probability", 0, 1, 0, "How often the likeliest are left out."),
        _switch("dynatemp", "Dynamic temperature", False, "The temperature follows the entropy."),
        _number("dynatemp_low", "Lowest temperature", 0, 5, 0, "For dynamic temperature."),
        _number("dynatemp_high", "Highest temperature", 0, 5, 2, "For dynamic temperature."),
        _number("dynatemp_exponent", "Exponent", 0.01, 10, 1, "For dynamic temperature."),
        _number("smoothing_factor", "Smoothing factor", 0, 10, 0, "Quadratic sampling; 0 is off."),
        _number("smoothing_curve", "Smoothing curve", 1, 10, 1, "Its curve."),
        _number("adaptive_target", "Adaptive target", -0.01, 1, -0.01, "Adaptive-p; below 0 is off."),
        _number("adaptive_decay", "Adaptive decay", 0, 0.99, 0.9, "Its memory."),
        _whole("mirostat_mode", "Mirostat", 0, 2, 0, "0 off, 1 or 2."),
        _number("mirostat_tau", "Mirostat tau", 0, 20, 5, "Target surprise."),
        _number("mirostat_eta", "Mirostat eta", 0, 1, 0.1, "Learning rate."),
        _number("skew", "Skew", -5, 5, 0, "Bends the distribution."),
        _number("penalty_alpha", "Penalty alpha", 0, 5, 0, "Contrastive search; 0 is off."),
        _whole("min_tokens", "Minimum length", 0, 2000, 0, "Tokens before the end may come."),
        _switch("temperature_last", "Temperature last", True, "Apply temperature after the others."),
        _switch("ban_eos_token", "Ban EOS", False, "The model cannot end its turn."),
        _switch("add_bos_token", "Add BOS", True, "The server puts the start token in front."),
        _switch("skip_special_tokens", "Skip special tokens", True, "Special tokens are not shown."),
        _switch("spaces_between_special_tokens", "Spaces between special tokens", True, "As it says."),
        _choice(
            "phrase_rep_pen",
            "Phrase repetition",
            ("off", "very_light", "light", "medium", "aggressive", "very_aggressive"),
            "Penalty on repeated phrases.",
        ),
        _number("math1_temp", "Unified linearity", -2, 5, 1, "NovelAI's unified sampler."),
        _number("math1_quad", "Unified quadratic", -5, 5, 0, "NovelAI's unified sampler."),
        _number("math1_quad_entropy_scale", "Unified entropy", -5, 5, 0, "NovelAI's unified sampler."),
        _choice(
            "prefix",
            "Module",
            ("vanilla", "special_instruct", "special_proseaugmenter", "theme_textadventure"),
            "What NovelAI's model is told to write.",
        ),
        _number("guidance_scale", "CFG scale", 0.1, 4, 1, "Classifier-free guidance; 1 is off."),
        SamplerSpec(
            id="negative_prompt",
            title="Negative prompt",
            kind=SamplerKind.TEXT,
            neutral="",
            help="What to move away from, for CFG.",
        ),
        SamplerSpec(
            id="grammar",
            title="Grammar",
            kind=SamplerKind.TEXT,
            neutral="",
            help="GBNF the reply must obey.",
        ),
        SamplerSpec(
            id="json_schema",
            title="JSON schema",
            kind=SamplerKind.TEXT,
            neutral="",
            help="JSON schema the reply must obey.",
        ),
        SamplerSpec(
            id="banned_strings",
            title="Banned strings",
            kind=SamplerKind.STRINGS,
            neutral=(),
            help="Phrases the model may not write.",
        ),
        SamplerSpec(
            id="banned_tokens",
            title="Banned tokens",
            kind=SamplerKind.STRINGS,
            neutral=(),
            help='One per line: a text, token ids as [1,2], or a "quoted" phrase.',
        ),
        SamplerSpec(
            id="logit_bias",
            title="Logit bias",
            kind=SamplerKind.STRINGS,
            neutral=(),
            help="One per line: TEXT = VALUE, such as dragon = -20. {text} is taken as it is, [1,2] is ids.",
        ),
        SamplerSpec(
            id="sampler_order",
            title="Sampler order",
            kind=SamplerKind.STRINGS,
            neutral=(),
            help="The order the server applies its samplers in.",
        ),
        _whole("logprobs", "Token probabilities", 0, 10, 0, "How many candidates per token are kept."),
        _whole("n", "Replies", 1, 20, 1, "Replies asked for at once; the others become swipes."),
        _whole("seed", "Seed", -1, 2**31 - 1, -1, "The same seed gives the same reply; -1 is random."),
    )
}
