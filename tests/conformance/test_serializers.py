"""What every serializer promises, ours and other people's: `dump`, `load` and `build` raise clauses, or give what they say."""

import contextlib
import copy
import datetime
import decimal
import random
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal
from xml.etree import ElementTree

import messagepack
import pytest
from google.protobuf.struct_pb2 import Struct
from google.protobuf.type_pb2 import Field, Option
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from msgpact.model import Serializer
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers import binary, form, json, received, sent, text, xml
from msgpact.serializers.avro import Avro
from msgpact.serializers.base import BUILT_IN
from msgpact.serializers.cloudevents import CloudEvents
from msgpact.serializers.framing import Confluent
from msgpact.serializers.json_schema import JsonSchema
from msgpact.serializers.protobuf import Protobuf


class Order(BaseModel):
    id: int
    note: str | None = None


@dataclass(frozen=True, repr=False)
class Row:
    """A serializer, and what it does with what.

    Attributes:
        values: Values that it writes, with the documents that are read of what was written.
        built: Values with a type, and what is built of them as that.
        cut: Bytes that lack their end: an error, or for some formats (*other*) a document of their own; or *any* bytes are right.
        junk: Bytes that it refuses.
        unheld: Values that it cannot write.
    """

    serializer: Serializer | ModuleType
    values: list[tuple[object, object]]
    built: list[tuple[object, Any, object]]
    cut: Literal["error", "other", "any"] = "error"
    junk: list[bytes] = field(default_factory=list)
    unheld: list[object] = field(default_factory=list)

    @property
    def dump(self) -> Callable[[Any], bytes]:
        return self.serializer.dump

    @property
    def load(self) -> Callable[[bytes], Any]:
        return self.serializer.load

    @property
    def build(self) -> Callable[[bytes, Any], Any]:
        return self.serializer.build


NESTED = {
    "id": 42,
    "note": "Zürich",
    "lines": [{"sku": "A-1", "price": 1.5}, {}],
    "none": None,
    "yes": True,
    "empty": [],
}
NO_UTF8 = b"\xff\xfe\x00"
EVENT = {"specversion": "1.0", "id": "1", "source": "/shop", "type": "created"}
ORDER = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "token", "type": "bytes", "default": ""},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
        {"name": "lines", "type": {"type": "array", "items": "string"}},
        {"name": "tags", "type": {"type": "map", "values": "int"}},
    ],
}
AT = datetime.datetime(2026, 11, 20, 10, 0, 0, 1, tzinfo=datetime.UTC)
DATUM = {
    "id": 42, "note": "Zürich", "token": b"\x00\xff", "price": decimal.Decimal("12.50"), "at": AT, "kind": "B", "lines": ["a", ""],
    "tags": {"x": -1},
}  # fmt: skip
NOBODY = {**DATUM, "note": None, "lines": [], "tags": {}}
SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
FIELD = {"name": "id", "number": 42, "kind": "TYPE_INT64", "options": [{"name": "packed"}]}


def event(**more: object) -> dict[str, object]:
    return {**EVENT, **more}


