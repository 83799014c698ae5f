"""Contracts about framed messages: recorded, read again, verified; a provider that frames otherwise is told so."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import type_pb2

import msgpact
from msgpact import match
from msgpact.errors import UnwritablePact
from msgpact.model import Serializer
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers.avro import Avro, Container, SingleObject
from msgpact.serializers.framing import Apicurio, Azure, Confluent, Framed, Framing, Glue
from msgpact.serializers.json_schema import JsonSchema
from msgpact.serializers.protobuf import Protobuf

AVRO = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}
MANY = {"type": "array", "items": AVRO}
JSON = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
ORDER = {"id": 42}
REGISTRY = MemoryRegistry()


def handle(order: Any) -> None:
    """A handler that copes with anything."""


def avro(framing: Framing | None) -> Avro:
    return Avro(AVRO, framing=framing)


def in_json(framing: Framing | None) -> JsonSchema:
    return JsonSchema(JSON, framing=framing)


FRAMES: list[tuple[Framing, str]] = [
    (Confluent(REGISTRY, "o"), "confluent"),
    (Confluent(REGISTRY, "o", header=True), "confluent-header"),
    (Glue(REGISTRY, "o"), "glue"),
    (Glue(REGISTRY, "o", compression=True), "glue-zlib"),
    (Apicurio(REGISTRY, "o"), "apicurio-4"),
    (Apicurio(REGISTRY, "o", version=2, headers=False), "apicurio-8"),
    (Apicurio(REGISTRY, "o", version=2), "apicurio-headers"),
    (Azure(REGISTRY, "o"), "azure"),
]
ALL: list[tuple[str, Serializer, object]] = [
    *((f"avro-{name}", avro(framing), ORDER) for framing, name in FRAMES),
    *((f"json-{name}", in_json(framing), ORDER) for framing, name in FRAMES),
    ("avro-single-object", avro(SingleObject(AVRO)), ORDER),
    ("avro-container", Avro(MANY, framing=Container()), [ORDER]),
]
EVERY = pytest.mark.parametrize(("serializer", "order"), [pytest.param(*row[1:], id=row[0]) for row in ALL])


def recorded(folder: Path, serializer: Serializer | None, contents: object) -> dict[str, Any]:
    """The interaction in the pact that a consumer records."""
    consumer = msgpact.Consumer("fulfilment", provider="orders")
    consumer.expects("an order was placed", contents=contents, serializer=serializer)(handle)
    assert msgpact.record(consumer, pacts=folder).ok
    interaction: dict[str, Any] = json.loads((folder / "fulfilment-orders.json").read_text())["interactions"][0]
    return interaction


def verified(folder: Path, serializer: Serializer | None, order: object) -> list[str]:
    """What is wrong with a provider that sends an order so."""
    provider = msgpact.Provider("orders", registry=REGISTRY)
    provider.produces("an order was placed", serializer=serializer)(lambda: order)
    report = msgpact.verify(provider, folder)
    found = [str(each) for result in report.results for each in result.mismatches]
    assert report.ok == (not found), report
    return found


@EVERY
def test_a_provider_that_frames_as_the_contract_says(tmp_path: Path, serializer: Serializer, order: object) -> None:
    recorded(tmp_path, serializer, order)

    assert verified(tmp_path, serializer, order) == []


@EVERY
def test_a_provider_that_forgets_the_frame(tmp_path: Path, serializer: Any, order: object) -> None:
    interaction = recorded(tmp_path, serializer, order)
    bare = serializer.dump(order)

    (found,) = verified(tmp_path, None, msgpact.Message(bare, content_type=interaction["contents"]["contentType"]))

    assert "it has no " in found


@EVERY
def test_a_provider_that_frames_otherwise(tmp_path: Path, serializer: Any, order: object) -> None:
    content_type = recorded(tmp_path, serializer, order)["contents"]["contentType"]
    is_glue = getattr(serializer.framing, "name", "").startswith("glue")
    other: Framing = (Confluent if is_glue else Glue)(REGISTRY, "o")
    contents, _ = other.wrap(Framed(serializer.dump(order), avro(None).schema.registered))

    (found,) = verified(tmp_path, None, msgpact.Message(contents, content_type=content_type))

    assert f"it is framed as {'Confluent' if is_glue else 'Glue'}'s" in found


@EVERY
def test_a_provider_with_another_value(tmp_path: Path, serializer: Any, order: object) -> None:
    recorded(tmp_path, serializer, order)
    other = [{"id": 43}] if isinstance(order, list) else {"id": 43}

    (found,) = verified(tmp_path, serializer, other)

    assert "43" in found
    assert "id" in found


# -- JSON with a schema


def test_json_in_a_frame_is_json_in_the_pact(tmp_path: Path) -> None:
    interaction = recorded(tmp_path, in_json(Confluent(REGISTRY, "j")), {"id": match.integer(42)})

    assert interaction["contents"] == {"content": {"id": 42}, "contentType": "application/json", "encoded": False}
    assert interaction["comments"]["msgpact"]["framing"] == "confluent"
    assert "pluginConfiguration" not in interaction
    assert verified(tmp_path, in_json(Confluent(REGISTRY, "j")), {"id": 7, "more": True}) == []


def test_json_without_a_frame_is_json_as_any_other(tmp_path: Path) -> None:
    interaction = recorded(tmp_path, in_json(None), ORDER)

    assert interaction["contents"]["content"] == ORDER
    assert set(interaction["comments"]["msgpact"]) == {"origin"}
    assert verified(tmp_path, None, ORDER) == []


def test_a_pact_is_the_same_when_it_is_read_and_written(tmp_path: Path) -> None:
    recorded(tmp_path / "a", in_json(Confluent(REGISTRY, "j")), ORDER)
    contract = msgpact.load(tmp_path / "a" / "fulfilment-orders.json")

    msgpact.write(contract, tmp_path / "b")

    texts = [(tmp_path / each / "fulfilment-orders.json").read_bytes() for each in "ab"]
    assert texts[0] == texts[1]


def test_an_example_that_its_schema_does_not_allow(tmp_path: Path) -> None:
    words = r"it is not as its schema says: \$\.id: 'a' is not of type 'integer'\. Mend the example, or the schema"

    for serializer in (in_json(None), in_json(Confluent(REGISTRY, "j"))):
        consumer = msgpact.Consumer("fulfilment", provider="orders")
        consumer.expects("an order was placed", contents={"id": "a"}, serializer=serializer)(handle)
        (result,) = msgpact.record(consumer, pacts=tmp_path).results
        assert re.search(words, result.text)


def test_a_provider_whose_message_its_own_schema_does_not_allow(tmp_path: Path) -> None:
    recorded(tmp_path, None, {"id": match.like(42)})
    provider = msgpact.Provider("orders")
    provider.produces("an order was placed", serializer=in_json(None))(lambda: {"id": "a"})

    report = msgpact.verify(provider, tmp_path)

    assert not report.ok
    assert "is not of type 'integer'" in str(report.results[0])


def test_version_3_cannot_say_a_frame(tmp_path: Path) -> None:
    recorded(tmp_path / "a", in_json(Confluent(REGISTRY, "j")), ORDER)
    contract = msgpact.load(tmp_path / "a" / "fulfilment-orders.json")

    with pytest.raises(UnwritablePact, match="version"):
        msgpact.write(contract, tmp_path / "b", spec_version="3.0.0")


def test_protobuf_too(tmp_path: Path) -> None:
    serializer = Protobuf(type_pb2.Field, framing=Confluent(REGISTRY, "p"))
    recorded(tmp_path, serializer, {"name": "a"})

    assert verified(tmp_path, serializer, {"name": "a"}) == []
