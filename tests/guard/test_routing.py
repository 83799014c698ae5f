"""Whose a message is, where transports route by several entries of the metadata."""

from typing import Any

import pytest

from msgpact import Consumer, Message, match
from msgpact.errors import DeclarationError
from msgpact.guard import Accept, Guard, Unrouted

AMQP = ("exchange", "routingKey")


def one(_: dict[str, object]) -> str:
    return "one"


def other(_: dict[str, object]) -> str:
    return "other"


def guard(first: dict[str, Any], second: dict[str, Any] | None = None, **said: Any) -> Guard:
    shop = Consumer("shop", provider="orders")
    shop.expects("one", contents={}, metadata=first)(one)
    if second is not None:
        shop.expects("other", contents={}, metadata=second)(other)
    return Guard(shop, **{"keys": AMQP, **said})


def called(guard: Guard, **metadata: object) -> list[object]:
    decision = guard.decide(Message(b"{}", content_type="application/json", metadata=metadata))
    if isinstance(decision, Unrouted):
        return []
    assert isinstance(decision, Accept)
    return [each.receiver.handler(each.contents) for each in decision.handlings]


PLACED, PAID = {"exchange": "shop", "routingKey": "placed"}, {"exchange": "shop", "routingKey": "paid"}
ANY = {"exchange": "shop", "routingKey": match.regex(r"orders\.\w+", "orders.placed")}

ROUTED: dict[str, tuple[dict[str, Any], dict[str, Any] | None, dict[str, Any], list[object]]] = {
    "by one entry of two": (PLACED, PAID, PAID, ["other"]),
    "nobody's by one entry": (PLACED, PAID, {"exchange": "shop", "routingKey": "sent"}, []),
    "nobody's by the other entry": (PLACED, PAID, {"exchange": "x", "routingKey": "paid"}, []),
    "by a rule": (ANY, PAID, {"exchange": "shop", "routingKey": "orders.sent"}, ["one"]),
    "not by a rule": (ANY, PAID, {"exchange": "shop", "routingKey": "invoices.sent"}, []),
    "by a rule and by a name": (ANY, {**ANY, "routingKey": "orders.paid"}, {**ANY, "routingKey": "orders.paid"}, ["one", "other"]),
    "an entry that is not stated": ({"routingKey": "placed"}, PAID, {"exchange": "x", "routingKey": "placed"}, ["one"]),
    "an entry that is not known": (PLACED, PAID, {"routingKey": "paid"}, ["other"]),
    "one handler that states none": ({}, None, {"exchange": "x", "routingKey": "y"}, ["one"]),
}  # fmt: skip


@pytest.mark.parametrize(("first", "second", "came", "handled"), ROUTED.values(), ids=ROUTED)
def test_whose_a_message_is(
    first: dict[str, Any], second: dict[str, Any] | None, came: dict[str, Any], handled: list[object]
) -> None:
    made = {key: "orders.placed" if not isinstance(value, str) else value for key, value in came.items()}

    assert called(guard(first, second), **made) == handled


def test_a_contracts_names_are_deployed_under_others() -> None:
    deployed = guard(PLACED, PAID, names={"shop": "eu.shop", "paid": "eu.paid"})

    assert called(deployed, exchange="eu.shop", routingKey="eu.paid") == ["other"]
    assert called(deployed, exchange="eu.shop", routingKey="placed") == ["one"]
    assert called(deployed, exchange="shop", routingKey="paid") == []


def test_a_deployed_name_stands_for_what_a_rule_says_too() -> None:
    deployed = guard(ANY, names={"orders.placed": "eu.placed"})

    assert called(deployed, exchange="shop", routingKey="eu.placed") == ["one"]
    assert called(deployed, exchange="shop", routingKey="orders.sent") == []


def test_what_routes_is_not_demanded_again() -> None:
    assert called(guard(PLACED, mode="enforce"), routingKey="placed") == ["one"]


NOT_APART: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "the same": (PAID, PAID, "the messages of 'shop' 'paid'"),
    "one of them states less": (PAID, {"routingKey": "paid"}, "the messages of 'paid'"),
    "one of them states none": (PAID, {}, "the messages of one address"),
}


@pytest.mark.parametrize(("first", "second", "says"), NOT_APART.values(), ids=NOT_APART)
def test_nothing_tells_two_handlers_apart(first: dict[str, Any], second: dict[str, Any], says: str) -> None:
    with pytest.raises(DeclarationError, match=f"Cannot tell whose {says} are: .* one and .* other expect some"):
        guard(first, second)


def test_a_discriminator_tells_them_apart() -> None:
    routed = guard({"kind": "a"}, {"kind": "b"}, discriminator="kind")

    assert called(routed, routingKey="any", kind="b") == ["other"]
    assert called(routed, routingKey="any", kind="c") == []


def test_more_ways_than_are_remembered() -> None:
    routed = guard(ANY)

    assert [called(routed, exchange="shop", routingKey=f"orders.{n}") for n in range(2100)] == [["one"]] * 2100
    assert called(routed, exchange="x", routingKey="orders.1") == []


def test_an_address_that_nobody_expects_is_told() -> None:
    decision = guard(PLACED, PAID).decide(Message(b"{}", metadata={"exchange": "x", "routingKey": "y"}))

    assert decision == Unrouted("x y")
