"""A proxy before a server of AWS's protocols, which answers some requests itself: an outage as the service shows it."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Mapping[str, Any]]
Fault = Callable[[str, Mapping[str, Any]], Answer | None]
"""Says of an action (`ReceiveMessage`) with its parameters how it is answered; None: as the server does."""

EXPIRED: Answer = (
    403,
    {"__type": "ExpiredTokenException", "message": "The security token included in the request is expired"},
)
DENIED: Answer = 403, {"__type": "AccessDeniedException", "message": "not allowed to do that"}
BROKEN: Answer = 500, {"__type": "InternalFailure", "message": "something broke"}
BUSY: Answer = 503, {"__type": "ThrottlingException", "message": "Rate exceeded"}
SILENT: Answer = 0, {}
"""The connection is closed without an answer."""


class FaultyAws:
    """A running proxy.

    Attributes:
        url: What clients take as `endpoint_url`.
        fault: What is answered instead of the server; None: nothing.
    """

    def __init__(self, server: str) -> None:
        self.fault: Fault | None = None
        self._target = server
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = proxy._answer(dict(self.headers), body)
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    def _answer(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        action = headers.get("X-Amz-Target", "").rpartition(".")[2]
        instead = self.fault and self.fault(action, json.loads(body))
        if instead:
            return instead[0], json.dumps(instead[1]).encode()
        request = urllib.request.Request(f"{self._target}/", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@contextmanager
def faulty(server: str) -> Iterator[FaultyAws]:
    proxy = FaultyAws(server)
    try:
        yield proxy
    finally:
        proxy.close()
