"""The provider of one message, for `msgpact verify benchmarks.one_by_msgpact:orders --pacts PACT`."""

import msgpact
from benchmarks.messages import METADATA, PROVIDER, body

orders = msgpact.Provider(PROVIDER)


@orders.produces("order event 0", metadata=METADATA)
def order_event() -> dict[str, object]:
    return body(0, "shared")
