"""Avro schemas as text: what Java prints, canonical forms, fingerprints. Expected values come from the specification, from
Avro's Java source, and from pacts that the plugin for Avro wrote."""

import json
from typing import Any

import pytest
from shared_data import SHARED

from msgpact.serializers.avro.forms import canonical_form, crc64, md5, text_of
from msgpact.serializers.avro.schemas import parsed

SHIPMENT = (
    '{"type":"record","name":"Shipment","namespace":"interop.avro","fields":[{"name":"id","type":"string"},'
    '{"name":"note","type":["null","string"],"default":null},{"name":"status","type":{"type":"enum","name":"Status",'
    '"symbols":["NEW","SENT","DONE"]}},{"name":"digest","type":{"type":"fixed","name":"Digest","size":4}},'
    '{"name":"label","type":"string","default":"none"}]}'
)


def field(kind: Any, **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": [{"name": "a", "type": kind, **more}]}


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        pytest.param("int", '"int"', id="primitive"),
        pytest.param({"type": "int"}, '"int"', id="primitive-as-object"),
        pytest.param(["null", {"type": "string"}], '["null","string"]', id="union"),
        pytest.param(json.loads(SHIPMENT), SHIPMENT, id="as-the-plugin-wrote-it"),
        pytest.param({"logicalType": "date", "type": "int", "x": [1, {"y": None}]}, '{"type":"int","logicalType":"date","x":[1,{"y":null}]}', id="properties"),
        pytest.param({"type": "map", "avro.java.string": "String", "values": "string"}, '{"type":"map","values":"string","avro.java.string":"String"}', id="properties-last"),
        pytest.param(
            {"aliases": ["Old", "x.Y"], "size": 4, "pii": True, "doc": "d", "name": "a.F", "type": "fixed"},
            '{"type":"fixed","name":"F","namespace":"a","doc":"d","size":4,"pii":true,"aliases":["Old","x.Y"]}', id="fixed"),
        pytest.param(
            {"type": "enum", "name": "E", "default": "A", "symbols": ["A", "B"], "aliases": ["D"], "z": 1},
            '{"type":"enum","name":"E","symbols":["A","B"],"default":"A","z":1,"aliases":["D"]}', id="enum"),
        pytest.param({"type": "error", "name": "Oops", "fields": []}, '{"type":"error","name":"Oops","fields":[]}', id="error"),
        pytest.param(
            field("int", pii=1, aliases=["b"], order="ignore", default=3, doc="d"),
            '{"type":"record","name":"R","fields":[{"name":"a","type":"int","doc":"d","default":3,"order":"ignore","aliases":["b"],"pii":1}]}', id="field"),
        pytest.param(field("int", order="ascending"), '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}', id="order"),
        pytest.param(
            {"type": "record", "name": "n.R", "fields": [
                {"name": "a", "type": {"type": "fixed", "name": "F", "size": 1}}, {"name": "b", "type": "n.F"},
                {"name": "c", "type": {"type": "fixed", "name": "m.F", "size": 1}}, {"name": "d", "type": "m.F"},
                {"name": "e", "type": {"type": "fixed", "name": "G", "namespace": "", "size": 1}},
                {"name": "f", "type": ["null", "R"]}]},
            '{"type":"record","name":"R","namespace":"n","fields":[{"name":"a","type":{"type":"fixed","name":"F","size":1}},'
            '{"name":"b","type":"F"},{"name":"c","type":{"type":"fixed","name":"F","namespace":"m","size":1}},'
            '{"name":"d","type":"m.F"},{"name":"e","type":{"type":"fixed","name":"G","namespace":"","size":1}},'
            '{"name":"f","type":["null","R"]}]}', id="namespaces"),
        pytest.param(
            {"type": "record", "name": "n.R", "fields": [{"name": "a", "type": {"type": "fixed", "name": "string", "size": 1}}, {"name": "b", "type": "n.string"}]},
            '{"type":"record","name":"R","namespace":"n","fields":[{"name":"a","type":{"type":"fixed","name":"string","size":1}},{"name":"b","type":"n.string"}]}', id="called-like-a-primitive"),
        pytest.param({"type": "string", "x": "é\u20ac\u0001\u001f\n\"\\/\u007f"}, '{"type":"string","x":"é€\\u0001\\u001F\\n\\"\\\\/\u007f"}', id="letters"),
        pytest.param({"type": "int", "x": {}, "y": []}, '{"type":"int","x":{},"y":[]}', id="empty"),
    ],
)  # fmt: skip
def test_text_as_java_prints_it(schema: Any, text: str) -> None:
    assert text_of(parsed(schema)) == text


