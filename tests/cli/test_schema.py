"""`msgpact schema check`: which files, what is said, and the exit code."""

import json
from pathlib import Path

import pytest
from command_line import Run, words

ONE = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "int"}]}
TWO = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "int"}, {"name": "n", "type": "int"}]}
LONG = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}
UUID = {"type": "string", "logicalType": "uuid"}


@pytest.fixture(autouse=True)
def schemas(project: Path) -> None:
    for name, raw in {
        "one.avsc": ONE,
        "two.avsc": TWO,
        "long.json": LONG,
        "uuid.avsc": UUID,
        "text.avsc": "string",
    }.items():
        (project / name).write_text(json.dumps(raw), encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "last"),
    [
        (["one.avsc", "one.avsc"], 0, "✓ one.avsc is compatible with one.avsc (BACKWARD)"),
        (["one.avsc", "two.avsc"], 1, "✗ two.avsc is not compatible with one.avsc (BACKWARD): 1 breaking"),
        (["two.avsc", "one.avsc"], 0, "✓ one.avsc is compatible with two.avsc (BACKWARD)"),
        (["one.avsc", "long.json"], 0, "✓ long.json is compatible with one.avsc (BACKWARD)"),
        (["one.avsc", "long.json", "--mode", "forward"], 1, "✗ long.json is not compatible with one.avsc (FORWARD): 1 breaking"),
        (["uuid.avsc", "text.avsc"], 0, "✓ text.avsc is compatible with uuid.avsc (BACKWARD): 1 note"),
        (
            ["one.avsc", "two.avsc", "--ignore", "avro/reader-field-without-default"], 0,
            "✓ two.avsc is compatible with one.avsc (BACKWARD)",
        ),
        (
            ["one.avsc", "two.avsc", "two.avsc", "--mode", "BACKWARD_TRANSITIVE"], 1,
            "✗ two.avsc is not compatible with 2 versions (BACKWARD_TRANSITIVE): 1 breaking",
        ),
        (["one.avsc", "two.avsc", "two.avsc"], 0, "✓ two.avsc is compatible with two.avsc (BACKWARD)"),
    ],
    ids=words,
)  # fmt: skip
def test_the_verdict(run: Run, arguments: list[str], code: int, last: str) -> None:
    done = run("schema", "check", *arguments)

    assert (done.code, done.err) == (code, "")
    assert done.out.split("\n")[-2] == last


def test_a_folder_is_versions_in_their_natural_order(run: Run, project: Path) -> None:
    folder = project / "versions"
    folder.mkdir()
    for name, raw in (("v2", ONE), ("v10", LONG), ("v9", TWO)):
        (folder / f"{name}.avsc").write_text(json.dumps(raw), encoding="utf-8")
    (folder / "README.md").write_text("not a schema")

    done = run("schema", "check", "versions", "one.avsc")
    report = json.loads(run("schema", "check", "versions", "versions/v9.avsc", "--format", "json").out)

    assert done.code == 1
    assert done.out.endswith("✗ one.avsc is not compatible with versions/v10.avsc (BACKWARD): 1 breaking\n")
    assert report["old"] == ["versions/v2.avsc", "versions/v10.avsc"]


def test_imports_are_found_beside_the_file_and_in_included_folders(run: Run, project: Path) -> None:
    for name, text in {
        "old/order.proto": 'import "shop/money.proto"; message Order { shop.Money total = 1; }',
        "new/order.proto": 'import "shop/money.proto"; message Order { shop.Money total = 1; }',
        "old/shop/money.proto": 'package shop; import "cents.proto"; message Money { Cents cents = 1; }',
        "new/shop/money.proto": 'package shop; import "cents.proto"; message Money { Cents cents = 1; }',
        "common/cents.proto": "package shop; message Cents { int64 n = 1; }",
    }.items():
        file = project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('syntax = "proto3";\n' + text.replace("; ", ";\n"))

    done = run("schema", "check", "old/order.proto", "new/order.proto", "--include", "common")
    without = run("schema", "check", "old/order.proto", "new/order.proto")

    assert (done.code, done.out) == (0, "✓ new/order.proto is compatible with old/order.proto (BACKWARD)\n")
    assert "imported file does not exist" in without.err


