"""The report for a program: its documented shape, and values that JSON cannot hold."""

import dataclasses
import datetime
import json
import re
from typing import Any

import pytest
from reports import BROKEN, EMPTY, GREEN, RED, TOTAL, raised

from msgpact import VerificationReport
from msgpact.reporters import json as json_report


def shape_of(report: VerificationReport) -> Any:
    return json.loads(json_report.render(report))


def test_a_green_report() -> None:
    assert shape_of(GREEN) == {
        "format": "msgpact-verification",
        "version": 1,
        "provider": "orders",
        "ok": True,
        "complete": True,
        "exitCode": 0,
        "results": [
            {
                "sequence": False,
                "consumer": "fulfilment",
                "description": "an order was moved",
                "providerStates": [],
                "outcome": "passed",
                "pending": False,
                "failed": False,
                "text": "",
                "error": None,
                "pact": None,
                "handler": None,
                "producer": {"file": "orders/contract.py", "line": 20, "name": "order_placed"},
                "mismatches": [],
                "notCompared": [],
            }
        ],
        "problems": [],
        "unused": [],
    }


def test_a_red_report() -> None:
    shape = shape_of(RED)

    assert (shape["ok"], shape["complete"], shape["exitCode"]) == (False, False, 2)
    assert [each["outcome"] for each in shape["results"]] == ["passed", "broken", "broken", "broken", "not verified"]
    assert [each["failed"] for each in shape["results"]] == [False, True, True, False, False]
    assert shape["problems"] == [{"outcome": "misused", "text": RED.problems[0].text}]
    assert shape["unused"] == ["an order was found (orders/contract.py:30 order_found)"]


def test_a_broken_interaction() -> None:
    broken = shape_of(RED)["results"][1]

    assert broken["providerStates"] == [{"name": "an order exists", "params": {"id": 42}}]
    assert broken["pact"] == "pacts/fulfilment-orders.json"
    assert broken["handler"] == "fulfilment.handlers:on_order_placed"
    assert broken["mismatches"][:2] == [
        {
            "part": "contents",
            "path": "$.total",
            "rule": "a number",
            "match": "number",
            "expected": 12.5,
            "actual": "12.50",
            "expectedAbsent": False,
            "actualAbsent": False,
            "reason": "",
            "message": 'contents $.total: expected a number, such as 12.5, got "12.50" (a string)',
        },
        {
            "part": "contents",
            "path": "$.lines[0]",
            "rule": "the key 'sku'",
            "match": None,
            "expected": "A-1",
            "actual": None,
            "expectedAbsent": False,
            "actualAbsent": True,
            "reason": "the keys are qty",
            "message": "contents $.lines[0]: expected the key 'sku', such as \"A-1\", got nothing: the keys are qty",
        },
    ]


def test_an_exception_is_a_text_with_its_traceback() -> None:
    (only,) = shape_of(VerificationReport("orders", (raised(),)))["results"]

    assert only["error"].startswith("Traceback (most recent call last):\n")
    assert only["error"].endswith("LookupError: no such order\n")


@pytest.mark.parametrize(
    "report", [GREEN, RED, EMPTY, VerificationReport("orders", (raised(),))], ids=["green", "red", "empty", "raised"]
)
def test_the_documented_shape_names_every_key(report: VerificationReport) -> None:
    documented = set(re.findall(r'"(\w+)":', json_report.__doc__ or ""))

    assert keys_of(shape_of(report), but="params") <= documented


def keys_of(shape: object, *, but: str) -> set[str]:
    match shape:
        case dict():
            return set(shape).union(*(keys_of(each, but=but) for name, each in shape.items() if name != but))
        case list():
            return set().union(*(keys_of(each, but=but) for each in shape))
        case _:
            return set()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (b"\x00", "b'\\x00'"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (datetime.date(2024, 5, 1), "datetime.date(2024, 5, 1)"),
        ("\ud800", "\ud800"),
        ({1: (b"x", None, True, 1.5)}, {"1": ["b'x'", None, True, 1.5]}),
    ],
    ids=repr,
)
def test_a_value_that_json_cannot_hold(value: object, written: object) -> None:
    odd = dataclasses.replace(BROKEN, mismatches=(dataclasses.replace(TOTAL, expected=value, actual=value),))
    text = json_report.render(VerificationReport("orders", (odd,)))
    (mismatch,) = json.loads(text)["results"][0]["mismatches"]

    assert (mismatch["expected"], mismatch["actual"]) == (written, written)
    assert text.isascii(), "it can be written in any encoding"
