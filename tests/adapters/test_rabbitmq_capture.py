"""Capturing what an application publishes to RabbitMQ: on exchanges that are connected or not, with nobody connecting."""

import asyncio
import contextlib
import sys
import threading
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import aio_pika
import aiormq
import pika
import pytest
from pacts import Raw, message, pact
from pika.channel import Channel

import msgpact
from msgpact import InteractionResult, Message
from msgpact.adapters import rabbitmq
from msgpact.adapters.rabbitmq import CapturingExchange, at, capture
from msgpact.captured import Sink
from msgpact.errors import DeclarationError
from msgpact.results import Outcome

ADDRESS = {"exchange": "orders", "routingKey": "order.placed"}
EXPECTED = message(metadata=ADDRESS)
BODY = b'{"id": 42}'


def sent(body: bytes = BODY, **more: Any) -> aio_pika.Message:
    return aio_pika.Message(body, content_type="application/json", **more)


def exchange(name: str = "orders", kind: Any = aio_pika.RobustExchange) -> Any:
    """One that is not connected."""
    return kind(None, name)


@pytest.fixture
def orders() -> msgpact.Provider:
    return msgpact.Provider("orders")


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Any:
    module: Any = ModuleType("app_bus")
    monkeypatch.setitem(sys.modules, "app_bus", module)
    module.exchange = None
    return module


def verified(orders: msgpact.Provider, raw: Raw = EXPECTED) -> InteractionResult:
    (result,) = msgpact.verify(orders, pact(raw)).results
    return result


def captured(publish: Any, capture: Any = None) -> tuple[Message, ...]:
    sink = Sink("the test")

    async def run() -> None:
        with (capture or rabbitmq.capture()).capturing(sink):
            await publish()

    asyncio.run(run())
    return sink.messages


@pytest.mark.parametrize("kind", [aio_pika.Exchange, aio_pika.RobustExchange], ids=["plain", "robust"])
def test_an_exchange_that_is_not_connected(orders: msgpact.Provider, kind: type) -> None:
    @orders.produces("an order was placed", capture=capture())
    async def placed() -> None:
        confirmed = await exchange(kind=kind).publish(sent(), "order.placed", mandatory=False, timeout=1)
        assert isinstance(confirmed, aiormq.spec.Basic.Ack)

    assert verified(orders).outcome is Outcome.PASSED


def test_an_exchange_of_the_applications_own_kind(orders: msgpact.Provider) -> None:
    class Orders(aio_pika.RobustExchange):
        async def publish(self, message: Any, routing_key: str, **how: Any) -> Any:
            message.headers["tenant"] = "t1"
            return await super().publish(message, f"order.{routing_key}", **how)

    @orders.produces("an order was placed", capture=capture())
    async def placed() -> None:
        await exchange(kind=Orders).publish(sent(), "placed")

    assert verified(orders, message(metadata={**ADDRESS, "tenant": "t1"})).outcome is Outcome.PASSED


