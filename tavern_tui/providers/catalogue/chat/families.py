"""What models of known families refuse, as rules over their ids. Add a row for a new family."""

from __future__ import annotations

from tavern_tui.providers.base import ModelRule

SAMPLING = ("temperature", "top_p")
PENALTIES = ("frequency_penalty", "presence_penalty")
LOGPROBS = ("logprobs", "top_logprobs")
TOOLS = ("tools", "tool_choice")
NEWER_LENGTH = {"max_tokens": "max_completion_tokens"}
"""A length that counts hidden thoughts too."""
ONLY_WORDS = (*SAMPLING, *PENALTIES, "stop", "logit_bias", *LOGPROBS)


def thinkers(prefix: str = "") -> ModelRule:
    """OpenAI's o series; `prefix`: what a router puts before their ids."""
    return ModelRule(pattern=rf"^{prefix}o[134]", drop=ONLY_WORDS, rename=NEWER_LENGTH)


O1 = (
    ModelRule(pattern=r"^o1", drop=("n", *TOOLS), roles={"system": "user"}),
    ModelRule(pattern=r"^o1(-2024-12-17)?$", put={"stream": False}, drop=("stream_options",)),
)
GPT_5_SAMPLES = r"^(?!.*chat-latest).*gpt-5\.[1-4]"
"""Models that sample as long as they are not told how much to think."""

GPT = (
    ModelRule(pattern=r"gpt-5", drop=LOGPROBS, rename=NEWER_LENGTH),
    ModelRule(pattern=r"gpt-5-chat-latest", drop=TOOLS),
    ModelRule(pattern=GPT_5_SAMPLES, drop=(*PENALTIES, "stop", "logit_bias")),
    ModelRule(pattern=GPT_5_SAMPLES, drop=SAMPLING, effort=True),
    ModelRule(
        pattern=r"^(?!.*gpt-5-chat-latest)(?=.*gpt-5)(?=.*chat-latest|(?!.*gpt-5\.[1-4]))",
        drop=ONLY_WORDS,
    ),
    ModelRule(pattern=r"gpt-6", drop=(*SAMPLING, *LOGPROBS), rename=NEWER_LENGTH),
    ModelRule(pattern=r"^(?=.*gpt)(?=.*vision)", drop=("logit_bias", "stop", *LOGPROBS)),
    ModelRule(pattern=r"gpt-4\.5", drop=LOGPROBS),
)
GPT_6_TOOLS = ModelRule(pattern=r"gpt-6", drop=TOOLS)
"""OpenAI wants another API for them; routers do not."""

CLAUDE = (ModelRule(pattern=r"claude-(fable|opus-5|sonnet-5)", drop=(*SAMPLING, "top_k", *PENALTIES)),)
COOL_CLAUDE = ModelRule(pattern=r"claude", most={"temperature": 1})

OPENAI_RULES = (thinkers(), *O1, *GPT, GPT_6_TOOLS, *CLAUDE)
OPENROUTER_RULES = (thinkers("openai/"), *GPT, *CLAUDE, COOL_CLAUDE)

XAI_RULES = (
    ModelRule(pattern=r"grok-3-mini", drop=(*PENALTIES, "stop")),
    ModelRule(pattern=r"grok-4|grok-code", drop=PENALTIES),
    ModelRule(pattern=r"^(?!.*grok-4-fast-non-reasoning).*(grok-4|grok-code)", drop=("stop",)),
    *CLAUDE,
)
MOONSHOT_RULES = (
    ModelRule(pattern=r"kimi-k(2.[5-9]|[3-9])", drop=(*SAMPLING, *PENALTIES)),
    *CLAUDE,
)
MINIMAX_RULES = (ModelRule(pattern=r"M2-her", most={"max_tokens": 2048}), *CLAUDE)
