"""What came in for each order."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass
class Books:
    """Balances by order, and days of payment; in memory, where a real one would have a database."""

    balance: dict[int, Decimal] = field(default_factory=dict)
    paid_on: dict[int, date] = field(default_factory=dict)

    def book(self, order_id: int, amount: Decimal) -> None:
        self.balance[order_id] = self.balance.get(order_id, Decimal()) + amount
