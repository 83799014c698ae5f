"""The provider's side, with schemas: what production's serializers write is what each pact asks for."""

from payments.contract import payments

import msgpact


@payments.parametrize(pacts="pacts/")
def test_payments_honours(case: msgpact.ProviderCase) -> None:
    case.verify()
