"""payments and ledger, with a Kafka and a schema registry between them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka import Message as Record
from confluent_kafka.schema_registry import SchemaRegistryClient
from ledger.books import Books
from ledger.service import Handling, connect, receive
from payments.contract import REGISTRY, payments, records
from payments.models import Payment, Refund
from payments.publisher import Record as Sent
from payments.publisher import publish

import msgpact
from msgpact.records import kafka

CONTRACT = msgpact.load(Path(__file__).parents[1] / "pacts" / "ledger-payments.json", registry=payments.registry)


@pytest.fixture
def consumer(bootstrap: str) -> Iterator[Consumer]:
    consumer = connect(bootstrap, group=f"test-{uuid4()}")
    yield consumer
    consumer.close()


def arrived(consumer: Consumer, sent: Sent) -> Record:
    """That record: a broker that is not new holds others too."""
    while (record := receive(consumer, timeout=30)) is not None:
        if (record.topic(), record.value()) == (sent["topic"], sent["value"]):
            return record
    raise AssertionError(f"{sent} did not arrive")


@pytest.mark.parametrize(
    ("description", "record", "balance"),
    [
        pytest.param(
            "a payment was settled",
            records.payment_settled(Payment(42, Decimal("18.00"), datetime.now(UTC), "INVOICE")),
            Decimal("18.00"),
            id="Avro",
        ),
        pytest.param(
            "a refund was issued", records.refund_issued(Refund(42, 450, "RETURNED")), Decimal("-4.50"), id="Protobuf"
        ),
    ],
)
def test_a_verified_record_is_booked(
    bootstrap: str, consumer: Consumer, description: str, record: Sent, balance: Decimal
) -> None:
    books = Books()
    assert msgpact.check(CONTRACT[description], kafka.from_produce(**record)) == ()

    publish(Producer({"bootstrap.servers": bootstrap}), record)
    with SchemaRegistryClient({"url": REGISTRY}) as registry:
        Handling(registry).handle(arrived(consumer, record), books)

    assert books.balance == {42: balance}
