"""The way to a server: certificates, proxies, and sentences when one of them is in the way."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from tavern_tui.core.errors import ConnectionFailed, UsageError
from tests.providers.asking import collect, connect, text_of, text_request
from tests.providers.fakes.backends.llamacpp import LlamaCppFake
from tests.providers.fakes.server import Answer, FakeServer, Seen
from tests.providers.fakes.strict import REPLY

TEXT = "".join(REPLY)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


async def test_an_unknown_certificate_is_refused_and_the_key_stays_here(authority: trustme.CA) -> None:
    async with FakeServer(LlamaCppFake(), tls=tls(authority, "127.0.0.1")) as server:
        provider = connect("llamacpp", server.url, key="secret-key")
        with pytest.raises(ConnectionFailed, match="certificate is not trusted"):
            await collect(provider, text_request(max_tokens=50))
        await provider.aclose()
        assert server.requests == []


async def test_a_certificate_of_ones_own_authority_is_trusted_where_it_is_named(
    authority: trustme.CA, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    async with FakeServer(LlamaCppFake(), tls=tls(authority, "127.0.0.1")) as server:
        provider = connect("llamacpp", server.url, ca_file=str(file))
        assert text_of(await collect(provider, text_request(max_tokens=50))) == TEXT
        await provider.aclose()
    async with FakeServer(LlamaCppFake(), tls=tls(authority, "elsewhere.example")) as server:
        provider = connect("llamacpp", server.url, ca_file=str(file))
        with pytest.raises(ConnectionFailed, match="certificate is not trusted"):
            await collect(provider, text_request(max_tokens=50))
        await provider.aclose()


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_file_without_certificates_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content, "utf-8")
    provider = connect("llamacpp", "https://127.0.0.1:9", ca_file=str(file))
    with pytest.raises(UsageError, match=r"ca\.pem cannot be used") as caught:
        await collect(provider, text_request())
    assert "CA file" in caught.value.hint


async def test_https_to_a_server_that_does_not_speak_it() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    provider = connect("llamacpp", f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    with pytest.raises(ConnectionFailed, match="http:// instead of https://"):
        await collect(provider, text_request())
    await provider.aclose()
    server.close()


async def test_http_to_a_server_that_speaks_tls(authority: trustme.CA) -> None:
    async with FakeServer(LlamaCppFake(), tls=tls(authority, "127.0.0.1")) as server:
        provider = connect("llamacpp", server.url.replace("https://", "http://"))
        with pytest.raises(ConnectionFailed, match=r"hung up|cannot be reached"):
            await collect(provider, text_request())
        await provider.aclose()


async def test_an_http_proxy_of_the_connection_is_used_and_told_its_password() -> None:
    async with FakeServer(LlamaCppFake()) as server:

        async def proxy(seen: Seen, answer: Answer) -> None:
            seen.path = seen.path.partition(f":{server.port}")[2]
            await LlamaCppFake()(seen, answer)

        async with FakeServer(proxy) as between:
            address = between.url.replace("http://", "http://me:hunter22@")
            provider = connect("llamacpp", server.url, proxy=address)
            assert text_of(await collect(provider, text_request(max_tokens=50))) == TEXT
            assert between.requests[0].headers["proxy-authorization"].startswith("Basic ")
            await provider.aclose()
        assert server.requests == []


async def test_a_socks_proxy_of_the_connection_is_used() -> None:
    async with FakeServer(LlamaCppFake()) as server, socks() as (port, targets):
        provider = connect("llamacpp", server.url, proxy=f"socks5://127.0.0.1:{port}")
        assert text_of(await collect(provider, text_request(max_tokens=50))) == TEXT
        await provider.aclose()
        assert targets == [server.port]


@pytest.mark.parametrize("proxy", ["ftp://127.0.0.1:1", "what is this", "http://[::1"])
async def test_a_proxy_that_is_none_is_said_without_its_password(proxy: str) -> None:
    provider = connect("llamacpp", "http://127.0.0.1:9", proxy=proxy)
    with pytest.raises(UsageError, match="proxy of this connection"):
        await collect(provider, text_request())
    await provider.aclose()


async def test_a_proxy_that_is_not_there() -> None:
    provider = connect("llamacpp", "http://127.0.0.1:8", proxy="http://me:hunter22@127.0.0.1:9")
    with pytest.raises(ConnectionFailed) as caught:
        await collect(provider, text_request())
    assert "hunter22" not in str(caught.value)
    await provider.aclose()


@asynccontextmanager
async def socks() -> AsyncIterator[tuple[int, list[int]]]:
    """A SOCKS 5 proxy: its port, and the ports it was asked to reach."""
    targets: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly((await reader.readexactly(2))[1])
        writer.write(b"\x05\x00")
        head = await reader.readexactly(4)
        assert head[3] == 1, "an IPv4 address"
        address = ".".join(map(str, await reader.readexactly(4)))
        port = int.from_bytes(await reader.readexactly(2), "big")
        targets.append(port)
        there, back = await asyncio.open_connection(address, port)
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await asyncio.gather(pipe(reader, back), pipe(there, writer))

    async def pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(4096):
                target.write(data)
                await target.drain()
        except ConnectionError:
            pass
        finally:
            target.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], targets
    finally:
        server.close()
