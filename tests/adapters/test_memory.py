"""The broker in memory; what consuming from it has in common with all transports is in tests/conformance."""

import threading
from typing import Any

import pytest

from msgpact import Consumer, Message
from msgpact.adapters import memory
from msgpact.adapters.memory import Broker, Retries
from msgpact.errors import DeclarationError, Unavailable, UsageError


def order(number: int, key: str | None = None, **more: Any) -> Message:
    return Message(b'{"id": %d}' % number, metadata={"topic": "orders.v1", "key": key, **more})


def shop_of(handler: Any, **address: str) -> Consumer:
    shop = Consumer("shop", provider="orders")
    shop.expects("an order", contents={"id": 1}, metadata=address or {"topic": "orders.v1"})(handler)
    return shop


def ids(messages: Any) -> list[int]:
    return [int(each.contents[7:-1]) for each in messages]


def test_a_test_needs_neither_thread_nor_server() -> None:
    seen = list[object]()
    broker = Broker()
    broker.send(order(1), order(2))

    control = memory.consume(shop_of(seen.append), broker, dead_letter="dead", until_empty=True)

    assert seen == [{"id": 1}, {"id": 2}]
    assert (control.state, broker.messages("orders.v1")) == ("stopped", ())


def test_what_fails_and_has_nothing_behind_it_is_left() -> None:
    def placed(_: object) -> None:
        raise ConnectionError("the database is away")

    broker = Broker()
    broker.send(order(1))
    soon = Retries(retries=1, first=0.001)

    control = memory.consume(shop_of(placed), broker, dead_letter="dead", until_empty=True, retries=soon)

    assert control.counts.failures >= 2
    assert ids(broker.messages("orders.v1")) == [1]


def test_what_ends_a_consumer_lets_the_rest_come_again_in_order() -> None:
    seen = list[int]()

    def placed(each: dict[str, int]) -> None:
        seen.append(each["id"])
        if seen == [1, 2]:
            raise KeyboardInterrupt

    broker, shop = Broker(), shop_of(placed)
    broker.send(*map(order, range(1, 30)))

    with pytest.raises(KeyboardInterrupt):
        memory.consume(shop, broker, dead_letter="dead", until_empty=True)
    memory.consume(shop, broker, dead_letter="dead", until_empty=True)

    assert seen == [1, 2, *range(2, 30)]


def test_of_one_key_no_two_consumers_have_messages_at_once() -> None:
    broker, one, other = Broker(), object(), object()
    broker.send(order(1, "a"))
    first = broker.take(["orders.v1"], one, 0)
    broker.send(order(2, "a"), order(3, "b"), order(4))

    taken = broker.take(["orders.v1"], other, 0)
    assert ids(each.message for each in taken) == [3, 4]
    assert broker.take(["orders.v1"], other, 0) == []
    assert ids(broker.messages("orders.v1")) == [1, 2, 3, 4]

    broker.acknowledge(first)
    assert ids(each.message for each in broker.take(["orders.v1"], other, 0)) == [2]


def test_a_consumer_that_waits_is_woken() -> None:
    broker = Broker()
    timer = threading.Timer(0.05, broker.send, [order(1)])
    timer.start()

    assert ids(each.message for each in broker.take(["orders.v1"], object(), 60)) == [1]


def test_where_contracts_name_queues_so_does_the_broker() -> None:
    seen, broker = list[object](), Broker("queue")
    broker.send(*(Message(each, metadata={"queue": "orders", "messageGroupId": "1"}) for each in (b'{"id": 1}', b"{")))

    memory.consume(shop_of(seen.append, queue="orders"), broker, dead_letter="{queue}-dead", until_empty=True)
    (dead,) = broker.messages("orders-dead")

    assert seen == [{"id": 1}]
    assert (dead.contents, dead.metadata["messageGroupId"]) == (b"{", "1")


def test_what_is_sent_nowhere() -> None:
    with pytest.raises(DeclarationError, match=r"Cannot send .*: it states no topic\. Give it metadata={'topic'"):
        Broker().send(Message(b"", metadata={"queue": "orders"}))


