"""What a handler's first parameter is given."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

from msgpact import Consumer, ConsumerCase, Message, match
from msgpact.recorder import consumer_cases


class Order(BaseModel):
    id: int


@dataclasses.dataclass
class Payment:
    id: int


class Shipment(TypedDict):
    id: int


@pytest.fixture
def shop() -> Consumer:
    return Consumer("shop", provider="orders")


def case_of(shop: Consumer, handler: Callable[..., object], **said: Any) -> ConsumerCase:
    if not said.keys() & {"contents", "example"}:
        said["contents"] = {"id": 7}
    shop.expects("it happened", **said)(handler)
    return consumer_cases(shop, seed=1)[0]


# -- contents --------------------------------------------------------------------------------------------------------


def by_model(message: Order) -> object:
    return message


def by_dataclass(message: Payment) -> object:
    return message


def by_typed_dict(message: Shipment) -> object:
    return message


def by_dict(message: dict[str, Any]) -> object:
    return message


def by_mapping(message: Mapping[str, object]) -> object:
    return message


def by_bytes(message: bytes) -> object:
    return message


def by_bytes_or_none(message: bytes | None) -> object:
    return message


def by_union(message: Order | None) -> object:
    return message


def by_text_annotation(message: "Order") -> object:
    return message


def by_annotated(message: Annotated[Order, "x"]) -> object:
    return message


def by_any(message: Any) -> object:
    return message


def by_nothing(message):  # type: ignore[no-untyped-def]  # a handler without annotations
    return message


def by_position(*messages: object) -> object:
    return messages[0]


def by_position_only(message: Order, /) -> object:
    return message


@pytest.mark.parametrize(
    ("handler", "given"),
    [
        (by_model, Order(id=7)),
        (by_dataclass, Payment(7)),
        (by_typed_dict, {"id": 7}),
        (by_dict, {"id": 7}),
        (by_mapping, {"id": 7}),
        (by_bytes, b'{"id":7}'),
        (by_bytes_or_none, b'{"id":7}'),
        (by_union, Order(id=7)),
        (by_text_annotation, Order(id=7)),
        (by_annotated, Order(id=7)),
        (by_any, {"id": 7}),
        (by_nothing, {"id": 7}),
        (by_position, {"id": 7}),
        (by_position_only, Order(id=7)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_the_first_parameter_is_the_contents_as_annotated(shop: Consumer, handler: Any, given: object) -> None:
    delivered = case_of(shop, handler).deliver()

    assert (delivered, type(delivered)) == (given, type(given))


def test_a_list_of_models(shop: Consumer) -> None:
    def handler(messages: list[Order]) -> list[Order]:
        return messages

    assert case_of(shop, handler, contents=match.each_like({"id": 1}, min=2)).deliver() == [Order(id=1), Order(id=1)]


def test_the_message_itself(shop: Consumer) -> None:
    def handler(message: Message) -> Message:
        return message

    message = case_of(shop, handler, metadata={"topic": "t"}).deliver()

    assert (message.contents, message.content_type) == (b'{"id":7}', "application/json")
    assert message.metadata == {"contentType": "application/json", "topic": "t"}


@pytest.mark.parametrize("handler", [by_model, by_bytes_or_none, by_nothing], ids=lambda each: each.__name__)
def test_a_tombstone_is_none(shop: Consumer, handler: Any) -> None:
    assert case_of(shop, handler, contents=None).deliver() is None


@pytest.mark.parametrize(
    ("content_type", "contents", "annotation", "given"),
    [
        pytest.param("text/plain", "hello", str, "hello", id="text"),
        pytest.param("text/plain", "", str, "", id="empty text"),
        pytest.param("application/x-thing", b"\x00", bytes, b"\x00", id="bytes"),
        pytest.param("application/json", "hello", str, "hello", id="a JSON string"),
        pytest.param("application/hal+json", [1], list[int], [1], id="a JSON array"),
    ],
)
def test_contents_of_other_types(
    shop: Consumer, content_type: str, contents: object, annotation: Any, given: object
) -> None:
    def handler(message):  # type: ignore[no-untyped-def]  # annotated below
        return message

    handler.__annotations__["message"] = annotation

    assert case_of(shop, handler, content_type=content_type, contents=contents).deliver() == given


def test_the_applications_own_decoder_is_used(shop: Consumer) -> None:
    assert case_of(shop, by_model, decode=lambda contents: ("decoded", contents)).deliver() == ("decoded", b'{"id":7}')


def test_the_decoder_of_the_consumer_is_used_unless_the_handler_has_its_own() -> None:
    shop = Consumer("shop", provider="orders", decode=lambda contents: "consumer's")
    shop.expects("a", contents={})(by_nothing)
    shop.expects("b", contents={}, decode=lambda contents: "handler's")(by_bytes)

    assert [each.deliver() for each in consumer_cases(shop, seed=1)] == ["consumer's", "handler's"]


def test_a_decoder_may_be_a_coroutine_function(shop: Consumer) -> None:
    async def decode(contents: bytes) -> str:
        return contents.decode()

    assert case_of(shop, by_nothing, decode=decode).deliver() == '{"id":7}'


def test_via_makes_the_native_record_from_the_message(shop: Consumer) -> None:
    delivered = case_of(shop, by_nothing, metadata={"topic": "t"}, via=lambda message: ("record", message)).deliver()

    assert delivered[0] == "record"
    assert delivered[1].metadata["topic"] == "t"
