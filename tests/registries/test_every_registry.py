"""Every registry does the same for those who look schemas up, the real ones too; where one cannot, one table says so."""

import contextlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import boto3
import pytest
from moto import mock_aws
from registry_servers import Server

from msgpact.registries.apicurio import ApicurioRegistry
from msgpact.registries.confluent import ConfluentRegistry
from msgpact.registries.embedded import EmbeddedRegistry
from msgpact.registries.entries import Source
from msgpact.registries.files import FilesRegistry, pull
from msgpact.registries.glue import GlueRegistry
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers.framed import GlobalId, RegisteredSchema, Registry, SchemaId

MONEY = RegisteredSchema("AVRO", '{"type":"record","name":"Money","namespace":"shop","fields":[]}', {})
ORDER = RegisteredSchema(
    "AVRO",
    '{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"total","type":"Money"}]}',
    {"shop.Money": MONEY},
)
FIRST = RegisteredSchema("AVRO", '{"type":"record","name":"R","fields":[]}', {})
SECOND = RegisteredSchema("AVRO", '{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":0}]}', {})
PROTO = RegisteredSchema(
    "PROTOBUF", 'syntax = "proto3";\npackage shop;\n\nmessage Money {\n  int64 amount = 1;\n}\n', {}
)
CENT = RegisteredSchema("PROTOBUF", 'syntax = "proto3";\npackage shop;\n\nmessage Cent {\n}\n', {})
WALLET = RegisteredSchema(
    "PROTOBUF",
    'syntax = "proto3";\npackage shop;\n\nimport "cent.proto";\n\nmessage Wallet {\n  Cent cent = 1;\n}\n',
    {"cent.proto": CENT},
)
PURSE = RegisteredSchema(
    "PROTOBUF",
    'syntax = "proto3";\npackage shop;\n\nimport "wallet.proto";\n\nmessage Purse {\n  Wallet wallet = 1;\n}\n',
    {"wallet.proto": WALLET, "cent.proto": CENT},
)
JSON = RegisteredSchema("JSON", '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}', {})
UNREGISTERED = RegisteredSchema("AVRO", '{"type":"fixed","name":"Nobody","size":3}', {})

KINDS: dict[str, set[type[SchemaId]]] = {
    "memory": {int, uuid.UUID, GlobalId},
    "files": {int, uuid.UUID},
    "embedded": {int, uuid.UUID, GlobalId},
    "confluent-embedded": {int, uuid.UUID},
    "confluent-apicurio": {int},
    "apicurio": {int, GlobalId},
    "glue": {uuid.UUID},
}
"""Which kinds of ids each of them gives. Glue has no references."""


class Both(Registry, Source, Protocol):
    """What all of them are."""


Make = Callable[..., Both]


