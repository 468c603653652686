"""What goes to NovelAI as token ids: stop strings, banned words, biased words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tavern_tui.core.biases import TokenText, read_bans, read_biases
from tavern_tui.core.generation import GenerationRequest
from tavern_tui.providers.catalogue.novelai_lists import BIAS, MODELS, NovelModel

MOST_STOPS = 1024
MOST_BANS = 2048
MOST_BIASES = 1024


def texts_for_ids(request: GenerationRequest) -> list[str]:
    """Every text of a request whose ids its model must be told."""
    model = MODELS.get(request.model)
    if model is None:
        return []
    banned = (form for what in _banned(request) for form in _forms(what))
    biased = (bias.what.text for bias in read_biases(request.samplers.get("logit_bias", ())))
    return list(dict.fromkeys(filter(None, (*stops(request, model), *banned, *biased))))


def stops(request: GenerationRequest, model: NovelModel) -> list[str]:
    """The stop strings, with the forms a model's tokenizer hides them in."""
    plain = list(filter(None, dict.fromkeys((*request.prompt.stop, *request.stop))))
    hidden = [front + stop for stop in plain if stop.startswith("\n") for front in model.stop_fronts]
    return list(dict.fromkeys((*plain, *hidden)))


def stop_sequences(request: GenerationRequest, model: NovelModel) -> list[list[int]]:
    found = _known(request, (TokenText(text=stop, verbatim=True) for stop in stops(request, model)))
    return found[:MOST_STOPS]


def bad_words(request: GenerationRequest, model: NovelModel) -> list[list[int]]:
    """The model's own list and the user's bans."""
    own = [list(ids) for ids in model.bad_words]
    return [*own, *_known(request, _banned(request))][:MOST_BANS]


def biases(request: GenerationRequest, model: NovelModel) -> list[dict[str, object]]:
    """The model's own list and the user's; a text counts as one run of tokens."""
    found = [_bias(list(ids), BIAS) for ids in model.biased]
    for bias in read_biases(request.samplers.get("logit_bias", ())):
        ids = bias.what.ids or request.token_ids.get(bias.what.text, ())
        if ids:
            found.append(_bias(list(ids), bias.value))
    return found[:MOST_BIASES]


def _bias(ids: list[int], value: float) -> dict[str, object]:
    return {"sequence": ids, "bias": value, "ensure_sequence_finish": False, "generate_once": False}


def _banned(request: GenerationRequest) -> Iterator[TokenText]:
    """Banned tokens, and the phrases in quotes and in the list of strings: runs of tokens can be
    banned here, so that a phrase is a word like any other."""
    bans = read_bans(request.samplers.get("banned_tokens", ()))
    yield from bans.tokens
    strings = request.samplers.get("banned_strings", ())
    phrases = (one for one in strings if isinstance(one, str)) if isinstance(strings, tuple | list) else ()
    yield from (TokenText(text=phrase) for phrase in (*bans.phrases, *phrases))


def _known(request: GenerationRequest, wanted: Iterable[TokenText]) -> list[list[int]]:
    """The runs of ids of these texts, each once, as far as they are known."""
    runs = (
        ids
        for what in wanted
        for ids in ([what.ids] if what.ids else [request.token_ids.get(form, ()) for form in _forms(what)])
    )
    return [list(ids) for ids in dict.fromkeys(runs) if ids]


def _forms(what: TokenText) -> tuple[str, ...]:
    """How a word may be written: each way is another token."""
    text = what.text
    if not text or what.verbatim:
        return (text,) if text else ()
    written = (text, text[:1].upper() + text[1:], text[:1].lower() + text[1:], text.upper(), text.lower())
    return tuple(dict.fromkeys(form for one in written for form in (one, f" {one}")))
