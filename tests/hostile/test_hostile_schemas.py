"""Schemas that are made to take for ever: judged, or refused with a sentence, within a bound."""

import json
from collections.abc import Callable

import pytest
from exercise import in_time

from msgpact.compatibility import check
from msgpact.errors import UsageError
from msgpact.serializers.framed import RegisteredSchema


def avro(raw: object) -> RegisteredSchema:
    return RegisteredSchema("AVRO", json.dumps(raw), {})


def record(*fields: dict[str, object], name: str = "shop.Order") -> dict[str, object]:
    return {"type": "record", "name": name, "fields": list(fields)}


def field(name: str, kind: object) -> dict[str, object]:
    return {"name": name, "type": kind}


def many_named(kind: str, count: int) -> list[dict[str, object]]:
    return [{"type": "fixed", "name": f"n.{kind}{number}", "size": 1} for number in range(count)]


def many_records(count: int) -> dict[str, object]:
    """Records of one short name, each of whose fields may be any of them."""
    union = [f"n{number}.R" for number in range(count)]
    defined = [record(name=f"n{number}.R") for number in range(count)]
    last = record(*(field(f"f{number}", union) for number in range(count)), name="n.R")
    return record(field("types", defined), field("last", last))


LARGE: dict[str, Callable[[], object]] = {
    "an enum of a million symbols": lambda: {
        "type": "enum",
        "name": "E",
        "symbols": [f"S{number}" for number in range(1_000_000)],
    },
    "a union of thousands of names": lambda: many_named("F", 5000),
    "a record of 100,000 fields": lambda: record(*(field(f"f{number}", "int") for number in range(100_000))),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_schema_is_judged(name: str) -> None:
    schema = avro(LARGE[name]())

    with in_time():
        assert check([schema], schema, "FULL").safe


def test_a_schema_that_multiplies_its_names_is_refused() -> None:
    schema = avro(many_records(200))

    with in_time(), pytest.raises(UsageError, match="it has more than 300,000 pairs of fields and types to compare"):
        check([schema], schema, "FULL")
