"""The HTTP server of an embedded registry, on a loopback port: a thread for each connection."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

from msgpact.registries.embedded.api import Text, answer
from msgpact.registries.embedded.held import Held
from msgpact.registries.embedded.refused import Refused

__all__ = ["Server"]

_LARGEST = 16 * 1024 * 1024


class Server(ThreadingTCPServer):
    """Threads, one for each connection, which end with their connections; `server_close` waits for them.

    A process that never closes its registry, and has a client with an open connection, is not kept from ending.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, held: Held, lock: threading.RLock, authorization: str | None) -> None:
        self.held, self.lock, self.authorization = held, lock, authorization
        self._open: set[socket.socket] = set()
        self._serving: list[threading.Thread] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        self._serving = [*(each for each in self._serving if each.is_alive()), thread]
        thread.start()

    def server_close(self) -> None:
        super().server_close()
        for each in self._serving:
            each.join()

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""

    def end_connections(self) -> None:
        for request in list(self._open):
            try:
                request.shutdown(socket.SHUT_RDWR)
            except OSError:  # it has just ended by itself
                continue


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        try:
            body = self._body()
            if self.server.authorization not in (None, self.headers.get("Authorization")):
                raise Refused(401, "Unauthorized")
            with self.server.lock:
                self._send(200, answer(self.server.held, self.command, self.path, body))
        except Refused as refused:
            self._send(refused.status, {"error_code": refused.code, "message": refused.message})

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 what http.server calls

    def _body(self) -> dict[str, Any]:
        size = self.headers.get("Content-Length", "0")
        if not size.isdigit() or int(size) > _LARGEST:
            self.close_connection = True
            raise Refused(413, "Request Entity Too Large")
        text = self.rfile.read(int(size))
        if not text:
            return {}
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            raise Refused(400, "Unrecognized token: the body is not JSON") from None
        if not isinstance(body, dict):
            raise Refused(400, "The body is not a JSON object")
        return body

    def _send(self, status: int, value: object) -> None:
        contents = (value if isinstance(value, Text) else json.dumps(value)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(contents)))
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="SchemaRegistry"')
        self.end_headers()
        self.wfile.write(contents)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 its name there
        """Nothing: tests should not be talkative."""
