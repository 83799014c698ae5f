"""A registry in memory: it knows what it is told, by the ids that it is told."""

import uuid

import pytest

from msgpact.registries.memory import MemoryRegistry
from msgpact.registries.sameness import direct_references
from msgpact.serializers.framed import GlobalId, RegisteredSchema

INT = RegisteredSchema("AVRO", '"int"', {})
LONG = RegisteredSchema("AVRO", '"long"', {})


def test_ids_are_the_callers() -> None:
    registry = MemoryRegistry()
    registry.register("a", INT, 77, uuid.UUID(int=1))
    registry.register("a", LONG, 78)

    assert registry.find(77) == registry.find(uuid.UUID(int=1)) == INT
    assert registry.id_of(INT, "b", int) == 77
    assert registry.latest("a") == LONG
    assert registry.latest("b") == INT
    assert repr(registry) == "MemoryRegistry(2 schemas)"


@pytest.mark.parametrize(
    ("kind", "words"), [(uuid.UUID, "no GUID"), (GlobalId, "no global id")], ids=["guid", "global-id"]
)
def test_an_id_that_it_was_not_told(kind: type[uuid.UUID] | type[GlobalId], words: str) -> None:
    registry = MemoryRegistry()
    registry.register("a", INT, 77)

    with pytest.raises(ValueError, match=f"^its schema has {words} in the registry in memory$"):
        registry.id_of(INT, "a", kind)  # type: ignore[type-var] # one of both


def test_new_numbers_follow_the_largest() -> None:
    registry = MemoryRegistry()
    registry.register("a", INT, 77)

    assert registry.id_of(LONG, "a", int) == 78


def test_a_global_id_is_no_number() -> None:
    registry = MemoryRegistry()
    registry.register("a", INT, 5)
    registry.register("a", LONG, GlobalId(5))

    assert (registry.find(5), registry.find(GlobalId(5))) == (INT, LONG)
    assert GlobalId(5) != 5
    assert {GlobalId(5): "a", 5: "b"}[GlobalId(5)] == "a"


def test_only_white_space_makes_no_other_schema() -> None:
    registry = MemoryRegistry()
    registry.register("a", RegisteredSchema("AVRO", '{"type": "int"}', {}), 5)
    registry.register("b", RegisteredSchema("PROTOBUF", "message A {\n  int32 a = 1;\n}\n", {}), 6)

    assert registry.id_of(RegisteredSchema("AVRO", '{\n"type":"int"}', {}), "a", int) == 5
    assert registry.id_of(RegisteredSchema("PROTOBUF", "message A {\nint32 a = 1;\n\n}", {}), "b", int) == 6
    assert registry.id_of(RegisteredSchema("AVRO", "no schema ", {}), "c", int) == 7


A = RegisteredSchema("PROTOBUF", "", {})
B = RegisteredSchema("PROTOBUF", 'import "a.proto";', {"a.proto": A})
MONEY = RegisteredSchema("AVRO", '{"name":"shop.Money"}', {})
LINE = RegisteredSchema("AVRO", '{"name":"shop.Line","fields":[{"type":"Money"}]}', {"shop.Money": MONEY})


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        (RegisteredSchema("PROTOBUF", 'import "b.proto";', {"b.proto": B, "a.proto": A}), ["b.proto"]),
        (RegisteredSchema("PROTOBUF", 'import "b.proto"; import "a.proto";', {"b.proto": B, "a.proto": A}), ["b.proto", "a.proto"]),
        (RegisteredSchema("AVRO", '["shop.Line"]', {"shop.Line": LINE, "shop.Money": MONEY}), ["shop.Line"]),
        (
            RegisteredSchema("AVRO", '{"namespace":"shop","fields":["Line","Money"]}', {"shop.Line": LINE, "shop.Money": MONEY}),
            ["shop.Line", "shop.Money"],
        ),
        (RegisteredSchema("AVRO", "?", {"shop.Money": MONEY}), ["shop.Money"]),
    ],
    ids=["through-another", "both", "avro-through-another", "avro-within-namespace", "not-spelt"],
)  # fmt: skip
def test_what_a_schema_refers_to_itself(schema: RegisteredSchema, names: list[str]) -> None:
    assert list(direct_references(schema)) == names
