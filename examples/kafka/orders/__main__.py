"""`python -m orders` places one order."""

import os

from confluent_kafka import Producer

from orders.models import Line, Order
from orders.publisher import order_placed, publish

order = Order(id=42, customer="Ada", lines=[Line(sku="A-1", qty=2), Line(sku="B-7", qty=1)], total=129.5)
publish(Producer({"bootstrap.servers": os.environ["KAFKA_BOOTSTRAP"]}), order_placed(order))
print(f"orders: order {order.id} is placed")
