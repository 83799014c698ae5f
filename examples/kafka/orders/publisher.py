"""The records that the order service sends to Kafka."""

from typing import TypedDict
from uuid import uuid4

from confluent_kafka import Producer

from orders.models import Order, OrderPlaced

TOPIC = "orders.v1"


class Record(TypedDict):
    """The arguments of `Producer.produce`."""

    topic: str
    key: str
    value: bytes | None
    headers: dict[str, str | bytes | None]


def order_placed(order: Order) -> Record:
    event = OrderPlaced(id=order.id, total=order.total, lines=order.lines)
    return Record(
        topic=TOPIC,
        key=str(order.id),
        value=event.model_dump_json().encode(),
        headers={
            "content-type": "application/json",
            "event-id": str(uuid4()),
        },
    )


def order_withdrawn(order_id: int) -> Record:
    """A tombstone: the topic is compacted, and no value means that the order is gone."""
    return Record(topic=TOPIC, key=str(order_id), value=None, headers={"event-id": str(uuid4())})


def publish(producer: Producer, record: Record) -> None:
    producer.produce(**record)
    producer.flush()