@pytest.mark.parametrize(
    ("default", "text"),
    [
        (1.5, "1.5"), (1, "1"), (1e10, "1.0E10"), (1.25e7, "1.25E7"), (9999999.0, "9999999.0"), (0.001, "0.001"), (0.00025, "2.5E-4"),
        (-1e-7, "-1.0E-7"), (0.0, "0.0"), ("NaN", '"NaN"'), ("-Infinity", '"-Infinity"'), ("Infinity", '"Infinity"'), (1e100, "1.0E100"),
    ],
)  # fmt: skip
def test_a_default_as_java_shows_doubles(default: Any, text: str) -> None:
    assert f'"default":{text}}}' in text_of(parsed(field("double", default=default)))


def plugin_schemas() -> list[Any]:
    """The schemas in the plugin's pacts, with their keys."""
    folder = SHARED / "interop/plugins/pacts"
    if not folder.is_dir():
        return [pytest.param("", "", marks=pytest.mark.skip(reason="no interop/plugins beside the project"))]
    found: dict[str, str] = {}
    for file in sorted(folder.glob("avro-*.json")):
        for plugin in json.loads(file.read_text(encoding="utf-8"))["metadata"]["plugins"]:
            found |= {key: each["avroSchema"] for key, each in plugin["configuration"].items()}
    return [pytest.param(key, text, id=key) for key, text in found.items()]


@pytest.mark.parametrize(("key", "text"), plugin_schemas())
def test_text_and_key_are_the_plugins(key: str, text: str) -> None:
    assert text_of(parsed(text)) == text
    assert md5(text) == key


@pytest.mark.parametrize("file", ["shipment", "maps", "lists"])
def test_a_schema_file_becomes_the_plugins_text(file: str) -> None:
    path = SHARED / f"interop/plugins/schemas/{file}.avsc"
    if not path.exists():
        pytest.skip("no interop/plugins beside the project")
    text = text_of(parsed(path.read_text(encoding="utf-8")))

    assert text in [each.values[1] for each in plugin_schemas()]


CANONICAL = '{"name":"n.R","type":"record","fields":[{"name":"a","type":"int"},{"name":"b","type":["null","n.R"]}]}'


def test_the_canonical_form_has_full_names_and_nothing_else() -> None:
    schema = {
        "type": "record", "doc": "d", "name": "R", "namespace": "n", "aliases": ["Q"],
        "fields": [{"name": "a", "type": {"type": "int", "logicalType": "date"}, "default": 1}, {"type": ["null", "R"], "name": "b"}],
    }  # fmt: skip

    assert canonical_form(parsed(schema)) == CANONICAL


@pytest.mark.parametrize(
    ("dialect", "canonical"),
    [
        ("specification", '["null","int",{"name":"F","type":"fixed","size":4},"bytes"]'),
        ("objects", '["null",{"type":"int"},{"name":"F","type":"fixed","size":4},{"type":"bytes"}]'),
        (
            "logical",
            (
                '["null",{"type":"int","logicalType":"date"},'
                '{"name":"F","type":"fixed","size":4,"logicalType":"decimal","precision":4},'
                '{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}]'
            ),
        ),
    ],
)
def test_canonical_forms_of_others(dialect: Any, canonical: str) -> None:
    decimal = {"logicalType": "decimal", "precision": 4}
    schema = [
        "null",
        {"type": "int", "logicalType": "date"},
        {"type": "fixed", "name": "F", "size": 4, **decimal},
        {"type": "bytes", **decimal, "scale": 2},
    ]

    assert canonical_form(parsed(schema), dialect) == canonical


@pytest.mark.parametrize(
    ("canonical", "fingerprint"),
    [  # of the specification's test data (share/test/data/schema-tests.txt), which has them as signed numbers
        ('"null"', 7195948357588979594),
        ('"boolean"', -6970731678124411036),
        ('"int"', 8247732601305521295),
        ('"long"', -3434872931120570953),
        ('"string"', -8142146995180207161),
    ],
)
def test_crc64_is_that_of_the_specification(canonical: str, fingerprint: int) -> None:
    assert crc64(canonical) == fingerprint.to_bytes(8, "little", signed=True)
