"""What takes a record from Kafka and gives it to its handler, by the deserializers of confluent-kafka."""

from confluent_kafka import Consumer, KafkaException
from confluent_kafka import Message as Record
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from schemas.refund_issued_pb2 import RefundIssued

from ledger.books import Books
from ledger.contract import READS
from ledger.handlers import PaymentSettled, on_payment_settled, on_refund_issued


def connect(bootstrap: str, group: str = "ledger") -> Consumer:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest"})
    consumer.subscribe(["payments.v1", "refunds.v1"])
    return consumer


def receive(consumer: Consumer, timeout: float) -> Record | None:
    record = consumer.poll(timeout)
    if record is not None and record.error() is not None:
        raise KafkaException(record.error())
    return record


class Handling:
    """Gives records to the handlers, as the schema has them that the registry holds for their id."""

    def __init__(self, registry: SchemaRegistryClient) -> None:
        self._avro = AvroDeserializer(registry, READS.read_text())
        self._protobuf = ProtobufDeserializer(RefundIssued, {"use.deprecated.format": False})

    def handle(self, record: Record, books: Books) -> None:
        topic, value = record.topic(), record.value()
        if topic == "payments.v1":
            payment = self._avro(value, SerializationContext(topic, MessageField.VALUE))
            on_payment_settled(PaymentSettled.model_validate(payment), books=books)
        elif topic == "refunds.v1":
            refund = self._protobuf(value, SerializationContext(topic, MessageField.VALUE))
            on_refund_issued(refund, books=books)
