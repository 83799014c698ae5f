"""A registry in a folder: what its index may say, and how it comes from another registry."""

import json
import uuid
from pathlib import Path

import pytest

from msgpact.errors import UsageError
from msgpact.registries.files import FilesRegistry, pull
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers.framed import GlobalId, RegisteredSchema

GUID = uuid.UUID("f433dab6-6128-4549-a466-75aa52e31880")
MONEY = '{"type":"record","name":"Money","fields":[]}'
ORDER = '{"type":"record","name":"Order","fields":[{"name":"m","type":"Money"}]}'
PROTO = 'syntax = "proto3";\nmessage A {}\n'


def folder(path: Path, index: object, **files: str) -> Path:
    (path / "registry.json").write_text(index if isinstance(index, str) else json.dumps(index), encoding="utf-8")
    for name, text in files.items():
        (path / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return path


def test_the_index_says_what_the_files_are(tmp_path: Path) -> None:
    index = {
        "schemas": [
            {
                "file": "order.avsc",
                "ids": [77, str(GUID), {"globalId": 78}],
                "subjects": {"orders-value": 2},
                "references": {"Money": "money.avsc"},
            },
            {"file": "money.avsc", "subjects": {"orders-value": 1}},
            {"file": "a.proto", "ids": [5]},
            {"file": "b.json", "ids": [6]},
            {"file": "c.txt", "ids": [7], "format": "PROTOBUF"},
        ]
    }
    folder(tmp_path, index, order_avsc=ORDER, money_avsc=MONEY, a_proto=PROTO, b_json="{}", c_txt="message B {}")
    registry = FilesRegistry(tmp_path)
    order = RegisteredSchema("AVRO", ORDER, {"Money": RegisteredSchema("AVRO", MONEY, {})})

    assert (
        registry.find(77)
        == registry.find(GUID)
        == registry.find(GlobalId(78))
        == registry.latest("orders-value")
        == order
    )
    assert [registry.id_of(order, "any", kind) for kind in (int, GlobalId)] == [77, GlobalId(78)]
    assert registry.id_of(order, "any", uuid.UUID) == GUID
    assert registry.find(5) == RegisteredSchema("PROTOBUF", PROTO, {})
    assert registry.find(6) == RegisteredSchema("JSON", "{}", {})
    assert registry.find(7) == RegisteredSchema("PROTOBUF", "message B {}", {})
    assert [(each.version, each.schema.text) for each in registry.history("orders-value")] == [(1, MONEY), (2, ORDER)]
    assert repr(registry) == f"FilesRegistry({tmp_path.as_posix()!r})"


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ("{", "registry.json is not JSON: "),
        ("[" * 100_000, "registry.json is not JSON: "),
        ({}, 'registry.json holds no list "schemas"'),
        ({"schemas": [5]}, "an entry has no file, or ids, subjects or references of another form: 5"),
        ({"schemas": [{}]}, "an entry has no file"),
        ({"schemas": [{"file": "a.avsc", "ids": 5}]}, "an entry has no file, or ids"),
        ({"schemas": [{"file": "gone.avsc"}]}, ".*No such file"),
        ({"schemas": [{"file": "a.txt"}]}, "the format of a.txt is None, not AVRO, PROTOBUF or JSON"),
        ({"schemas": [{"file": "a.avsc", "format": "XML"}]}, "the format of a.avsc is 'XML'"),
        ({"schemas": [{"file": "a.avsc", "ids": ["nope"]}]}, "badly formed hexadecimal UUID string"),
        ({"schemas": [{"file": "a.avsc", "ids": [True]}]}, "True is no id: a number, a GUID or {'globalId': a number}"),
        ({"schemas": [{"file": "a.avsc", "ids": [5]}, {"file": "b.avsc", "ids": [5]}]}, "two schemas have the id 5"),
        ({"schemas": [{"file": "a.avsc", "subjects": {"s": "x"}}]}, "invalid literal"),
        ({"schemas": [{"file": "a.avsc", "references": {"A": "a.avsc"}}]}, "a.avsc refers to itself"),
    ],
)
def test_an_index_that_cannot_be_used(tmp_path: Path, index: object, words: str) -> None:
    folder(tmp_path, index, a_avsc='"int"', b_avsc='"long"', a_txt="")

    with pytest.raises(UsageError, match=rf"^Cannot use the registry in '.*': {words}.*\. Mend registry\.json"):
        FilesRegistry(tmp_path)


def test_a_folder_without_an_index(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"it holds no registry\.json"):
        FilesRegistry(tmp_path)
    with pytest.raises(UsageError, match="there is no such folder"):
        FilesRegistry(tmp_path / "gone")


def test_names_that_no_file_may_have(tmp_path: Path) -> None:
    source = MemoryRegistry()
    texts = ['"int"', '"long"', '"string"', '"bytes"', '"float"']
    subjects = ["../../etc/passwd", "a/b", "a_b", "A_B", ".hidden"]
    for number, (subject, text) in enumerate(zip(subjects, texts, strict=True), 1):
        source.register(subject, RegisteredSchema("AVRO", text, {}), number)

    pulled = pull(source, tmp_path / "deep" / "er")

    assert [pulled.latest(subject).text for subject in subjects] == texts
    assert len(list((tmp_path / "deep" / "er").iterdir())) == 6
    assert [each.name for each in tmp_path.iterdir()] == ["deep"]


def test_a_schema_of_two_subjects_is_one_file(tmp_path: Path) -> None:
    source = MemoryRegistry()
    schema = RegisteredSchema("PROTOBUF", PROTO, {})
    source.register("a", schema, 1)
    source.register("b", schema, GUID)

    pulled = pull(source, tmp_path)

    assert sorted(each.name for each in tmp_path.iterdir()) == ["a-1.proto", "registry.json"]
    assert (tmp_path / "a-1.proto").read_bytes() == PROTO.encode()
    assert pulled.find(1) == pulled.find(GUID) == pulled.latest("b") == schema


def test_equal_registries_are_equal_bytes(tmp_path: Path) -> None:
    for order in ("ab", "ba"):
        source = MemoryRegistry()
        for subject in "ab":
            source.register(subject, RegisteredSchema("AVRO", json.dumps(f"x.{subject}"), {}), ord(subject))
        pull(source, tmp_path / order, order)

    indexes = [(tmp_path / order / "registry.json").read_bytes() for order in ("ab", "ba")]
    assert indexes[0] == indexes[1]
