"""How the order service makes the messages that its consumers' contracts ask for: by its own code, with nothing sent."""

import msgpact
from msgpact.adapters import rabbitmq
from orders.models import Line, Order
from orders.publisher import EXCHANGE, OrderEvents

orders = msgpact.Provider("orders")


class Captured(rabbitmq.CapturingExchange):
    exchange = EXCHANGE


@orders.state("an order exists")
def order_exists(order_id: int) -> dict[str, object]:
    lines = [Line(sku="C-3", qty=4)]
    return {"order": Order(id=order_id, customer="Ada", region="eu", lines=lines, total=18)}


@orders.produces("an order was placed")
async def placed(order: Order, exchange: Captured) -> None:
    await OrderEvents(exchange).placed(order)


@orders.produces("an order was cancelled")
async def cancelled(order: Order, exchange: Captured) -> None:
    await OrderEvents(exchange).cancelled(order)
