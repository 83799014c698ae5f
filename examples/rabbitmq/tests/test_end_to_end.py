"""Both services, with a broker between them: what the one publishes the other one handles."""

from aio_pika import Message
from conftest import Between
from orders.models import Line, Order
from orders.publisher import OrderEvents
from shipping.warehouse import Warehouse

ORDER = Order(id=42, customer="Ada", region="eu", lines=[Line(sku="C-3", qty=4)], total=18)
OTHER = Order(id=43, customer="Bob", region="eu", lines=[Line(sku="D-4", qty=1)], total=7)


def test_what_is_ordered_is_shipped(between: Between) -> None:
    warehouse = Warehouse()

    dead = between.shipped(
        warehouse,
        lambda exchange: OrderEvents(exchange).placed(ORDER),
        lambda exchange: OrderEvents(exchange).placed(OTHER),
        lambda exchange: OrderEvents(exchange).cancelled(ORDER),
    )

    assert (warehouse.to_ship, dead) == ({43: {"D-4": 1}}, [])


def test_what_breaks_the_contract_is_a_dead_letter(between: Between) -> None:
    warehouse = Warehouse()
    broken = Message(b'{"id": "42", "lines": []}', content_type="application/json")

    dead = between.shipped(
        warehouse,
        lambda exchange: exchange.publish(broken, "order.placed.eu"),
        lambda exchange: OrderEvents(exchange).placed(OTHER),
    )

    assert (warehouse.to_ship, dead) == ({43: {"D-4": 1}}, [b'{"id": "42", "lines": []}'])
