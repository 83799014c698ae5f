"""`python -m orders` places one order."""

from orders.models import Line, Order
from orders.publisher import tell_placed

order = Order(id=42, customer="Ada", lines=[Line(sku="A-1", qty=2), Line(sku="B-7", qty=1)], total=129.5)
tell_placed(order)
print(f"orders: order {order.id} is placed")
