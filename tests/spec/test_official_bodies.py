"""The official cases that compare one body with another."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from left_out import Case, cases, ids
from shared_data import SHARED

from msgpact.check import check_message
from msgpact.checking import check_body
from msgpact.model import Contents, Message, MessageContents, Presence
from msgpact.pactfile.interactions import FormatError, body_of
from msgpact.pactfile.rulesets import read_rules
from msgpact.results import Mismatch
from msgpact.rules import paths
from msgpact.rules.compare import compare


def places(found: Sequence[Mismatch]) -> set[tuple[object, ...]]:
    """Where they are, whichever way a path is spelled: `$['0']` is `$[0]`."""
    return {paths.parse(each.path) for each in found}


def wanted_places(case: Case) -> set[tuple[object, ...]]:
    return {paths.parse(path) for path in case["mismatch_paths"]}


@pytest.mark.parametrize("case", cases("ref-body-json.jsonl"))
def test_json(case: Case) -> None:
    rules = paths.root(read_rules({"body": case["rules"]})["body"])

    found = compare(case["expected"], case["actual"], rules, unexpected_keys=case["unexpected_keys_allowed"])

    assert (not found) is case["match"]
    assert "mismatch_paths" not in case or places(found) == wanted_places(case)


def check_raw(case: Case) -> Sequence[Mismatch]:
    content_type = case["content_type"]
    expected = MessageContents(
        contents_of(case["expected_raw"], content_type), {}, read_rules({"body": case.get("rules", {})})
    )
    actual = None if case["actual_raw"] is None else case["actual_raw"].encode()
    if not case.get("unexpected_keys_allowed", True):  # as in a request
        return check_body(expected, actual, unexpected_keys=False)
    return check_message(expected, Message(actual, content_type=case.get("actual_content_type", content_type)))


def contents_of(text: str | None, content_type: str) -> Contents:
    if text:
        return body_of(text.encode(), content_type)
    return Contents(Presence.MISSING if text is None else Presence.EMPTY, content_type=content_type)


@pytest.mark.parametrize(
    "case",
    [*cases("derived-message-bodies.jsonl"), *cases("ref-body-raw.jsonl", "body-raw"), *cases("ref-body-xml.jsonl")],
)
def test_raw(case: Case) -> None:
    if case["id"] == "ref-body-rawjson-001":  # an example that is not JSON: known when the pact is read
        with pytest.raises(FormatError, match="not JSON"):
            check_raw(case)
        return

    found = check_raw(case)

    assert (not found) is case["match"]
    assert "mismatch_paths" not in case or places(found) == wanted_places(case)


# Where HTTP's comparison is another than that of messages: test_official_http.py.
HTTP_TYPES = ids("ref-body-ct-009", "ref-body-ct-012")


@pytest.mark.parametrize(
    "case", cases("ref-body-raw.jsonl", "body-content-type", which=lambda case: not HTTP_TYPES(case))
)
def test_content_types(case: Case) -> None:
    expected, content_type = case["expected_raw"], case["expected_content_type"]
    stated = Contents(content_type=content_type) if expected is None else body_of(expected.encode(), content_type)

    found = check_message(
        MessageContents(stated), Message(case["actual_raw"].encode(), content_type=case["actual_content_type"])
    )

    assert (not found) is case["match"]


def body_bytes(body: dict[str, Any]) -> bytes:
    """What a body of the compatibility suite is made of: JSON, text or a file of the suite."""
    if "json" in body:
        return json.dumps(body["json"]).encode()
    if "file" in body:
        return Path(SHARED, "spec", body["file"]).read_bytes()
    return str(body["text"]).encode()


@pytest.mark.parametrize("case", cases("compat-matching.jsonl", which=lambda case: case["reusable_for_messages"]))
def test_compatibility_suite(case: Case) -> None:
    expected, actual = case["expected"]["body"], case["actual"]["body"]
    contents = MessageContents(
        body_of(body_bytes(expected), expected["content_type"]), {}, read_rules({"body": case["rules"]["body"]})
    )

    found = check_message(contents, Message(body_bytes(actual), content_type=actual["content_type"]))

    assert (not found) is case["match"]
    assert places(found) >= {paths.parse(each["path"]) for each in case["mismatches"]}