ROWS: dict[str, Row] = {
    "JSON": Row(
        json,
        [(NESTED, NESTED), (Order(id=42), {"id": 42, "note": None}), (uuid.UUID(int=0), str(uuid.UUID(int=0))), ("", ""), (None, None)],
        [({"id": 42}, Order, Order(id=42)), ({"id": 42}, dict, {"id": 42}), ([1], list[int], [1])],
        junk=[b"", NO_UTF8, b"{]", b"[1] 2", b"[" * 3000],
        unheld=[object(), float("nan"), {1: object()}, "\ud800"],
    ),
    "XML": Row(
        xml,
        [("<a b='1'><c>é</c></a>", ElementTree.fromstring("<a b='1'><c>é</c></a>")), (b"<a/>", ElementTree.Element("a"))],
        [("<a>é</a>", str, "<a>é</a>"), ("<a/>", ElementTree.Element, ElementTree.Element("a"))],
        junk=[b"", NO_UTF8, b"text", b"<a>", b"<a/><b/>", b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'],
        unheld=[1, None, {"a": 1}],
    ),
    "form": Row(
        form,
        [({"a": "1", "b": ["2", "3"]}, {"a": "1", "b": ["2", "3"]}), ({"é": 1}, {"é": "1"}), ("a=1", {"a": "1"}), ({}, {})],
        [({"id": 42}, Order, Order(id=42)), ({"a": 1}, str, "a=1"), ({"a": 1}, dict, {"a": "1"})],
        cut="other",
        junk=[NO_UTF8],
        unheld=[1, [1], {"a": {"b": 1}}, {"a": None}],
    ),
    "text": Row(
        text,
        [("Zürich\r\n", "Zürich\r\n"), ("", ""), (b"bytes", "bytes")],
        [("Zürich", str, "Zürich")],
        cut="other",
        junk=[NO_UTF8],
        unheld=[1, None, {"a": 1}, "\ud800"],
    ),
    "bytes": Row(
        binary,
        [(b"\x00\xff", b"\x00\xff"), (b"", b""), (bytearray(b"1"), b"1"), (memoryview(b"1"), b"1")],
        [],
        cut="any",
        unheld=["text", 1, None, {"a": 1}],
    ),
    "Avro without its schema": Row(
        binary.WITHOUT_SCHEMA["Avro"], [(b"\x00\xff", b"\x00\xff")], [], cut="any", unheld=["text", {"a": 1}]
    ),
    "MessagePack": Row(
        messagepack,
        [(NESTED, NESTED), ({"token": b"\x00\xff"}, {"token": b"\x00\xff"}), (Order(id=42), {"id": 42, "note": None}), ({"at": AT}, {"at": AT})],
        [({"id": 42}, Order, Order(id=42)), ({"id": 42}, dict[str, int], {"id": 42})],
        junk=[b"", b"\xc1", b"\xc7\x01\x05\x00", b"\x81\x01\x01", b"\x01\x01", b"\xa1\xff", b"\xd7\xff" + b"\xff" * 8, b"\x91" * 3000],
        unheld=[object(), 2**64],
    ),
    "CloudEvents": Row(
        CloudEvents(),
        [
            (event(data=NESTED), event(data=NESTED)),
            (event(datacontenttype="text/plain", data="Zürich", attempt=3), event(datacontenttype="text/plain", data="Zürich", attempt=3)),
            (event(datacontenttype="image/png", data=b"\xff"), event(datacontenttype="image/png", data=b"\xff")),
            (EVENT, EVENT),
        ],
        [(event(data={"id": 42}), dict, event(data={"id": 42}))],
        junk=[b"", NO_UTF8, b"[]", b"{}", b'{"specversion":"1.0","id":"1","source":"","type":"a"}'],
        unheld=[1, {}, event(data=object()), event(rate=0.5), event(datacontenttype="image/png", data={"a": 1}), {1: 2}],
    ),
    "CloudEvents in headers": Row(
        CloudEvents(mode="binary"),
        [(event(datacontenttype="application/json", data=NESTED), event(datacontenttype="application/json", data=NESTED)), (EVENT, EVENT)],
        [(event(data={"id": 42}), dict, event(data={"id": 42}))],
        junk=[b"", b"{}"],
        unheld=[{}, event(data=object())],
    ),
    "CloudEvents of MessagePack": Row(
        CloudEvents(messagepack, mode="binary", binding="http"),
        [(event(datacontenttype="a/b", data=DATUM | {"price": 1}), event(datacontenttype="a/b", data=DATUM | {"price": 1}))],
        [(event(datacontenttype="a/b", data={"id": 42}), dict, event(datacontenttype="a/b", data={"id": 42}))],
        junk=[CloudEvents().dump(event(datacontenttype="a/b", data=b"\xc1"))],
        unheld=[event(datacontenttype="a/b", data=object())],
    ),
    "CloudEvents of Avro": Row(
        CloudEvents(Avro(ORDER)),
        [(event(data=DATUM), event(datacontenttype="avro/binary;record=Order", data=DATUM))],
        [(event(data=DATUM), dict, event(datacontenttype="avro/binary;record=Order", data=DATUM))],
        junk=[CloudEvents().dump(event(datacontenttype="avro/binary", data=b"\x54"))],
        unheld=[event(data={"id": "x"}), event(data=None)],
    ),
    "Avro": Row(
        Avro(ORDER),
        [(DATUM, DATUM), (NOBODY, NOBODY)],
        [(NOBODY, Order, Order(id=42)), (DATUM, dict[str, Any], DATUM)],
        junk=[b"", Avro(ORDER).dump(DATUM) + b"\x00", b"\xff" * 11, b"\x54\x04", b"\x54\x01"],
        unheld=[None, {}, {**DATUM, "id": 2**63}, {**DATUM, "kind": "C"}, {**DATUM, "price": decimal.Decimal("0.001")}, object()],
    ),
    "JSON with a schema": Row(
        JsonSchema(SCHEMA),
        [({"id": 42}, {"id": 42}), (Order(id=42), {"id": 42, "note": None})],
        [({"id": 42}, Order, Order(id=42)), ({"id": 42}, dict[str, int], {"id": 42})],
        junk=[b"", NO_UTF8, b"[]", b'{"id": "x"}', b'{"id": 1'],
        unheld=[None, {}, {"id": "x"}, object()],
    ),
    "CloudEvents of framed JSON": Row(
        CloudEvents(JsonSchema(SCHEMA, framing=Confluent(MemoryRegistry(), "orders-value"))),
        [(event(datacontenttype="application/json", data={"id": 42}), event(datacontenttype="application/json", data={"id": 42}))],
        [(event(data={"id": 42}), dict, event(data={"id": 42}))],
        junk=[CloudEvents().dump(event(data={"id": 42}))],
        unheld=[event(data={"id": "x"})],
    ),
    "Avro in a frame": Row(
        Avro(ORDER, framing=Confluent(MemoryRegistry(), "orders-value")),
        [(DATUM, DATUM)],
        [(NOBODY, Order, Order(id=42))],
        junk=[b""],
        unheld=[{}],
    ),
    "Protobuf": Row(
        Protobuf(Field),
        [(FIELD, FIELD), (Field(name="id", number=42, kind="TYPE_INT64", options=[Option(name="packed")]), FIELD), ({}, {})],
        [(FIELD, Field, Field(name="id", number=42, kind="TYPE_INT64", options=[Option(name="packed")])), (FIELD, dict, FIELD)],
        cut="other",
        junk=[b"\xff", b"\x1a\x05ab", b"\x22\x01\xff", b"\x00\x00", b"\x18" + b"\xff" * 11],
        unheld=[None, 1, {"no": 1}, {"number": 2**31}, {"name": b"\xff"}, object(), Struct()],
    ),
    "Protobuf in a frame": Row(
        Protobuf(Field, framing=Confluent(MemoryRegistry(), "fields-value")),
        [(FIELD, FIELD)],
        [(FIELD, Field, Field(name="id", number=42, kind="TYPE_INT64", options=[Option(name="packed")]))],
        cut="other",
        junk=[b"\xff"],
        unheld=[{"no": 1}],
    ),
}  # fmt: skip

rows = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)


