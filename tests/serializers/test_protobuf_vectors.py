"""Every shared Protobuf vector, by its id."""

import json
from typing import Any

import pytest
from framed_vectors import body_of, headers_of
from protobuf_vectors import FOLDER, as_they_write, framing_for, reader, same, unknown_of
from shared_data import SHARED

from msgpact.serializers.protobuf import Protobuf


def vectors(file: str, *, framed: bool) -> list[Any]:
    path = FOLDER / file
    if not path.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no {path.relative_to(SHARED)} beside the project"))]
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    chosen = [each for each in lines if each["format"] == "protobuf" and (each["framing"] != "none") is framed]
    return [pytest.param(each, id=each["id"]) for each in chosen]


BARE = vectors("protobuf.jsonl", framed=False) + vectors("derived.jsonl", framed=False)


@pytest.mark.parametrize("vector", BARE)
def test_reading(vector: dict[str, Any]) -> None:
    protobuf, contents = reader(**vector["schema"]), body_of(vector)
    unknown = vector["value"].pop("$unknown", [])

    assert same(as_they_write(protobuf.load(contents), protobuf), vector["value"])
    assert [(each.path, each.number, each.wire) for each in protobuf.unknown(contents)] == unknown_of(unknown)
    for name, value in vector.get("absent_reads", {}).items():
        assert same(as_they_write({name: protobuf.shape.fields[name].default}, protobuf), {name: value})


@pytest.mark.parametrize("vector", BARE)
def test_writing_what_was_read(vector: dict[str, Any]) -> None:
    protobuf = reader(**vector["schema"])
    document = protobuf.load(body_of(vector))

    for written in (protobuf.dump(document), protobuf.example_bytes(document)):
        assert same(as_they_write(protobuf.load(written), protobuf), as_they_write(document, protobuf))


@pytest.mark.parametrize("vector", vectors("negative.jsonl", framed=False))
def test_what_is_no_message(vector: dict[str, Any]) -> None:
    protobuf = reader(**vector["schema"])

    with pytest.raises(ValueError, match=rf"{WORDS[vector['error']]}.* \(schema {vector['schema']['message']}\)$"):
        protobuf.load(body_of(vector))


WORDS = {
    "truncated": "is a varint of more than 5 bytes, at byte|ends within .*at byte|says that it has .* bytes, but only .* follow, at byte",
    "bad-tag": "no field has the number 0|no wire type is 6|says that it has 105 bytes, but only 7 follow",
    "bad-group": "ends a group .*, at byte|ends within the group 900, at byte",
    "overlong-varint": "the field qty is a varint of more than 10 bytes, at byte 1",
    "bad-utf8": "is not UTF-8 text: there is 0x.., at byte",
    "bomb": "it is nested deeper than 100 levels, at byte",
    "missing-required": "it lacks the required field",
}
"""What is said of each kind of error."""


@pytest.mark.parametrize("as_text", [True, False], ids=["text", "descriptor"])
@pytest.mark.parametrize("vector", vectors("protobuf.jsonl", framed=True) + vectors("derived.jsonl", framed=True))
def test_reading_out_of_frames(vector: dict[str, Any], *, as_text: bool) -> None:
    bare = reader(**vector["schema"])
    protobuf = Protobuf(bare.shape.name, proto=bare.descriptor_set, framing=framing_for(vector, as_text=as_text))
    if "disputed" in vector:
        with pytest.raises(ValueError, match=r"its message indexes|its frame says that it is"):
            protobuf.received(body_of(vector), headers_of(vector))
        return

    by, payload = protobuf.received(body_of(vector), headers_of(vector))

    assert by is protobuf
    assert same(as_they_write(by.load(payload), protobuf), vector["value"])


@pytest.mark.parametrize(
    "vector", [each for each in vectors("protobuf.jsonl", framed=True) if "disputed" not in each.values[0]]
)
def test_framing_as_they_do(vector: dict[str, Any]) -> None:
    framing, name = framing_for(vector, as_text=True), vector["schema"]["message"]
    protobuf = Protobuf(name, proto=schema_in(framing), framing=framing)
    _, payload = protobuf.received(body_of(vector), headers_of(vector))

    contents, headers = protobuf.sent(payload)

    assert protobuf.received(contents, headers)[1] == payload
    if vector["framing"] != "glue-zlib":  # deflate may be written in many ways
        assert (contents, dict(headers)) == (body_of(vector), dict(headers_of(vector)))


def schema_in(framing: Any) -> Any:
    return framing.registry.latest("t-value")


@pytest.mark.parametrize("vector", vectors("negative.jsonl", framed=True))
def test_what_is_in_no_good_frame(vector: dict[str, Any]) -> None:
    bare = reader(**vector["schema"])
    protobuf = Protobuf(bare.shape.name, proto=bare.descriptor_set, framing=framing_for(vector, as_text=True))

    with pytest.raises(ValueError, match=r"its message indexes|its frame says that it is|its header"):
        protobuf.received(body_of(vector), headers_of(vector))
