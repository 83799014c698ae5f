"""Both services, with a Kafka between them: a message that honours the contract reaches the handler."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka import Message as Record
from fulfilment.service import connect, handle, receive
from fulfilment.warehouse import Warehouse
from orders.models import Line, Order
from orders.publisher import order_placed, order_withdrawn, publish

import msgpact
from msgpact.records import kafka

CONTRACT = msgpact.load(Path(__file__).parents[1] / "pacts" / "fulfilment-orders.json")
ORDER = Order(id=42, customer="Ada", lines=[Line(sku="C-3", qty=4)], total=18)


@pytest.fixture
def producer(bootstrap: str) -> Producer:
    return Producer({"bootstrap.servers": bootstrap})


@pytest.fixture
def consumer(bootstrap: str) -> Iterator[Consumer]:
    consumer = connect(bootstrap, group=f"test-{uuid4()}")
    yield consumer
    consumer.close()


def arrived(consumer: Consumer, sent: msgpact.Message) -> Record:
    """The record of that message: a broker that is not new holds others too."""
    while (record := receive(consumer, timeout=30)) is not None:
        if kafka.from_record(record).metadata.get("event-id") == sent.metadata["event-id"]:
            return record
    raise AssertionError(f"{sent} did not arrive")


def test_a_verified_order_is_shipped(producer: Producer, consumer: Consumer) -> None:
    warehouse = Warehouse()
    record = order_placed(ORDER)
    message = kafka.from_produce(**record)
    assert msgpact.check(CONTRACT["an order was placed"], message) == ()

    publish(producer, record)
    handle(arrived(consumer, message), warehouse)

    assert warehouse.to_ship == {42: {"C-3": 4}}


def test_a_verified_withdrawal_is_heeded(producer: Producer, consumer: Consumer) -> None:
    warehouse = Warehouse(to_ship={42: {"C-3": 4}})
    record = order_withdrawn(ORDER.id)
    message = kafka.from_produce(**record)
    assert msgpact.check(CONTRACT["an order was withdrawn"], message) == ()

    publish(producer, record)
    handle(arrived(consumer, message), warehouse)

    assert warehouse.to_ship == {}
