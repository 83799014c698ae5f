"""`python -m orders` places one order."""

import asyncio
import os

import aio_pika

from orders.models import Line, Order
from orders.publisher import EXCHANGE, OrderEvents


async def main() -> None:
    lines = [Line(sku="A-1", qty=2), Line(sku="B-7", qty=1)]
    order = Order(id=42, customer="Ada", region="eu", lines=lines, total=129.5)
    async with await aio_pika.connect_robust(os.environ["AMQP_URL"]) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        await OrderEvents(exchange).placed(order)
    print(f"orders: order {order.id} is placed")


asyncio.run(main())
