"""Protobuf: buf's categories, what BACKWARD and FORWARD mean in their terms, and what buf lets pass."""

import base64
import importlib.metadata
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

from msgpact.compatibility import buf, check, weigh
from msgpact.compatibility.protobuf import SUCCESSORS_DUTIES
from msgpact.errors import MissingExtra, UsageError
from msgpact.serializers.framed import RegisteredSchema


def proto(text: str, **references: RegisteredSchema) -> RegisteredSchema:
    return RegisteredSchema(
        "PROTOBUF", text, {name.replace("__", "/") + ".proto": each for name, each in references.items()}
    )


def order(fields: str, *, syntax: str = 'syntax = "proto3";', more: str = "") -> RegisteredSchema:
    return proto(f"{syntax}\npackage shop;\nmessage Order {{ {fields} }}\n{more}")


def found(old: RegisteredSchema, new: RegisteredSchema, mode: str) -> list[tuple[str, str, str]]:
    return [
        (each.rule.removeprefix("protobuf/"), each.path, each.direction) for each in check([old], new, mode).findings
    ]


PROTO2 = 'syntax = "proto2";'
STATES = "enum State { NEW = 0; PAID = 1; }"
MORE_STATES = "enum State { NEW = 0; PAID = 1; SENT = 2; }"
FEWER_STATES = "enum State { reserved 1; NEW = 0; }"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(order("int32 n = 1;"), order("int32 n = 1; string s = 2;"), [], id="a field that is added"),
        pytest.param(
            order("int32 n = 1; string s = 2;"), order("int32 n = 1;"),
            [("FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED", "shop.Order.s", "BACKWARD")], id="a field that is removed",
        ),
        pytest.param(
            order("int32 n = 1; string s = 2;"), order("int32 n = 1; reserved 2;"), [], id="a field that is removed and reserved",
        ),
        pytest.param(
            order("int32 n = 1;"), order("string n = 1;"),
            [("FIELD_WIRE_COMPATIBLE_TYPE", "shop.Order.n", "BOTH")], id="another type",
        ),
        pytest.param(
            order("message In { int32 n = 1; } In in = 1;"), order("message In { string n = 1; } In in = 1;"),
            [("FIELD_WIRE_COMPATIBLE_TYPE", "shop.Order.In.n", "BOTH")], id="another type within",
        ),
        pytest.param(
            order("int32 n = 1;"), order("int64 n = 1;"), [("number-misread", "shop.Order.n", "FORWARD")], id="a wider number",
        ),
        pytest.param(
            order("int64 n = 1;"), order("bool n = 1;"), [("number-misread", "shop.Order.n", "BACKWARD")], id="a narrower one",
        ),
        pytest.param(
            order("fixed32 n = 1;"), order("sfixed32 n = 1;"),
            [("number-misread", "shop.Order.n", "BACKWARD"), ("number-misread", "shop.Order.n", "FORWARD")], id="another sign",
        ),
        pytest.param(order("string s = 1;"), order("bytes s = 1;"), [
            ("FIELD_WIRE_COMPATIBLE_TYPE", "shop.Order.s", "FORWARD")], id="text is read as bytes, not the other way",
        ),
        pytest.param(
            order("State s = 1;", more=STATES), order("State s = 1;", more=MORE_STATES), [], id="a value of an open enum",
        ),
        pytest.param(
            order("optional State s = 1;", syntax=PROTO2, more=STATES), order("optional State s = 1;", syntax=PROTO2, more=MORE_STATES),
            [("closed-enum-value-unknown", "shop.Order.s", "FORWARD")], id="a value of a closed enum",
        ),
        pytest.param(
            order("optional State s = 1;", syntax=PROTO2, more=STATES), order("optional State s = 1;", syntax=PROTO2, more=FEWER_STATES),
            [("closed-enum-value-unknown", "shop.Order.s", "BACKWARD")], id="a reserved value of a closed enum",
        ),
        pytest.param(
            order("", more="message Line {}"), order("", more="message Row {}"),
            [("message-gone", "shop.Line", "BACKWARD")], id="a message with another name",
        ),
        pytest.param(
            order("map<string, int32> m = 1;"), order(""),
            [("FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED", "shop.Order.m", "BACKWARD")], id="a map, without its entry",
        ),
    ],
)  # fmt: skip
def test_full_is_both_directions(
    old: RegisteredSchema, new: RegisteredSchema, expected: list[tuple[str, str, str]]
) -> None:
    assert found(old, new, "FULL") == expected
    for mode in ("BACKWARD", "FORWARD"):
        assert found(old, new, mode) == [
            (rule, path, mode) for rule, path, direction in expected if direction in (mode, "BOTH")
        ]


def test_what_is_found_one_way_is_said_as_the_change_is() -> None:
    (finding,) = check([order("int32 n = 1;")], order("string n = 1;"), "FORWARD").findings

    assert finding.sentence == 'Field "1" with name "n" on message "Order" changed type from "int32" to "string".'


@pytest.mark.parametrize("mode", ["WIRE", "WIRE_JSON", "FILE"])
def test_bufs_categories_are_bufs_alone(mode: str) -> None:
    assert found(order("int32 n = 1;"), order("int32 n = 1;", more="message Row {}"), mode) == []
    assert [(path, direction) for _, path, direction in found(order("int32 n = 1;"), order("float n = 1;"), mode)] == [
        ("shop.Order.n", "BOTH")
    ]


