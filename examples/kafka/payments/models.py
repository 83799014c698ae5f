"""What the payment service knows of a payment and of a refund."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Payment:
    order_id: int
    amount: Decimal
    settled_at: datetime
    method: str


@dataclass(frozen=True)
class Refund:
    order_id: int
    cents: int
    reason: str
