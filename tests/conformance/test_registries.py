"""The embedded registry and a real one pass the same tests, asked by confluent-kafka's client; what differs is one table."""

import contextlib
import json
import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient, SchemaRegistryError
from registry_servers import Server

DIFFERENCES: dict[str, dict[str, object]] = {
    "the level of compatibility at first": {"embedded": "BACKWARD", "apicurio": "NONE"},
    "another text of the same schema, by white space, gets its id": {"embedded": True, "apicurio": False},
    "an id has a GUID": {"embedded": True, "apicurio": False},
    "there are modes": {"embedded": True, "apicurio": False},
    "the subjects of an id can be asked for": {"embedded": True, "apicurio": False},
    "code of a version 0": {"embedded": (42202, 422), "apicurio": (40402, 404)},
    "code of what is to be deleted softly first": {"embedded": (40405, 404), "apicurio": (40405, 409)},
    "code of a level that there is not": {"embedded": (42203, 422), "apicurio": (-1, 400)},
    "a subject without a level of its own has that of all": {"embedded": False, "apicurio": True},
}
"""Where Apicurio does not do as the embedded registry, which does as Confluent's."""

MONEY = '{"type":"record","name":"Money","namespace":"shop","fields":[{"name":"amount","type":"long"}]}'
ORDER = '{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"total","type":"Money"}]}'
PROTO = 'syntax = "proto3";\npackage shop;\n\nmessage Money {\n  int64 amount = 1;\n}\n'
IMPORTING = 'syntax = "proto3";\npackage shop;\n\nimport "money.proto";\n\nmessage Order {\n  Money total = 1;\n}\n'
JSON_SCHEMA = (
    '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"integer"}}}'
)
INTS = [Schema(json.dumps({"type": "fixed", "name": "F", "size": size})) for size in range(1, 9)]


def avro(*fields: str, namespace: str = "a") -> Schema:
    """A record of numbers that may be left out, so that every one reads every other."""
    listed = [{"name": name, "type": "int", "default": 0} for name in fields]
    return Schema(
        json.dumps({"type": "record", "name": "R", "namespace": namespace, "fields": listed}, separators=(",", ":"))
    )


@pytest.fixture
def client(registry_server: Server) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": registry_server.url, "timeout": 20}) as found:
        yield found


@pytest.fixture
def fresh(registry_server: Server) -> Iterator[SchemaRegistryClient]:
    """A second client: the first one keeps what it has seen."""
    with SchemaRegistryClient({"url": registry_server.url, "timeout": 20}) as found:
        yield found


@pytest.fixture
def subject() -> str:
    return f"orders-{uuid.uuid4()}"


@pytest.fixture
def schema() -> Schema:
    """A schema of the test's own."""
    return avro("x", namespace=f"n{uuid.uuid4().hex}")


def differs(server: Server, what: str) -> object:
    return DIFFERENCES[what][server.kind]


@contextlib.contextmanager
def refused(code: int | object) -> Iterator[None]:
    """An error of the registry; a *code* says the status of HTTP too, or it is a pair of both."""
    with pytest.raises(SchemaRegistryError) as raised:
        yield
    assert (raised.value.error_code, raised.value.http_status_code) == (
        (code, int(str(code)[:3])) if isinstance(code, int) else code
    )


# -- registering and looking up


@pytest.mark.parametrize(
    ("kind", "text"), [("AVRO", MONEY), ("PROTOBUF", PROTO), ("JSON", JSON_SCHEMA)], ids=["avro", "protobuf", "json"]
)
def test_a_schema_comes_back_as_it_was_registered(
    client: SchemaRegistryClient, fresh: SchemaRegistryClient, subject: str, kind: str, text: str
) -> None:
    number = client.register_schema(subject, Schema(text, kind))

    found = fresh.get_schema(number)
    assert (found.schema_str, found.schema_type) == (text, kind)
    latest = fresh.get_latest_version(subject)
    assert (latest.schema_id, latest.version, latest.schema.schema_str) == (number, 1, text)


def test_the_same_schema_has_one_id_in_all_subjects(client: SchemaRegistryClient, subject: str, schema: Schema) -> None:
    first = client.register_schema(subject, schema)
    again = client.register_schema(subject, schema)
    elsewhere = client.register_schema(f"{subject}-2", schema)

    assert first == again == elsewhere
    assert client.get_versions(subject) == [1]


