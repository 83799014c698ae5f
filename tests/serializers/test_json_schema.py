"""JSON held to a schema: what it allows, what it refuses in words, and whose schema counts."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from framed_vectors import body_of, framing_for, headers_of, schema_of
from pydantic import BaseModel
from shared_data import shared_cases

from msgpact.errors import DeclarationError, MissingExtra
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers import json_schema, received, sent
from msgpact.serializers.framing import Confluent, RegisteredSchema
from msgpact.serializers.json_schema import JsonSchema

ORDER: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {"id": {"type": "integer"}, "lines": {"type": "array", "items": {"$ref": "line.json"}}},
    "required": ["id"],
}
LINE: dict[str, Any] = {"$id": "https://example.org/line", "type": "object", "properties": {"sku": {"type": "string"}}}
NEWER = {**ORDER, "properties": {"id": {"type": ["integer", "string"]}}}


class Order(BaseModel):
    id: int
    placed: datetime.date | None = None


def order(**said: Any) -> JsonSchema:
    return JsonSchema(ORDER, references={"line.json": LINE}, **said)


# -- writing and reading


@pytest.mark.parametrize(
    ("value", "contents"),
    [
        ({"id": 1}, b'{"id":1}'),
        ({"id": 1, "lines": [{"sku": "A"}], "more": None}, b'{"id":1,"lines":[{"sku":"A"}],"more":null}'),
        (Order(id=5, placed=datetime.date(2026, 11, 28)), b'{"id":5,"placed":"2026-11-28"}'),
    ],
    ids=["dict", "nested", "model"],
)
def test_what_the_schema_allows(value: object, contents: bytes) -> None:
    assert order().dump(value) == contents
    assert order().load(contents) == order().load(order().dump(order().load(contents)))
    assert order().build(contents, Order) == Order.model_validate_json(contents)


REFUSED = [
    (b'{"id":"1"}', "it is not as its schema says: $.id: '1' is not of type 'integer'"),
    (b"[]", "it is not as its schema says: $: [] is not of type 'object'"),
    (b"{}", "it is not as its schema says: $: 'id' is a required property"),
    (b'{"id":1,"lines":[{},{"sku":5}]}', "it is not as its schema says: $.lines[1].sku: 5 is not of type 'string'"),
    (b'{"id":"1","lines":5}', "it is not as its schema says: $.id: '1' is not of type 'integer'; $.lines: 5 is not of type 'array'"),
    (b'{"id":1,"lines":[1,2,3,4,5]}', "it is not as its schema says: $.lines[0]: 1 is not of type 'object'; $.lines[1]: 2 is"),
    (b'{"id":"' + b"x" * 1000 + b'"}', f"it is not as its schema says: $.id: '{'x' * 99}…{'x' * 74}' is not of type 'integer'"),
    (b'{"id":1}}', "it is cut off or is not JSON (unexpected content after document, line 1, column 9)"),
    (b'{"id":NaN}', "it is not JSON (unexpected character"),
    (b"", "it is empty, which is not JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("contents", "words"), REFUSED)
def test_what_it_refuses(contents: bytes, words: str) -> None:
    for read in (order().load, lambda each: order().build(each, Order)):
        with pytest.raises(ValueError, match=".") as raised:  # noqa: RUF043 any words: they are compared below
            read(contents)
        assert str(raised.value).startswith(words)


def test_what_is_written_is_held_to_it_too() -> None:
    with pytest.raises(ValueError, match=r"^it is not as its schema says: \$\.id: 'a' is not of type 'integer'$"):
        order().dump({"id": "a"})


def test_what_more_there_is_is_counted() -> None:
    with pytest.raises(ValueError, match=r"\$\.lines\[2\]: 3 is not of type 'object'; and 2 more$"):
        order().load(b'{"id":1,"lines":[1,2,3,4,5]}')


def test_whole_numbers_are_integers_however_they_are_written() -> None:
    assert order().load(b'{"id":1.0}') == {"id": 1.0}


@pytest.mark.parametrize(
    ("schema", "contents"),
    [
        (True, b"5"),
        ('{"type":"integer"}', b"5"),
        (RegisteredSchema("JSON", '{"type":"integer"}', {}), b"5"),
        ({"$ref": "http://json-schema.org/draft-07/schema#"}, b'{"type":"integer"}'),
        ({"prefixItems": [{"type": "integer"}]}, b'[5,"a"]'),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "prefixItems": [{"type": "string"}]}, b"[5]"),
    ],
    ids=["true", "text", "registered", "metaschema", "newest-draft", "draft-07"],
)
def test_a_schema_is_given_in_many_ways(schema: json_schema.Given, contents: bytes) -> None:
    assert JsonSchema(schema).dump(JsonSchema(schema).load(contents)) == contents


def test_a_schema_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"type":"integer"}', encoding="utf-8")

    for path in (tmp_path / "a.json", str(tmp_path / "a.json")):
        assert JsonSchema(path) == JsonSchema('{"type":"integer"}')


def test_a_reference_by_its_id() -> None:
    schema = JsonSchema({"$ref": "https://example.org/line"}, references={"any": LINE})

    with pytest.raises(ValueError, match=r"\$\.sku: 5 is not of type 'string'"):
        schema.load(b'{"sku":5}')


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("{", "it is not JSON: "),
        ("[]", "a schema is an object, true or false"),
        ({"type": "nope"}, r"it is no JSON Schema: 'nope' is not valid under any of the given schemas at \$\.type"),
        ("gone.json", r".*No such file"),
    ],
)  # fmt: skip
def test_what_is_no_schema(schema: json_schema.Given, words: str) -> None:
    with pytest.raises(DeclarationError, match=rf"^Cannot use .* as a JSON Schema: {words}.*\. Mend it"):
        JsonSchema(schema)


@pytest.mark.parametrize("name", ["gone.json", "http://127.0.0.1:1/schema.json"])
def test_what_it_refers_to_is_not_fetched(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^its schema refers to '{name}', which is not known$"):
        JsonSchema({"$ref": name}).load(b"5")


def test_a_schema_without_end() -> None:
    with pytest.raises(ValueError, match=r"^its schema or it itself is nested without end$"):
        JsonSchema({"$ref": "#"}).load(b"5")


# -- without the library


def test_the_library_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(module: str, *, extra: str, feature: str) -> None:
        raise MissingExtra(f"{feature} needs {module} of {extra}")

    monkeypatch.setattr(json_schema, "require", missing)
    json_schema._validator.cache_clear()
    with pytest.raises(MissingExtra, match=r"^JSON Schema needs jsonschema of json-schema$"):
        order()

    assert order(validate=False).load(b'{"id":"a"}') == {"id": "a"}


# -- frames


def framed(schema: JsonSchema | None = None) -> tuple[JsonSchema, MemoryRegistry]:
    registry = MemoryRegistry()
    found = order(framing=Confluent(registry, "orders-value"))
    registry.register("orders-value", found.schema, 7)
    return found, registry


def test_ours_is_named_by_the_frame() -> None:
    schema, _ = framed()

    assert sent(schema, schema.dump({"id": 1})) == (b'\0\0\0\0\x07{"id":1}', ())
    assert received(schema, b'\0\0\0\0\x07{"id":1}', ()) == (schema, b'{"id":1}')


def test_the_schema_of_the_writer_counts() -> None:
    schema, registry = framed()
    registry.register("orders-value", RegisteredSchema("JSON", JsonSchema(NEWER).schema.text, {}), 8)

    reader, payload = received(schema, b'\0\0\0\0\x08{"id":"a"}', ())

    assert reader.load(payload) == {"id": "a"}
    with pytest.raises(ValueError, match="is not of type 'integer'"):
        schema.load(payload)


@pytest.mark.parametrize(
    ("writer", "words"),
    [
        (RegisteredSchema("AVRO", '"int"', {}), "the schema that its frame names is in AVRO, not JSON Schema"),
        (RegisteredSchema("JSON", "{", {}), "the schema that its frame names is none: it is not JSON"),
        (RegisteredSchema("JSON", '{"type":5}', {}), "the schema that its frame names is none: it is no JSON Schema"),
    ],
)
def test_a_writer_without_a_schema(writer: RegisteredSchema, words: str) -> None:
    schema, registry = framed()
    registry.register("orders-value", writer, 8)

    with pytest.raises(ValueError, match=f"^{words}"):
        received(schema, b'\0\0\0\0\x08{"id":"a"}', ())


def test_a_frame_that_is_not_there() -> None:
    schema, _ = framed()
    with pytest.raises(
        ValueError, match=r"^it has no Confluent frame: it begins with 0x7b, not 0x00; it looks like JSON$"
    ):
        received(schema, b'{"id":1}', ())


def test_equality_and_what_is_shown() -> None:
    schema, registry = framed()

    assert order() == order()
    assert hash(order()) == hash(order())
    assert order() != schema
    assert order() != order(validate=False)
    assert repr(JsonSchema(True)) == "JsonSchema('true')"
    assert repr(JsonSchema(True, framing=Confluent(registry))) == "JsonSchema('true', framing='confluent')"


# -- other people's bodies


def of_json(file: str) -> list[Any]:
    cases: list[Any] = shared_cases(f"interop/binary/{file}.jsonl")
    return [case for case in cases if not case.values[0] or case.values[0]["format"] == "json"]


def serializer_of(vector: dict[str, Any]) -> JsonSchema:
    return JsonSchema(schema_of(vector), framing=framing_for(vector))


@pytest.mark.parametrize("vector", of_json("json"))
def test_other_peoples_bodies(vector: dict[str, Any]) -> None:
    serializer = serializer_of(vector)

    reader, payload = received(serializer, body_of(vector), headers_of(vector))

    document = reader.load(payload)
    assert repr(document) == repr(vector["value"])
    again, headers = sent(serializer, serializer.dump(document))
    assert repr(received(serializer, again, headers)[0].load(received(serializer, again, headers)[1])) == repr(document)


@pytest.mark.parametrize("vector", of_json("negative"))
def test_other_peoples_bad_bodies(vector: dict[str, Any]) -> None:
    serializer = serializer_of(vector)

    with pytest.raises(ValueError, match=r"^it "):
        serializer.load(received(serializer, body_of(vector), headers_of(vector))[1])
