"""The consumer's side, with schemas: every message that a handler expects is given to it. A green run writes the pact."""

from datetime import date
from decimal import Decimal

from ledger.books import Books
from ledger.contract import ledger

import msgpact


@ledger.parametrize("a payment was settled")
def test_a_payment_is_booked(case: msgpact.ConsumerCase) -> None:
    books = Books()

    case.deliver(books=books)

    assert books.balance == {42: Decimal("129.50")}
    assert books.paid_on == {42: date(2026, 1, 31)}


@ledger.parametrize("a refund was issued")
def test_a_refund_is_taken_off(case: msgpact.ConsumerCase) -> None:
    books = Books(balance={42: Decimal("129.50")})

    case.deliver(books=books)

    assert books.balance == {42: Decimal("100.00")}
