"""The consumer's side: every message that a handler expects is given to it. A green run writes the pact."""

from fulfilment.contract import fulfilment
from fulfilment.warehouse import Warehouse

import msgpact


@fulfilment.parametrize("an order was placed")
def test_a_placed_order_is_shipped_and_insured(case: msgpact.ConsumerCase) -> None:
    warehouse = Warehouse()

    case.deliver(warehouse=warehouse)

    assert warehouse.to_ship == {42: {"A-1": 2}}
    assert warehouse.insured == {42}


@fulfilment.parametrize("an order was placed")
def test_an_event_that_comes_twice_counts_once(case: msgpact.ConsumerCase) -> None:
    warehouse = Warehouse()

    case.deliver(warehouse=warehouse)
    warehouse.to_ship.clear()  # it left the house
    case.deliver(warehouse=warehouse)

    assert warehouse.to_ship == {}


@fulfilment.parametrize("an order was withdrawn")
def test_a_withdrawn_order_is_not_shipped(case: msgpact.ConsumerCase) -> None:
    warehouse = Warehouse(to_ship={42: {"A-1": 2}})

    case.deliver(warehouse=warehouse)

    assert warehouse.to_ship == {}
