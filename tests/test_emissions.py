"""What an action sent, held to a sequence: which message is which, their order, their number, and what must not be sent."""

import json
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pacts import Raw, document, message

import msgpact
from msgpact import InteractionResult
from msgpact.adapters import kafka
from msgpact.emissions import in_any_order, in_order, ordinal
from msgpact.pactfile.files import loads
from msgpact.reporters import reporter
from msgpact.reporters.base import BUILT_IN
from msgpact.results import Outcome

PLACED = message(
    "an order was placed", {"id": 42}, metadata={"topic": "orders.v1"}, rules={"$.id": {"match": "integer"}}
)
REQUESTED = message("a payment was requested", {"amount": 1}, metadata={"topic": "payments.v1"})
AUDITED = message("something happened", {"what": "x"}, rules={"$.what": {"match": "type"}})
A = ("orders.v1", b'{"id": 1}')
A2 = ("orders.v1", b'{"id": 2}')
BAD_A = ("orders.v1", b'{"id": "1"}')
B = ("payments.v1", b'{"amount": 1}')
OTHER = ("audit", b"{}")


def stated(*emits: str, **more: Any) -> Raw:
    return {"description": "checkout completes", "emits": [{"description": each} for each in emits], **more}


def contract(*sequences: Raw, interactions: Sequence[Raw] = (PLACED, REQUESTED)) -> msgpact.Contract:
    raw = document(*interactions)
    raw["metadata"]["msgpact"] = {"sequences": list(sequences)}
    return loads(json.dumps(raw).encode())


@pytest.fixture
def orders() -> msgpact.Provider:
    return msgpact.Provider("orders")


def sends(orders: msgpact.Provider, *sent: tuple[str, bytes]) -> None:
    @orders.action("checkout completes")
    def checkout(producer: kafka.CapturingProducer) -> None:
        for topic, value in sent:
            producer.produce(topic, value)


def verified(orders: msgpact.Provider, *sequences: Raw, **more: Any) -> InteractionResult:
    report = msgpact.verify(orders, contract(*sequences, **more), description="checkout completes")
    assert not report.problems
    (result,) = report.results
    return result


BOTH = ("an order was placed", "a payment was requested")
ONE = ("an order was placed",)
TWICE = ("an order was placed", "an order was placed")

VERDICTS: dict[str, tuple[Raw, tuple[tuple[str, bytes], ...], str]] = {
    "in order": (stated(*BOTH), (A, B), ""),
    "in order, with others elsewhere": (stated(*BOTH), (OTHER, A, OTHER, B, OTHER), ""),
    "in another order": (
        stated(*BOTH),
        (B, A),
        "'a payment was requested' came too early: as the 1st, topic 'payments.v1': 13 bytes.",
    ),
    "in any order": (stated(*BOTH, ordered=False), (B, A), ""),
    "one is missing": (
        stated(*BOTH),
        (A, OTHER),
        "'a payment was requested' was not sent to topic 'payments.v1': nothing else went there.",
    ),
    "one is another": (
        stated(*BOTH),
        (BAD_A, B),
        "'an order was placed' was not sent; the 1st, topic 'orders.v1': 11 bytes, comes closest.",
    ),
    "one too many": (stated(*BOTH), (A, A2, B), "The 2nd, topic 'orders.v1': 9 bytes, is one too many."),
    "one too many that fits nothing": (
        stated(*ONE),
        (A, BAD_A),
        "The 2nd, topic 'orders.v1': 11 bytes, is one too many.",
    ),
    "more may be sent": (stated(*BOTH, exactly=False), (A, A2, BAD_A, B), ""),
    "the same twice": (stated(*TWICE), (A, A2), ""),
    "the same once": (
        stated(*TWICE),
        (A,),
        "'an order was placed' was not sent to topic 'orders.v1': nothing else went there.",
    ),
    "the same three times": (stated(*TWICE), (A, A2, A), "The 3rd, topic 'orders.v1': 9 bytes, is one too many."),
    "within": (stated(*ONE, within=["audit"]), (A, OTHER), "The 2nd, topic 'audit': 2 bytes, is one too many."),
    "nothing": (stated(*BOTH), (), "Nothing was sent."),
    "must not be sent": (stated(within=["orders.v1"]), (OTHER,), ""),
    "must not be sent, and is": (
        stated(within=["orders.v1"]),
        (A,),
        "The 1st, topic 'orders.v1': 9 bytes, is one too many.",
    ),
    "no address": (
        stated("something happened"),
        (("audit", b'{"what": "y"}'), A),
        "The 2nd, topic 'orders.v1': 9 bytes, is one too many.",
    ),
}