def test_referred_schemas_are_known(run: Run, project: Path) -> None:
    (project / "line.avsc").write_text(json.dumps({"type": "record", "name": "Line", "fields": []}))
    (project / "lines.avsc").write_text(json.dumps({"type": "array", "items": "Line"}))

    assert run("schema", "check", "lines.avsc", "lines.avsc", "--reference", "line.avsc").code == 0
    assert "the type 'Line' is not known" in run("schema", "check", "lines.avsc", "lines.avsc").err


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("x.avsc", '"int"', "AVRO"),
        ("x.json", '"int"', "AVRO"),
        ("x.json", '["null", "int"]', "AVRO"),
        ("x.json", '{"type": "enum", "name": "E", "symbols": []}', "AVRO"),
        ("x.json", '{"type": "object"}', "JSON"),
        ("x.json", '{"$schema": "x", "type": "enum"}', "JSON"),
        ("x.json", "{", "JSON"),
        ("x", "true", "JSON"),
    ],
)
def test_what_a_file_is(run: Run, project: Path, name: str, text: str, kind: str) -> None:
    (project / name).write_text(text)

    done = run("schema", "check", name, name, "--format", "json")

    assert f'"schemas": "{kind}"' in done.out or f"the {kind} schema" in done.err


def test_the_type_can_be_said(run: Run, project: Path) -> None:
    (project / "x.json").write_text('{"type": "array", "items": "int"}')

    assert '"schemas": "AVRO"' in run("schema", "check", "x.json", "x.json", "--type", "avro", "--format", "json").out


def test_the_json_report(run: Run) -> None:
    done = run("schema", "check", "one.avsc", "two.avsc", "--mode", "FULL", "--format", "json")

    assert (done.code, json.loads(done.out)) == (
        1,
        {
            "format": "msgpact-schema-check",
            "version": 1,
            "schemas": "AVRO",
            "mode": "FULL",
            "old": ["one.avsc"],
            "new": "two.avsc",
            "compatible": False,
            "safe": False,
            "findings": [
                {
                    "rule": "avro/reader-field-without-default",
                    "severity": "breaking",
                    "path": "$.n",
                    "direction": "BACKWARD",
                    "sentence": "The new schema asks for n, which old messages lack, and has no default for it.",
                    "against": "one.avsc",
                }
            ],
            "consumers": None,
        },
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["one.avsc", "one.avsc", "--weighed"], "Cannot weigh the change by consumers: --weighed needs their contracts. Add --pacts PATH."),
        (["one.avsc", "one.avsc", "--pacts", "none"], "Cannot read the pact 'none': there is no such file or folder."),
        (["one.avsc"], "Cannot check 'one.avsc': there is nothing to check it against. Write OLD NEW."),
        (["none.avsc", "one.avsc"], "Cannot read the schema 'none.avsc': No such file or directory. Check the path."),
        (["one.avsc", "latin.avsc"], "Cannot read the schema 'latin.avsc': it is not UTF-8. Save it as that."),
        (["empty", "one.avsc"], "Cannot check against 'empty': the folder holds no .avsc, .json or .proto file. Name another."),
        (["one.avsc", "cut.avsc"], "Cannot understand the AVRO schema 'cut.avsc': it is cut off or is not JSON"),
        (["one.avsc", "one.avsc", "--mode", "WIRE"], "Cannot check AVRO schemas in the mode 'WIRE': there is none. Choose one of: BACKWARD,"),
        (["one.avsc", "one.avsc", "--mode", "SIDEWAYS"], "Invalid value for '--mode': 'SIDEWAYS' is not one of"),
    ],
    ids=words,
)  # fmt: skip
def test_wrong_use(run: Run, project: Path, arguments: list[str], said: str) -> None:
    (project / "latin.avsc").write_bytes(b'"\xff"')
    (project / "cut.avsc").write_text('{"type": "record"')
    (project / "empty").mkdir()

    done = run("schema", "check", *arguments)

    assert (done.code, done.out) == (2, "")
    assert said in done.err


STATED = {
    "consumer": {"name": "fulfilment"},
    "provider": {"name": "orders"},
    "metadata": {"pactSpecification": {"version": "4.0"}},
}


