"""Who ledger is, whose messages it takes, where its handlers are, and how the messages are written."""

from pathlib import Path

from schemas.refund_issued_pb2 import RefundIssued

import msgpact
from ledger.books import Books
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers.avro import Avro
from msgpact.serializers.framing import Confluent
from msgpact.serializers.protobuf import Protobuf

READS = Path(__file__).with_name("payment_settled.avsc")
"""The reader's schema: of a payment no more than what ledger reads."""

registry = MemoryRegistry()
PAYMENT_SETTLED = Avro(READS, framing=Confluent(registry, subject="payments.v1-value"))
REFUND_ISSUED = Protobuf(RefundIssued, framing=Confluent(registry, subject="refunds.v1-value"))

ledger = msgpact.Consumer("ledger", provider="payments", modules=["ledger.handlers"])
ledger.provide("books", Books)
