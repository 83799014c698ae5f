"""What fulfilment does with the messages of the order service, and what it relies on in each."""

from collections.abc import Mapping

from pydantic import BaseModel

import msgpact
from fulfilment.contract import fulfilment
from fulfilment.warehouse import Warehouse
from msgpact import match

ORDER_42 = msgpact.state("an order exists", order_id=42)


class Line(BaseModel):
    sku: str
    qty: int


class OrderPlaced(BaseModel):
    id: int
    total: float
    lines: list[Line]


class OrderWithdrawn(BaseModel):
    id: int


@fulfilment.expects(
    "an order was placed",
    given=ORDER_42,
    contents={
        "id": 42,
        "total": match.number(129.5),
        "lines": match.each_like({"sku": "A-1", "qty": match.integer(2)}),
    },
    metadata={"topic": "orders", "event": "order-placed", "event-id": match.uuid()},
)
def on_order_placed(order: OrderPlaced, metadata: Mapping[str, object], *, warehouse: Warehouse) -> None:
    event_id = str(metadata["event-id"])
    if event_id in warehouse.seen:  # SQS may deliver twice
        return
    warehouse.seen.add(event_id)
    warehouse.to_ship[order.id] = {line.sku: line.qty for line in order.lines}
    if order.total > 100:
        warehouse.insured.add(order.id)


@fulfilment.expects(
    "an order was withdrawn",
    given=ORDER_42,
    contents={"id": 42},
    metadata={"topic": "orders", "event": "order-withdrawn"},
)
def on_order_withdrawn(order: OrderWithdrawn, *, warehouse: Warehouse) -> None:
    warehouse.to_ship.pop(order.id, None)
