"""How the payment service makes the messages that its consumers' contracts ask for."""

import os
from datetime import UTC, datetime
from decimal import Decimal

from confluent_kafka.schema_registry import SchemaRegistryClient

import msgpact
from msgpact.records import kafka
from msgpact.registries.confluent import ConfluentRegistry
from msgpact.registries.embedded import EmbeddedRegistry
from payments.models import Payment, Refund
from payments.publisher import Records

REGISTRY = os.environ.get("SCHEMA_REGISTRY_URL") or EmbeddedRegistry().url

payments = msgpact.Provider("payments", registry=ConfluentRegistry(REGISTRY))
records = Records(SchemaRegistryClient({"url": REGISTRY}))


@payments.state("an order is paid")
def order_is_paid(order_id: int) -> dict[str, object]:
    return {
        "payment": Payment(order_id, Decimal("18.00"), datetime.now(UTC), "CARD"),
        "refund": Refund(order_id, 450, "RETURNED"),
    }


@payments.produces("a payment was settled")
def settled(payment: Payment) -> msgpact.Message:
    return kafka.from_produce(**records.payment_settled(payment))


@payments.produces("a refund was issued")
def refunded(refund: Refund) -> msgpact.Message:
    return kafka.from_produce(**records.refund_issued(refund))
