"""Who ledger is, whose messages it takes, where its handlers are, and how the messages are written."""

from pathlib import Path

from schemas.refund_issued_pb2 import RefundIssued

import msgpact
from ledger.books import Books
from msgpact.serializers.avro import Avro
from msgpact.serializers.framing import Confluent
from msgpact.serializers.protobuf import Protobuf

READS = Path(__file__).with_name("payment_settled.avsc")
"""The reader's schema: of a payment no more than what ledger reads."""

PAYMENT_SETTLED = Avro(READS, framing=Confluent())
REFUND_ISSUED = Protobuf(RefundIssued, framing=Confluent())

ledger = msgpact.Consumer("ledger", provider="payments", modules=["ledger.handlers"])
ledger.provide("books", Books)
