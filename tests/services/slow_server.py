"""A loopback server that speaks OpenAI's text completions and streams numbered words."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class SlowServer(ThreadingHTTPServer):
    """Remembers what it was asked and when it sent each word."""

    daemon_threads = True

    def __init__(self, *, words: int, pause: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.words = words
        self.pause = pause
        self.bodies: list[bytes] = []
        self.headers_seen: list[dict[str, str]] = []
        self.sent: list[list[float]] = []
        """Per request: when each word was handed to the socket (monotonic seconds)."""
        self.hung_up = threading.Event()
        """A client left before the reply was complete."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no error here."""


class _Handler(BaseHTTPRequestHandler):
    server: SlowServer

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        body = json.dumps({"object": "list", "data": [{"id": "slow", "object": "model"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.bodies.append(body)
        self.server.headers_seen.append(dict(self.headers))
        if not json.loads(body).get("stream"):
            self._whole()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        times: list[float] = []
        self.server.sent.append(times)
        try:
            for number in range(self.server.words):
                self._event({"choices": [{"index": 0, "text": f" w{number}", "finish_reason": None}]})
                times.append(time.monotonic())
                time.sleep(self.server.pause)
            self._event({"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]})
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            self.server.hung_up.set()

    def _whole(self) -> None:
        text = "".join(f" w{number}" for number in range(self.server.words))
        answer = json.dumps({"choices": [{"index": 0, "text": text, "finish_reason": "stop"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _event(self, value: object) -> None:
        self.wfile.write(b"data: " + json.dumps(value).encode() + b"\n\n")
        self.wfile.flush()


@contextmanager
def slow_server(*, words: int = 20, pause: float = 0.0) -> Iterator[SlowServer]:
    """Serve until the block ends."""
    server = SlowServer(words=words, pause=pause)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