def test_what_is_sent_where_nothing_can_be() -> None:
    broker = Broker()
    broker.away.add("orders.v1")

    with pytest.raises(Unavailable, match=r"Cannot send a message to 'orders.v1': it is away"):
        broker.send(order(1))


# -- mistakes ---------------------------------------------------------------------------------------------------------


def plain_generator(_: object) -> Any:
    yield


async def async_generator(_: object) -> Any:
    yield


GENERATORS = {"plain": plain_generator, "async": async_generator}


@pytest.mark.parametrize("is_given_metadata", [False, True], ids=["contents", "metadata too"])
@pytest.mark.parametrize("generator", GENERATORS.values(), ids=GENERATORS)
def test_what_returns_a_generator_has_handled_nothing(generator: Any, is_given_metadata: bool) -> None:
    broker, soon = Broker(), Retries(retries=0, first=0.001)
    broker.send(order(1))
    shop = shop_of((lambda each, metadata: generator(each)) if is_given_metadata else lambda each: generator(each))

    control = memory.consume(shop, broker, dead_letter="dead", until_empty=True, retries=soon)

    assert (control.counts.handled, ids(broker.messages("orders.v1"))) == (0, [1])


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_handler_that_always_fails_ends_with_the_loop_paused(concurrency: int) -> None:
    broker, soon = Broker(), Retries(retries=0, first=0.001)
    for number in range(20):
        broker.send(order(number))

    async def fails(_: object) -> None:
        raise RuntimeError("the ledger is away")

    control = memory.consume(
        shop_of(fails), broker, dead_letter="dead", until_empty=True, retries=soon, concurrency=concurrency
    )

    assert (control.counts.handled, control.counts.dead, broker.messages("dead")) == (0, 0, ())
    assert ids(broker.messages("orders.v1")) == list(range(20))


@pytest.mark.parametrize("generator", GENERATORS.values(), ids=GENERATORS)
def test_a_generator_is_called_for_no_handler(generator: Any) -> None:
    def placed(_: object) -> None: ...

    with pytest.raises(
        DeclarationError, match=r"Cannot consume 'an order' by .*_generator: it is a generator\. Let it"
    ):
        memory.consume(shop_of(placed), Broker(), dead_letter="dead", handlers={placed: generator})


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no dead letters": ({"dead_letter": None}, r"Cannot use dead_letter=None: .* Say dead_letter='{topic}\.dead'\."),
    "dead letters nowhere": ({"dead_letter": ""}, "Cannot use dead_letter='': what cannot be handled is to go somewhere"),
    "another name in braces": ({"dead_letter": "{topics}.dead"}, r"there is no {topics}, but {topic}\. Say"),
    "a circle": ({"dead_letter": "orders.v1"}, "'orders.v1' is consumed here, so its dead letters would come again"),
    "the same by its name": ({"dead_letter": "{topic}"}, "Cannot use dead_letter='{topic}': 'orders.v1' is consumed here"),
    "an option there is not": ({"until_emty": True}, "Cannot consume with 'until_emty': .*: .*topics, until_empty"),
    "retries in words": ({"retries": "5"}, "Cannot use retries='5': it is no number of times"),
    "part of a message": ({"concurrency": 1.5}, "Cannot use 1.5 as concurrency: it is no whole number"),
    "no path": ({"discriminator": "$.["}, r"Cannot use discriminator='\$\.\[': .*does not parse"),
    "nobody's handler": ({"handlers": {len: print}}, "Cannot use <built-in function len> of handlers=: it expects no"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "says"), WRONG.values(), ids=WRONG)
def test_options_that_cannot_be(said: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        memory.consume(shop_of(print), Broker(), **{"dead_letter": "dead", **said})


@pytest.mark.parametrize("consumers", ["shop", None, [1]], ids=repr)
def test_what_is_no_consumer(consumers: Any) -> None:
    with pytest.raises(UsageError, match=r"Cannot consume for .*: it is no msgpact\.Consumer\. Give one, or several"):
        memory.consume(consumers, Broker(), dead_letter="dead")
