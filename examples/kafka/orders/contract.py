"""How the order service makes the messages that its consumers' contracts ask for."""

import msgpact
from msgpact.records import kafka
from orders.models import Line, Order
from orders.publisher import order_placed, order_withdrawn

orders = msgpact.Provider("orders")


@orders.state("an order exists")
def order_exists(order_id: int) -> dict[str, object]:
    return {"order": Order(id=order_id, customer="Ada", lines=[Line(sku="C-3", qty=4)], total=18)}


@orders.produces("an order was placed")
def placed(order: Order) -> msgpact.Message:
    return kafka.from_produce(**order_placed(order))


@orders.produces("an order was withdrawn")
def withdrawn(order: Order) -> msgpact.Message:
    return kafka.from_produce(**order_withdrawn(order.id))
