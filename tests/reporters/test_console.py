"""The report for a person. Whole texts, so that wording is reviewed like code."""

import dataclasses
import textwrap
from pathlib import Path

import pytest
from reports import (
    BROKEN,
    EMPTY,
    GREEN,
    LEFT_OUT,
    NOBODY,
    PASSED,
    PENDING,
    PLACED,
    PRODUCER,
    RED,
    SKU,
    TOTAL,
    raised,
    result,
)

from msgpact import InteractionResult, Mismatch, RecordReport, VerificationReport
from msgpact.reporters.console import (
    SHOWN,
    count,
    explain,
    record_line,
    record_summary,
    render,
    verification_line,
    verification_summary,
)
from msgpact.results import Outcome, Problem, RecordResult, WrittenPact


def text(written: str) -> str:
    return textwrap.dedent(written).removeprefix("\n")


def test_a_green_report() -> None:
    assert render(GREEN) == text(
        """
        ✓ fulfilment: an order was moved
        orders: 1 verified
        """
    )


def test_a_red_report() -> None:
    assert render(RED) == text(
        """
        ✓ fulfilment: an order was moved
        ✗ fulfilment: an order was placed (given an order exists, id=42)
            expected by  fulfilment: fulfilment.handlers:on_order_placed
            produced by  orders: orders/contract.py:20 order_placed
            pact         pacts/fulfilment-orders.json

            $.total
              expected  a number, such as 12.5
              got       "12.50" (a string)
            $.lines[0]
              expected  the key 'sku', such as "A-1"
              got       nothing: the keys are qty
            metadata topic
              expected  exactly "orders.v1"
              got       "orders.v2" (a string)

        ✗ fulfilment: a payment failed
            expected by  fulfilment

            Cannot verify 'a payment failed': nobody produces it. Register one.

        ~ fulfilment: an order was lost (pending: does not fail the run)
            expected by  fulfilment
            produced by  orders: orders/contract.py:20 order_placed

            content type
              expected  exactly "application/json"
              got       "text/plain" (a string)

        - fulfilment: a request for an order (HTTP, not verified here)
        ✗ Cannot read the pact 'x.json': it is empty. Let the tool that made it write it again.
        note: no pact asks for an order was found (orders/contract.py:30 order_found)
        notice: 1 HTTP interaction not verified; the report is not complete
        notice: 1 pending interaction failed; that does not fail the run
        orders: 1 verified, 2 failed
        """
    )


def test_a_report_of_nothing() -> None:
    assert render(EMPTY) == text(
        """
        ✗ Cannot verify provider 'orders': there is no pact.
        orders: 0 verified
        """
    )


def test_an_exception_is_shown_with_its_traceback() -> None:
    shown = explain(raised())

    assert shown == text(
        f"""
        a payment failed
        expected by  fulfilment
        produced by  orders: orders/contract.py:20 order_placed

        The producer orders/contract.py:20 order_placed raised LookupError: no such order

        Traceback (most recent call last):
          File "{Path(__file__).with_name("reports.py")}", line {line_of("raise LookupError")}, in raised
            raise LookupError("no such order")
        LookupError: no such order"""
    )


def line_of(code: str) -> int:
    lines = Path(__file__).with_name("reports.py").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if code in line)


def test_mismatches_are_shown_beside_what_a_tear_down_raised() -> None:
    both = dataclasses.replace(raised(), mismatches=(TOTAL,))

    assert explain(both).endswith(
        'LookupError: no such order\n\n$.total\n  expected  a number, such as 12.5\n  got       "12.50" (a string)'
    )


def test_a_failure_fills_one_screen() -> None:
    many = dataclasses.replace(BROKEN, mismatches=(SKU,) * 30)

    lines = verification_line(many).splitlines()

    assert len(lines) <= 24
    assert lines[-1] == f"    … and {30 - SHOWN} more"


def test_a_problem_with_a_traceback() -> None:
    error = raised().error
    report = VerificationReport("orders", (), (Problem(Outcome.RAISED, "Cannot import the modules.", error),))

    assert verification_summary(report).splitlines()[:2] == [
        "✗ Cannot import the modules.",
        "Traceback (most recent call last):",
    ]


# -- what others' pacts could do to a terminal -----------------------------------------------------------------------


