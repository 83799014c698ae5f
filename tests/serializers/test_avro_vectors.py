"""Bodies of Avro that foreign serializers wrote, and bad ones: each is read as it was meant, or refused at its place."""

import io
from typing import Any

import fastavro
import pytest
from avro_vectors import assert_same, avro_cases, body_of, native
from shared_data import shared_cases

from msgpact.serializers.avro import Avro, forms
from msgpact.serializers.framing import Framed, RegisteredSchema


class Frame:
    """What says nothing but the schema of the writer: it stands in for a registry's frame."""

    name = "test"

    def __init__(self, writer: object) -> None:
        self.schema = RegisteredSchema("AVRO", Avro(writer).schema.text, {})  # type: ignore[arg-type]  # JSON of a vector

    def unwrap(self, contents: bytes, headers: object) -> Framed:
        return Framed(contents, self.schema)

    def wrap(self, framed: Framed) -> Any:
        raise NotImplementedError


def read(case: dict[str, Any]) -> object:
    reader = Avro(case.get("reader_schema", case["schema"]), framing=Frame(case["schema"]))
    serializer, payload = reader.received(body_of(case), ())
    return serializer.load(payload)


@pytest.mark.parametrize("case", avro_cases("avro-datum"))
def test_a_datum_is_read(case: dict[str, Any]) -> None:
    assert_same(read(case), native(case["value"]))


@pytest.mark.parametrize("case", [*avro_cases("avro-datum"), *avro_cases("avro-resolution")])
def test_what_a_schema_is_sure_of_is_so(case: dict[str, Any]) -> None:
    if "error" not in case and not case.get("or_error"):
        holds(Avro(case.get("reader_schema", case["schema"])).known, read(case))


def holds(known: object, value: Any) -> None:
    """See `rules.plan.Known`."""
    if isinstance(known, frozenset):
        assert type(value) in known
    elif isinstance(known, dict):
        assert type(value) is dict
        for key, each in known.items():
            holds(each, value[key])
    elif isinstance(known, list):
        assert type(value) is list
        for each in value:
            holds(known[0], each)


@pytest.mark.parametrize("case", avro_cases("avro-datum"))
def test_what_was_read_is_written_again(case: dict[str, Any]) -> None:
    serializer = Avro(case["schema"])
    value = serializer.load(body_of(case))

    written = serializer.dump(value)

    assert_same(serializer.load(written), value)
    if "$union" not in str(case["value"]):  # the value does not keep the branch
        assert written == body_of(case) or "blocks" in case.get("note", "")


@pytest.mark.parametrize("case", [*avro_cases("avro-resolution"), *avro_cases("derived", "none")])
def test_a_datum_is_resolved(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(ValueError, match=r", at byte \d+ \(schema "):
            read(case)
        return
    try:
        found = read(case)
    except ValueError:
        assert case.get("or_error"), "the value was meant"
        return
    assert_same(found, native(case["value"]))


TAKEN = {
    "a/bad/avro/block-size/negative": "the size of a block is passed over",
    "a/bad/avro/bomb/map-million": "a map takes bytes for every entry: it is as large as the body",
}
"""Lenient vectors that are read."""


@pytest.mark.parametrize("case", avro_cases("negative", "none"))
def test_a_bad_datum_is_refused_at_its_place(case: dict[str, Any]) -> None:
    if case.get("id") in TAKEN:
        assert case["lenient"]
        read(case)
        return
    with pytest.raises(ValueError, match=r", at byte \d+ \(schema "):
        read(case)


@pytest.mark.parametrize("case", shared_cases("interop/binary/fingerprints.jsonl"))
def test_canonical_forms_and_fingerprints_are_those_of_java(case: dict[str, Any]) -> None:
    schema = Avro(case["schema"]).schema

    assert schema.canonical_form == case["canonical"]
    assert (schema.fingerprint, schema.md5, schema.sha256) == (case["crc64"], case["md5"], case["sha256"])
    for other in case.get("others", {}).values():
        if isinstance(other, dict):
            assert bytes.fromhex(other["crc64"]) in forms.fingerprints(schema.root)


@pytest.mark.parametrize("case", shared_cases("interop/binary/fingerprints.jsonl"))
def test_the_text_of_a_schema_is_the_same_schema(case: dict[str, Any]) -> None:
    text = Avro(case["schema"]).schema.text

    assert Avro(text).schema.text == text
    assert Avro(text).schema.canonical_form == case["canonical"]


MISSING_IN_FASTAVRO = ("nanos", "duration", "big-decimal", "uuid-fixed", "decimal-invalid", "decimal-fixed-invalid")


KNOWN_TO_FASTAVRO = [
    case for case in avro_cases("avro-datum") if not any(word in (case.id or "") for word in MISSING_IN_FASTAVRO)
]


@pytest.mark.parametrize("case", KNOWN_TO_FASTAVRO)
def test_fastavro_reads_what_is_written(case: dict[str, Any]) -> None:
    value = native(case["value"])

    written = Avro(case["schema"]).dump(value)

    assert_same(fastavro.schemaless_reader(io.BytesIO(written), case["schema"], None), value)