def pact(description: str, contents: object) -> str:
    message = {"type": "Asynchronous/Messages", "description": description, "contents": {"content": contents}}
    return json.dumps({**STATED, "interactions": [message]})


OPEN = {"type": "object", "properties": {"id": {"type": "integer"}, "note": {"type": "string"}}}
NEWER = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "note": {"type": "string"}, "at": {"type": "string"}},
}
WITHOUT = {"type": "object", "properties": {"id": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("arguments", "code", "last"),
    [
        (["newer.json"], 1, "✓ It breaks none of 1 consumer: fulfilment"),
        (["newer.json", "--weighed"], 0, "✓ It breaks none of 1 consumer: fulfilment"),
        (["without.json"], 1, "✗ It breaks 1 of 1 consumer: fulfilment"),
        (["without.json", "--weighed"], 1, "✗ It breaks 1 of 1 consumer: fulfilment"),
        (["open.json", "--weighed"], 0, "✓ It breaks none of 1 consumer: fulfilment"),
        (["open.json", "--pacts", "elsewhere.json"], 0, "✓ It breaks none of 1 consumer: fulfilment"),
    ],
    ids=words,
)
def test_the_verdict_weighed_by_consumers(run: Run, project: Path, arguments: list[str], code: int, last: str) -> None:
    for name, raw in {"open": OPEN, "newer": NEWER, "without": WITHOUT}.items():
        (project / f"{name}.json").write_text(json.dumps(raw))
    (project / "pacts").mkdir()
    (project / "pacts" / "fulfilment-orders.json").write_text(pact("an order was placed", {"id": 1, "note": "x"}))
    (project / "elsewhere.json").write_text(pact("a parcel was sent", {"weight": 1}))

    done = run("schema", "check", "open.json", *arguments, "--pacts", "pacts")

    assert (done.code, done.err) == (code, "")
    assert done.out.split("\n")[-2] == last


def test_whose_contract_breaks_is_said_in_json(run: Run, project: Path) -> None:
    (project / "open.json").write_text(json.dumps(OPEN))
    (project / "without.json").write_text(json.dumps(WITHOUT))
    (project / "pact.json").write_text(pact("an order was placed", {"id": 1, "note": "x"}))

    done = run("schema", "check", "open.json", "without.json", "--pacts", "pact.json", "--format", "json")

    assert json.loads(done.out)["consumers"] == [
        {
            "consumer": "fulfilment",
            "provider": "orders",
            "pact": "pact.json",
            "interaction": "an order was placed",
            "holds": False,
            "breaks": [
                {
                    "path": "$",
                    "sentence": "The contract expects the key 'note', such as \"x\", and would get nothing: the keys are id.",
                }
            ],
            "unknown": None,
        }
    ]


def test_a_contract_of_which_nothing_can_be_said_is_no_yes(run: Run, project: Path) -> None:
    configuration = {"avro": {"record": "Order", "schemaKey": "x"}}
    message = {
        "type": "Asynchronous/Messages",
        "description": "an order was placed",
        "pluginConfiguration": configuration,
    }
    content = {"content": "AA==", "contentType": "avro/binary;record=Order", "encoded": "base64"}
    (project / "pact.json").write_text(json.dumps({**STATED, "interactions": [{**message, "contents": content}]}))

    done = run("schema", "check", "one.avsc", "one.avsc", "--pacts", "pact.json", "--weighed")

    assert (done.code, done.err) == (1, "")
    assert "? fulfilment: an order was placed\n    Cannot read the contents of 'an order was placed'" in done.out
    assert done.out.endswith("? It cannot be said whether it breaks any of 1 consumer.\n")


def test_a_change_that_no_contract_is_about_was_not_weighed(run: Run, project: Path) -> None:
    (project / "open.json").write_text(json.dumps(OPEN))
    (project / "pact.json").write_text(pact("a parcel was sent", {"weight": 1}))

    done = run("schema", "check", "open.json", "open.json", "--pacts", "pact.json")
    weighed = run("schema", "check", "open.json", "open.json", "--pacts", "pact.json", "--weighed")

    assert (done.code, done.out.split("\n")[-2]) == (0, "- No contract is about it.")
    assert (weighed.code, weighed.err) == (
        2,
        "Cannot weigh the change: of 1 contracts none is about what 'open.json' describes. Name those of its consumers.\n",
    )