@pytest.mark.parametrize("nasty", ["\x1b[2J", "\r", "\n::error::", "\x9b2J", "\u202e", "\ud800"], ids=ascii)
def test_control_characters_are_escaped(nasty: str) -> None:
    states = tuple(dataclasses.replace(each, name=f"state{nasty}") for each in PLACED.provider_states)
    evil = result(
        dataclasses.replace(PLACED, description=f"description{nasty}", provider_states=states), Outcome.BROKEN
    )
    mismatch = Mismatch(
        f"$.a{nasty}", f"rule{nasty}", f"x{nasty}", f"y{nasty}", part=f"part{nasty}", reason=f"why{nasty}"
    )

    shown = verification_line(dataclasses.replace(evil, mismatches=(mismatch,), consumer=f"consumer{nasty}"))

    assert all(character.isprintable() for line in shown.split("\n") for character in line)
    assert not any(line.strip().startswith("::") for line in shown.split("\n"))


def test_the_lines_of_a_text_are_kept() -> None:
    shown = explain(dataclasses.replace(NOBODY, text="one\n  two\x1b[2J"))

    assert shown.endswith("\none\n  two\\x1b[2J")


# -- colours ---------------------------------------------------------------------------------------------------------


def tagged(text: str, colour: str) -> str:
    return f"<{colour}>{text}</>"


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (PASSED, "<green>✓</> fulfilment: an order was moved"),
        (LEFT_OUT, "<yellow>-</> fulfilment: a request for an order (HTTP, not verified here)"),
        (NOBODY, "<red>✗</> <red>fulfilment: a payment failed</>"),
        (PENDING, "<yellow>~</> <yellow>fulfilment: an order was lost (pending: does not fail the run)</>"),
    ],
    ids=["passed", "left out", "failed", "pending"],
)
def test_colours_of_a_line(result: InteractionResult, line: str) -> None:
    assert verification_line(result, tagged).splitlines()[0] == line


def test_colours_of_a_mismatch() -> None:
    assert explain(BROKEN, tagged).splitlines()[5:8] == [
        "<bold>$.total</>",
        "  expected  <green>a number, such as 12.5</>",
        '  got       <red>"12.50" (a string)</>',
    ]


@pytest.mark.parametrize(
    ("report", "colour"), [(GREEN, "green"), (RED, "red"), (EMPTY, "red")], ids=["green", "red", "empty"]
)
def test_colour_of_the_last_line(report: VerificationReport, colour: str) -> None:
    assert verification_summary(report, tagged).splitlines()[-1].startswith(f"<{colour}>orders: ")


@pytest.mark.parametrize(("number", "words"), [(0, "0 messages"), (1, "1 message"), (2, "2 messages")])
def test_count(number: int, words: str) -> None:
    assert count(number, "message") == words


# -- recording -------------------------------------------------------------------------------------------------------

RECORDED = RecordResult("fulfilment", "orders", PLACED, Outcome.PASSED, handler=PRODUCER, notes=("a note",))


def test_a_message_that_was_recorded() -> None:
    assert record_line(RECORDED) == "✓ orders: an order was placed (given an order exists, id=42)\n    note: a note"


def test_a_handler_that_raised() -> None:
    failed = dataclasses.replace(RECORDED, outcome=Outcome.RAISED, text="The handler h raised.", error=raised().error)

    shown = record_line(failed).splitlines()

    assert shown[:4] == [
        "✗ orders: an order was placed (given an order exists, id=42)",
        "    The handler h raised.",
        "",
        "    Traceback (most recent call last):",
    ]
    assert shown[-1] == "    LookupError: no such order"


def test_a_declaration_that_cannot_be() -> None:
    failed = dataclasses.replace(RECORDED, outcome=Outcome.MISUSED, text="Cannot expect it.")

    assert (
        record_line(failed) == "✗ orders: an order was placed (given an order exists, id=42)\n    Cannot expect it.\n"
    )


def test_the_summary_of_a_recording() -> None:
    report = RecordReport(
        "fulfilment",
        7,
        (RECORDED,),
        (
            WrittenPact(
                "fulfilment", "orders", "pacts/fulfilment-orders.json", 2, True, ("an order was lost",), ("x (gone:f)",)
            ),
            WrittenPact("fulfilment", "stock", "pacts/fulfilment-stock.json", 1),
            WrittenPact("fulfilment", "mail", "pacts/fulfilment-mail.json", text="deleted"),
            WrittenPact("fulfilment", "payments", None, text="not written: 'x' failed"),
        ),
        (Problem(Outcome.MISUSED, "Cannot write the pact."),),
    )

    assert record_summary(report) + "\n" == text(
        """
        ✗ Cannot write the pact.
        pacts/fulfilment-orders.json: 2 messages
            removed: an order was lost
            leftover of a module that is not found from here: x (gone:f); --prune removes it
        pacts/fulfilment-stock.json: 1 message, unchanged
        pacts/fulfilment-mail.json: deleted
        fulfilment-payments: not written: 'x' failed
        seed 7
        """
    )


def test_a_recording_of_nothing_has_no_seed() -> None:
    assert record_summary(RecordReport("fulfilment", 7)) == ""