@pytest.mark.parametrize(
    ("gone", "path"),
    [
        ("message Line {}", "shop.Line"),
        ("enum State { X = 0; }", "shop.State"),
        ("service Orders {}", "shop.Orders"),
    ],
)
def test_the_path_of_what_is_gone(gone: str, path: str) -> None:
    assert [path for _, path, _ in found(order("", more=gone), order(""), "FILE")] == [path]


def test_imports_are_references() -> None:
    money = proto('syntax = "proto3"; package shop; message Money { int64 cents = 1; }')
    other = proto('syntax = "proto3"; package shop; message Money { string cents = 1; }')
    text = 'syntax = "proto3"; package shop; import "shop/money.proto"; message Order { Money total = 1; }'

    assert found(proto(text, shop__money=money), proto(text, shop__money=other), "BACKWARD") == [
        ("FIELD_WIRE_COMPATIBLE_TYPE", "shop.Money.cents", "BACKWARD")
    ]


def test_an_import_of_the_name_that_the_schema_itself_is_given() -> None:
    imported = proto('syntax = "proto3"; package other; message Money { int64 cents = 1; }')
    text = 'syntax = "proto3"; import "schema.proto"; message Order { other.Money total = %d; }'
    old, new = (RegisteredSchema("PROTOBUF", text % number, {"schema.proto": imported}) for number in (1, 2))

    assert [path for _, path, _ in found(old, new, "WIRE")] == ["Order.total"]


def test_googles_own_files_need_no_reference() -> None:
    text = 'syntax = "proto3"; import "google/protobuf/timestamp.proto"; message Order { google.protobuf.Timestamp at = 1; }'

    assert found(proto(text), proto(text.replace("= 1;", "= 2;")), "WIRE") == [
        ("FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED", "Order.at", "BOTH")
    ]


def test_a_schema_that_is_registered_as_its_descriptor() -> None:
    file = descriptor_pb2.FileDescriptorProto(name="order.proto", package="shop", syntax="proto3")
    file.message_type.add(name="Order").field.add(name="n", number=1, type="TYPE_STRING", label="LABEL_OPTIONAL")
    described = proto(base64.b64encode(file.SerializeToString()).decode())

    assert found(order("string n = 1;"), described, "WIRE") == []
    assert [rule for rule, *_ in found(order("int32 n = 1;"), described, "WIRE")] == ["FIELD_WIRE_COMPATIBLE_TYPE"]


@pytest.mark.parametrize(
    ("schema", "clause"),
    [
        pytest.param(proto("message {"), "missing name after `message` (schema.proto, line 1)", id="no Protobuf"),
        pytest.param(proto("message A {" * 50), "; and 48 more", id="many complaints"),
        pytest.param(proto('import "no.proto"; message A {}'), "imported file does not exist (schema.proto, line 1)", id="no import"),
        pytest.param(
            RegisteredSchema("PROTOBUF", "message A {}", {"../a.proto": proto("message B {}")}), "it refers to a file '../a.proto'", id="a way out",
        ),
        pytest.param(proto("AAAA"), "refuses it|is no|not", id="base64 of nothing"),
        pytest.param(
            proto(base64.b64encode(descriptor_pb2.FileDescriptorProto(name="a", dependency=["b.proto"]).SerializeToString()).decode()),
            "imports 'b.proto', which is not there", id="a descriptor without its import",
        ),
    ],
)  # fmt: skip
def test_a_schema_that_is_none(schema: RegisteredSchema, clause: str) -> None:
    clause = clause if "|" in clause else re.escape(clause)

    with pytest.raises(
        UsageError, match=f"Cannot understand the PROTOBUF schema 'the new version': .*(?:{clause}).*Mend"
    ):
        check([order("")], schema)


def test_what_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buf, "LIMIT", 0.001)

    with pytest.raises(UsageError, match=r"buf does not come to an end with it within 0\.001 s"):
        check([order("")], order("string takes_too_long = 1;"))


def test_the_rules_about_reserving_are_bufs() -> None:
    program = Path(sysconfig.get_path("scripts"), "buf")
    config = '{"version":"v2","breaking":{"use":["WIRE"]}}'
    listed = subprocess.run(
        [program, "config", "ls-breaking-rules", "--configured-only", "--config", config, "--format", "json"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip

    assert {each for each in re.findall(r'"id":"(\w+)"', listed) if "RESERVED" in each} == SUCCESSORS_DUTIES


@pytest.mark.parametrize("module", ["buf_bin", "google.protobuf"])
def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(MissingExtra, match=rf"{module}' is not installed. Run: pip install 'msgpact\[schemas\]'"):
        check([order("")], order(f"string without_{module.partition('.')[0]} = 1;"))


def test_weighing_needs_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.protobuf", None)

    with pytest.raises(MissingExtra, match=r"msgpact\[schemas\]"):
        weigh([], order(""), order(""))


def test_a_wheel_without_its_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "files", lambda name: [])

    with pytest.raises(UsageError, match="the package buf-bin is installed without its program"):
        check([order("")], order("string without_its_program = 1;"))


def test_a_program_that_fails_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "buf"
    program.write_text("#!/bin/sh\necho no space left >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(buf, "_program", lambda: str(program))

    with pytest.raises(UsageError, match="buf fails on it: 'no space left'"):
        check([order("")], order("string a_program_that_fails = 1;"))