@pytest.mark.parametrize(("sequence", "sent", "wrong"), VERDICTS.values(), ids=VERDICTS)
def test_the_verdict(orders: msgpact.Provider, sequence: Raw, sent: tuple[tuple[str, bytes], ...], wrong: str) -> None:
    sends(orders, *sent)

    result = verified(orders, sequence, interactions=(PLACED, REQUESTED, AUDITED))

    assert result.outcome is (Outcome.BROKEN if wrong else Outcome.PASSED), result.text
    assert wrong in result.text
    assert not wrong or not sent or "What was sent, in its order:\n" in result.text


def test_what_is_wrong_with_the_closest(orders: msgpact.Provider) -> None:
    sends(orders, BAD_A, B)

    result = verified(orders, stated(*BOTH))

    assert [str(each) for each in result.mismatches] == [
        "the 1st for 'an order was placed': contents $.id: expected an integer, such as 42, got \"1\" (a string)"
    ]


def test_nothing_at_all_is_said(orders: msgpact.Provider) -> None:
    sends(orders)

    result = verified(orders, stated(within=["orders.v1"]))

    assert (result.outcome, result.text) == (Outcome.PASSED, "nothing at all was sent")


def test_of_many_the_first_are_listed(orders: msgpact.Provider) -> None:
    sends(orders, *[A] * 12)

    result = verified(orders, stated(within=["orders.v1"]))

    assert result.text.endswith("bytes\n  … and 2 more")


# -- which function --------------------------------------------------------------------------------------------------


def test_no_action(orders: msgpact.Provider) -> None:
    orders.action("checkout completed")(lambda: None)

    result = verified(orders, stated(*BOTH))

    assert result.outcome is Outcome.BROKEN
    assert result.text == (
        "Cannot verify 'checkout completes': no action is registered for it. Did you mean 'checkout completed'?"
    )


def test_a_producer_is_no_action(orders: msgpact.Provider) -> None:
    orders.produces("checkout completes")(lambda: {"id": 1})

    assert (
        "no action is registered for it. Register one: @provider.action('checkout completes')"
        in verified(orders, stated(*ONE)).text
    )


def test_an_action_that_captures_nothing(orders: msgpact.Provider) -> None:
    orders.action("checkout completes")(lambda: None)

    result = verified(orders, stated(within=["orders.v1"]))

    assert result.outcome is Outcome.MISUSED
    assert "captures nothing. Say what takes the place of its client" in result.text


def test_an_action_that_raises(orders: msgpact.Provider) -> None:
    @orders.action("checkout completes")
    def checkout(producer: kafka.CapturingProducer) -> None:
        producer.produce(*A)
        raise OSError("disk full")

    result = verified(orders, stated(*ONE))

    assert result.outcome is Outcome.RAISED
    assert "The action " in result.text
    assert "raised OSError: disk full" in result.text


def test_states_and_what_they_give(orders: msgpact.Provider) -> None:
    @orders.state("a cart")
    def cart(lines: int) -> dict[str, object]:
        return {"id": lines + 40}

    @orders.action("checkout completes")
    async def checkout(producer: kafka.CapturingProducer, id: int) -> None:
        producer.produce("orders.v1", b'{"id": %d}' % id)

    given = [{"name": "a cart", "params": {"lines": 2}}]

    assert verified(orders, stated(*ONE, providerStates=given)).outcome is Outcome.PASSED
    assert "no function sets up the state 'no cart'" in verified(orders, stated(*ONE, providerStates=["no cart"])).text


def test_a_message_that_the_pact_does_not_hold(orders: msgpact.Provider) -> None:
    sends(orders, A)

    result = verified(orders, stated("an order was deleted"))

    assert result.outcome is Outcome.MISUSED
    assert "it names the message 'an order was deleted', which the pact does not hold" in result.text


