"""NovelAI's models: where each is, what it can take, and the lists of tokens that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

API = "https://api.novelai.net"
TEXT = "https://text.novelai.net"
OPENAI_ROUTE = f"{TEXT}/oa/v1/completions"
"""For every model that is not in MODELS."""
OPENAI_LIST = f"{TEXT}/oa/v1/models"

Sequences = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NovelModel:
    """A model of NovelAI's own route."""

    id: str
    title: str
    host: str
    tokenizer: str
    """What its tokenizer is called, for sentences."""
    fetched_as: str = ""
    """What `tavern-tui tokenizer` fetches it as; empty: it cannot be fetched."""
    context: int = 8192
    context_by_tier: Mapping[int, int] = field(default_factory=dict)
    """Less than `context`, for subscriptions that get less."""
    max_reply: int = 150
    max_reply_by_tier: Mapping[int, int] = field(default_factory=dict)
    start: str = ""
    """Put in front of every prompt."""
    stop_fronts: tuple[str, ...] = ()
    """What its tokenizer joins with a line break: a stop string that begins with one is also sent with
    each of these in front."""
    bad_words: Sequences
    biased: Sequences
    not_penalised: tuple[int, ...]
    eos: int
    """The token that ends a turn of a text adventure."""


BIAS = -0.08
"""For the sequences in `biased`."""

NERDSTASH_BAD_WORDS: Sequences = (
    (3,), (49356,), (1431,), (31715,), (34387,), (20765,), (30702,), (10691,), (49333,), (1266,), (19438,),
    (43145,), (26523,), (41471,), (2936,), (85, 85), (49332,), (7286,), (1115,), (24,),
)  # fmt: skip
NERDSTASH_BIASED: Sequences = ((23,), (21,))
NERDSTASH_NOT_PENALISED = (
    49256, 49264, 49231, 49230, 49287, 85, 49255, 49399, 49262, 336, 333, 432, 363, 468, 492, 745, 401, 426,
    623, 794, 1096, 2919, 2072, 7379, 1259, 2110, 620, 526, 487, 16562, 603, 805, 761, 2681, 942, 8917, 653,
    3513, 506, 5301, 562, 5010, 614, 10942, 539, 2976, 462, 5189, 567, 2032, 123, 124, 125, 126, 127, 128,
    129, 130, 131, 132, 588, 803, 1040, 49209, 4, 5, 6, 7, 8, 9, 10, 11, 12,
)  # fmt: skip
ERATO_BAD_WORDS: Sequences = (
    (16067,), (933, 11144), (25106, 11144), (58, 106901, 16073, 33710, 25, 109933), (933, 58, 11144),
    (128030,), (58, 30591, 33503, 17663, 100204, 25, 11144),
)  # fmt: skip
ERATO_BIASED: Sequences = ((12488,), (128041,))
ERATO_NOT_PENALISED = (
    6, 1, 11, 13, 25, 198, 12, 9, 8, 279, 264, 459, 323, 477, 539, 912, 374, 574, 1051, 1550, 1587, 4536,
    5828, 15058, 3287, 3250, 1461, 1077, 813, 11074, 872, 1202, 1436, 7846, 1288, 13434, 1053, 8434, 617,
    9167, 1047, 19117, 706, 12775, 649, 4250, 527, 7784, 690, 2834, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
    1210, 1359, 608, 220, 596, 956, 3077, 44886, 4265, 3358, 2351, 2846, 311, 389, 315, 304, 520, 505, 430,
)  # fmt: skip
ERATO_ADDED = 10
"""Tokens of its context that go to what is put in front."""

CLIO = NovelModel(
    id="clio-v1",
    title="Clio",
    host=API,
    tokenizer="NerdStash v1",
    fetched_as="nerdstash-v1",
    bad_words=NERDSTASH_BAD_WORDS,
    biased=NERDSTASH_BIASED,
    not_penalised=NERDSTASH_NOT_PENALISED,
    eos=49405,
)
KAYRA = NovelModel(
    id="kayra-v1",
    title="Kayra",
    host=TEXT,
    tokenizer="NerdStash v2",
    fetched_as="nerdstash-v2",
    context_by_tier={1: 4096},
    max_reply_by_tier={3: 250},
    bad_words=NERDSTASH_BAD_WORDS,
    biased=NERDSTASH_BIASED,
    not_penalised=NERDSTASH_NOT_PENALISED,
    eos=49405,
)
ERATO = NovelModel(
    id="llama-3-erato-v1",
    title="Erato",
    host=TEXT,
    tokenizer="Llama 3",
    context=8192 - ERATO_ADDED,
    context_by_tier={1: 4096 - ERATO_ADDED},
    max_reply_by_tier={3: 250},
    start="<|startoftext|><|reserved_special_token81|>",
    stop_fronts=(".", "!", "?", "*", '"', "_", "...", '."', '?"', '!"', ".*", ")"),
    bad_words=ERATO_BAD_WORDS,
    biased=ERATO_BIASED,
    not_penalised=ERATO_NOT_PENALISED,
    eos=29,
)

MODELS: Mapping[str, NovelModel] = {model.id: model for model in (ERATO, KAYRA, CLIO)}
GLM = "glm-4-6"
