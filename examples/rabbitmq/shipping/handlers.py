"""What shipping does with the messages of the order service, and what it relies on in each."""

from collections.abc import Mapping

from pydantic import BaseModel

import msgpact
from msgpact import match
from shipping.contract import shipping
from shipping.warehouse import Warehouse

ORDER_42 = msgpact.state("an order exists", order_id=42)


class Line(BaseModel):
    sku: str
    qty: int


class OrderPlaced(BaseModel):
    id: int
    lines: list[Line]


class OrderCancelled(BaseModel):
    id: int


@shipping.expects(
    "an order was placed",
    given=ORDER_42,
    contents={"id": 42, "lines": match.each_like({"sku": "A-1", "qty": match.integer(2)})},
    metadata={
        "exchange": "orders",
        "routingKey": match.regex(r"order\.placed\.[a-z]{2}", "order.placed.eu"),
        "messageId": match.uuid(),
        "deliveryMode": 2,
    },
)
async def on_order_placed(order: OrderPlaced, metadata: Mapping[str, object], *, warehouse: Warehouse) -> None:
    event_id = str(metadata["messageId"])
    if event_id not in warehouse.seen:  # RabbitMQ may deliver twice
        warehouse.seen.add(event_id)
        warehouse.to_ship[order.id] = {line.sku: line.qty for line in order.lines}


@shipping.expects(
    "an order was cancelled",
    given=ORDER_42,
    contents={"id": 42},
    metadata={"exchange": "orders", "routingKey": "order.cancelled"},
)
def on_order_cancelled(order: OrderCancelled, *, warehouse: Warehouse) -> None:
    warehouse.to_ship.pop(order.id, None)
