"""The service: its queue, and the loop that gives each message to its handler."""

import aio_pika

from msgpact.adapters import rabbitmq
from shipping.contract import shipping
from shipping.warehouse import Warehouse

EXCHANGE, QUEUE = "orders", "shipping"


async def declare(url: str, queue: str = QUEUE) -> None:
    """The queue, what comes into it, and the queue of its dead letters."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        declared = await channel.declare_queue(queue, durable=True)
        await declared.bind(exchange, "order.*.*")
        await declared.bind(exchange, "order.*")
        await channel.declare_queue(f"{queue}.dead", durable=True)


def run(url: str, warehouse: Warehouse, control: rabbitmq.Control, queue: str = QUEUE) -> None:
    """Handle messages until SIGTERM, or `control.stop()`; what cannot be handled goes to the dead letters."""
    rabbitmq.consume(
        shipping,
        url,
        queue,
        dead_letter="{queue}.dead",
        mode="enforce",
        arguments={"warehouse": warehouse},
        control=control,
    )
