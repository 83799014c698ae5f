"""How the order service comes to send the messages that its consumers' contracts ask for: by the code that sends them."""

import msgpact
from msgpact.adapters import sns_sqs
from orders.models import Line, Order
from orders.publisher import tell_placed, tell_withdrawn

orders = msgpact.Provider("orders")


@orders.state("an order exists")
def order_exists(order_id: int) -> dict[str, object]:
    return {"order": Order(id=order_id, customer="Ada", lines=[Line(sku="C-3", qty=4)], total=18)}


@orders.produces("an order was placed", capture=sns_sqs.capture())
def placed(order: Order) -> None:
    tell_placed(order)


@orders.produces("an order was withdrawn", capture=sns_sqs.capture())
def withdrawn(order: Order) -> None:
    tell_withdrawn(order.id)
