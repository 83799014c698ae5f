"""Reports as values, for the tests of what is made of them."""

from pacts import HTTP, message, pact

from msgpact import Contract, Interaction, InteractionResult, MatchingRule, Mismatch, VerificationReport
from msgpact.results import ABSENT, Outcome, Problem
from msgpact.signatures import Place

CONTRACT: Contract = pact(
    message(
        given=[{"name": "an order exists", "params": {"id": 42}}],
        comments={"msgpact": {"origin": "fulfilment.handlers:on_order_placed"}},
    ),
    message("a payment failed"),
    message("an order was lost", pending=True),
    HTTP,
    message("an order was moved"),
)
PLACED, FAILED, LOST, GET, MOVED = CONTRACT.interactions
PRODUCER = Place("orders/contract.py", 20, "order_placed", "orders.contract")


def result(interaction: Interaction, outcome: Outcome, **more: object) -> InteractionResult:
    return InteractionResult("fulfilment", "orders", interaction, outcome, **more)  # type: ignore[arg-type]


TOTAL = Mismatch("$.total", "a number", 12.5, "12.50", matching_rule=MatchingRule("number"))
SKU = Mismatch("$.lines[0]", "the key 'sku'", "A-1", ABSENT, reason="the keys are qty")
TOPIC = Mismatch("topic", "exactly the example", "orders.v1", "orders.v2", part="metadata")
TYPE = Mismatch("contentType", "exactly application/json", "application/json", "text/plain", part="content type")

PASSED = result(MOVED, Outcome.PASSED, producer=PRODUCER)
BROKEN = result(
    PLACED,
    Outcome.BROKEN,
    mismatches=(TOTAL, SKU, TOPIC),
    producer=PRODUCER,
    source="pacts/fulfilment-orders.json",
)


def raised() -> InteractionResult:
    """A producer raised; the traceback is a real one."""
    try:
        raise LookupError("no such order")
    except LookupError as error:
        text = "The producer orders/contract.py:20 order_placed raised LookupError: no such order"
        return result(FAILED, Outcome.RAISED, text=text, error=error, producer=PRODUCER)


NOBODY = result(FAILED, Outcome.BROKEN, text="Cannot verify 'a payment failed': nobody produces it. Register one.")
PENDING = result(LOST, Outcome.BROKEN, mismatches=(TYPE,), producer=PRODUCER)
LEFT_OUT = result(GET, Outcome.NOT_VERIFIED, text="HTTP, not verified here")

GREEN = VerificationReport("orders", (PASSED,))
RED = VerificationReport(
    "orders",
    (PASSED, BROKEN, NOBODY, PENDING, LEFT_OUT),
    (
        Problem(
            Outcome.MISUSED, "Cannot read the pact 'x.json': it is empty. Let the tool that made it write it again."
        ),
    ),
    ("an order was found (orders/contract.py:30 order_found)",),
)
EMPTY = VerificationReport(
    "orders", (), (Problem(Outcome.MISUSED, "Cannot verify provider 'orders': there is no pact."),)
)
