"""The official cases about HTTP requests and responses."""

import datetime
import random
import re
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
from left_out import Case, cases, ids
from shared_data import shared_cases

from msgpact import http
from msgpact.http_model import ExpectedRequest, ExpectedResponse, HttpRequest, HttpResponse
from msgpact.model import Interaction, InteractionType
from msgpact.pactfile.interactions import body_of, bytes_of
from msgpact.pactfile.rulesets import read_rules
from msgpact.results import Mismatch
from msgpact.rules.generators import Context

VERSIONS = {"1": "1.0.0", "1.1": "1.1.0", "2": "2.0.0", "3": "3.0.0", "4": "4.0"}


def as_read(case: Case, side: str) -> ExpectedRequest | ExpectedResponse:
    """One side of a case, as if it stood in a pact file of the case's version."""
    interaction = Interaction(InteractionType.HTTP, "d", extra={case["kind"]: case[side]})
    read = http.read_request if case["kind"] == "request" else http.read_response
    return read(interaction, VERSIONS[case["version"]])


def check(expected: ExpectedRequest | ExpectedResponse, actual: HttpRequest | HttpResponse) -> tuple[Mismatch, ...]:
    if isinstance(expected, ExpectedRequest):
        assert isinstance(actual, HttpRequest)
        return http.check_request(expected, actual)
    assert isinstance(actual, HttpResponse)
    return http.check_response(expected, actual)


def sent(part: ExpectedRequest | ExpectedResponse) -> HttpRequest | HttpResponse:
    """What comes over the wire if exactly this is sent."""
    headers = [(name, value) for name, values in part.headers.items() for value in values]
    body = bytes_of(part.body)
    if body and part.body.content_type and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", part.body.content_type))
    if isinstance(part, ExpectedResponse):
        return HttpResponse(part.status, headers, body)
    query = part.query if isinstance(part.query, str) else urllib.parse.urlencode(part.query, doseq=True)
    return HttpRequest(part.method, part.path, query, headers, body)


SPECIFICATION = [each for version in VERSIONS for each in cases(f"spec-v{version}.jsonl", "request", "response")]


@pytest.mark.parametrize("case", SPECIFICATION)
def test_specification(case: Case) -> None:
    found = check(as_read(case, "expected"), sent(as_read(case, "actual")))

    assert (not found) is case["match"]


def variants() -> Iterator[Any]:
    """The cases of which the reference has a copy of its own.

    Where it is the same pair with the other verdict, the specification is right: version 1 compares queries as text.
    """
    listed: list[Any] = [each for version in VERSIONS for each in shared_cases(f"spec/cases/spec-v{version}.jsonl")]
    for case in (each.values[0] for each in listed):
        variant = case.get("reference_variant")
        if variant and [variant["expected"], variant["actual"]] != [case["expected"], case["actual"]]:
            yield pytest.param({**case, **variant}, id=f"{case['id']}, the reference's copy")


@pytest.mark.parametrize("case", [*variants()])
def test_copies_of_the_reference(case: Case) -> None:
    found = check(as_read(case, "expected"), sent(as_read(case, "actual")))

    assert (not found) is case["match"]


# -- the compatibility suite -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("compat-matching.jsonl", which=lambda case: not case["reusable_for_messages"]))
def test_compatibility_suite(case: Case) -> None:
    stated = {**case, "expected": {**case["expected"], "matchingRules": case["rules"]}}

    found = check(as_read(stated, "expected"), sent(as_read(case, "actual")))

    assert (not found) is case["match"]
    for each in case["mismatches"]:
        assert each.get("path", "") in [mismatch.path for mismatch in found]
        assert each.get("type", "header") in [mismatch.part for mismatch in found]


@pytest.mark.parametrize("case", cases("compat-generators.jsonl", which=lambda case: not case["reusable_for_messages"]))
def test_generators_of_the_compatibility_suite(case: Case) -> None:
    now = datetime.datetime(2026, 3, 4, 5, 6, 7, tzinfo=datetime.UTC)
    mode: Any = (case["mode"] or "consumer").lower()
    context = Context(random.Random(1), now, mode, case["context"].get("providerState", {}))
    part = {"generators": case["generators"], "path": case["default_path"]}
    expected = as_read({**case, "expected": part}, "expected")

    made = (
        http.generated_request(expected, context)
        if isinstance(expected, ExpectedRequest)
        else http.generated_response(expected, context)
    )

    for said in case["checks"]:
        value = part_of(made, said["part"])
        assert said.get("value", value) == value
        assert said.get("not") != value
        assert re.fullmatch(said.get("regex", ".*"), value)


def part_of(made: ExpectedRequest | ExpectedResponse, said: str) -> str:
    """A part as the suite names it: `path`, `status`, `header[X]`, `queryParameter[X]`."""
    name, _, key = said.rstrip("]").partition("[")
    held: Any = getattr(made, {"header": "headers", "queryParameter": "query"}.get(name, name))
    return held[key][0] if key else str(held)


# -- the reference's own ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("ref-metadata-and-headers.jsonl", which=lambda case: case["key"] == "ACCEPT"))
def test_a_header_with_parameters(case: Case) -> None:
    expected = ExpectedResponse(headers={case["key"]: (case["expected"],)})

    found = http.check_response(expected, HttpResponse(headers=[(case["key"], case["actual"])]))

    assert (not found) is case["match"]


@pytest.mark.parametrize("case", cases("ref-body-raw.jsonl", which=ids("ref-body-ct-009", "ref-body-ct-012")))
def test_content_types(case: Case) -> None:
    rule = case.get("content_type_rule")
    rules = read_rules({"header": {"Content-Type": {"matchers": [rule]}}} if rule else {})
    expected = ExpectedResponse(
        body=body_of(case["expected_raw"].encode(), case["expected_content_type"]), matching_rules=rules
    )
    headers = [("content-type", case["actual_content_type"])]

    found = http.check_response(expected, HttpResponse(200, headers, case["actual_raw"].encode()))

    assert (not found) is case["match"]
