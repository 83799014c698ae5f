"""Not a test but a program that a strict type checker must accept: decorators keep a function's own type."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TypedDict, assert_type

import msgpact
from msgpact import generate, match


class OrderPlaced(TypedDict):
    id: int
    total: float


class Repo:
    def add(self, order: OrderPlaced) -> None: ...


fulfilment = msgpact.Consumer("fulfilment", provider="orders")


@fulfilment.expects(
    "an order was placed",
    given=msgpact.state("an order exists", id=42),
    contents={"id": match.integer(generate.random_int(1, 9)), "total": match.number(12.5)},
    metadata={"topic": "orders.v1"},
)
async def on_order_placed(order: OrderPlaced, metadata: Mapping[str, object], *, repo: Repo) -> str:
    repo.add(order)
    return str(metadata["topic"])


@fulfilment.expects("an order was paid", example={"id": 1, "total": 2.5})
def on_order_paid(order: OrderPlaced) -> int:
    return order["id"]


@fulfilment.parametrize(on_order_paid)
def test_handles(case: msgpact.ConsumerCase) -> None:
    assert case.deliver() == 1


@fulfilment.parametrize("an order was placed")
async def test_handles_in_a_coroutine(case: msgpact.ConsumerCase) -> None:
    assert await case.adeliver(repo=Repo()) == "orders.v1"


orders = msgpact.Provider("orders")


@orders.state("an order exists")
def order_exists(id: int) -> Iterator[dict[str, object]]:
    yield {"total": 7}


@orders.around
async def surrounded() -> None: ...


@orders.produces("an order was placed", metadata={"topic": "orders.v1"})
def order_placed(id: int, total: float) -> OrderPlaced:
    return {"id": id, "total": total}


@orders.answers("a price is asked for")
def price(request: OrderPlaced) -> msgpact.Outgoing:
    return msgpact.Outgoing(request["total"], metadata={"currency": "EUR"})


def check_that_decorators_keep_the_type(contract: msgpact.Contract, message: msgpact.Message) -> None:
    assert_type(on_order_paid(OrderPlaced(id=1, total=2.5)), int)
    assert_type(order_placed(1, 2.5), OrderPlaced)
    assert_type(order_placed(id=1, total=2.5), OrderPlaced)
    assert_type(contract["an order was placed"], msgpact.Interaction)
    assert_type(msgpact.check(contract["an order was placed"], message), tuple[msgpact.Mismatch, ...])
    handler: Callable[..., Awaitable[str]] = on_order_placed
    assert handler is on_order_placed
