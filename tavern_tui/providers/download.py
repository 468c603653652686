"""Files of the web, fetched without a key and only when the user asked for them."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from tavern_tui import __version__
from tavern_tui.core.errors import BadAnswer
from tavern_tui.providers.explain import Explainer, is_html
from tavern_tui.providers.unreachable import unreachable
from tavern_tui.providers.urls import is_loopback

TIMEOUT = httpx.Timeout(20.0)
MOST_REDIRECTS = 5


async def download(address: str, *, most_bytes: int) -> bytes:
    """The bytes behind an address; where it sends on, that is followed as long as it is secure.

    Raises ProviderError naming the host; BadAnswer for a web page or more than `most_bytes`."""
    explain = Explainer(urlsplit(address).netloc)
    body = bytearray()
    try:
        async with (
            httpx.AsyncClient(
                follow_redirects=True,
                max_redirects=MOST_REDIRECTS,
                timeout=TIMEOUT,
                headers={"User-Agent": f"tavern-tui/{__version__}"},
                event_hooks={"request": [_only_secure]},
            ) as client,
            client.stream("GET", address) as response,
        ):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > most_bytes:
                    raise explain.nonsense(f"more than {most_bytes // 2**20} MB")
            if response.status_code >= 300:
                raise explain.refusal(response.status_code, response.headers, bytes(body))
    except httpx.TooManyRedirects as error:
        raise BadAnswer(f"{explain.server} sends on and on.") from error
    except httpx.InvalidURL as error:
        raise BadAnswer(f"{explain.server} sends on to something that is no address.") from error
    except httpx.HTTPError as error:
        raise unreachable(explain, error) from error
    if is_html(body[:200].decode("utf-8", "replace")):
        raise explain.nonsense("a web page instead of the file")
    return bytes(body)


async def _only_secure(request: httpx.Request) -> None:
    if request.url.scheme != "https" and not is_loopback(request.url.host):
        raise BadAnswer(f"{request.url.host} would be asked over a line everybody can read.")
