"""An embedded registry, from its construction to its end; what it holds is in `held`, how it is served in `server`."""

import threading
import uuid
from types import TracebackType
from typing import Self

from msgpact.errors import UsageError
from msgpact.registries.embedded.compatible import incompatible
from msgpact.registries.embedded.held import Compatibility, Held, Reference, Stored
from msgpact.registries.embedded.refused import Refused
from msgpact.registries.embedded.server import Server
from msgpact.registries.embedded.settings import LEVELS
from msgpact.registries.entries import Entry
from msgpact.registries.sameness import direct_references
from msgpact.serializers.framed import Id, RegisteredSchema, SchemaId, unknown_id

__all__ = ["EmbeddedRegistry"]


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
        self._server = Server(self._held, self._lock, authorization)
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
