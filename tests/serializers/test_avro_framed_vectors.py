"""Framed bodies of Avro, container files and single objects that foreign serializers wrote: read whole, or refused."""

from typing import Any

import pytest
from avro_vectors import assert_same, avro_cases, body_of, native
from framed_vectors import framing_for, headers_of

from msgpact.serializers.avro import Avro, Container, SingleObject


def serializer_of(case: dict[str, Any]) -> Avro:
    """Ours has the writer's schema; what the frame names is looked up all the same."""
    references = [each["schema"] for each in case.get("references", ())]
    if case["framing"] == "container":
        return Avro({"type": "array", "items": case["schema"]}, framing=Container())
    if case["framing"] == "single-object":
        return Avro(case["schema"], framing=SingleObject(case["schema"]))
    return Avro(case["schema"], references=references, framing=framing_for(case))


def read(case: dict[str, Any], serializer: Avro) -> object:
    headers = headers_of(case)
    reader, payload = serializer.received(body_of(case), headers)
    return reader.load(payload)


@pytest.mark.parametrize("case", avro_cases("avro-framed"))
def test_a_body_is_read(case: dict[str, Any]) -> None:
    assert_same(read(case, serializer_of(case)), native(case["value"]))


@pytest.mark.parametrize("case", avro_cases("avro-framed"))
def test_what_was_read_is_sent_and_received_again(case: dict[str, Any]) -> None:
    serializer = serializer_of(case)
    value = native(case["value"])

    contents, headers = serializer.sent(serializer.dump(value))

    reader, payload = serializer.received(contents, headers)
    assert_same(reader.load(payload), value)


@pytest.mark.parametrize("case", avro_cases("derived", "confluent", "confluent-header"))
def test_an_odd_body_is_read(case: dict[str, Any]) -> None:
    assert_same(read(case, serializer_of(case)), native(case["value"]))


FRAMED = ("confluent", "confluent-header", "glue", "glue-zlib", "apicurio-4", "apicurio-8", "apicurio-headers")


@pytest.mark.parametrize("case", avro_cases("negative", "container", "single-object", *FRAMED))
def test_a_bad_body_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^(it|its|the|there|nothing|\d+) "):
        read(case, serializer_of(case))
