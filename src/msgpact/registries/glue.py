"""The AWS Glue schema registry, asked by boto3. Its ids are UUIDs of schema versions; its schemas refer to no others."""

import uuid
from collections.abc import Callable
from typing import Any, TypeVar, cast

from msgpact.errors import Unavailable
from msgpact.extras import require
from msgpact.registries.entries import Entry
from msgpact.serializers.framed import Id, NotRegistered, RegisteredSchema, SchemaFormat, SchemaId, no_id, unknown_id

__all__ = ["GlueRegistry"]

T = TypeVar("T")


class GlueRegistry:
    """A registry of an AWS account. Nothing is asked before the first look-up; what it says of an id is kept.

    Credentials, and the region where none is given, are found as boto3 finds them.

    Args:
        region: The region of AWS.
        name: The registry's name.
        timeout: Seconds to wait for a connection, and for each part of an answer.
        register: Whether a schema that is not registered is, when a message is written with it; else that is an error.
        client: A client for Glue of your own, instead of one that is made here.
    """

    def __init__(
        self,
        region: str | None = None,
        name: str = "default-registry",
        *,
        timeout: float = 10.0,
        register: bool = False,
        client: object | None = None,
    ) -> None:
        self._exceptions = require("botocore.exceptions", extra="glue", feature="the Glue schema registry")
        self.name, self._register = name, register
        self._noun = f"the Glue registry {name}"
        self._found: dict[uuid.UUID, RegisteredSchema] = {}
        self._client: Any = client if client is not None else self._made(region, timeout)

    def _made(self, region: str | None, timeout: float) -> object:
        boto3 = require("boto3", extra="glue", feature="the Glue schema registry")
        config = require("botocore.config", extra="glue", feature="the Glue schema registry").Config(
            connect_timeout=timeout, read_timeout=timeout, retries={"total_max_attempts": 2}
        )
        made: object = self._ask(
            ValueError(self._noun), lambda: boto3.client("glue", region_name=region, config=config)
        )
        return made

    def __repr__(self) -> str:
        return f"GlueRegistry({self.name!r})"

    def find(self, schema_id: SchemaId, /) -> RegisteredSchema:
        """The schema of an id, asked for once. Raises as `Registry.find`."""
        if not isinstance(schema_id, uuid.UUID):
            raise unknown_id(schema_id, f"{self._noun}, whose ids are UUIDs")
        if schema_id not in self._found:
            unknown = unknown_id(schema_id, self._noun)
            version = self._ask(unknown, lambda: self._client.get_schema_version(SchemaVersionId=str(schema_id)))
            self._found[schema_id] = _schema(version)
        return self._found[schema_id]

    def id_of(self, schema: RegisteredSchema, subject: str, kind: type[Id], /) -> Id:
        """The id of a schema under a name. Raises as `Registry.id_of`; ValueError where it is not, and not to be, registered."""
        if issubclass(kind, int):
            raise no_id(kind, self._noun)
        not_there = NotRegistered(
            f"its schema is not registered as {subject!r} in {self._noun}: register it, or write register=True"
        )
        named = {"SchemaId": self._named(subject), "SchemaDefinition": schema.text}
        try:
            found = self._ask(not_there, lambda: self._client.get_schema_by_definition(**named))
        except NotRegistered:
            if not self._register:
                raise
            found = self._registered(schema, subject)
        return kind(found["SchemaVersionId"])

    def _registered(self, schema: RegisteredSchema, subject: str) -> Any:
        new = NotRegistered(f"there is no schema {subject!r} in {self._noun}")
        named = {"SchemaId": self._named(subject), "SchemaDefinition": schema.text}
        try:
            return self._ask(new, lambda: self._client.register_schema_version(**named))
        except NotRegistered:
            pass  # the first version is made with the schema
        created = self._ask(
            new,
            lambda: self._client.create_schema(
                RegistryId={"RegistryName": self.name},
                SchemaName=subject,
                DataFormat=schema.format,
                Compatibility="BACKWARD",
                SchemaDefinition=schema.text,
            ),
        )
        return {"SchemaVersionId": created["SchemaVersionId"]}

    def latest(self, subject: str, /) -> RegisteredSchema:
        """The newest schema of a name. Raises as `Registry.latest`."""
        return _schema(self._version(subject, {"LatestVersion": True}))

    def subjects(self) -> list[str]:
        """The names of all schemas."""
        unknown = ValueError(f"there is no {self._noun}")
        pages = self._client.get_paginator("list_schemas")
        listed = self._ask(unknown, lambda: list(pages.paginate(RegistryId={"RegistryName": self.name})))
        return sorted(schema["SchemaName"] for page in listed for schema in page["Schemas"])

    def history(self, subject: str) -> list[Entry]:
        """The versions of a name, the oldest first. Raises as `latest`."""
        newest = self._version(subject, {"LatestVersion": True})["VersionNumber"]
        entries = []
        for number in range(1, newest + 1):
            try:
                version = self._version(subject, {"VersionNumber": number})
            except ValueError:  # it is deleted
                continue
            entries.append(Entry(number, (uuid.UUID(version["SchemaVersionId"]),), _schema(version)))
        return entries

    def _named(self, subject: str) -> dict[str, str]:
        return {"RegistryName": self.name, "SchemaName": subject}

    def _version(self, subject: str, number: dict[str, object]) -> Any:
        return self._ask(
            ValueError(f"there is no schema {subject!r} in {self._noun}"),
            lambda: self._client.get_schema_version(SchemaId=self._named(subject), SchemaVersionNumber=number),
        )

    def _ask(self, unknown: ValueError, request: Callable[[], T]) -> T:
        try:
            return request()
        except self._exceptions.ClientError as error:
            said = error.response.get("Error", {})
            code, message = said.get("Code", "?"), said.get("Message", "")
            if code == "EntityNotFoundException":
                raise unknown from None
            if code in ("InvalidInputException", "AlreadyExistsException"):
                raise ValueError(f"{self._noun} refuses its schema: {message}") from None
            raise Unavailable(
                f"Cannot use {self._noun}: AWS answers {code} ({message}). Check the credentials and what they permit."
            ) from None
        except self._exceptions.BotoCoreError as error:
            raise Unavailable(
                f"Cannot reach {self._noun}: {str(error).rstrip('.')}. Check the region, the credentials and the network."
            ) from None


def _schema(version: Any) -> RegisteredSchema:
    return RegisteredSchema(cast(SchemaFormat, version["DataFormat"]), version["SchemaDefinition"], {})
