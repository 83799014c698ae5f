"""What becomes of a message: whose it is, what the handler is given, what is rejected and why."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from msgpact import Consumer, Message, match
from msgpact.errors import DeclarationError, Unavailable, UsageError
from msgpact.guard import Accept, Guard, Reject, Unrouted
from msgpact.receivers import Reason
from msgpact.records import kafka
from msgpact.serializers.avro import Avro

JSON = "application/json"


class Order(BaseModel):
    id: int


@pytest.fixture
def shop() -> Consumer:
    return Consumer("shop", provider="orders")


def expecting(shop: Consumer, handler: Callable[..., object], description: str = "an order", **said: Any) -> None:
    said.setdefault("contents", {"id": 1})
    said.setdefault("metadata", {"topic": "orders.v1"})
    shop.expects(description, **said)(handler)


def message(value: object = None, topic: str = "orders.v1", raw: Any = None, **metadata: Any) -> Message:
    contents = json.dumps({"id": 7} if value is None else value).encode() if raw is None else raw
    return Message(contents, content_type=JSON, metadata={"topic": topic, **metadata})


def accepted(guard: Guard, message: Message, native: object = None) -> Any:
    """What the one handler would be given, which is called with it."""
    decision = guard.decide(message, native)
    assert isinstance(decision, Accept), decision
    (handling,) = decision.handlings
    return handling.receiver.handler(handling.contents, **handling.names)


# -- what the handler is given ----------------------------------------------------------------------------------------


def typed(order: Order) -> object:
    return order


def plain(order: dict[str, object]) -> object:
    return order


def unannotated(order):  # type: ignore[no-untyped-def]  # that is the case
    return order


def raw(contents: bytes) -> object:
    return contents


def whole(message: Message) -> object:
    return message


def with_all(order: Order, metadata: Mapping[str, object], came: Message, *, repo: str, limit: int = 3) -> object:
    return order, metadata["key"], came.contents, repo, limit


GIVEN: dict[str, tuple[Callable[..., object], object]] = {
    "a model": (typed, Order(id=7)),
    "a dict": (plain, {"id": 7}),
    "no annotation": (unannotated, {"id": 7}),
    "bytes": (raw, b'{"id": 7}'),
    "the message": (whole, message()),
}


@pytest.mark.parametrize(("handler", "given"), GIVEN.values(), ids=GIVEN)
def test_contents_are_what_the_handler_annotates(shop: Consumer, handler: Callable[..., object], given: object) -> None:
    expecting(shop, handler)

    assert accepted(Guard(shop), message()) == given


def test_a_handler_is_given_metadata_the_message_and_what_the_application_gives(shop: Consumer) -> None:
    expecting(shop, with_all, metadata={"topic": "orders.v1", "key": "1"})

    given = accepted(Guard(shop, arguments={"repo": "a repository", "other": 1}), message(key="7"))

    assert given == (Order(id=7), "7", b'{"id": 7}', "a repository", 3)


def test_the_application_decodes(shop: Consumer) -> None:
    expecting(shop, unannotated, decode=lambda contents: ("decoded", contents))

    assert accepted(Guard(shop), message()) == ("decoded", b'{"id": 7}')


def test_a_native_record_is_handed_on_or_made(shop: Consumer) -> None:
    expecting(shop, unannotated, via=kafka.to_record)
    native = object()

    assert accepted(Guard(shop, native=kafka.to_record), message(), native) is native
    assert accepted(Guard(shop, native=kafka.to_record), message()).value() == b'{"id": 7}'


def test_what_another_function_makes_is_not_the_native_record(shop: Consumer) -> None:
    expecting(shop, unannotated, via=lambda message: ("made of", message.contents))

    assert accepted(Guard(shop, native=kafka.to_record), message(), object()) == ("made of", b'{"id": 7}')


def test_a_tombstone_is_none(shop: Consumer) -> None:
    expecting(shop, unannotated, contents=None)

    assert accepted(Guard(shop), Message(None, metadata={"topic": "orders.v1"})) is None


def test_contents_with_a_schema(shop: Consumer) -> None:
    schema = Avro({"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]})
    expecting(shop, typed, serializer=schema)

    assert accepted(Guard(shop), Message(b"\x0e", metadata={"topic": "orders.v1"})) == Order(id=7)


def test_a_method_is_one_of_an_instance(shop: Consumer) -> None:
    class Service:
        def on_order(self, order: Order) -> object:
            return self, order

    expecting(shop, Service.on_order)
    service = Service()

    assert accepted(Guard(shop, handlers={Service.on_order: service.on_order}), message()) == (service, Order(id=7))
    with pytest.raises(DeclarationError, match=r"is a method.*handlers=\{Class.on_order: instance.on_order\}"):
        Guard(shop)


# -- whose a message is -----------------------------------------------------------------------------------------------


def test_contract_names_map_to_deployed_ones(shop: Consumer) -> None:
    expecting(shop, typed)
    guard = Guard(shop, names={"orders.v1": "eu.orders.v1"})

    assert guard.deployed("topic") == ("eu.orders.v1",)
    assert accepted(guard, message(topic="eu.orders.v1")) == Order(id=7)
    assert guard.decide(message()) == Unrouted("orders.v1")


def test_a_tombstone_has_its_own_handler(shop: Consumer) -> None:
    expecting(shop, typed)
    expecting(shop, unannotated, "a withdrawal", contents=None)
    guard = Guard(shop)

    assert accepted(guard, message()) == Order(id=7)
    assert accepted(guard, Message(None, metadata={"topic": "orders.v1"})) is None


def test_what_no_handler_expects(shop: Consumer) -> None:
    expecting(shop, typed)
    guard = Guard(shop)

    assert guard.decide(message(topic="others")) == Unrouted("others")
    assert guard.decide(Message(None, metadata={"topic": "orders.v1"})) == Unrouted("orders.v1")
    assert guard.decide(Message(b"{}")) == Unrouted("an unknown address")


DISCRIMINATORS: dict[str, Any] = {
    "metadata": "event-type",
    "contents": "$.event.type",
    "a function": lambda message: message.metadata["event-type"],
}


@pytest.mark.parametrize("discriminator", DISCRIMINATORS.values(), ids=DISCRIMINATORS)
def test_messages_of_one_topic_are_told_apart(shop: Consumer, discriminator: Any) -> None:
    def of(kind: str) -> dict[str, Any]:
        return {
            "contents": {"event": {"type": kind}, "id": 1},
            "metadata": {"topic": "orders.v1", "event-type": kind},
        }

    expecting(shop, lambda _: "placed", "placed", **of("placed"))
    expecting(shop, lambda _: "paid", "paid", **of("paid"))
    guard = Guard(shop, discriminator=discriminator)

    def came(kind: str) -> Message:
        return message({"event": {"type": kind}, "id": 7}, **{"event-type": kind})

    assert [accepted(guard, came(each)) for each in ("paid", "placed")] == ["paid", "placed"]
    assert guard.decide(came("lost")) == Unrouted("orders.v1", "lost")


def test_contents_that_cannot_be_looked_into_are_undecodable(shop: Consumer) -> None:
    expecting(shop, typed, contents={"type": "placed", "id": 1})
    decision = Guard(shop, discriminator="$.type").decide(message(raw=b"{"))

    assert isinstance(decision, Reject)
    assert [each.kind for each in decision.reasons] == ["undecodable"]


def test_a_body_without_the_path_is_nobodys(shop: Consumer) -> None:
    expecting(shop, typed, contents={"type": "placed", "id": 1})
    guard = Guard(shop, discriminator="$.type")

    assert [guard.decide(message(each)) for each in ([1], {"type": ["placed"]}, {})] == [Unrouted("orders.v1")] * 3


def test_several_handlers_of_one_message_are_all_called(shop: Consumer) -> None:
    for name in ("mail", "ledger"):
        expecting(shop, lambda _: None, name, metadata={"topic": "orders.v1", "event-type": "placed"})
    decision = Guard(shop, discriminator="event-type").decide(message(**{"event-type": "placed"}))

    assert isinstance(decision, Accept)
    assert [str(each.receiver.expected[0].expectation) for each in decision.handlings] == ["mail", "ledger"]


def test_the_handlers_of_several_consumers(shop: Consumer) -> None:
    audit = Consumer("audit", provider="orders")
    expecting(shop, typed)
    expecting(audit, unannotated, metadata={"topic": "audit.v1"})
    guard = Guard([shop, audit])

    assert guard.deployed("topic") == ("orders.v1", "audit.v1")
    assert accepted(guard, message(topic="audit.v1")) == {"id": 7}


def test_responses_to_requests_are_not_routed(shop: Consumer) -> None:
    shop.requests("a price", request={}, response={"price": 1})(unannotated)
    expecting(shop, typed)

    assert Guard(shop).deployed("topic") == ("orders.v1",)


# -- what breaks the contract -----------------------------------------------------------------------------------------


def test_what_breaks_the_contract_is_handled_or_rejected(shop: Consumer) -> None:
    expecting(shop, plain, contents={"id": 1, "note": "x"})
    broken = Reason("contract", "shop", "shop-orders", "an order", "$.id", "a number")
    came = message({"id": "7", "note": "y"})

    observed, enforced = Guard(shop).decide(came), Guard(shop, mode="enforce").decide(came)

    assert isinstance(observed, Accept)
    assert observed.handlings[0].contents == {"id": "7", "note": "y"}
    assert observed.broken == (broken,)
    assert enforced == Reject((broken,))


@pytest.mark.parametrize("mode", ["observe", "enforce"])
def test_a_message_passes_if_it_fits_any_expectation_of_its_handler(shop: Consumer, mode: Any) -> None:
    for description, contents in (("by id", {"id": 1}), ("by name", {"name": "x"})):
        shop.expects(description, contents=contents, metadata={"topic": "orders.v1"})(plain)
    guard = Guard(shop, mode=mode)

    assert [accepted(guard, message(each)) for each in ({"id": 2}, {"name": "y"})] == [{"id": 2}, {"name": "y"}]


def test_the_reason_is_of_the_expectation_that_a_message_comes_closest_to(shop: Consumer) -> None:
    for description, contents in (("by id", {"id": 1, "at": 1}), ("by name", {"name": "x"})):
        shop.expects(description, contents=contents, metadata={"topic": "orders.v1"})(plain)

    decision = Guard(shop, mode="enforce").decide(message({"name": 5}))

    assert isinstance(decision, Reject)
    assert [(each.description, each.path) for each in decision.reasons] == [("by name", "$.name")]


UNDECODABLE: dict[str, tuple[Callable[..., object], bytes, str]] = {
    "no JSON": (plain, b"{", "ValueError"),
    "what the model refuses": (typed, b'{"id": "x"}', "valid integer"),
    "no object": (plain, b"[1]", "TypeError"),
}


@pytest.mark.parametrize("mode", ["observe", "enforce"])
@pytest.mark.parametrize(("handler", "contents", "error"), UNDECODABLE.values(), ids=UNDECODABLE)
def test_what_cannot_be_decoded_is_rejected_in_both_modes(
    shop: Consumer, handler: Callable[..., object], contents: bytes, error: str, mode: Any
) -> None:
    expecting(shop, handler)
    decision = Guard(shop, mode=mode).decide(message(raw=contents))

    assert isinstance(decision, Reject)
    if mode == "observe":
        assert decision.reasons[0].kind == "undecodable"
        assert error in decision.reasons[0].error


@pytest.mark.parametrize("error", [KeyError("id"), ValueError("no"), TypeError("no")], ids=repr)
def test_a_decoder_says_that_contents_are_none(shop: Consumer, error: Exception) -> None:
    def decode(_: bytes) -> object:
        raise error

    expecting(shop, unannotated, decode=decode)

    assert isinstance(Guard(shop).decide(message()), Reject)


@pytest.mark.parametrize("error", [ConnectionError("no"), Unavailable("no"), RuntimeError("no")], ids=repr)
def test_a_decoder_in_trouble_says_nothing_of_the_message(shop: Consumer, error: Exception) -> None:
    def decode(_: bytes) -> object:
        raise error

    expecting(shop, unannotated, decode=decode)

    with pytest.raises(type(error), match="no"):
        Guard(shop).decide(message())


def test_a_message_of_several_handlers_is_handled_by_all_or_by_none(shop: Consumer) -> None:
    stated = {"topic": "orders.v1", "event-type": "placed"}
    expecting(shop, plain, "mail", metadata=stated)
    expecting(shop, unannotated, "ledger", contents={"id": "a"}, metadata=stated)
    guard = Guard(shop, mode="enforce", discriminator="event-type")

    decision = guard.decide(message(**{"event-type": "placed"}))

    assert isinstance(decision, Reject)
    assert [each.description for each in decision.reasons] == ["ledger"]


# -- reasons ----------------------------------------------------------------------------------------------------------


def test_a_header_says_what_is_known() -> None:
    reason = Reason("contract", "shop", "shop-orders", "an order", "$.id", "a number")

    assert json.loads(reason.header(attempts=2)) == {
        "kind": "contract", "consumer": "shop", "pact": "shop-orders", "description": "an order", "path": "$.id", "rule": "a number",
        "attempts": 2,
    }  # fmt: skip


def test_a_header_is_bounded() -> None:
    reason = Reason("contract", *(["ü" * 9000] * 6))

    assert len(reason.header()) <= 1500
    assert len(reason.header(queue="q" * 80, messageId="1" * 36)) <= 1500
    assert json.loads(reason.header())["path"].endswith("…")


# -- what cannot be ---------------------------------------------------------------------------------------------------


def test_nothing_tells_two_handlers_apart(shop: Consumer) -> None:
    expecting(shop, typed, "placed")
    expecting(shop, plain, "paid")

    with pytest.raises(
        DeclarationError, match=r"Cannot tell whose the messages of 'orders.v1' are: .* typed and .* plain"
    ):
        Guard(shop)


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a mode": ({}, {"mode": "strict"}, "Cannot use mode='strict': there is no such one. Say 'observe' or 'enforce'"),
    "a discriminator": ({}, {"discriminator": 5}, "Cannot use discriminator=5: it is neither text nor a function"),
    "a topic that nobody names": ({}, {"names": {"order": "o"}}, "Cannot use 'order' as a name in contracts: .* There are: orders.v1"),
}  # fmt: skip


@pytest.mark.parametrize(("stated", "settings", "says"), WRONG.values(), ids=WRONG)
def test_settings_that_cannot_be(shop: Consumer, stated: Any, settings: Any, says: str) -> None:
    expecting(shop, typed, **stated)

    with pytest.raises(UsageError, match=says):
        Guard(shop, **settings)


def test_a_topic_that_must_be_stated(shop: Consumer) -> None:
    expecting(shop, typed, metadata={"key": "1"})

    with pytest.raises(DeclarationError, match="Cannot consume 'an order': it states no topic"):
        Guard(shop).deployed("topic")


def test_a_parameter_without_a_value(shop: Consumer) -> None:
    expecting(shop, with_all)

    with pytest.raises(
        DeclarationError, match=r"its parameter 'repo' has no value. Give it: arguments=\{'repo': ...\}"
    ):
        Guard(shop)


def test_a_consumer_that_expects_nothing(shop: Consumer) -> None:
    with pytest.raises(DeclarationError, match="Cannot consume for 'shop': no handler expects a message"):
        Guard(shop)


def test_stated_rules_hold(shop: Consumer) -> None:
    expecting(shop, plain, contents={"id": match.integer(1)})
    guard = Guard(shop, mode="enforce")

    assert isinstance(guard.decide(message({"id": 1.5})), Reject)
    assert isinstance(guard.decide(message({"id": 2})), Accept)


def test_what_cannot_be_looked_into_is_no_message_of_nobody(shop: Consumer) -> None:
    expecting(shop, plain, contents={"type": "placed"})
    guard = Guard(shop, discriminator="$.type")

    decision = guard.decide(Message(b'{"type": "placed"}', content_type="x/y", metadata={"topic": "orders.v1"}))
    elsewhere = guard.decide(Message(b'{"type": "placed"}', content_type="x/y", metadata={"topic": "other"}))

    assert isinstance(decision, Reject)
    assert decision.reasons[0].error == "its contents are of type x/y, in which there is no $.type"
    assert isinstance(elsewhere, Unrouted)