def test_white_space(client: SchemaRegistryClient, registry_server: Server, subject: str, schema: Schema) -> None:
    first = client.register_schema(subject, schema)
    spaced = client.register_schema(subject, Schema(json.dumps(json.loads(schema.schema_str or ""), indent=1)))

    assert (first == spaced) == differs(registry_server, "another text of the same schema, by white space, gets its id")


def test_versions_are_counted(client: SchemaRegistryClient, subject: str) -> None:
    numbers = [client.register_schema(subject, avro(*"abc"[:count], namespace=f"n{count}")) for count in (1, 2, 3)]

    assert client.get_versions(subject) == [1, 2, 3]
    assert [client.get_version(subject, version).schema_id for version in (1, 2, 3)] == numbers
    assert client.get_version(subject).version == 3
    assert subject in client.get_subjects()


def test_looking_up_a_schema(
    client: SchemaRegistryClient, fresh: SchemaRegistryClient, subject: str, schema: Schema
) -> None:
    number = client.register_schema(subject, schema)

    found = fresh.lookup_schema(subject, schema)

    assert (found.schema_id, found.version, found.subject) == (number, 1, subject)


def test_the_subjects_of_an_id(
    client: SchemaRegistryClient, registry_server: Server, subject: str, schema: Schema
) -> None:
    number = client.register_schema(subject, schema)
    client.register_schema(f"{subject}-2", schema)

    if differs(registry_server, "the subjects of an id can be asked for"):
        assert sorted(client.get_subjects_by_schema_id(number)) == [subject, f"{subject}-2"]
    assert sorted((each.subject or "", each.version) for each in client.get_schema_versions(number)) == [
        (subject, 1),
        (f"{subject}-2", 1),
    ]


def test_guids(
    client: SchemaRegistryClient, fresh: SchemaRegistryClient, registry_server: Server, subject: str, schema: Schema
) -> None:
    client.register_schema(subject, schema)

    guid = fresh.get_latest_version(subject).guid

    assert (guid is not None) == differs(registry_server, "an id has a GUID")
    if guid is not None:
        assert fresh.get_schema_by_guid(guid).schema_str == schema.schema_str


# -- references


@pytest.mark.parametrize(
    ("kind", "referred", "text", "name"),
    [("AVRO", MONEY, ORDER, "shop.Money"), ("PROTOBUF", PROTO, IMPORTING, "money.proto")],
    ids=["avro", "protobuf"],
)
def test_references(
    client: SchemaRegistryClient,
    fresh: SchemaRegistryClient,
    subject: str,
    kind: str,
    referred: str,
    text: str,
    name: str,
) -> None:
    client.register_schema(f"{subject}-money", Schema(referred, kind))
    reference = SchemaReference(name, f"{subject}-money", 1)
    number = client.register_schema(subject, Schema(text, kind, [reference]))

    assert fresh.get_schema(number).references == [reference]
    assert fresh.get_version(f"{subject}-money", 1).schema.schema_str == referred
    assert fresh.get_referenced_by(f"{subject}-money", 1) == [number]


def test_what_is_referred_to_is_not_deleted(client: SchemaRegistryClient, subject: str) -> None:
    client.register_schema(f"{subject}-money", Schema(MONEY))
    client.register_schema(subject, Schema(ORDER, "AVRO", [SchemaReference("shop.Money", f"{subject}-money", 1)]))

    with refused(42206):
        client.delete_subject(f"{subject}-money")


def test_a_reference_that_is_not_there(client: SchemaRegistryClient, subject: str) -> None:
    with pytest.raises(SchemaRegistryError) as raised:
        client.register_schema(subject, Schema(ORDER, "AVRO", [SchemaReference("shop.Money", f"{subject}-money", 1)]))

    assert raised.value.http_status_code in (404, 422)


# -- what is not there


def test_unknown_things(client: SchemaRegistryClient, subject: str, schema: Schema) -> None:
    client.register_schema(subject, schema)
    with refused(40403):
        client.get_schema(2_000_000_000)
    with refused(40401):
        client.get_latest_version(f"{subject}-2")
    with refused(40401):
        client.get_versions(f"{subject}-2")
    with refused(40402):
        client.get_version(subject, 7)
    with refused(40403):
        client.lookup_schema(subject, INTS[0])
    with refused(40401):
        client.lookup_schema(f"{subject}-2", schema)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("AVRO", "{"),
        ("AVRO", '{"type": "record", "name": "R"}'),
        ("AVRO", '{"type": "record", "name": "R", "fields": [{"name": "a", "type": "nope"}]}'),
        ("PROTOBUF", "message {"),
    ],
    ids=["no-json", "no-fields", "unknown-type", "no-proto"],
)
def test_an_invalid_schema(client: SchemaRegistryClient, subject: str, kind: str, text: str) -> None:
    with refused(42201):
        client.register_schema(subject, Schema(text, kind))


