"""JUnit XML as CI servers read it: parsed back here, and held to the counts and attributes that they show."""

import dataclasses
import xml.etree.ElementTree as ET

import pytest
from reports import BROKEN, EMPTY, GREEN, RED, raised

from msgpact import VerificationReport
from msgpact.reporters.junit import render
from msgpact.results import Outcome


def suite_of(report: VerificationReport) -> ET.Element:
    root = ET.fromstring(render(report))
    assert root.tag == "testsuites"
    (suite,) = root
    return suite


@pytest.mark.parametrize(
    ("report", "counts"),
    [
        (GREEN, {"tests": "1", "failures": "0", "errors": "0", "skipped": "0"}),
        (RED, {"tests": "6", "failures": "2", "errors": "1", "skipped": "2"}),
        (EMPTY, {"tests": "1", "failures": "0", "errors": "1", "skipped": "0"}),
    ],
    ids=["green", "red", "empty"],
)
def test_counts(report: VerificationReport, counts: dict[str, str]) -> None:
    assert suite_of(report).attrib == {"name": "msgpact verification of orders", **counts}


def test_cases() -> None:
    cases = suite_of(RED).findall("testcase")

    assert [(each.get("classname"), each.get("name"), [child.tag for child in each]) for each in cases] == [
        ("orders.fulfilment", "an order was moved", []),
        ("orders.fulfilment", "an order was placed (given an order exists, id=42)", ["failure"]),
        ("orders.fulfilment", "a payment failed", ["failure"]),
        ("orders.fulfilment", "an order was lost", ["skipped"]),
        ("orders.fulfilment", "a request for an order", ["skipped"]),
        ("orders", "the run itself (1)", ["error"]),
    ]
    assert (cases[1].get("file"), cases[1].get("line")) == ("orders/contract.py", "20")
    assert cases[2].get("file") is None


def test_a_failure_holds_the_report() -> None:
    failure = suite_of(RED).findall("testcase/failure")[0]

    assert failure.get("message") == 'contents $.total: expected a number, such as 12.5, got "12.50" (a string)'
    assert (failure.text or "").startswith(
        "an order was placed (given an order exists, id=42)\nexpected by  fulfilment: "
    )


def test_what_raised_is_an_error_with_its_traceback() -> None:
    error = suite_of(VerificationReport("orders", (raised(),))).find("testcase/error")

    assert error is not None
    assert error.get("message") == "The producer orders/contract.py:20 order_placed raised LookupError: no such order"
    assert (error.text or "").endswith("LookupError: no such order")


def test_a_pending_failure_is_skipped_with_its_report() -> None:
    pending = suite_of(RED).findall("testcase/skipped")[0]

    assert pending.get("message") == "pending"
    assert "content type\n  expected  exactly" in (pending.text or "")


def test_producers_that_no_pact_asks_for_are_noted() -> None:
    assert (
        suite_of(RED).findtext("system-out")
        == "no pact asks for an order was found (orders/contract.py:30 order_found)"
    )


@pytest.mark.parametrize(
    ("text", "read_back"),
    [
        ("<b>&amp;\"'", "<b>&amp;\"'"),
        ("]]>", "]]>"),
        ("ä € 😀", "ä € 😀"),
        ("\x00\x08\x1b\x7f", "���\x7f"),
        ("\ud800\ufffe\uffff", "���"),
    ],
    ids=ascii,
)
def test_odd_characters(text: str, read_back: str) -> None:
    odd = dataclasses.replace(BROKEN, mismatches=(), text=f"text {text}", consumer=text)
    xml = render(VerificationReport(text, (odd,), unused=(text,)))
    suite = ET.fromstring(xml.encode())[0]

    assert suite.get("name") == f"msgpact verification of {read_back}"
    assert suite[0].get("classname") == f"{read_back}.{read_back}"
    assert suite[0][0].get("message") == f"text {read_back}"
    assert suite[0].find("failure") is not None
    assert Outcome.BROKEN is odd.outcome
