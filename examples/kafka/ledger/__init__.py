"""The ledger service: it knows what each order has brought in."""
