"""What ledger does with the messages of the payment service, and what it relies on in each."""

from datetime import UTC, datetime
from decimal import Decimal

from pydantic import BaseModel
from schemas.refund_issued_pb2 import RefundIssued

import msgpact
from ledger.books import Books
from ledger.contract import PAYMENT_SETTLED, REFUND_ISSUED, ledger
from msgpact import match

ORDER_42 = msgpact.state("an order is paid", order_id=42)


class PaymentSettled(BaseModel):
    order_id: int
    amount: Decimal
    settled_at: datetime


@ledger.expects(
    "a payment was settled",
    given=ORDER_42,
    contents={
        "order_id": 42,
        "amount": match.like(Decimal("129.50")),
        "settled_at": match.like(datetime(2026, 1, 31, 13, 45, tzinfo=UTC)),
    },
    serializer=PAYMENT_SETTLED,
    metadata={"topic": "payments.v1", "key": "42"},
)
def on_payment_settled(payment: PaymentSettled, *, books: Books) -> None:
    books.book(payment.order_id, payment.amount)
    books.paid_on[payment.order_id] = payment.settled_at.date()


@ledger.expects(
    "a refund was issued",
    given=ORDER_42,
    contents={"order_id": 42, "cents": match.integer(2950)},
    serializer=REFUND_ISSUED,
    metadata={"topic": "refunds.v1", "key": "42"},
)
def on_refund_issued(refund: RefundIssued, *, books: Books) -> None:
    books.book(refund.order_id, -Decimal(refund.cents) / 100)
