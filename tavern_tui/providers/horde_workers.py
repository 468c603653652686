"""Who works for the AI Horde, what they can do, and which of them a connection wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tavern_tui.core.generation import Model, ServerStatus
from tavern_tui.providers.base import Ask, ProviderSpec, ServerApi
from tavern_tui.providers.self_hosted.facts import in_words, texts
from tavern_tui.providers.servers import MAX_MODELS
from tavern_tui.providers.together import together
from tavern_tui.providers.wire.decoder import as_dict, as_int, as_list, as_text

HEARTBEAT = "/api/v2/status/heartbeat"
WORKERS = "/api/v2/workers?type=text"
MOST_WORKERS = 5
"""A request may name this many."""
VALID_SECONDS = 60.0
"""Workers come and go; the Horde itself makes these lists anew once a minute."""

Options = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a connection's model and options ask of the workers."""

    models: tuple[str, ...] = ()
    """Any of these; none: any at all."""
    trusted: bool = False
    workers: tuple[str, ...] = ()
    """Names or ids: only these, or, with `avoid`, not these."""
    avoid: bool = False

    @classmethod
    def of(cls, model: str, options: Options) -> Wishes:
        further = names(options.get("models"))
        return cls(
            models=tuple(dict.fromkeys(filter(None, (model, *further)))),
            trusted=switch(options, "trusted_workers"),
            workers=names(options.get("workers"))[:MOST_WORKERS],
            avoid=switch(options, "worker_blacklist"),
        )

    def fit(self, worker: Worker) -> bool:
        """Whether a request would be given to this worker."""
        if self.trusted and not worker.trusted:
            return False
        if self.models and worker.models.isdisjoint(self.models):
            return False
        return not self.workers or (worker.id in self.workers or worker.name in self.workers) != self.avoid


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One worker that is at work."""

    id: str
    name: str
    models: frozenset[str] = field(default_factory=frozenset)
    context: int | None = None
    """Most tokens of a prompt with its reply."""
    reply: int | None = None
    """Most tokens of a reply."""
    trusted: bool = False


def names(value: object) -> tuple[str, ...]:
    """Names from a list, or from a text that has them between commas."""
    parts = value.split(",") if isinstance(value, str) else texts(value)
    return tuple(dict.fromkeys(filter(None, (part.strip() for part in parts))))


def switch(options: Options, id: str, default: bool = False) -> bool:
    """A choice as it was set; what is no yes or no is taken for not set."""
    value = options.get(id, default)
    return value if isinstance(value, bool) else default


def read_workers(payload: object) -> list[Worker]:
    """The workers that take requests now."""
    entries = map(as_dict, as_list(payload)[:MAX_MODELS])
    return [
        Worker(
            id=as_text(entry.get("id")),
            name=as_text(entry.get("name")),
            models=frozenset(texts(entry.get("models"))),
            context=_size(entry.get("max_context_length")),
            reply=_size(entry.get("max_length")),
            trusted=entry.get("trusted") is True,
        )
        for entry in entries
        if entry.get("online", True) is True and entry.get("maintenance_mode") is not True
    ]


def _size(value: object) -> int | None:
    number = as_int(value)
    return number if number is not None and number > 0 else None


def least(sizes: Iterable[int | None]) -> int | None:
    return min((size for size in sizes if size is not None), default=None)


def ids_of(wanted: Iterable[str], workers: Iterable[Worker]) -> list[str]:
    """The ids of workers that are named or already given as ids."""
    known = {worker.name: worker.id for worker in workers}
    return [known.get(one, one) for one in wanted]


# --- the questions


async def status(ask: Ask, spec: ProviderSpec, model: str) -> ServerStatus:
    alive, workers = await together(ask.get(HEARTBEAT), ask.get(WORKERS))
    return status_of(spec, alive, read_workers(workers), Wishes.of(model, {}), {})


async def models(ask: Ask, spec: ProviderSpec) -> list[Model]:
    """The models somebody serves, those that most serve first."""
    listed, answer = await together(ask.get(spec.models_path), ask.maybe(WORKERS))
    workers = read_workers(answer)
    entries = [entry for entry in map(as_dict, as_list(listed)[:MAX_MODELS]) if as_text(entry.get("name"))]
    busy = sorted(entries, key=lambda entry: (-_number(entry, "count"), as_text(entry.get("name"))))
    return [_model(entry, workers) for entry in busy]


def _model(entry: dict[str, object], workers: Iterable[Worker]) -> Model:
    name = as_text(entry.get("name"))
    count, jobs = round(_number(entry, "count")), round(_number(entry, "jobs"))
    eta, speed = _number(entry, "eta"), _number(entry, "performance")
    return Model(
        id=name,
        context_size=least(worker.context for worker in workers if name in worker.models),
        detail=in_words(
            f"{count} worker{'' if count == 1 else 's'}",
            f"{jobs} waiting" if jobs else "no queue",
            in_time(eta) if eta > 0 else "",
            f"{speed:.0f} tokens/s" if speed > 0 else "",
        ),
    )


def _number(entry: dict[str, object], name: str) -> float:
    """A figure; 0 for what is none or cannot be counted with."""
    value = entry.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        return 0.0
    return float(value)


def in_time(seconds: float) -> str:
    """`about 40 s`, `about 3 min`."""
    return f"about {seconds:.0f} s" if seconds < 100 else f"about {seconds / 60:.0f} min"


def status_of(
    spec: ProviderSpec, alive: object, workers: Iterable[Worker], wishes: Wishes, options: Options, *more: str
) -> ServerStatus:
    """What the workers at hand mean for a connection: context and reply are what each of them can."""
    fitting = [worker for worker in workers if wishes.fit(worker)]
    context = least(worker.context for worker in fitting)
    count = f"{len(fitting)} worker{'' if len(fitting) == 1 else 's'}"
    wanted = " or ".join(wishes.models[:3]) or "requests like yours"
    return ServerStatus(
        ok=True,
        title=f"{spec.title} {as_text(as_dict(alive).get('version'))}".strip(),
        model=next(iter(wishes.models), ""),
        context_size=context,
        context_is_limit=context is not None and switch(options, "adjust_context"),
        max_reply=least(worker.reply for worker in fitting)
        if switch(options, "adjust_reply", True)
        else None,
        detail=in_words(count if fitting else f"Nobody serves {wanted} now.", *more),
        valid_seconds=VALID_SECONDS,
    )


SERVER = ServerApi(status=status, models=models)
