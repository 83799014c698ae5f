"""What the order service publishes, on the topic exchange `orders`."""

from uuid import uuid4

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractExchange
from pydantic import BaseModel

from orders.models import Order, OrderCancelled, OrderPlaced

EXCHANGE = "orders"


class OrderEvents:
    """Tells who asks for it; the exchange is its only way out."""

    def __init__(self, exchange: AbstractExchange) -> None:
        self.exchange = exchange

    async def placed(self, order: Order) -> None:
        event = OrderPlaced(id=order.id, total=order.total, lines=order.lines)
        await self._publish(event, f"order.placed.{order.region}")

    async def cancelled(self, order: Order) -> None:
        await self._publish(OrderCancelled(id=order.id), "order.cancelled")

    async def _publish(self, event: BaseModel, routing_key: str) -> None:
        message = Message(
            event.model_dump_json().encode(),
            content_type="application/json",
            delivery_mode=DeliveryMode.PERSISTENT,
            message_id=str(uuid4()),
        )
        await self.exchange.publish(message, routing_key)