def each(name: str) -> pytest.MarkDecorator:
    """A parameter for each value of an attribute of each row."""
    cases = [
        pytest.param(row, one, id=f"{what}-{at}")
        for what, row in ROWS.items()
        for at, one in enumerate(getattr(row, name))
    ]
    return pytest.mark.parametrize(("row", "case"), cases)


def same(document: object) -> object:
    """A document as it can be compared: of an element its text."""
    return ElementTree.tostring(document) if isinstance(document, ElementTree.Element) else document


CLAUSE = re.compile(r"\A[^A-Z\s].*[^.\s]\Z", re.DOTALL)
"""A clause begins in lower case and ends without a full stop: whoever raises it further embeds it."""


def assert_clause(error: BaseException) -> None:
    assert CLAUSE.match(str(error)), f"no clause: {error}"


def test_each_of_ours_is_here() -> None:
    ours = {name for _, name in BUILT_IN} | {"msgpact.serializers.binary"}

    assert ours <= {getattr(each.serializer, "__name__", "") for each in ROWS.values()}
    assert {CloudEvents, Avro, Protobuf} <= {type(each.serializer) for each in ROWS.values()}


# -- what was written is read -------------------------------------------------------------------------------------------------


@each("values")
def test_what_was_written_is_read(row: Row, case: tuple[object, object]) -> None:
    value, document = case

    found = row.load(row.dump(value))

    assert same(found) == same(document)
    assert type(found) is type(document)


@each("values")
def test_the_same_value_is_the_same_bytes(row: Row, case: tuple[object, object]) -> None:
    assert row.dump(case[0]) == row.dump(copy.deepcopy(case[0]) if not isinstance(case[0], memoryview) else case[0])


@each("values")
def test_what_was_read_is_written_and_read_again(row: Row, case: tuple[object, object]) -> None:
    if isinstance(row.load(row.dump(case[0])), ElementTree.Element):
        case = (case[0], row.load(row.dump(case[0])))

    assert same(row.load(row.dump(case[1]))) == same(case[1])


