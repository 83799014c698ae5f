"""A schema registry inside this process: Confluent's HTTP API on a loopback port, everything in memory.

It starts in a millisecond and serves any client of that API, in any process: subjects, versions, ids and GUIDs, references,
look-ups, levels of compatibility, modes, soft and permanent deletion, with Confluent's error codes.

What is not as in Confluent's registry:

* GUIDs follow from the contents, but are not the same ones. There is one context and one user; no rules, metadata or exporters.
* A Protobuf schema that was sent as base64 comes back so, not as text. As base64 (`format=serialized`) text comes back only
  with the extra `protoc`. Its syntax is hardly checked.
* `normalize` puts the keys of JSON in order and does nothing else.
* Compatibility is judged by our own checker, which for Protobuf and JSON Schema needs the extra `schemas`: without it every
  schema of the same format is compatible.
"""

import json
import socket
import threading
import uuid
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any, Self

from msgpact.errors import UsageError
from msgpact.registries.api import Text, answer
from msgpact.registries.compatible import incompatible
from msgpact.registries.entries import Entry
from msgpact.registries.held import Compatibility, Held, Reference, Stored
from msgpact.registries.refused import Refused
from msgpact.registries.sameness import direct_references
from msgpact.registries.settings import LEVELS
from msgpact.serializers.framed import Id, RegisteredSchema, SchemaId, unknown_id

__all__ = ["EmbeddedRegistry"]

_LARGEST = 16 * 1024 * 1024


class EmbeddedRegistry:
    """A registry, from its construction until `close` or the end of a `with` block. It is a `Registry` itself, too.

    Args:
        compatibility: What judges a new version of a subject: a function of the earlier schemas, the new one and the level to
            the list of what is wrong. None lets every one of the same format pass.
        level: The level of compatibility of subjects without their own.
        authorization: What the header Authorization must hold, `Basic …` or `Bearer …`; None lets everyone in.

    Attributes:
        url: Where it is.
    """

    url: str

    def __init__(
        self,
        *,
        compatibility: Compatibility | None = incompatible,
        level: str = "BACKWARD",
        authorization: str | None = None,
    ) -> None:
        if level not in LEVELS:
            raise UsageError(
                f"Cannot start a registry of level {level!r}: there is none. There are {', '.join(LEVELS)}."
            )
        self._held = Held(compatibility, level)
        self._lock = threading.RLock()
        self._server = _Server(self._held, self._lock, authorization)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name=self.url, daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"EmbeddedRegistry({self.url})"

    def register(self, subject: str, schema: RegisteredSchema) -> int:
        """Register a schema for a subject, and those it refers to each under its name; its id.

        Raises:
            ValueError: the registry refuses it; a clause.
        """
        with self._lock:
            return self._registered(subject, schema).id

    def _registered(self, subject: str, schema: RegisteredSchema) -> Stored:
        references = []
        for name, reference in direct_references(schema).items():
            stored = self._registered(name, reference)
            number = self._held.lookup(name, stored.schema).number
            references.append(Reference(name, name, number))
        try:
            resolved = self._held.resolved(schema.format, schema.text, references)
            return self._held.register(subject, resolved, references).stored
        except Refused as refused:
            raise ValueError(f"the registry {self.url} refuses its schema: {refused.message}") from None

    def find(self, schema_id: SchemaId, /) -> RegisteredSchema:
        """The schema of an id. Raises ValueError where it is not known."""
        with self._lock:
            try:
                stored = (
                    self._held.by_id(int(schema_id))
                    if isinstance(schema_id, int)
                    else self._held.by_guid(str(schema_id))
                )
            except Refused:
                raise unknown_id(schema_id, f"the registry {self.url}") from None
            return stored.schema

    def id_of(self, schema: RegisteredSchema, subject: str, kind: type[Id], /) -> Id:
        """The id of a schema, which is registered if it is not. Raises ValueError where it is refused."""
        with self._lock:
            stored = self._registered(subject, schema)
        return kind(stored.id) if issubclass(kind, int) else kind(stored.guid)

    def latest(self, subject: str, /) -> RegisteredSchema:
        """The newest schema of a subject. Raises ValueError where there is none."""
        with self._lock:
            try:
                return self._held.version(subject, None).stored.schema
            except Refused:
                raise ValueError(f"there is no subject {subject!r} in the registry {self.url}") from None

    def subjects(self) -> list[str]:
        """The names of all subjects."""
        with self._lock:
            return self._held.subjects()

    def history(self, subject: str) -> list[Entry]:
        """The versions of a subject, the oldest first. Raises ValueError where there is none."""
        with self._lock:
            try:
                versions = self._held.versions(subject)
            except Refused:
                raise ValueError(f"there is no subject {subject!r} in the registry {self.url}") from None
            return [
                Entry(each.number, (each.stored.id, uuid.UUID(each.stored.guid)), each.stored.schema)
                for each in versions
            ]

    def close(self) -> None:
        """Stop it and end its connections. A second call does nothing."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.end_connections()
            self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _Server(ThreadingTCPServer):
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

    server: _Server
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