def test_properties_and_headers() -> None:
    async def publish() -> None:
        made = sent(
            headers={"n": 3, "raw": bytearray(b"\xff"), "table": {"a": [1]}},
            correlation_id="c",
            expiration=1.5,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        await exchange().publish(made, "order.placed")

    (message,) = captured(publish)

    assert message.contents == BODY
    wanted = {
        **ADDRESS,
        "contentType": "application/json",
        "n": 3,
        "raw": "base64:/w==",
        "table": {"a": [1]},
        "correlationId": "c",
        "expiration": 1500,
        "deliveryMode": 2,
    }
    assert {name: message.metadata[name] for name in wanted} == wanted


REFUSED: dict[str, tuple[Any, Any]] = {
    "a header of bytes": (lambda: exchange().publish(sent(headers={"a": b"x"}), "k"), TypeError),
    "a header that is no value": (lambda: exchange().publish(sent(headers={"a": object()}), "k"), TypeError),
    "too long a routing key": (lambda: exchange().publish(sent(), "k" * 256), TypeError),
    "an internal exchange": (lambda: aio_pika.Exchange(None, "x", internal=True).publish(sent(), "k"), ValueError),  # type: ignore[arg-type]  # no channel
}


@pytest.mark.parametrize(("publish", "kind"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_bytes_is_refused(publish: Any, kind: type[Exception]) -> None:
    async def refused() -> None:
        with pytest.raises(kind):
            await publish()

    assert captured(refused) == ()


@pytest.mark.parametrize("connect", [aio_pika.connect, aio_pika.connect_robust], ids=["plain", "robust"])
def test_connecting_fails_the_case(orders: msgpact.Provider, connect: Any) -> None:
    @orders.produces("an order was placed", capture=capture())
    async def placed() -> None:
        await connect("amqp://user:secret@rabbit.internal/", timeout=5)

    result = verified(orders)

    assert result.outcome is Outcome.RAISED
    assert "Cannot connect to RabbitMQ at 'rabbit.internal'" in result.text
    assert "capture=rabbitmq.at('app.bus:exchange')" in result.text
    assert "secret" not in result.text


def test_connecting_is_as_always_afterwards() -> None:
    before = {each: each.__dict__["connect"] for each in (aio_pika.Connection, aio_pika.RobustConnection)}
    published = aio_pika.Exchange.__dict__["publish"]

    async def publish() -> None:
        assert aio_pika.Exchange.__dict__["publish"] is not published
        await exchange().publish(sent(), "k")

    captured(publish)

    assert {each: each.__dict__["connect"] for each in before} == before
    assert aio_pika.Exchange.__dict__["publish"] is published


# -- places ----------------------------------------------------------------------------------------------------------

PLACES: dict[str, tuple[Any, Any, dict[str, str]]] = {
    "none yet": (None, lambda it: it, {"name": "orders"}),
    "an exchange": (exchange, lambda it: it, {}),
    "a function": (lambda: lambda: None, lambda it: it(), {"name": "orders"}),
}


@pytest.mark.parametrize(("there", "found", "said"), PLACES.values(), ids=PLACES)
def test_a_place(orders: msgpact.Provider, bus: Any, there: Any, found: Any, said: dict[str, Any]) -> None:
    bus.exchange = before = there and there()

    @orders.produces("an order was placed", capture=at("app_bus:exchange", **said))
    async def placed() -> None:
        await found(bus.exchange).publish(sent(), "order.placed")

    assert verified(orders).outcome is Outcome.PASSED
    assert bus.exchange is before


def test_an_asynchronous_function(orders: msgpact.Provider, bus: Any) -> None:
    async def get_exchange() -> None: ...

    bus.exchange = get_exchange

    @orders.produces("an order was placed", capture=at("app_bus:exchange", name="orders"))
    async def placed() -> None:
        await (await bus.exchange()).publish(sent(), "order.placed")

    assert verified(orders).outcome is Outcome.PASSED


def test_what_is_no_exchange(orders: msgpact.Provider, bus: Any) -> None:
    bus.exchange = "orders"
    orders.produces("an order was placed", capture=at("app_bus:exchange"))(lambda: None)

    result = verified(orders)

    assert result.outcome is Outcome.MISUSED
    assert "there is 'orders', no exchange of aio-pika" in result.text


@pytest.mark.parametrize("kind", ["at", "capture"])
def test_deployed_names(orders: msgpact.Provider, bus: Any, kind: str) -> None:
    names = {"orders": "eu.orders", "order.placed": "placed"}
    bus.exchange = exchange("eu.orders")

    @orders.produces(
        "an order was placed", capture=at("app_bus:exchange", names=names) if kind == "at" else capture(names=names)
    )
    async def placed() -> None:
        await bus.exchange.publish(sent(), "placed")

    assert verified(orders).outcome is Outcome.PASSED


def test_no_place() -> None:
    with pytest.raises(DeclarationError, match="Cannot capture at no place"):
        at()


# -- what is handed to a function ------------------------------------------------------------------------------------


class Orders(CapturingExchange):
    exchange = "orders"


def test_a_parameter_that_is_annotated(orders: msgpact.Provider) -> None:
    @orders.produces("an order was placed")
    async def placed(to: Orders) -> None:
        await to.declare()
        await to.publish(sent(), "order.placed")

    @orders.produces("an order was returned")
    async def returned(to: CapturingExchange) -> None:
        await to.named("orders").publish(sent(), "order.placed")
        assert [each.contents for each in to.messages] == [BODY]

    assert verified(orders).outcome is Outcome.PASSED
    assert verified(orders, {**EXPECTED, "description": "an order was returned"}).outcome is Outcome.PASSED


def test_by_itself_it_does_nothing_but_keep() -> None:
    async def use() -> CapturingExchange:
        made = CapturingExchange("orders")
        for done in (made.declare(), made.bind("other"), made.unbind("other"), made.delete()):
            await done
        await made.publish(sent(), "k")
        return made

    made = asyncio.run(use())

    assert isinstance(made, aio_pika.RobustExchange)
    assert [(each.contents, each.metadata["exchange"]) for each in made.messages] == [(BODY, "orders")]


# -- which of several, and who -----------------------------------------------------------------------------------------


def test_another_routing_key(orders: msgpact.Provider) -> None:
    @orders.produces("an order was placed", capture=capture())
    async def placed() -> None:
        await exchange().publish(sent(), "order.returned")

    result = verified(orders)

    assert result.outcome is Outcome.BROKEN
    assert "sent nothing to exchange 'orders', routing key 'order.placed'" in result.text
    assert "exchange 'orders', routing key 'order.returned': 10 bytes" in result.text


def test_nothing(orders: msgpact.Provider) -> None:
    orders.produces("an order was placed", capture=capture())(lambda: None)

    result = verified(orders)

    assert result.outcome is Outcome.BROKEN
    assert "Nothing was published on an exchange of aio-pika or a channel of pika" in result.text


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_task_that_ran_before(everywhere: bool) -> None:
    """It is in a context of its own: what it publishes is let through, to an exchange that has no channel."""

    async def verify() -> InteractionResult:
        jobs: asyncio.Queue[Any] = asyncio.Queue()

        async def work() -> None:
            job, done = await jobs.get()
            with contextlib.suppress(AttributeError):
                await job
            done.set()

        worker = asyncio.create_task(work())
        await asyncio.sleep(0)
        orders = msgpact.Provider("orders")

        @orders.produces("an order was placed", capture=capture(everywhere=everywhere))
        async def placed() -> None:
            done = asyncio.Event()
            await jobs.put((exchange().publish(sent(), "order.placed"), done))
            await done.wait()

        (result,) = (await msgpact.averify(orders, pact(EXPECTED))).results
        await worker
        return result

    assert asyncio.run(verify()).outcome is (Outcome.PASSED if everywhere else Outcome.BROKEN)


def test_tasks_and_states_of_the_application(orders: msgpact.Provider) -> None:
    @orders.state("an order exists")
    async def exists() -> AsyncIterator[None]:
        await exchange().publish(sent(b"{}"), "order.placed")
        yield
        await exchange().publish(sent(b"{}"), "order.placed")

    @orders.produces("an order was placed", capture=capture())
    async def placed() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(exchange().publish(sent(), "order.placed"))

    result = verified(orders, message(metadata=ADDRESS, given=["an order exists"]))

    assert (result.outcome, result.text) == (Outcome.PASSED, "")


# -- pika ------------------------------------------------------------------------------------------------------------


def test_channels_of_pika(orders: msgpact.Provider) -> None:
    channel: Any = Channel.__new__(Channel)

    def publish() -> None:
        properties = pika.BasicProperties(content_type="application/json", headers={"tenant": "t1"})
        channel.basic_publish("orders", "order.placed", BODY, properties)

    @orders.produces("an order was placed", capture=capture())
    def placed() -> None:
        thread = threading.Thread(target=publish)
        thread.start()
        thread.join()

    assert verified(orders, message(metadata={**ADDRESS, "tenant": "t1"})).outcome is Outcome.PASSED


def test_blocking_channels_of_pika() -> None:
    from pika.adapters.blocking_connection import BlockingChannel

    channel: Any = BlockingChannel.__new__(BlockingChannel)

    async def publish() -> None:
        channel.basic_publish(exchange="", routing_key="orders", body="text")

    (message,) = captured(publish)

    assert (message.contents, message.metadata["routingKey"]) == (b"text", "orders")
