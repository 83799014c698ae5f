"""What rules do on the values of documents that have a schema: the table of the docs, cell by cell."""

import datetime
import itertools
import re
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from notation import Rules, by_path, each_key, each_value, like, regex

from msgpact.pactfile.rulesets import read_rules
from msgpact.rules.compare import compare
from msgpact.rules.matchers import JSON, TYPED
from msgpact.rules.paths import root
from msgpact.times import Duration, Timestamp

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "typed-contents.md"

NOON = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)
VIENNA = datetime.timezone(datetime.timedelta(hours=1))

# Of each type: the example, its text as ISO 8601 and plain digits have it, and other values.
TYPES: dict[str, tuple[object, str, list[object]]] = {
    "text, enum": ("SENT", "SENT", ["", "12", "-12", "1.5e3", "true", "1.2.3", "2026-11-20", "NEW"]),
    "integer": (42, "42", [0, -1, 2**63, 2026]),
    "float": (2.5, "2.5", [0.0, -0.0, 1e300, float("inf"), float("nan")]),
    "decimal": (Decimal("12.50"), "12.50", [Decimal(0), Decimal("1E+2"), Decimal("-0.001")]),
    "boolean": (True, "true", [False]),
    "null": (None, "null", []),
    "bytes, fixed": (b"SENT", "SENT", [b"", b"\xff\x00", b"42"]),
    "UUID": (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007", [uuid.UUID(int=8)]),
    "date": (datetime.date(2026, 11, 20), "2026-11-20", [datetime.date(1, 1, 1)]),
    "time": (datetime.time(23, 59, 59, 999000), "23:59:59.999000", [datetime.time(0)]),
    "timestamp": (NOON, "2026-11-20T12:00:00+00:00", [NOON.replace(year=1970), Timestamp.of(NOON, 1)]),
    "duration": (Duration(1, 2, 3000), "P1M2DT3.000S", [Duration(0, 0, 0)]),
}

RULES: dict[str, Any] = {
    "equality": "equality",
    "type": "type",
    "number": "number",
    "integer": "integer",
    "decimal": "decimal",
    "boolean": "boolean",
    "null": "null",
    "notEmpty": "notEmpty",
    "semver": "semver",
    "date": {"match": "date", "format": "yyyy-MM-dd"},
    "time": {"match": "time", "format": "HH:mm"},
    "datetime": {"match": "datetime", "format": "yyyy-MM-dd HH:mm"},
    "values": "values",
    "eachKey": each_key("type"),
    "eachValue": each_value("type"),
    "arrayContains": {"match": "arrayContains", "variants": []},
}


def met(rule: Any, example: object, actual: object) -> bool:
    rules = read_rules({"body": by_path({"$.a": rule} if rule else {})})["body"] if rule else {}
    return not compare({"a": example}, {"a": actual}, root(rules), checks=TYPED)


def values_of(kind: str) -> list[object]:
    example, _, others = TYPES[kind]
    return [example, *others]


def is_any(rule: Any, kind: str) -> bool:
    return all(met(rule, TYPES[kind][0], each) for each in values_of(kind))


def is_never(rule: Any, kind: str) -> bool:
    return not any(met(rule, TYPES[kind][0], each) for each in values_of(kind))


def only(wanted: Callable[[Any], bool]) -> Callable[[Any, str], bool]:
    return lambda rule, kind: all(met(rule, TYPES[kind][0], each) == wanted(each) for each in values_of(kind))


def is_equal(rule: Any, kind: str) -> bool:
    example, _, others = TYPES[kind]
    return met(rule, example, example) and not any(met(rule, example, each) for each in others)


def about(name: str, text: str) -> dict[str, object]:
    """The rule of that name that exactly this text meets."""
    escaped = re.sub(r"([.+])", r"\\\1", text)
    return {"match": name, "regex": escaped, "value": text, "format": f"'{text}'"}


def goes_by_text(rule: Any, kind: str) -> bool:
    """That a rule is met by the text that the type's example has, and by no other."""
    example, text, _ = TYPES[kind]
    if rule == "semver":
        return met(rule, "1.2.3", "2.0.0-rc.1") and not met(rule, "1.2.3", "2.0")
    name = rule if isinstance(rule, str) else rule["match"]
    return met(about(name, text), example, example) and not met(about(name, f"{text}~"), example, example)


def goes_by_bytes(_: Any, kind: str) -> bool:
    example, _, _ = TYPES[kind]
    return met(about("contentType", "text/plain"), example, example) and not met(
        about("contentType", "image/png"), example, example
    )


CELLS: dict[str, Callable[[Any, str], bool]] = {
    "any": is_any,
    "never": is_never,
    "equal": is_equal,
    "its text": goes_by_text,
    "its bytes": goes_by_bytes,
    "not empty": only(lambda value: len(value) > 0),
    "digits": only(lambda value: value == "12"),
    "digits, point, exponent": only(lambda value: value in ("12", "-12", "1.5e3")),
    "`true`, `false`": only(lambda value: value == "true"),
}


def table() -> Iterator[tuple[str, str, str]]:
    """Rule, type and cell."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("| Rule |"))
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in itertools.takewhile(bool, lines[start:])
    ]
    for row in rows[2:]:
        for name in re.findall(r"`(\w+)`", row[0]):
            yield from ((name, kind.strip(), cell.strip()) for kind, cell in zip(rows[0][1:], row[1:], strict=True))


TABLE = list(table())


@pytest.mark.parametrize(("rule", "kind", "cell"), TABLE, ids=[f"{rule} of {kind}" for rule, kind, _ in TABLE])
def test_a_rule_does_what_the_table_says(rule: str, kind: str, cell: str) -> None:
    assert CELLS[cell](RULES.get(rule, rule), kind)


def test_the_table_is_complete() -> None:
    assert {kind for _, kind, _ in TABLE} == TYPES.keys()
    # A rule about a status is one of HTTP's.
    assert {rule for rule, _, _ in TABLE} == ({*TYPED} | {"eachKey", "eachValue", "arrayContains"}) - {"statusCode"}


@pytest.mark.parametrize("kind", TYPES)
def test_without_a_rule_values_are_equal(kind: str) -> None:
    assert is_equal(None, kind)


# Two values, and whether they are equal.
EQUAL: list[tuple[str, object, object, bool]] = [
    ("decimals of another scale", Decimal("1.5"), Decimal("1.50"), True),
    ("a decimal and a float", Decimal("1.5"), 1.5, False),
    ("a decimal and an integer", Decimal(1), 1, False),
    ("an integer and a float", 1, 1.0, False),
    ("an integer and a boolean", 1, True, False),
    ("bytes and text", b"a", "a", False),
    ("a UUID and its text", uuid.UUID(int=7), str(uuid.UUID(int=7)), False),
    ("an instant in two zones", NOON, NOON.astimezone(VIENNA), True),
    ("an instant with and without room for nanoseconds", NOON, Timestamp.of(NOON), True),
    ("and the other way round", Timestamp.of(NOON), NOON, True),
    ("a nanosecond later", NOON, Timestamp.of(NOON, 1), False),
    ("nanoseconds in two zones", Timestamp.of(NOON, 1), Timestamp.of(NOON, 1).astimezone(VIENNA), True),
    ("an instant and a local time", NOON, NOON.replace(tzinfo=None), False),
    ("a timestamp and its date", NOON, NOON.date(), False),
    ("a duration and its parts in a list", Duration(1, 2, 3), [1, 2, 3], False),
    ("a duration of as many days", Duration(1, 0, 0), Duration(0, 30, 0), False),
    ("NaN", float("nan"), float("nan"), True),
    ("zeros", 0.0, -0.0, True),
    ("deep within", {"a": [{"b": Decimal("1.5")}]}, {"a": [{"b": Decimal("1.50")}]}, True),
]


@pytest.mark.parametrize(("expected", "actual", "equal"), [row[1:] for row in EQUAL], ids=[row[0] for row in EQUAL])
@pytest.mark.parametrize("rule", [None, "equality"])
def test_what_is_equal(rule: str | None, expected: object, actual: object, *, equal: bool) -> None:
    assert met(rule, expected, actual) == equal


# Values of two types under the type rule.
OF_ONE_KIND: list[tuple[object, object, bool]] = [
    (1, Decimal("1.5"), True),
    (Decimal(1), 2.5, True),
    (NOON, Timestamp.of(NOON, 1), True),
    (NOON, NOON.date(), False),
    (b"a", "a", False),
    ("a", uuid.UUID(int=7), False),
    (1, True, False),
    (None, "a", False),
    (Duration(1, 2, 3), NOON, False),
]


@pytest.mark.parametrize(("expected", "actual", "alike"), OF_ONE_KIND, ids=lambda value: type(value).__name__)
def test_what_is_of_one_kind(expected: object, actual: object, *, alike: bool) -> None:
    assert met("type", expected, actual) == alike


@pytest.mark.parametrize("rule", ["regex", "include"])
def test_bytes_that_are_no_text_meet_no_rule_about_text(rule: str) -> None:
    rules = by_path({"$.a": regex(".*") if rule == "regex" else {"match": "include", "value": ""}})

    (mismatch,) = compare({"a": b""}, {"a": b"\xff"}, root(read_rules({"body": rules})["body"]), checks=TYPED)

    assert mismatch.reason == "the bytes are no UTF-8 text"


# -- containers do what they do in JSON ------------------------------------------------------------------------------

DOCUMENTS: list[object] = [{}, {"k": 1}, {"k": 2, "m": 3}, [], [1], [1, 2, 3], {"k": {"l": [1]}}, [[1], [2]]]
CONTAINER_RULES: list[Any] = [
    None, "equality", "type", like(min=2), like(max=1), "values", "notEmpty", "number", "null", "semver", regex("a"),
    each_key(regex("[a-z]")), each_value("integer"), {"match": "arrayContains", "variants": [{"index": 0}]},
]  # fmt: skip


@pytest.mark.parametrize("rule", CONTAINER_RULES, ids=str)
def test_rules_on_containers_do_what_they_do_in_json(rule: Any) -> None:
    rules: Rules = {} if rule is None else {"$.a": rule}
    position = root(read_rules({"body": by_path(rules)}).get("body", {}))
    for expected, actual in itertools.product(DOCUMENTS, DOCUMENTS):
        as_json, as_typed = (
            [str(each) for each in compare({"a": expected}, {"a": actual}, position, checks=checks)]
            for checks in (JSON, TYPED)
        )

        assert as_json == as_typed


def test_text_is_a_number_only_where_there_is_a_schema() -> None:
    position = root(read_rules({"body": by_path({"$.a": "integer"})})["body"])

    assert compare({"a": "1"}, {"a": "2"}, position, checks=TYPED) == []
    assert len(compare({"a": "1"}, {"a": "2"}, position)) == 1
