"""What lies between the two services in the tests: a broker in memory, or the RabbitMQ that `AMQP_URL` names."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractExchange
from orders.publisher import EXCHANGE
from shipping.contract import shipping
from shipping.service import declare, run
from shipping.warehouse import Warehouse

from msgpact.adapters import memory, rabbitmq

Publish = Callable[[AbstractExchange], Awaitable[object]]


class Between(Protocol):
    def shipped(self, warehouse: Warehouse, *publish: Publish) -> list[bytes | None]:
        """Let one service publish and the other one handle it; the contents of the dead letters."""


class InMemory:
    def shipped(self, warehouse: Warehouse, *publish: Publish) -> list[bytes | None]:
        exchange, broker = rabbitmq.CapturingExchange(EXCHANGE), memory.Broker("routingKey")
        for each in publish:
            asyncio.run(awaited(each, exchange))
        broker.send(*exchange.messages)
        arguments = {"warehouse": warehouse}
        memory.consume(shipping, broker, dead_letter="dead", mode="enforce", arguments=arguments, until_empty=True)
        return [each.contents for each in broker.messages("dead")]


class OverRabbitMQ:
    def __init__(self, url: str) -> None:
        self.url = url

    def shipped(self, warehouse: Warehouse, *publish: Publish) -> list[bytes | None]:
        queue, control = f"shipping-{uuid4()}", rabbitmq.Control()
        asyncio.run(declare(self.url, queue))
        asyncio.run(self.published(publish))
        threading.Thread(target=stop_after, args=(control, len(publish))).start()
        run(self.url, warehouse, control, queue)
        return asyncio.run(self.dead_letters(queue))

    async def published(self, publish: tuple[Publish, ...]) -> None:
        async with await aio_pika.connect(self.url) as connection:
            exchange = await (await connection.channel()).get_exchange(EXCHANGE)
            for each in publish:
                await each(exchange)

    async def dead_letters(self, queue: str) -> list[bytes | None]:
        async with await aio_pika.connect(self.url) as connection:
            channel = await connection.channel()
            dead, found = await channel.get_queue(f"{queue}.dead"), list[bytes | None]()
            while (letter := await dead.get(no_ack=True, fail=False)) is not None:
                found.append(letter.body)
            await dead.delete()
            await channel.queue_delete(queue)
        return found


async def awaited(publish: Publish, exchange: AbstractExchange) -> None:
    await publish(exchange)


def stop_after(control: rabbitmq.Control, count: int) -> None:
    """What an operator does by SIGTERM."""
    while control.counts.handled + control.counts.dead < count:
        threading.Event().wait(0.01)
    control.stop()


@pytest.fixture
def between() -> Between:
    url = os.environ.get("AMQP_URL")
    return OverRabbitMQ(url) if url else InMemory()
