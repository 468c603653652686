"""Finds servers on this machine: asks the usual ports and tells from the answers who it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tavern_tui.providers.servers import read_models
from tavern_tui.providers.wire.decoder import as_dict, as_list, as_text, parse

if TYPE_CHECKING:
    import httpx

DEFAULT_PORTS = (5001, 8080, 9931, 11434, 5000, 8000, 1234, 2242, 3000)
FIRST = "/v1/models"
FURTHER = (
    "/.well-known/serviceinfo", "/api/extra/version", "/props", "/api/version",
    "/v1/internal/model/info", "/v1/model", "/api/v0/models", "/version", "/info", "/api/v1/model",
)  # fmt: skip
MAX_BODY = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A server that answers, and which provider row speaks to it."""

    provider_id: str
    url: str
    title: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one path."""

    status: int
    payload: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, object]:
        """The JSON object of a good answer, else an empty one."""
        return as_dict(self.payload) if self.status == 200 else {}


async def probe_local(
    ports: Sequence[int] = DEFAULT_PORTS,
    timeout: float = 1.5,  # noqa: ASYNC109  # of each answer, not of the whole probe
) -> list[Found]:
    """Servers that answer on loopback, all ports at once. Waits at most `timeout` seconds per answer."""
    listening = await _listening(ports, timeout)
    if not listening:
        return []
    import httpx  # 90 ms and 12 MB, and on most machines nothing listens

    async with httpx.AsyncClient(
        trust_env=False, follow_redirects=False, timeout=httpx.Timeout(timeout)
    ) as client:
        found = await asyncio.gather(*(_look_at(client, port) for port in listening))
    return [server for server in found if server is not None]


async def _listening(ports: Sequence[int], wait: float) -> list[int]:
    """The ports somebody listens on."""

    async def listens(port: int) -> bool:
        try:
            async with asyncio.timeout(wait):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True

    wanted = list(dict.fromkeys(ports))
    answers = await asyncio.gather(*(listens(port) for port in wanted))
    return [port for port, there in zip(wanted, answers, strict=True) if there]


async def _look_at(client: httpx.AsyncClient, port: int) -> Found | None:
    url = f"http://127.0.0.1:{port}"
    first = await _ask(client, url, FIRST)
    if first is None:
        return None
    others = await asyncio.gather(*(_ask(client, url, path) for path in FURTHER))
    answers = {path: answer for path, answer in zip(FURTHER, others, strict=True) if answer is not None}
    return identify(url, {FIRST: first, **answers})


async def _ask(client: httpx.AsyncClient, url: str, path: str) -> Answer | None:
    import httpx

    body = bytearray()
    try:
        async with client.stream("GET", url + path) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BODY:
                    return None
            return Answer(response.status_code, parse(body.decode("utf-8", "replace")), response.headers)
    except httpx.HTTPError:
        return None


NAMES = {
    "koboldcpp": ("koboldcpp", "KoboldCpp"),
    "tabbyapi": ("tabby", "TabbyAPI"),
    "aphrodite": ("aphrodite", "Aphrodite"),
    "aphrodite engine": ("aphrodite", "Aphrodite"),
    "llamacpp": ("llamacpp", "llama.cpp"),
    "llama.cpp": ("llamacpp", "llama.cpp"),
    "pygmalionai": ("aphrodite", "Aphrodite"),
    "vllm": ("vllm", "vLLM"),
}
"""What servers call themselves (lower case) -> provider row and title."""


def identify(url: str, answers: Mapping[str, Answer]) -> Found | None:
    """Who gave these answers, by path. None if it is no model server we know.

    Servers imitate one another (TabbyAPI answers as KoboldCpp 1.74, KoboldCpp as Ollama), so what
    they call themselves comes before what they can do."""

    def facts(path: str) -> dict[str, object]:
        answer = answers.get(path)
        return answer.facts if answer is not None else {}

    listed = facts(FIRST)
    model = _only_model(listed)
    name = _own_name(facts("/.well-known/serviceinfo"), listed, answers.get(FIRST))
    if name in NAMES:
        provider, title = NAMES[name]
        version = as_text(
            facts("/api/extra/version" if provider == "koboldcpp" else "/version").get("version")
        )
        return Found(provider_id=provider, url=url, title=f"{title} {version}".strip(), model=model)
    if as_text(facts("/api/extra/version").get("result")) == "KoboldCpp":
        version = as_text(facts("/api/extra/version").get("version"))
        return Found(provider_id="koboldcpp", url=url, title=f"KoboldCpp {version}".strip(), model=model)
    if "default_generation_settings" in facts("/props"):
        return Found(provider_id="llamacpp", url=url, title="llama.cpp", model=model)
    if "loader" in facts("/v1/internal/model/info"):
        return Found(provider_id="ooba", url=url, title="text-generation-webui", model=model)
    if isinstance(facts("/api/v0/models").get("data"), list):
        return Found(provider_id="lmstudio", url=url, title="LM Studio", model=model)
    if "max_total_tokens" in facts("/info"):
        title = f"TGI {as_text(facts('/info').get('version'))}".strip()
        return Found(
            provider_id="huggingface", url=url, title=title, model=as_text(facts("/info").get("model_id"))
        )
    if as_text(facts("/api/version").get("version")):
        title = f"Ollama {as_text(facts('/api/version').get('version'))}"
        return Found(provider_id="ollama", url=url, title=title, model=model)
    name = as_text(facts("/api/v1/model").get("result"))
    if name:
        return Found(
            provider_id="kobold", url=url, title="KoboldAI", model="" if name == "ReadOnly" else name
        )
    if isinstance(listed.get("data"), list):
        return Found(provider_id="generic", url=url, title="OpenAI-compatible server", model=model)
    return None


def _own_name(service: dict[str, object], listed: dict[str, object], first: Answer | None) -> str:
    software = as_text(as_dict(service.get("software")).get("name"))
    owners = [as_text(as_dict(entry).get("owned_by")) for entry in as_list(listed.get("data"))[:1]]
    header = first.headers.get("server", "") if first is not None else ""
    candidates = [name.lower() for name in (software, *owners, header) if name]
    return next((name for name in candidates if name in NAMES), "")


def _only_model(listed: dict[str, object]) -> str:
    """The model, if the server has exactly one."""
    models = read_models(listed)
    return models[0].id if len(models) == 1 else ""