def test_an_invalid_version(
    client: SchemaRegistryClient, registry_server: Server, subject: str, schema: Schema
) -> None:
    client.register_schema(subject, schema)
    with refused(differs(registry_server, "code of a version 0")):
        client.get_version(subject, 0)


# -- deleting


def test_deleting_a_version(client: SchemaRegistryClient, fresh: SchemaRegistryClient, subject: str) -> None:
    schemas = [avro("a", namespace=f"n{uuid.uuid4().hex}"), avro("a", "b", namespace=f"n{uuid.uuid4().hex}")]
    numbers = [client.register_schema(subject, each) for each in schemas]

    assert client.delete_version(subject, 1) == 1

    assert fresh.get_versions(subject) == [2]
    assert fresh.get_versions(subject, deleted=True) == [1, 2]
    assert fresh.get_schema(numbers[0]).schema_str == schemas[0].schema_str
    with refused(40402):
        fresh.get_version(subject, 1)


def test_deleting_a_subject(
    client: SchemaRegistryClient, fresh: SchemaRegistryClient, registry_server: Server, subject: str, schema: Schema
) -> None:
    client.register_schema(subject, schema)
    with refused(differs(registry_server, "code of what is to be deleted softly first")):
        client.delete_subject(subject, permanent=True)

    assert client.delete_subject(subject) == [1]

    assert subject not in fresh.get_subjects()
    assert subject in fresh.get_subjects(deleted=True)
    with refused(40401):
        fresh.get_latest_version(subject)
    with refused(40404):
        client.delete_subject(subject)
    assert client.delete_subject(subject, permanent=True) == [1]
    assert subject not in fresh.get_subjects(deleted=True)


# -- compatibility and modes


def test_the_level_of_a_subject(
    client: SchemaRegistryClient, registry_server: Server, subject: str, schema: Schema
) -> None:
    client.register_schema(subject, schema)
    falls_back = differs(registry_server, "a subject without a level of its own has that of all")
    with contextlib.nullcontext() if falls_back else refused(40408):
        assert client.get_compatibility(subject) == client.get_compatibility()

    client.set_compatibility(subject, "FORWARD")
    assert client.get_compatibility(subject) == "FORWARD"
    client.delete_config(subject)
    with contextlib.nullcontext() if falls_back else refused(40408):
        assert client.get_compatibility(subject) == client.get_compatibility()


def test_the_level_of_all(client: SchemaRegistryClient, registry_server: Server) -> None:
    first = client.get_compatibility()
    assert first == differs(registry_server, "the level of compatibility at first")
    try:
        client.set_compatibility(level="FULL_TRANSITIVE")
        assert client.get_compatibility() == "FULL_TRANSITIVE"
    finally:
        client.set_compatibility(level=first)


def test_a_level_that_there_is_not(client: SchemaRegistryClient, registry_server: Server, subject: str) -> None:
    with refused(differs(registry_server, "code of a level that there is not")):
        client.set_compatibility(subject, "SIDEWAYS")


def test_whether_a_schema_is_compatible(client: SchemaRegistryClient, subject: str) -> None:
    client.register_schema(subject, avro("a"))
    client.set_compatibility(subject, "BACKWARD")
    another = Schema('{"type":"record","name":"R","namespace":"a","fields":[{"name":"b","type":"int"}]}')

    assert client.test_compatibility(subject, avro("a", "b"))
    assert not client.test_compatibility(subject, another)
    with refused(409):
        client.register_schema(subject, another)
    client.set_compatibility(subject, "NONE")
    assert client.register_schema(subject, another)


def test_modes(client: SchemaRegistryClient, registry_server: Server, subject: str, schema: Schema) -> None:
    if not differs(registry_server, "there are modes"):
        with pytest.raises(SchemaRegistryError):
            client.update_mode(subject, "READONLY")
        return
    assert client.get_global_mode() == "READWRITE"
    client.update_mode(subject, "READONLY")
    assert client.get_mode(subject) == "READONLY"
    with refused(42205):
        client.register_schema(subject, schema)
    client.delete_mode(subject)
    with refused(40409):
        client.get_mode(subject)
    with refused(42204):
        client.update_mode(subject, "SLEEPING")
    assert client.register_schema(subject, schema)
