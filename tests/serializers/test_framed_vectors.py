"""Bodies that other people's serializers framed are taken out of their frames, and put back into the same bytes."""

import zlib
from typing import Any

import pytest
from framed_vectors import body_of, framing_for, headers_of, schema_of
from shared_data import shared_cases

UNFRAMED = ("none", "container", "single-object")


def framed(*files: str) -> list[Any]:
    cases: list[Any] = [case for file in files for case in shared_cases(f"interop/binary/{file}.jsonl")]
    return [case for case in cases if not case.values[0] or case.values[0]["framing"] not in UNFRAMED]


def zigzag(number: int) -> bytes:
    assert 0 <= number < 64
    return bytes([2 * number])


def payload_of(vector: dict[str, Any]) -> bytes:
    """What README.md says of the frame, taken off by hand."""
    body = body_of(vector)
    front = {"confluent": 5, "glue": 18, "glue-zlib": 18, "apicurio-4": 5, "apicurio-8": 9}.get(vector["framing"], 0)
    payload = body[front:] if vector["framing"] != "glue-zlib" else zlib.decompress(body[front:])
    if vector["format"] != "protobuf":
        return payload
    if vector["framing"] == "confluent":
        indexes = vector["message_indexes"]
        short = payload[:1] == b"\0"
        prefix = b"\0" if short else zigzag(len(indexes)) + b"".join(zigzag(index) for index in indexes)
        assert payload.startswith(prefix)
        assert not short or indexes == [0]
        return payload[len(prefix) :]
    if vector["framing"].startswith("glue"):
        assert payload[0] == vector["glue_message_index"]
        return payload[1:]
    return payload[payload[0] + 1 :] if vector.get("proto_prefix") == "ref" else payload


def is_refused(vector: dict[str, Any]) -> bool:
    """Whether its frame is no valid one of today: indexes without zigzag, or left out."""
    disputed = vector.get("disputed", "")
    return "today's format" in disputed or "no valid Confluent frame" in disputed


@pytest.mark.parametrize("vector", framed("avro-framed", "protobuf", "json", "derived"))
def test_a_frame_is_read_and_written_again(vector: dict[str, Any]) -> None:
    framing, body, headers = framing_for(vector), body_of(vector), headers_of(vector)
    if is_refused(vector):
        with pytest.raises(ValueError, match="its message indexes"):
            framing.unwrap(body, headers)
        return

    found = framing.unwrap(body, headers)

    if "or_error" in vector:  # a form that is read but never written
        return
    assert found.schema == schema_of(vector)
    assert found.payload == payload_of(vector)
    message = found.message
    if vector["format"] != "protobuf":
        assert message is None
    elif "message_indexes" in vector:
        assert message is not None
        assert message.indexes == tuple(vector["message_indexes"])
    elif vector["framing"].startswith("glue"):
        assert message is not None
        assert message.rank == vector["glue_message_index"]
    else:
        assert message is not None
        assert message.name == vector["schema"]["message"].rpartition(".")[2]

    written, written_headers = framing.wrap(found)

    if vector["framing"] == "glue-zlib":  # deflate may be written in many ways
        assert (written[:18], zlib.decompress(written[18:])) == (body[:18], zlib.decompress(body[18:]))
    else:
        assert written == body
    assert dict(written_headers) == dict(headers)


PAYLOAD = {
    "a/bad/confluent/avro/payload-cut", "a/bad/confluent/avro/trailing", "a/bad/glue/trailing",
    "a/bad/confluent/json/trailing", "a/bad/confluent/json/utf8", "a/bad/confluent/json/nan",
    "a/bad/confluent/json/frame-only", "a/bad/confluent/json/huge-int",
    "a/bad/confluent/protobuf/indexes-first-out-of-range", "a/bad/confluent/protobuf/indexes-too-deep",
    "a/bad/confluent/protobuf/indexes-shortcut",
}  # fmt: skip
"""What is wrong within the frame, or only with the schema parsed."""


@pytest.mark.parametrize("vector", framed("negative"))
def test_a_broken_frame_is_refused(vector: dict[str, Any]) -> None:
    framing, body, headers = framing_for(vector), body_of(vector), headers_of(vector)
    if vector["id"] in PAYLOAD:
        assert framing.unwrap(body, headers).schema == schema_of(vector)
        return

    with pytest.raises(ValueError, match=r"^(it|its|nothing|\d+ bytes) "):
        framing.unwrap(body, headers)
