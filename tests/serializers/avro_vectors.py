"""The shared vectors for Avro: their bodies, and the native values that their JSON stands for."""

import base64
import datetime
import math
from decimal import Decimal
from typing import Any
from uuid import UUID

from shared_data import shared_cases

from msgpact.times import Duration, Timestamp


def avro_cases(file: str, *framings: str) -> list[Any]:
    """The vectors of a file that are Avro, those of these framings where some are given."""
    found: list[Any] = []
    listed: list[Any] = shared_cases(f"interop/binary/{file}.jsonl")
    for each in listed:
        case = each.values[0]
        if not case or (case["format"] == "avro" and (not framings or case["framing"] in framings)):
            found.append(each)
    assert found, "a table without a case tests nothing"
    return found


def body_of(case: dict[str, Any]) -> bytes:
    if "body_pattern" in case:
        return b"".join(base64.b64decode(piece) * times for piece, times in case["body_pattern"])
    return base64.b64decode(case["body_base64"])


def native(value: Any) -> Any:
    if isinstance(value, list):
        return [native(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "$union" in value:
        return native(value["value"])
    ((key, inner),) = value.items() if len(value) == 1 else (("", None),)
    if key in NATIVE:
        return NATIVE[key](inner)
    return {name: native(each) for name, each in value.items()}


def _moment(text: str) -> Timestamp:
    whole, _, fraction = text.removesuffix("Z").partition(".")
    digits = fraction.ljust(9, "0")
    moment = datetime.datetime.fromisoformat(whole).replace(
        microsecond=int(digits[:6]), tzinfo=datetime.UTC if text.endswith("Z") else None
    )
    return Timestamp.of(moment, int(digits[6:]))


NATIVE: dict[str, Any] = {
    "$bytes": base64.b64decode,
    "$decimal": Decimal,
    "$uuid": UUID,
    "$date": datetime.date.fromisoformat,
    "$time": datetime.time.fromisoformat,
    "$instant": _moment,
    "$local": _moment,
    "$duration": lambda parts: Duration(**parts),
    "$float": float,
}


def assert_same(found: Any, expected: Any) -> None:
    """Equal, and of the same types: 1 is not 1.0, 0.0 is not -0.0, NaN is NaN, 1.50 is not 1.5."""
    if isinstance(expected, datetime.datetime):
        assert isinstance(found, datetime.datetime)
        assert (found.tzinfo is None) == (expected.tzinfo is None)
    else:
        assert type(found) is type(expected)
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            assert_same(found[key], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, float):
        assert (math.isnan(found) and math.isnan(expected)) or (
            found == expected and math.copysign(1, found) == math.copysign(1, expected)
        )
    elif isinstance(expected, Decimal):
        assert found == expected
        assert found.as_tuple().exponent == expected.as_tuple().exponent or found.as_tuple().exponent > 0
    else:
        assert found == expected
