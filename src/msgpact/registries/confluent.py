"""A schema registry with Confluent's HTTP API, which others have too, asked by confluent-kafka's own client."""

import json
import uuid
import weakref
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit

from msgpact.errors import Unavailable, UsageError
from msgpact.extras import require
from msgpact.registries.entries import Entry
from msgpact.registries.sameness import direct_references, key_of
from msgpact.serializers.framed import (
    GlobalId,
    Id,
    NotRegistered,
    RegisteredSchema,
    SchemaFormat,
    SchemaId,
    no_id,
    unknown_id,
)

__all__ = ["ConfluentRegistry"]

T = TypeVar("T")

_FORMATS = ("AVRO", "PROTOBUF", "JSON")
_FORMATS = ("AVRO", "PROTOBUF", "JSON")
_UNKNOWN = (40401, 40402, 40403)


class ConfluentRegistry:
    """A registry at an address. Nothing is asked before the first look-up; what it says of an id is kept.

    Args:
        url: Where its API is; of several, with commas between them, the next is asked where one does not answer.
        user: Name and password.
        token: A bearer token, instead of a user.
        timeout: Seconds to wait for a connection, and for each part of an answer.
        retries: How often a request is repeated that gets no answer, or a failing one.
        register: Whether a schema that is not registered is, when a message is written with it; else that is an error.
        settings: More of the client's settings by its own names: `ssl.ca.location`, `proxy`, `bearer.auth.…`.
    """

    def __init__(
        self,
        url: str,
        *,
        user: tuple[str, str] | None = None,
        token: str | None = None,
        timeout: float = 10.0,
        retries: int = 1,
        register: bool = False,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self._module = _client_module()
        self._timeout, self._register = timeout, register
        self.url = ",".join(_without_credentials(each) for each in url.split(","))
        conf: dict[str, object] = {"url": url, "timeout": timeout, "max.retries": retries, "retries.wait.ms": 200}
        if user is not None:
            conf["basic.auth.user.info"] = ":".join(user)
        if token is not None:
            conf |= {
                "bearer.auth.credentials.source": "STATIC_TOKEN",
                "bearer.auth.token": token,
                "bearer.auth.logical.cluster": "",
                "bearer.auth.identity.pool.id": "",
            }
        try:
            self._client: Any = self._module.SchemaRegistryClient(conf | dict(settings or {}))
        except (TypeError, ValueError, OSError) as error:
            raise UsageError(f"Cannot use the schema registry {self.url!r}: {error}. Mend its settings.") from None
        # Nobody closes a registry; without this its connection would be a ResourceWarning.
        weakref.finalize(self, self._client.__exit__, None, None, None)
        self._found: dict[SchemaId, RegisteredSchema] = {}
        self._references: dict[str, list[Any]] = {}

    def __repr__(self) -> str:
        return f"ConfluentRegistry({self.url!r})"

    # -- the registry

    def find(self, schema_id: SchemaId, /) -> RegisteredSchema:
        """The schema of an id, asked for once. Raises as `Registry.find`."""
        if schema_id not in self._found:
            self._found[schema_id] = self._look_up(schema_id)
        return self._found[schema_id]

    def _look_up(self, schema_id: SchemaId) -> RegisteredSchema:
        unknown = unknown_id(schema_id, self._noun)
        if isinstance(schema_id, GlobalId):  # Confluent's API has none
            raise unknown
        if isinstance(schema_id, uuid.UUID):
            # A registry that has no GUIDs has no such path either.
            by_guid = self._ask(unknown, lambda: self._client.get_schema_by_guid(str(schema_id)), any_404=True)
            return self._resolved(by_guid)
        if schema_id >= 1 << 31:  # more than the API takes for an id
            raise unknown
        return self._resolved(self._ask(unknown, lambda: self._client.get_schema(schema_id)))

    def id_of(self, schema: RegisteredSchema, subject: str, kind: type[Id], /) -> Id:
        """The id of a schema of a subject. Raises as `Registry.id_of`; ValueError where it is not, and not to be, registered."""
        if issubclass(kind, GlobalId):
            raise no_id(kind, self._noun)
        registered = self._registered(schema, subject)
        if issubclass(kind, int):
            return kind(registered.schema_id)
        if registered.guid is None:
            raise no_id(kind, self._noun)
        return kind(registered.guid)

    def latest(self, subject: str, /) -> RegisteredSchema:
        """The newest schema of a subject. Raises as `Registry.latest`."""
        return self._resolved(self._version(subject, "latest").schema)

    def version(self, subject: str, number: int) -> RegisteredSchema:
        """A version of a subject. Raises as `latest`."""
        return self._resolved(self._version(subject, number).schema)

    def version_of(self, schema: RegisteredSchema, subject: str) -> int:
        """Which version of a subject a schema is. Raises as `id_of`."""
        registered = self._registered(schema, subject)  # it holds the version where it was there, or is of version 8
        found: int = (registered if registered.version is not None else self._looked_up(schema, subject)).version
        return found

    def subjects(self) -> list[str]:
        """The names of all subjects."""
        return sorted(self._ask(ValueError(f"{self._noun} has no subjects"), self._client.get_subjects))

    def history(self, subject: str) -> list[Entry]:
        """The versions of a subject, the oldest first. Raises as `latest`."""
        numbers = self._ask(self._no_subject(subject), lambda: self._client.get_versions(subject))
        return [self._entry(self._version(subject, number)) for number in sorted(numbers)]

    def _entry(self, registered: Any) -> Entry:
        ids: list[SchemaId] = [registered.schema_id]
        if registered.guid is not None:
            ids.append(uuid.UUID(registered.guid))
        return Entry(registered.version, tuple(ids), self._resolved(registered.schema))

    # -- between its values and ours

    def _resolved(self, schema: Any, within: tuple[str, ...] = ()) -> RegisteredSchema:
        """A schema with those it refers to."""
        if not isinstance(schema.schema_str, str):
            raise self._not_understood("its answer holds no schema")
        if schema.schema_type not in _FORMATS:
            raise self._not_understood(f"its answer holds a schema in {schema.schema_type!r}")
        references: dict[str, RegisteredSchema] = {}
        for each in schema.references or ():
            if each.name in within:
                raise self._not_understood(f"{each.name!r} refers to itself")
            found = self._resolved(self._version(each.subject, each.version).schema, (*within, each.name))
            references |= {each.name: found, **found.references}
        resolved = RegisteredSchema(cast(SchemaFormat, schema.schema_type), schema.schema_str, references)
        self._references[key_of(resolved)] = list(schema.references or ())
        return resolved

    def _version(self, subject: str, version: int | str) -> Any:
        # What is deleted softly is still referred to.
        deleted = version != "latest"
        return self._ask(self._no_subject(subject), lambda: self._client.get_version(subject, version, deleted=deleted))

    def _registered(self, schema: RegisteredSchema, subject: str) -> Any:
        try:
            return self._looked_up(schema, subject)
        except NotRegistered:
            if not self._register:
                raise
        theirs = self._theirs(schema)
        return self._ask(
            self._no_subject(subject),
            lambda: self._client.register_schema_full_response(subject, theirs, normalize_schemas=True),
        )

    def _looked_up(self, schema: RegisteredSchema, subject: str) -> Any:
        not_there = NotRegistered(
            f"its schema is not registered for the subject {subject!r} in {self._noun}: register it, or write register=True"
        )
        theirs = self._theirs(schema)
        return self._ask(not_there, lambda: self._client.lookup_schema(subject, theirs, normalize_schemas=True))

    def _theirs(self, schema: RegisteredSchema) -> Any:
        return self._module.Schema(schema.text, schema.format, self._references_of(schema))

    def _references_of(self, schema: RegisteredSchema) -> list[Any]:
        """As the registry said them; of a schema that does not come from it, each under a subject of its name."""
        known = self._references.get(key_of(schema))
        if known is not None:
            return known
        references = []
        for name, reference in direct_references(schema).items():
            references.append(self._module.SchemaReference(name, name, self.version_of(reference, name)))
        return references

    # -- asking

    @property
    def _noun(self) -> str:
        return f"the registry {self.url}"

    def _no_subject(self, subject: str) -> ValueError:
        return ValueError(f"there is no subject {subject!r} in {self._noun}")

    def _ask(self, unknown: ValueError, request: Callable[[], T], *, any_404: bool = False) -> T:
        """What the client answers.

        Raises:
            ValueError: *unknown*, where the registry does not know it; or it refuses the schema.
            Unavailable: there is no answer, or none that can be used.
        """
        try:
            return request()
        except self._module.SchemaRegistryError as error:
            if error.http_status_code == 404 and (any_404 or error.error_code in _UNKNOWN):
                raise unknown from None
            if error.http_status_code in (409, 422):
                raise ValueError(f"{self._noun} refuses its schema: {_cut(error.error_message)}") from None
            raise Unavailable(
                f"Cannot use the schema registry {self.url!r}: it answers {error.http_status_code} "
                f"({_cut(error.error_message)}). {_advice(error.http_status_code)}"
            ) from None
        except json.JSONDecodeError as error:
            raise self._not_understood(f"it answers {_cut(error.doc)!r}, which is not JSON") from None
        except Exception as error:
            if _is_of_network(error):
                raise Unavailable(
                    f"Cannot reach the schema registry {self.url!r}: {self._why(error)}. "
                    "Check that it runs, and that this is its address."
                ) from None
            if isinstance(error, AttributeError | KeyError | TypeError | ValueError):  # JSON of another form
                raise self._not_understood(f"its answer is not of the form of Confluent's API ({error})") from None
            raise

    def _not_understood(self, why: str) -> Unavailable:
        return Unavailable(
            f"Cannot understand the schema registry {self.url!r}: {why}. Check that this is the address of its API."
        )

    def _why(self, error: Exception) -> str:
        if "Timeout" in type(error).__name__:
            return f"it does not answer within {self._timeout:g} s"
        return str(error).rstrip(".") or type(error).__name__


def _client_module() -> ModuleType:
    feature = "a schema registry"
    for needed in ("cachetools", "authlib", "certifi"):  # a client for Kafka alone comes without them
        require(needed, extra="registry", feature=feature)
    return require("confluent_kafka.schema_registry", extra="registry", feature=feature)


def _is_of_network(error: Exception) -> bool:
    """Whether the client's HTTP library raised it, whose name is httpx or httpx2, or the system."""
    return isinstance(error, OSError) or any(each.__module__.startswith("httpx") for each in type(error).__mro__)


def _cut(text: object) -> str:
    """What a stranger's server says, as far as it fits into a message."""
    said = " ".join(str(text).split())
    return said if len(said) <= 200 else f"{said[:200]}…"


def _advice(status: int) -> str:
    if status in (401, 403):
        return "Give the user and password, or the token, that it asks for."
    if 300 <= status < 400:
        return "Redirects are not followed: give the address that it redirects to."
    return "Check that this is the address of its API."


def _without_credentials(url: str) -> str:
    parts = urlsplit(url.strip())
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