def test_it_is_told_by_its_states(orders: msgpact.Provider) -> None:
    bulk = message("an order was placed", {"id": 1}, given=["in bulk"], metadata={"topic": "bulk"})
    named = {**stated(), "emits": [{"description": "an order was placed", "providerStates": [{"name": "in bulk"}]}]}
    sends(orders, ("bulk", b'{"id": 1}'))

    assert verified(orders, named, interactions=[PLACED, bulk]).outcome is Outcome.PASSED


def test_pending(orders: msgpact.Provider) -> None:
    sends(orders)

    result = verified(orders, stated(*ONE, pending=True))

    assert (result.outcome, result.failed) == (Outcome.BROKEN, False)


# -- in a run --------------------------------------------------------------------------------------------------------


def test_in_a_run_it_stands_beside_the_messages(orders: msgpact.Provider) -> None:
    sends(orders, A, B)
    orders.action("checkout fails")(lambda: None)
    orders.produces("an order was placed", metadata={"topic": "orders.v1"})(lambda: {"id": 1})
    orders.produces("a payment was requested", metadata={"topic": "payments.v1"})(lambda: {"amount": 1})

    report = msgpact.verify(orders, contract(stated(*BOTH)))

    assert [each.description for each in report.results] == [*BOTH, "checkout completes"]
    assert report.ok
    assert [each.partition(" (")[0] for each in report.unused] == ["checkout fails"]


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_report_has_it(orders: msgpact.Provider, name: str) -> None:
    sends(orders, A, A2, B)
    report = msgpact.verify(orders, contract(stated(*BOTH)), description="checkout completes")

    text = reporter(name)(report)

    assert "checkout completes" in text
    assert "is one too many" in text
    assert "test_emissions.py" in text


@pytest.mark.parametrize("fails", [True, False])
def test_the_messages_have_the_type_of_who_produces_them(orders: msgpact.Provider, fails: bool) -> None:
    text = message("a note was written", "hello", metadata={"topic": "notes"})
    text["contents"] = {"content": "hello", "contentType": "text/x-note"}
    sends(orders, ("notes", b"hello"))
    if not fails:
        orders.produces("a note was written", content_type="text/x-note")(lambda: "hello")

    result = verified(orders, stated("a note was written"), interactions=[text])

    assert (result.outcome is Outcome.BROKEN) is fails


# -- which is which --------------------------------------------------------------------------------------------------

Fits = list[list[bool]]
FITS = st.integers(0, 4).flatmap(
    lambda width: st.lists(st.lists(st.booleans(), min_size=width, max_size=width), max_size=4)
)


def fits_wholly(fits: Fits, allowed: Callable[[Sequence[int]], bool]) -> bool:
    """Whether every element can have a message of its own, tried in all ways."""
    width = len(fits[0]) if fits else 0
    return any(
        all(row[place] for row, place in zip(fits, places, strict=True)) and allowed(places)
        for places in permutations(range(width), len(fits))
    )


@given(FITS)
def test_in_any_order_all_have_one_if_they_can(fits: Fits) -> None:
    places = in_any_order(fits)

    given_one = [place for place in places if place is not None]
    assert len(set(given_one)) == len(given_one)
    assert all(place is None or fits[element][place] for element, place in enumerate(places))
    assert (None not in places) is fits_wholly(fits, lambda _: True)


@given(FITS)
def test_in_order_all_have_one_if_they_can(fits: Fits) -> None:
    places = in_order(fits)

    given_one = [place for place in places if place is not None]
    assert given_one == sorted(set(given_one))
    assert all(place is None or fits[element][place] for element, place in enumerate(places))
    assert (None not in places) is fits_wholly(fits, lambda chosen: list(chosen) == sorted(chosen))


@pytest.mark.parametrize(
    ("index", "words"), [(0, "1st"), (1, "2nd"), (2, "3rd"), (3, "4th"), (10, "11th"), (20, "21st"), (110, "111th")]
)
def test_ordinals(index: int, words: str) -> None:
    assert ordinal(index) == words
