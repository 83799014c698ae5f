"""The records that the payment service sends to Kafka, made by the serializers of confluent-kafka."""

from dataclasses import asdict
from pathlib import Path
from typing import TypedDict

import schemas
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from schemas.refund_issued_pb2 import RefundIssued

from payments.models import Payment, Refund

PAYMENTS = "payments.v1"
REFUNDS = "refunds.v1"
PAYMENT_SETTLED = Path(schemas.__file__).with_name("payment_settled.avsc")


class Record(TypedDict):
    """The arguments of `Producer.produce`."""

    topic: str
    key: str
    value: bytes | None


class Records:
    """Makes records. In front of each value stands the id that the registry has given its schema."""

    def __init__(self, registry: SchemaRegistryClient) -> None:
        self._avro = AvroSerializer(registry, PAYMENT_SETTLED.read_text())
        self._protobuf = ProtobufSerializer(RefundIssued, registry, {"use.deprecated.format": False})

    def payment_settled(self, payment: Payment) -> Record:
        value = self._avro(asdict(payment), SerializationContext(PAYMENTS, MessageField.VALUE))
        return Record(topic=PAYMENTS, key=str(payment.order_id), value=value)

    def refund_issued(self, refund: Refund) -> Record:
        event = RefundIssued(order_id=refund.order_id, cents=refund.cents, reason=f"REASON_{refund.reason}")
        value = self._protobuf(event, SerializationContext(REFUNDS, MessageField.VALUE))
        return Record(topic=REFUNDS, key=str(refund.order_id), value=value)


def publish(producer: Producer, record: Record) -> None:
    producer.produce(**record)
    producer.flush()