@pytest.fixture(params=[pytest.param(kind, marks=[pytest.mark.server] if "apicurio" in kind else []) for kind in KINDS])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def made(kind: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """A function that makes a registry of the kind which holds the schemas it is given, each for a subject."""
    with EmbeddedRegistry() as embedded, mock_aws() if kind == "glue" else contextlib.nullcontext():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")

        def make(*schemas: tuple[str, RegisteredSchema]) -> Both:
            registry: Both
            server: Server
            match kind:
                case "memory":
                    registry = MemoryRegistry()
                case "files":
                    registry = embedded
                case "embedded":
                    registry = embedded
                case "confluent-embedded":
                    registry = ConfluentRegistry(embedded.url, register=True)
                case "confluent-apicurio":
                    server = request.getfixturevalue("apicurio")
                    registry = ConfluentRegistry(server.url, register=True, timeout=30)
                case "apicurio":
                    server = request.getfixturevalue("apicurio")
                    registry = ApicurioRegistry(server.url, register=True, timeout=30)
                case _:
                    registry = GlueRegistry("eu-central-1", register=True, client=boto3.client("glue", "eu-central-1"))
            for subject, schema in schemas:
                registry.id_of(schema, subject, next(each for each in KINDS[kind] if each is not GlobalId))  # type: ignore[type-var] # one of both
            return pull(registry, tmp_path / "registry") if kind == "files" else registry

        yield make


@pytest.fixture
def subject() -> str:
    return f"orders-{uuid.uuid4()}"


EVERY = pytest.mark.parametrize(
    "schema",
    [FIRST, ORDER, PROTO, PURSE, JSON],
    ids=["avro", "avro-references", "protobuf", "protobuf-references", "json"],
)


@EVERY
def test_a_schema_is_found_by_each_of_its_ids(made: Make, kind: str, subject: str, schema: RegisteredSchema) -> None:
    schema = FIRST if kind == "glue" and schema.references else schema
    registry = made((subject, schema))

    for each in KINDS[kind]:
        schema_id = registry.id_of(schema, subject, each)  # type: ignore[type-var] # one of the kinds that it takes
        assert type(schema_id) is each
        assert registry.find(schema_id) == schema


@EVERY
def test_the_latest_of_a_subject(made: Make, kind: str, subject: str, schema: RegisteredSchema) -> None:
    schema = FIRST if kind == "glue" and schema.references else schema

    assert made((subject, schema)).latest(subject) == schema


def test_an_id_is_for_ever(made: Make, kind: str, subject: str) -> None:
    registry = made((subject, FIRST), (subject, SECOND))
    each = next(iter(KINDS[kind]))

    first, second = (registry.id_of(schema, subject, each) for schema in (FIRST, SECOND))  # type: ignore[type-var] # as above

    assert first != second
    assert registry.find(first) == FIRST
    assert registry.find(second) == registry.latest(subject) == SECOND


def test_the_history_of_a_subject(made: Make, kind: str, subject: str) -> None:
    registry = made((subject, FIRST), (subject, SECOND))

    history = registry.history(subject)

    assert [(entry.version, entry.schema) for entry in history] == [(1, FIRST), (2, SECOND)]
    assert all(registry.find(each) == entry.schema for entry in history for each in entry.schema_ids)
    assert {type(each) for each in history[0].schema_ids} == KINDS[kind] - ({GlobalId} if kind == "embedded" else set())
    if kind != "glue":  # moto has no list_schemas
        assert subject in registry.subjects()


def test_what_it_holds_is_found_in_a_folder(made: Make, kind: str, subject: str, tmp_path: Path) -> None:
    schema = FIRST if kind == "glue" else ORDER
    registry = made((subject, schema))
    (entry,) = registry.history(subject)

    pulled = pull(registry, tmp_path / "pulled", [subject])

    for found in (pulled, FilesRegistry(tmp_path / "pulled")):
        assert [found.find(each) for each in entry.schema_ids] == [schema] * len(entry.schema_ids)
        assert found.latest(subject) == schema


@pytest.mark.parametrize(
    "schema_id", [2_000_000_000, uuid.UUID(int=5), GlobalId(2_000_000_000)], ids=["number", "guid", "global-id"]
)
def test_an_unknown_id(made: Make, kind: str, schema_id: SchemaId) -> None:
    words = r"^its (schema|global) id \S+ is not known to the .*registry"

    with pytest.raises(ValueError, match=words):
        made().find(schema_id)


def test_an_unknown_subject(made: Make) -> None:
    registry = made()
    with pytest.raises(ValueError, match=r"^there is no (subject|schema) 'nobody' in the .*registry"):
        registry.latest("nobody")
    with pytest.raises(ValueError, match=r"^there is no (subject|schema) 'nobody' in the .*registry"):
        registry.history("nobody")


def test_ids_that_it_does_not_give(made: Make, kind: str, subject: str) -> None:
    registry = made((subject, FIRST))
    for each in {int, uuid.UUID, GlobalId} - KINDS[kind]:
        with pytest.raises(ValueError, match=r"^its schema has no (number|GUID|global id) in the .*registry"):
            registry.id_of(FIRST, subject, each)


def test_a_schema_that_is_not_registered_and_not_to_be(kind: str, subject: str, made: Make) -> None:
    registry = made((subject, FIRST))
    if isinstance(registry, ConfluentRegistry):
        registry = ConfluentRegistry(registry.url)
    elif isinstance(registry, ApicurioRegistry):
        registry = ApicurioRegistry(registry.url)
    elif isinstance(registry, GlueRegistry):
        registry = GlueRegistry(client=boto3.client("glue", "eu-central-1"))
    elif not isinstance(registry, FilesRegistry):
        assert registry.id_of(UNREGISTERED, f"{subject}-2", int)
        return

    with pytest.raises(ValueError, match=r"^its schema is (not registered|in no file)"):
        registry.id_of(UNREGISTERED, subject, next(iter(KINDS[kind])))  # type: ignore[type-var] # as above
