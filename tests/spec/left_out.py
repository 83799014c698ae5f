"""Which official cases are not run, and why: the only place that may leave one out. A row goes when its reason does."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from shared_data import SHARED, shared_cases

Case = dict[str, Any]

FOLDER = SHARED / "spec" / "cases"


class Row(NamedTuple):
    """Cases of one file that are left out: all of them, or *which*."""

    reason: str
    file: str
    which: Callable[[Case], bool] = lambda case: True


def kinds(*names: str) -> Callable[[Case], bool]:
    return lambda case: case["kind"] in names


def ids(*names: str) -> Callable[[Case], bool]:
    return lambda case: case["id"] in names


ALONE = "the reference's comparison of XML alone: a whole body that should be empty must be"
NO_BYTES = "an example of no bytes that is no empty body, which no file can hold"
ELEMENT = "a rule on an element is about the element, as in the reference, whose own copy of the case runs instead"
FRAMED = "the frame of a schema registry is not taken off yet"
HELPER = "a function of the reference's that nothing here needs"
QUOTES = "path expressions have no escapes: the reference writes some, but reads none"
STARRED = "by choice, the path of a place in a document holds no wildcard, and a key of digits stays a key"
PLUGINS = "the reference takes an unknown rule for a plugin's; here it is an error that names the nearest known one"
RUST = "told apart by Rust's types: for the type rule numbers are of one kind, and no number is empty or bytes"
SLIP = "the case file marks it as the reference's own"
NOTHING = "by choice: a file with neither interactions nor messages is more likely no pact"
SCHEMA = "the schema's verdict on files that a lenient reader may read"

LEFT_OUT = (
    Row(ALONE, "ref-body-xml.jsonl", ids("ref-body-xml-003", "ref-body-xml-005")),
    Row(NO_BYTES, "ref-body-raw.jsonl", ids("ref-body-ct-007")),
    Row(ELEMENT, "spec-v2.jsonl", ids("spec-v2-request-body-matches-with-regex-xml")),
    Row(ELEMENT, "spec-v3.jsonl", ids("spec-v3-request-body-matches-with-regex-xml")),
    Row(FRAMED, "compat-message-verification.jsonl", ids("compat-verify-V3-message_provider-18")),
    Row(
        HELPER,
        "ref-path-misc.jsonl",
        kinds("path-is-wildcard", "path-to-json-pointer", "path-parent", "path-join-index-0"),
    ),
    Row(HELPER, "ref-datetime-strftime.jsonl"),
    Row(QUOTES, "ref-path-misc.jsonl", ids("ref-path-misc-008", "ref-path-misc-009", "ref-path-misc-010")),
    Row(STARRED, "ref-path-misc.jsonl", ids("ref-path-misc-020", "ref-path-misc-021")),
    Row(PLUGINS, "ref-rules-read.jsonl", ids("ref-rule-053", "ref-rule-054")),
    Row(RUST, "ref-matchers-values.jsonl", ids(*(f"ref-matcher-val-{n:03}" for n in (19, 26, 33, 40, 126, 127, 139)))),
    Row(SLIP, "ref-datetime-validate.jsonl", lambda case: bool(case.get("caution"))),
    Row(NOTHING, "schema-examples.jsonl", ids("schema-v3-pass-missing-interactions")),
    Row(SCHEMA, "schema-examples.jsonl", lambda case: not case["valid"]),
)


def is_left_out(file: str, case: Case) -> bool:
    return any(row.file == file and row.which(case) for row in LEFT_OUT)


def read(file: str) -> list[Case]:
    return [json.loads(line) for line in (FOLDER / file).read_text(encoding="utf-8").splitlines()]


def cases(file: str, *of_kinds: str, which: Callable[[Case], bool] = lambda case: True) -> list[Any]:
    """The cases of a file, or those of some kinds, that must pass: a parameter each, with the case's id."""
    listed: list[Any] = shared_cases(f"spec/cases/{file}")
    return [
        each for each in listed if each.marks or (_wanted(file, each.values[0], of_kinds) and which(each.values[0]))
    ]


def _wanted(file: str, case: Case, of_kinds: tuple[str, ...]) -> bool:
    return (not of_kinds or case["kind"] in of_kinds) and not is_left_out(file, case)
