"""What is captured of a publication to RabbitMQ is what a real broker delivers, by aio-pika and by pika."""

import asyncio
import contextvars
import datetime
import decimal
import uuid
from collections.abc import Callable
from typing import Any

import aio_pika
import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from rabbitmq_servers import RunningRabbitMQ

from msgpact import Message
from msgpact.adapters import rabbitmq as adapter
from msgpact.captured import Sink
from msgpact.records.amqp import from_delivery, from_record

pytestmark = pytest.mark.server

THE_BROKERS = ("redelivered", "deliveryTag")
MOMENT = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)

SENT: dict[str, aio_pika.Message] = {
    "text": aio_pika.Message("Grüße".encode(), content_type="text/plain", content_encoding="utf-8"),
    "nothing": aio_pika.Message(b""),
    "bytes": aio_pika.Message(b"\x00\xff", delivery_mode=aio_pika.DeliveryMode.PERSISTENT, priority=3),
    "properties": aio_pika.Message(
        b"{}",
        content_type="application/json",
        correlation_id="c",
        reply_to="r",
        expiration=60,
        message_id="m",
        timestamp=MOMENT,
        type="t",
        app_id="a",
    ),
    "headers": aio_pika.Message(
        b"{}",
        headers={
            "text": "ü",
            "number": 3,
            "big": 2**40,
            "negative": -1,
            "double": 0.5,
            "yes": True,
            "none": None,
            "bytes": bytearray(b"\xff"),
            "moment": MOMENT,
            "decimal": decimal.Decimal("1.50"),
            "list": [1, "a", {"b": None}],
            "table": {"a": {"b": 1}},
            "exchange": "a header",
        },
    ),
}


def said(message: Message) -> tuple[object, ...]:
    """What a sender decides; tables have no order, and an id that aio-pika makes up is any."""
    metadata = {name: value for name, value in message.metadata.items() if name not in THE_BROKERS}
    made_up = len(str(metadata.get("messageId"))) == 32
    return message.contents, sorted(message.headers), {**metadata, **({"messageId": "…"} if made_up else {})}


@pytest.mark.parametrize("made", SENT.values(), ids=SENT)
def test_by_aio_pika(rabbitmq: RunningRabbitMQ, made: aio_pika.Message) -> None:
    sink = Sink("the test")

    async def publish() -> Message:
        connection = await aio_pika.connect(rabbitmq.url)
        async with connection, connection.channel() as channel:
            exchange = await channel.declare_exchange(f"x-{uuid.uuid4()}", auto_delete=True)
            queue = await channel.declare_queue(f"q-{uuid.uuid4()}", exclusive=True)
            await queue.bind(exchange, "key")
            with adapter.capture().capturing(sink):
                confirmed = await exchange.publish(made, "key")
            assert type(await exchange.publish(made, "key")) is type(confirmed)
            delivered = await queue.get(timeout=10)
            assert delivered is not None
            await delivered.ack()
            assert await queue.get(fail=False) is None
            return from_record(delivered)

    delivered = asyncio.run(publish())

    assert [said(each) for each in sink.messages] == [said(delivered)]


PROPERTIES: dict[str, Callable[[], pika.BasicProperties]] = {
    "none": pika.BasicProperties,
    "some": lambda: pika.BasicProperties(content_type="application/json", delivery_mode=2, expiration="60000"),
    "headers": lambda: pika.BasicProperties(
        headers={"text": "ü", "bytes": b"\xff", "list": [1, None], "exchange": "x"}
    ),
}


@pytest.mark.parametrize("properties", PROPERTIES.values(), ids=PROPERTIES)
def test_by_pika(rabbitmq: RunningRabbitMQ, properties: Callable[[], Any]) -> None:
    sink = Sink("the test")
    connection = rabbitmq.connect()
    channel: BlockingChannel = connection.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    with adapter.capture().capturing(sink):
        channel.basic_publish("", queue, b"{}", properties())
    channel.basic_publish("", queue, b"{}", properties())
    method, received, body = channel.basic_get(queue, auto_ack=True)
    nothing, *_ = channel.basic_get(queue)
    connection.close()

    assert nothing is None
    assert [said(each) for each in sink.messages] == [said(from_delivery(method, received, body))]


def test_who_does_not_capture_is_not_disturbed(rabbitmq: RunningRabbitMQ) -> None:
    """In a context of its own it connects and publishes as always, while another captures."""
    sink = Sink("another")

    async def beside() -> bytes:
        connection = await aio_pika.connect(rabbitmq.url)
        async with connection, connection.channel() as channel:
            queue = await channel.declare_queue(f"q-{uuid.uuid4()}", exclusive=True)
            await channel.default_exchange.publish(aio_pika.Message(b"by aio-pika"), queue.name)
            await asyncio.to_thread(by_pika, queue.name)
            taken = [await queue.get(timeout=10) for _ in range(2)]
            return b", ".join(each.body for each in taken if each is not None)

    def by_pika(queue: str) -> None:
        connection = rabbitmq.connect()
        connection.channel().basic_publish("", queue, b"by pika")
        connection.close()

    async def both() -> bytes:
        apart = contextvars.Context()
        await apart.run(asyncio.create_task, asyncio.to_thread(int))  # the thread is there before
        with adapter.capture().capturing(sink):
            return await apart.run(asyncio.create_task, beside())

    assert asyncio.run(both()) == b"by aio-pika, by pika"
    assert sink.messages == ()
    assert sink.elsewhere[0] == "something was published on the exchange ''"
