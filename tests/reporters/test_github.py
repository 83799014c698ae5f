"""Workflow commands of GitHub: one line each, escaped, at the producer's place."""

import os

import pytest
from reports import EMPTY, GREEN, PLACED, RED, result

from msgpact import VerificationReport
from msgpact.reporters.github import render
from msgpact.results import Outcome, Problem
from msgpact.signatures import Place


def test_a_green_report_says_nothing() -> None:
    assert render(GREEN) == ""


def test_a_red_report() -> None:
    at_producer = "file=orders/contract.py,line=20"
    broken, nobody, pending, problem, unused, left_out = render(RED).splitlines()

    assert broken.startswith(
        f"::error title=fulfilment%3A an order was placed,{at_producer}::an order was placed (given an order exists, id=42)%0A"
        "expected by  fulfilment: fulfilment.handlers:on_order_placed%0Aproduced by  orders: orders/contract.py:20 order_placed%0A"
        "pact         pacts/fulfilment-orders.json%0A%0A$.total%0A  expected  a number, such as 12.5%0A"
    )
    assert nobody == (
        "::error title=fulfilment%3A a payment failed::a payment failed%0Aexpected by  fulfilment%0A%0A"
        "Cannot verify 'a payment failed': nobody produces it. Register one."
    )
    assert pending.startswith(f"::warning title=fulfilment%3A an order was lost,{at_producer}::an order was lost%0A")
    assert problem.startswith("::error title=Verification of orders::Cannot read the pact 'x.json': it is empty.")
    assert (
        unused
        == "::notice title=Verification of orders::No pact asks for an order was found (orders/contract.py:30 order_found)"
    )
    assert (
        left_out == "::notice title=Verification of orders::1 HTTP interaction not verified; the report is not complete"
    )


def test_a_report_of_nothing() -> None:
    assert render(EMPTY) == "::error title=Verification of orders::Cannot verify provider 'orders': there is no pact.\n"


@pytest.mark.parametrize(
    ("text", "message", "title"),
    [
        ("100%", "100%25", "100%25"),
        ("a\nb\r", "a%0Ab%0D", "a%0Ab%0D"),
        ("%0A", "%250A", "%250A"),
        ("a,b:c::d", "a,b:c::d", "a%2Cb%3Ac%3A%3Ad"),
    ],
    ids=repr,
)
def test_escaping(text: str, message: str, title: str) -> None:
    report = VerificationReport(text, (), (Problem(Outcome.MISUSED, text),))

    assert render(report) == f"::error title=Verification of {title}::{message}\n"


def test_the_file_is_where_github_looks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(os.path.abspath(os.path.join("orders", "contract.py")), 20, "order_placed")

    assert ",file=orders/contract.py,line=20::" in render(
        VerificationReport("orders", (result(PLACED, Outcome.BROKEN, producer=place, text="x"),))
    )


def test_a_producer_without_a_file() -> None:
    place = Place("<built-in>", 0, "len")

    assert ",file=" not in render(
        VerificationReport("orders", (result(PLACED, Outcome.BROKEN, producer=place, text="x"),))
    )
