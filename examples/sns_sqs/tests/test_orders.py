"""The provider's side: the order service makes what each pact asks for."""

from orders.contract import orders

import msgpact


@orders.parametrize(pacts="pacts/")
def test_orders_honours(case: msgpact.ProviderCase) -> None:
    case.verify()
