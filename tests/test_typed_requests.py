"""Requests and responses whose contents have schemas, from the declaration through the file to the verdict."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import msgpact
from msgpact import Consumer, Provider, match
from msgpact.model import Serializer
from msgpact.registries.memory import MemoryRegistry
from msgpact.results import InteractionResult
from msgpact.serializers.avro import Avro
from msgpact.serializers.framing import Confluent
from msgpact.serializers.json_schema import JsonSchema
from msgpact.serializers.protobuf import Protobuf

ASK_PROTO = (
    'syntax = "proto3"; package shop; message Ask { string sku = 1; int32 count = 2; map<string, int32> more = 3; }'
)
PRICE_PROTO = "message Price { int64 cents = 1; repeated string notes = 2; }"
REGISTRY = MemoryRegistry()


def record(name: str, *fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": name, "namespace": "shop", "fields": list(fields)}


AVRO_ASK = Avro(
    record(
        "Ask",
        {"name": "sku", "type": "string"},
        {"name": "count", "type": "int", "default": 0},
        {"name": "more", "type": {"type": "map", "values": "int"}, "default": {}},
    )
)
AVRO_PRICE = Avro(
    record(
        "Price",
        {"name": "notes", "type": {"type": "array", "items": "string"}},
        {"name": "cents", "type": "long"},
    )
)


@pytest.fixture(scope="module")
def protos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("protos")
    texts = {
        "ask": ASK_PROTO,
        "price": f'syntax = "proto3"; package shop; {PRICE_PROTO}',
        "both": ASK_PROTO + PRICE_PROTO,
    }
    for name, text in texts.items():
        (folder / f"{name}.proto").write_text(text, encoding="utf-8")
    return folder


Pair = tuple[Serializer, Serializer]
PAIRS: dict[str, Callable[[Path], Pair]] = {
    "two records of Avro": lambda _: (AVRO_ASK, AVRO_PRICE),
    "two messages of one file": lambda protos: (
        Protobuf("shop.Ask", proto=protos / "both.proto"),
        Protobuf("shop.Price", proto=protos / "both.proto"),
    ),
    "two messages of two files": lambda protos: (
        Protobuf("shop.Ask", proto=protos / "ask.proto"),
        Protobuf("shop.Price", proto=protos / "price.proto"),
    ),
    "Avro, Protobuf": lambda protos: (AVRO_ASK, Protobuf("shop.Price", proto=protos / "price.proto")),
    "Protobuf, Avro": lambda protos: (Protobuf("shop.Ask", proto=protos / "ask.proto"), AVRO_PRICE),
    "Avro, JSON in a frame": lambda _: (AVRO_ASK, JsonSchema(True, framing=Confluent(REGISTRY, "prices-value"))),
}
each_pair = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)


def recorded(folder: Path, pair: Pair, *, description: str = "a price") -> Path:
    ask, price = pair
    till = Consumer("till", provider="prices")

    @till.requests(
        description,
        request={"sku": "A-1"},
        response={"cents": match.integer(995), "notes": match.each_like("net")},
        serializer=ask,
        response_serializer=price,
    )
    def on_price(price: dict[str, Any]) -> None:
        assert price == {"cents": 995, "notes": ["net"]}

    report = msgpact.record(till, folder)
    assert report.ok, report
    return folder / "till-prices.json"


def answered(pact: Path, answer: object, serializer: Serializer) -> InteractionResult:
    prices = Provider("prices")

    @prices.answers("a price", serializer=serializer)
    def price_of(asked: dict[str, Any]) -> object:
        assert asked["sku"] == "A-1"
        return answer

    (result,) = msgpact.verify(prices, pact).results
    return result


@each_pair
def test_a_response_is_compared_by_its_own_schema(tmp_path: Path, protos: Path, pair: Callable[[Path], Pair]) -> None:
    ask, price = pair(protos)
    pact = recorded(tmp_path, (ask, price))

    kept = answered(pact, {"cents": 5, "notes": ["gross", "net"]}, price)
    broken = answered(pact, {"cents": 5, "notes": []}, price)

    assert (kept.outcome.name, kept.mismatches) == ("PASSED", ())
    assert broken.outcome.name == "BROKEN"
    assert [each.path for each in broken.mismatches] == ["$.notes"]


def test_a_response_without_its_frame_is_broken(tmp_path: Path, protos: Path) -> None:
    pair = PAIRS["Avro, JSON in a frame"](protos)

    result = answered(recorded(tmp_path, pair), {"cents": 5, "notes": ["net"]}, JsonSchema(True))

    assert "it has no Confluent frame" in str(result.mismatches)


@each_pair
def test_what_is_read_is_written_alike(tmp_path: Path, protos: Path, pair: Callable[[Path], Pair]) -> None:
    pact = recorded(tmp_path, pair(protos))
    before = pact.read_bytes()

    again = msgpact.write(msgpact.load(pact), tmp_path / "again")
    recorded(tmp_path, pair(protos))

    assert again.read_bytes() == before == pact.read_bytes()


def test_schemas_stay_as_long_as_a_part_names_them(tmp_path: Path, protos: Path) -> None:
    pact = recorded(tmp_path, PAIRS["two messages of two files"](protos))
    recorded(tmp_path / "other", (AVRO_ASK, AVRO_PRICE), description="another price")
    other = msgpact.load(tmp_path / "other" / "till-prices.json")

    msgpact.write(other, tmp_path)

    plugins = {each["name"]: each["configuration"] for each in json.loads(pact.read_bytes())["metadata"]["plugins"]}
    assert {name: len(schemas) for name, schemas in plugins.items()} == {"avro": 2, "protobuf": 2}


# -- what is sent ----------------------------------------------------------------------------------------------------

PROTOBUF_ASK: Callable[[Path], Serializer] = lambda protos: Protobuf("shop.Ask", proto=protos / "ask.proto")  # noqa: E731  (a row)
SENDERS = {"Avro": lambda _: AVRO_ASK, "Protobuf": PROTOBUF_ASK}


@pytest.mark.parametrize("ask", SENDERS.values(), ids=SENDERS)
@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"sku": "A-1", "more": {"a": 1}}, ""),
        ({"sku": "A-1", "more": {"a": 1}, "count": 0}, ""),
        ({"sku": "A-1", "more": {"a": 1}, "count": 3}, "$"),
        ({"sku": "A-1", "more": {"a": 1, "b": 2}}, "$.more"),
        ({"sku": "A-2", "more": {"a": 1}}, "$.sku"),
    ],
    ids=["as stated", "with a default", "with another value", "with another key", "with another text"],
)
def test_what_is_sent_holds_nothing_more(
    tmp_path: Path, protos: Path, ask: Callable[[Path], Serializer], sent: dict[str, Any], said: str
) -> None:
    till = Consumer("till", provider="prices")

    @till.requests(
        "a price",
        request={"sku": "A-1", "more": {"a": 1}},
        response={"cents": 1, "notes": []},
        sent_by=lambda: sent,
        serializer=ask(protos),
        response_serializer=AVRO_PRICE,
    )
    def on_price(price: dict[str, Any]) -> None: ...

    (result,) = msgpact.record(till, tmp_path).results

    assert result.outcome.name == ("BROKEN" if said else "PASSED"), result.text
    assert f"contents {said}" in result.text or not said
