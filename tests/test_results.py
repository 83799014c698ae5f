"""What a run found: a mismatch in words, the outcome of several, and when a report is green."""

import datetime
import json
import uuid
from decimal import Decimal

import pytest

from msgpact import Interaction, InteractionResult, Mismatch, RecordReport, VerificationReport
from msgpact.model import InteractionType
from msgpact.reporters import reporter
from msgpact.reporters.base import BUILT_IN
from msgpact.results import ABSENT, Outcome, Problem, RecordResult, exit_code, worst

LONG = "x" * 300
NOON = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("mismatch", "text"),
    [
        (Mismatch("$.total", "a number", 12.5, "12.50"), 'contents $.total: expected a number, such as 12.5, got "12.50" (a string)'),
        (Mismatch("$.total", "exactly the example", Decimal("12.50"), Decimal("7.00")), "contents $.total: expected exactly 12.50, got 7.00 (a decimal)"),
        (Mismatch("$.at", "a timestamp", NOON, NOON.date()), "contents $.at: expected a timestamp, such as 2026-11-20T12:00:00+00:00, got 2026-11-20 (a date)"),
        (Mismatch("$.id", "a string", "a", uuid.UUID(int=7)), 'contents $.id: expected a string, such as "a", got 00000000-0000-0000-0000-000000000007 (a UUID)'),
        (Mismatch("$.raw", "exactly the example", b"a", b"\x00"), "contents $.raw: expected exactly b'a', got b'\\x00'"),
        (Mismatch("$", "an object", ABSENT, [Decimal("1.5"), NOON.time()]), 'contents $: expected an object, got ["1.5", "12:00:00"]'),
        (Mismatch("$.id", "an integer", 42, 42.0), "contents $.id: expected an integer, such as 42, got 42.0 (a decimal number)"),
        (Mismatch("$.id", "exactly the example", "a", 1), 'contents $.id: expected exactly "a", got 1 (an integer)'),
        (Mismatch("$.id", "exactly the example", 1, True), "contents $.id: expected exactly 1, got true"),
        (Mismatch("$.id", "null", None, []), "contents $.id: expected null, got []"),
        (Mismatch("$", "empty contents", ABSENT, {"a": 1}), 'contents $: expected empty contents, got {"a": 1}'),
        (Mismatch("$", "the key 'a'", None, ABSENT, reason="there are none"), "contents $: expected the key 'a', such as null, got nothing: there are none"),
        (Mismatch("$", "contents", b"\x00", None), "contents $: expected contents, such as b'\\x00', got null"),
        (Mismatch("key", "the entry", "é", ABSENT, part="metadata"), 'metadata key: expected the entry, such as "é", got nothing'),
        (Mismatch("contentType", "exactly a/b", "a/b", "c/d", part="content type"), 'content type: expected exactly "a/b", got "c/d" (a string)'),
        (Mismatch("$", "text", ABSENT, LONG), f'contents $: expected text, got "{LONG[:199]}… (302 characters) (a string)'),
    ],
    ids=lambda each: each[:40] if isinstance(each, str) else None,
)  # fmt: skip
def test_a_mismatch_in_words(mismatch: Mismatch, text: str) -> None:
    assert str(mismatch) == text


def test_nothing_is_not_null() -> None:
    assert repr(ABSENT) == "nothing"
    assert ABSENT is not None


PASSED, BROKEN, MISUSED, RAISED, UNAVAILABLE, LEFT_OUT = Outcome


@pytest.mark.parametrize(
    ("outcomes", "outcome", "code"),
    [
        ([], PASSED, 0),
        ([PASSED, LEFT_OUT], PASSED, 0),
        ([PASSED, BROKEN], BROKEN, 1),
        ([BROKEN, RAISED], RAISED, 3),
        ([BROKEN, RAISED, UNAVAILABLE], UNAVAILABLE, 4),
        ([BROKEN, RAISED, UNAVAILABLE, MISUSED], MISUSED, 2),
    ],
)
def test_of_several_outcomes_what_kept_us_from_checking_counts(
    outcomes: list[Outcome], outcome: Outcome, code: int
) -> None:
    assert (worst(outcomes), exit_code(outcomes)) == (outcome, code)


def verified(outcome: Outcome, *, pending: bool = False) -> InteractionResult:
    interaction = Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, "x", pending=pending)
    return InteractionResult("fulfilment", "orders", interaction, outcome)


@pytest.mark.parametrize(
    ("results", "problems", "outcome", "complete"),
    [
        ([], [], MISUSED, True),
        ([LEFT_OUT], [], MISUSED, False),
        ([PASSED], [], PASSED, True),
        ([PASSED, LEFT_OUT], [], PASSED, False),
        ([PASSED, BROKEN], [], BROKEN, True),
        ([PASSED], [MISUSED], MISUSED, True),
        ([], [RAISED], RAISED, True),
    ],
)
def test_a_verification_is_green_only_if_something_was_verified(
    results: list[Outcome], problems: list[Outcome], outcome: Outcome, complete: bool
) -> None:
    report = VerificationReport(
        "orders", tuple(map(verified, results)), tuple(Problem(each, "a problem") for each in problems)
    )

    assert (report.outcome, report.ok, report.complete) == (outcome, outcome is PASSED, complete)
    assert report.exit_code == exit_code([outcome])


@pytest.mark.parametrize(
    ("outcome", "pending", "failed"),
    [
        (PASSED, False, False),
        (LEFT_OUT, False, False),
        (BROKEN, False, True),
        (BROKEN, True, False),
        (RAISED, True, False),
    ],
)
def test_what_fails_a_run(outcome: Outcome, pending: bool, failed: bool) -> None:
    assert verified(outcome, pending=pending).failed is failed


def test_only_pending_failures_are_green() -> None:
    assert VerificationReport("orders", (verified(BROKEN, pending=True),)).ok


@pytest.mark.parametrize(
    "value",
    [json.loads("[" * 900 + "]" * 900), 10**5000, {(1, 2): 3}],
    ids=["nested too deep", "thousands of digits", "keys that are no text"],
)
def test_what_json_cannot_write_is_shown_all_the_same(value: object) -> None:
    found = Mismatch("k", "exactly the example", value, value, "metadata")
    broken = InteractionResult(
        "fulfilment", "orders", Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, "x"), BROKEN, (found,)
    )

    assert str(found).startswith("metadata k: expected exactly ")
    assert len(str(found)) < 600
    for name in BUILT_IN:
        assert reporter(name)(VerificationReport("orders", (broken,)))


@pytest.mark.parametrize(
    ("results", "problems", "outcome"),
    [
        ([], [], MISUSED),
        ([PASSED], [], PASSED),
        ([PASSED, RAISED], [], RAISED),
        ([PASSED], [MISUSED], MISUSED),
        ([], [RAISED], RAISED),
    ],
)
def test_a_recording_is_green_only_if_something_was_delivered(
    results: list[Outcome], problems: list[Outcome], outcome: Outcome
) -> None:
    interaction = Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, "x")
    recorded = tuple(RecordResult("fulfilment", "orders", interaction, each) for each in results)
    report = RecordReport("fulfilment", 1, recorded, (), tuple(Problem(each, "a problem") for each in problems))

    assert (report.outcome, report.ok, report.exit_code) == (outcome, outcome is PASSED, exit_code([outcome]))
