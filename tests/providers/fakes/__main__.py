"""Run one fake by hand: `python -m tests.providers.fakes ID --port N [--key K] [--pace SECONDS]`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from tests.providers.fakes.known import all_fakes
from tests.providers.fakes.server import FakeServer


def main() -> int:
    fakes = all_fakes()
    parser = argparse.ArgumentParser(prog="python -m tests.providers.fakes", description=__doc__)
    parser.add_argument("id", choices=sorted(fakes), metavar="ID", help=", ".join(fakes))
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--key", default="", help="the key it asks for (services always ask for one)")
    parser.add_argument("--pace", type=float, default=0.05, help="seconds between two tokens")
    parser.add_argument("--reply", default="", help="what it says, instead of its usual sentence")
    given = parser.parse_args()
    more = {"reply": tuple(f" {word}" for word in given.reply.split())} if given.reply else {}
    fake = fakes[given.id](key=given.key, pace=given.pace, **more)

    async def serve() -> None:
        async with FakeServer(fake, port=given.port) as server:
            print(json.dumps({"id": given.id, "url": server.url + fake.base, "key": fake.key}), flush=True)
            await asyncio.Event().wait()

    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(f"Port {given.port} cannot be used: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
