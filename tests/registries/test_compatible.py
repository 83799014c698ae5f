"""What an embedded registry holds against a schema, and what it lets pass as nobody can judge it."""

import pytest

from msgpact.errors import MissingExtra, UsageError
from msgpact.registries.embedded import compatible, descriptors
from msgpact.registries.embedded.compatible import incompatible
from msgpact.registries.embedded.descriptors import serialized
from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.protobuf import sources

INT, LONG = (RegisteredSchema("AVRO", f'"{name}"', {}) for name in ("int", "long"))
PROTO = RegisteredSchema("PROTOBUF", 'syntax = "proto3"; message A {}', {})


@pytest.mark.parametrize(
    ("earlier", "schema", "level", "rules"),
    [
        ([INT], LONG, "BACKWARD", []),
        ([LONG], INT, "BACKWARD", ["avro/type-mismatch"]),
        ([LONG], INT, "FORWARD", []),
        ([INT], LONG, "FULL", ["avro/type-mismatch"]),
        ([LONG, INT], INT, "BACKWARD", []),
        ([LONG, INT], INT, "BACKWARD_TRANSITIVE", ["avro/type-mismatch"]),
    ],
)
def test_what_breaks(earlier: list[RegisteredSchema], schema: RegisteredSchema, level: str, rules: list[str]) -> None:
    assert [each.partition(":")[0] for each in incompatible(earlier, schema, level)] == rules


def test_without_its_checker_every_schema_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise MissingExtra("no buf")

    monkeypatch.setattr(compatible, "check", missing)

    assert incompatible([LONG], INT, "BACKWARD") == []


def test_a_schema_that_the_checker_does_not_understand(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise UsageError("Cannot check it.")

    monkeypatch.setattr(compatible, "check", lost)

    assert incompatible([LONG], INT, "BACKWARD") == ["Cannot check it."]


@pytest.mark.parametrize(
    "schema",
    [INT, RegisteredSchema("PROTOBUF", "message {", {}), RegisteredSchema("PROTOBUF", "CgdhLnByb3Rv", {})],
    ids=["avro", "no-proto", "base64"],
)
def test_what_has_no_descriptor_but_itself(schema: RegisteredSchema) -> None:
    assert serialized(schema) == schema.text


def test_without_a_compiler_text_stays_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise MissingExtra("no protoc")

    monkeypatch.setattr(sources, "of_registered", missing)

    assert descriptors.serialized(PROTO) == PROTO.text
