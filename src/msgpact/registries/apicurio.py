"""The Apicurio registry: Confluent's API, and its own for global ids, which frames of Apicurio 2 name schemas by."""

import base64
import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.parse import quote

from msgpact.errors import Unavailable, shown
from msgpact.registries.confluent import ConfluentRegistry
from msgpact.registries.entries import Entry
from msgpact.registries.validity import invalid
from msgpact.serializers.framed import GlobalId, Id, RegisteredSchema, SchemaFormat, SchemaId, unknown_id

__all__ = ["ApicurioRegistry"]


class ApicurioRegistry:
    """A registry at the address of an Apicurio, or of its API that is Confluent's. What it says of an id is kept.

    Its own API does not say what language a schema is written in: JSON that says `$schema`, or that is no Avro schema, is JSON
    Schema.

    Args:
        url: Where it is: `http://localhost:8080`.
        user: Name and password.
        token: A bearer token, instead of a user.
        timeout: Seconds to wait for a connection, and for each part of an answer.
        register: Whether a schema that is not registered is, when a message is written with it; else that is an error.
    """

    def __init__(
        self,
        url: str,
        *,
        user: tuple[str, str] | None = None,
        token: str | None = None,
        timeout: float = 10.0,
        register: bool = False,
    ) -> None:
        self.url = url.partition("/apis/")[0].rstrip("/")
        self._contents = ConfluentRegistry(
            f"{self.url}/apis/ccompat/v7", user=user, token=token, timeout=timeout, register=register
        )
        self._timeout = timeout
        self._headers = {"Accept": "*/*"}
        if user is not None:
            self._headers["Authorization"] = "Basic " + base64.b64encode(":".join(user).encode()).decode()
        elif token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._found: dict[GlobalId, RegisteredSchema] = {}

    def __repr__(self) -> str:
        return f"ApicurioRegistry({self.url!r})"

    def find(self, schema_id: SchemaId, /) -> RegisteredSchema:
        """The schema of an id, asked for once. Raises as `Registry.find`."""
        if not isinstance(schema_id, GlobalId):
            return self._contents.find(schema_id)
        if schema_id not in self._found:
            self._found[schema_id] = self._look_up(schema_id)
        return self._found[schema_id]

    def _look_up(self, schema_id: GlobalId) -> RegisteredSchema:
        unknown = unknown_id(schema_id, f"the registry {self.url}")
        if schema_id >= 1 << 63:  # more than it takes for an id
            raise unknown
        path = f"ids/globalIds/{int(schema_id)}"
        text = self._ask(path, unknown).decode("utf-8", "replace")
        references: dict[str, RegisteredSchema] = {}
        for each in self._json(f"{path}/references", unknown):
            match each:
                case {"artifactId": str() as artifact, "version": str() | int() as number, "name": str() as name}:
                    found = self._contents.version(artifact, int(number))
                case _:
                    raise self._not_understood(f"it answers the reference {shown(each)}")
            references |= {name: found, **found.references}
        return RegisteredSchema(_format_of(text, references), text, references)

    def id_of(self, schema: RegisteredSchema, subject: str, kind: type[Id], /) -> Id:
        """The id of a schema of a subject. Raises as `ConfluentRegistry.id_of`."""
        if not issubclass(kind, GlobalId):
            return self._contents.id_of(schema, subject, kind)
        return kind(self._global_id(subject, self._contents.version_of(schema, subject)))

    def _global_id(self, subject: str, version: int) -> GlobalId:
        path = f"groups/default/artifacts/{quote(subject, safe='')}/versions/{version}/meta"
        match self._json(path, ValueError(f"there is no subject {subject!r} in the registry {self.url}")):
            case {"globalId": int() as number}:
                return GlobalId(number)
            case other:
                raise self._not_understood(f"it answers {shown(other)} to {path!r}")

    def latest(self, subject: str, /) -> RegisteredSchema:
        """The newest schema of a subject. Raises as `Registry.latest`."""
        return self._contents.latest(subject)

    def subjects(self) -> list[str]:
        """The names of all subjects."""
        return self._contents.subjects()

    def history(self, subject: str) -> list[Entry]:
        """The versions of a subject, the oldest first. Raises as `latest`."""
        return [
            Entry(each.version, (*each.schema_ids, self._global_id(subject, each.version)), each.schema)
            for each in self._contents.history(subject)
        ]

    # -- its own API

    def _json(self, path: str, unknown: ValueError) -> Any:
        text = self._ask(path, unknown)
        try:
            return json.loads(text)
        except ValueError:
            raise self._not_understood(f"it answers {text[:200]!r}, which is not JSON") from None

    def _not_understood(self, why: str) -> Unavailable:
        return Unavailable(
            f"Cannot understand the schema registry {self.url!r}: {why}. Check that this is the address of an Apicurio."
        )

    def _ask(self, path: str, unknown: ValueError) -> bytes:
        request = urllib.request.Request(f"{self.url}/apis/registry/v2/{path}", headers=self._headers)  # noqa: S310 a registry's
        try:
            with _OPENER.open(request, timeout=self._timeout) as answer:
                contents: bytes = answer.read()
                return contents
        except urllib.error.HTTPError as error:
            with error:
                said = error.read(2000).decode("utf-8", "replace")
            if error.code == 404 and '"error_code":404' in said:
                raise unknown from None
            raise Unavailable(
                f"Cannot use the schema registry {self.url!r}: it answers {error.code} ({said[:200]}). {_advice(error.code)}"
            ) from None
        except (OSError, HTTPException) as error:
            why = getattr(error, "reason", error)
            raise Unavailable(
                f"Cannot reach the schema registry {self.url!r}: {why}. Check that it runs, and that this is its address."
            ) from None


class _Here(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would take the credentials along to whatever address an answer names."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_Here)


def _advice(status: int) -> str:
    if 300 <= status < 400:
        return "Redirects are not followed: give the address that it redirects to."
    return "Check that this is the address of an Apicurio, and who may ask it."


def _format_of(text: str, references: dict[str, RegisteredSchema]) -> SchemaFormat:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return "PROTOBUF"
    says_so = isinstance(document, dict) and "$schema" in document
    return "JSON" if says_so or invalid(RegisteredSchema("AVRO", text, references)) else "AVRO"
