"""The loop that takes records from Kafka and gives each to its handler."""

from confluent_kafka import Consumer, KafkaException
from confluent_kafka import Message as Record

from fulfilment.handlers import OrderPlaced, on_order_placed, on_order_withdrawn
from fulfilment.warehouse import Warehouse
from msgpact.records import kafka


def connect(bootstrap: str, group: str = "fulfilment") -> Consumer:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe(["orders.v1"])
    return consumer


def run(consumer: Consumer, warehouse: Warehouse, *, count: int | None = None) -> None:
    """Handle records, for ever or so many; one is committed when it is handled."""
    handled = 0
    while handled != count:
        record = receive(consumer, timeout=1)
        if record is not None:
            handle(record, warehouse)
            consumer.commit(message=record, asynchronous=False)
            handled += 1


def receive(consumer: Consumer, timeout: float) -> Record | None:
    record = consumer.poll(timeout)
    if record is not None and record.error() is not None:
        raise KafkaException(record.error())
    return record


def handle(record: Record, warehouse: Warehouse) -> None:
    message = kafka.from_record(record)
    if message.contents is None:
        on_order_withdrawn(None, message.metadata, warehouse=warehouse)
    else:
        order = OrderPlaced.model_validate_json(message.contents)
        on_order_placed(order, message.metadata, warehouse=warehouse)