@each("values")
def test_nothing_that_was_given_is_changed(row: Row, case: tuple[object, object]) -> None:
    if isinstance(case[0], memoryview):
        return
    before = copy.deepcopy(case[0])

    contents = row.dump(case[0])
    changed = row.load(contents)
    if isinstance(changed, dict):
        for inner in changed.values():
            if isinstance(inner, dict | list):
                inner.clear()
        changed.clear()

    assert same(case[0]) == same(before)
    assert same(row.load(contents)) == same(case[1])


@each("values")
def test_what_was_sent_is_received(row: Row, case: tuple[object, object]) -> None:
    serializer: Any = row.serializer

    contents, headers = sent(serializer, row.dump(case[0]))
    reader, payload = received(serializer, contents, headers)

    document = reader.load(payload)
    if serializer == CloudEvents(mode="binary") and isinstance(document, dict):
        document = {name: value for name, value in document.items() if value is not None}
    assert same(document) == same(case[1])


@each("built")
def test_what_is_built(row: Row, case: tuple[object, Any, object]) -> None:
    value, into, built = case

    found = row.build(row.dump(value), into)

    assert same(found) == same(built)


# -- what is wrong is a clause ----------------------------------------------------------------------------------------------


@each("junk")
def test_junk_is_refused(row: Row, case: bytes) -> None:
    with pytest.raises(ValueError, match=CLAUSE):
        row.load(case)


@each("junk")
def test_of_junk_nothing_is_built(row: Row, case: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        row.build(case, dict)


@each("unheld")
def test_what_it_cannot_hold(row: Row, case: object) -> None:
    with pytest.raises((TypeError, ValueError), match=r"."):
        row.dump(case)


@each("values")
def test_what_is_cut_off(row: Row, case: tuple[object, object]) -> None:
    contents = row.dump(case[0])
    for end in range(len(contents)):
        try:
            found = row.load(contents[:end])
        except ValueError as error:
            assert row.cut != "any"
            assert_clause(error)
        else:
            assert row.cut != "error" or (end > 0 and not contents[end:].strip()), contents[:end]
            assert row.cut != "any" or found == contents[:end]


# -- nothing else is ever raised ---------------------------------------------------------------------------------------------


def damaged(row: Row, source: random.Random) -> Iterator[bytes]:
    """Good bytes with something wrong: a byte another one, a piece left out or twice, more at the end."""
    for value, _ in row.values:
        contents = row.dump(value)
        for _ in range(60):
            at, to = sorted(source.choices(range(len(contents) + 1), k=2))
            yield source.choice(
                [
                    contents[:at] + source.randbytes(1) + contents[at + 1 :],
                    contents[:at] + contents[to:],
                    contents[:to] + contents[at:],
                    contents + source.randbytes(3),
                ]
            )


@rows
def test_of_damaged_bytes_there_is_a_document_or_a_clause(row: Row) -> None:
    for contents in damaged(row, random.Random(5)):
        read(row, contents)


@rows
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(contents=b"\x00" * 40)
@given(contents=st.binary(max_size=40))
def test_of_any_bytes_there_is_a_document_or_a_clause(row: Row, contents: bytes) -> None:
    read(row, contents)


def read(row: Row, contents: bytes) -> None:
    try:
        row.load(contents)
    except ValueError as error:
        assert row.cut != "any"
        assert_clause(error)
    for into in (dict, int, Order, list[Order], Serializer):
        with contextlib.suppress(ValueError, TypeError):
            row.build(contents, into)


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary() | st.decimals() | st.uuids()
    | st.dates() | st.times() | st.datetimes() | st.timedeltas() | st.complex_numbers() | st.sampled_from([object, object(), ...])
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=6,
)


@rows
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    value=VALUES,
    name=st.sampled_from(["id", "note", "token", "price", "at", "kind", "lines", "tags", "options", "data", "name"]),
)
def test_any_value_has_bytes_or_a_reason(row: Row, value: object, name: str) -> None:
    good = row.values[0][0]
    for each in (value, {**good, name: value}) if isinstance(good, dict) else (value,):
        try:
            contents = row.dump(each)
        except (ValueError, TypeError):
            continue
        with contextlib.suppress(ValueError):  # text under XML is written as it is
            row.load(contents)
