"""The consumer's side: every message that a handler expects is given to it. A green run writes the pact."""

from shipping.contract import shipping
from shipping.warehouse import Warehouse

import msgpact


@shipping.parametrize("an order was placed")
def test_a_placed_order_is_shipped(case: msgpact.ConsumerCase) -> None:
    warehouse = Warehouse()

    case.deliver(warehouse=warehouse)

    assert warehouse.to_ship == {42: {"A-1": 2}}


@shipping.parametrize("an order was placed")
def test_an_event_that_comes_twice_counts_once(case: msgpact.ConsumerCase) -> None:
    warehouse = Warehouse()

    case.deliver(warehouse=warehouse)
    warehouse.to_ship.clear()  # it left the house
    case.deliver(warehouse=warehouse)

    assert warehouse.to_ship == {}


@shipping.parametrize("an order was cancelled")
def test_a_cancelled_order_is_not_shipped(case: msgpact.ConsumerCase) -> None:
    warehouse = Warehouse(to_ship={42: {"A-1": 2}})

    case.deliver(warehouse=warehouse)

    assert warehouse.to_ship == {}
