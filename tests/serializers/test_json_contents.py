"""JSON: read as the reference implementation reads it, written as production writes it."""

import dataclasses
import datetime
import decimal
import enum
import json
import math
import uuid
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import TypedDict

from msgpact.serializers.json import build, dump, load

# -- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10),
        ("-3", -3),
        ("10.0", 10.0),
        ("1e2", 100.0),
        ("1E2", 100.0),
        ("1.10", 1.1),
        ("-0", -0.0),
        ("-0.0", -0.0),
        ("[-0, 0, -0.5, -01]".replace(", -01", ""), [-0.0, 0, -0.5]),
        ('"-0"', "-0"),
        ('["-0", 1]', ["-0", 1]),
        ('{"a":-0}', {"a": -0.0}),
        ("[1,-0 ,\n-0]", [1, -0.0, -0.0]),
        (' { "a, -0": "5f-0a", "b" : -0 } ', {"a, -0": "5f-0a", "b": -0.0}),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2.0**64),
        ("-9223372036854775808", -(2**63)),
        ("-9223372036854775809", -(2.0**63)),
        ("[-0, 18446744073709551616]", [-0.0, 2.0**64]),
        ("1e308", 1e308),
        ("true", True),
        ("null", None),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ('"\\u00e9\\ud83d\\ude00"', "é😀"),
        (" [1]\n", [1]),
    ],
)
def test_reading(text: str, value: object) -> None:
    found = load(text.encode())

    assert found == value
    assert json.dumps(found) == json.dumps(value)  # the kinds of numbers too


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (b"", "it is empty, which is not JSON"),
        (b" \n", "it is empty, which is not JSON"),
        (b"{", r"it is cut off or is not JSON \(unexpected end of data, line 1, column 2\)"),
        (b'{"a": 1', "it is cut off or is not JSON"),
        (b"[1,\n 2,, 3]", r"it is not JSON \(.*, line 2, column 4\)"),
        (b"{'a': 1}", "it is not JSON"),
        (b"[NaN]", "it is not JSON"),
        (b"[Infinity]", "it is not JSON"),
        (b"[1e400]", "it is not JSON"),
        (b"[01]", "it is not JSON"),
        (b"[1.]", "it is cut off or is not JSON"),
        (b'["\\ud800"]', "it is not JSON"),
        (b'["\\x"]', "it is not JSON"),
        (b'["a\tb"]', "it is not JSON"),
        (b'["\xff"]', "it is not JSON: byte 2 is 0xff, which is not UTF-8"),
        (b"\xef\xbb\xbf{}", "it is not JSON"),
        ("{}".encode("utf-16"), "byte 0 is 0xff, which is not UTF-8"),
        (b"[" * 2000 + b"]" * 2000, r"it is not JSON \(depth limit exceeded"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_not_json_says_where(contents: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        load(contents)


# -- writing ---------------------------------------------------------------------------------------------------------


class Color(enum.Enum):
    RED = "red"


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(populate_by_name=True)

    order_id: int = pydantic.Field(serialization_alias="orderId")
    total: decimal.Decimal


@dataclasses.dataclass
class Line:
    sku: str
    at: datetime.datetime


class Named(TypedDict):
    name: str


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, 1.5, True, None, "é"]}, '{"a":[1,1.5,true,null,"é"]}'),
        ("text", '"text"'),
        (None, "null"),
        (2**70, str(2**70)),
        ({1: "a"}, '{"1":"a"}'),
        ((1, 2), "[1,2]"),
        (Color.RED, '"red"'),
        ({"at": datetime.date(2024, 2, 5)}, '{"at":"2024-02-05"}'),
        (datetime.datetime(2024, 2, 5, tzinfo=datetime.UTC), '"2024-02-05T00:00:00Z"'),
        (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (decimal.Decimal("1.50"), '"1.50"'),
        (datetime.timedelta(seconds=90), '"PT1M30S"'),
        ({"a"}, '["a"]'),
        (Model(order_id=1, total=decimal.Decimal("2.5")), '{"order_id":1,"total":"2.5"}'),
        ([Model(order_id=1, total=decimal.Decimal("2.5"))], '[{"order_id":1,"total":"2.5"}]'),
        (Line("A", datetime.datetime(2024, 2, 5)), '{"sku":"A","at":"2024-02-05T00:00:00"}'),
        (Named(name="x"), '{"name":"x"}'),
    ],
    ids=repr,
)
def test_writing(value: object, text: str) -> None:
    assert dump(value).decode() == text


class Aliased(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(serialize_by_alias=True)

    order: int = pydantic.Field(serialization_alias="orderId")


@dataclasses.dataclass
class Holder:
    model: Model
    aliased: Aliased


@pytest.mark.parametrize(
    "wrap", [lambda value: value, lambda value: [value], lambda value: {"a": value}], ids=["itself", "list", "dict"]
)
def test_models_are_written_by_their_own_settings_wherever_they_stand(wrap: Any) -> None:
    model, aliased = Model(order_id=1, total=decimal.Decimal(2)), Aliased(order=1)
    plain, by_alias = {"order_id": 1, "total": "2"}, {"orderId": 1}

    assert json.loads(dump(wrap(model))) == wrap(plain)
    assert json.loads(dump(wrap(aliased))) == wrap(by_alias)
    assert json.loads(dump(wrap(Holder(model, aliased)))) == wrap({"model": plain, "aliased": by_alias})


class Unknown: ...


@dataclasses.dataclass
class OddlyAnnotated:
    one: Unknown
    two: "NoSuchType"  # type: ignore[name-defined]  # noqa: F821


def test_annotations_that_pydantic_cannot_understand_are_no_obstacle() -> None:
    odd: Any = OddlyAnnotated(1, 2)  # type: ignore[arg-type]

    assert dump(odd) == b'{"one":1,"two":2}'


@pytest.mark.parametrize("value", [math.nan, math.inf, [math.nan], {"a": -math.inf}, [None, math.nan]], ids=repr)
def test_nan_is_an_error_not_null(value: object) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        dump(value)


@pytest.mark.parametrize(
    "value", [object(), {"a": object()}, lambda: None, {(1, 2): 3}], ids=lambda value: type(value).__name__
)
def test_what_has_no_json_form(value: object) -> None:
    with pytest.raises(TypeError, match=r"has no JSON form|keys must be"):
        dump(value)


DOCUMENT = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


@given(DOCUMENT)
def test_what_is_written_is_read_back(document: object) -> None:
    read = load(dump(document))

    assert json.dumps(read, sort_keys=True) == json.dumps(document, sort_keys=True)


def reads_as_python_does(contents: bytes) -> None:
    """Or not at all."""
    try:
        document = load(contents)
    except ValueError:
        return
    assert json.dumps(document) == json.dumps(json.loads(contents, parse_int=integer))


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_an_error(contents: bytes) -> None:
    reads_as_python_does(contents)


def integer(text: str) -> int | float:
    number = int(text)
    return number if text != "-0" and -(2**63) <= number < 2**64 else float(text)


FRAGMENTS = st.sampled_from(
    ["-0", "0", '"', "\\", '\\"', ",", "[", "]", ":", " ", "e", "1", ".", '"a":', "{", "}", '"-0"', "\n"]
)


@given(
    st.lists(FRAGMENTS, max_size=12).map("".join),
    st.sampled_from(["%s", "[%s,-0]", '{"a":-0,"b":"%s"}', "[-0,%s]", "[1%s,-0]"]),
)
def test_negative_zeros_anywhere(text: str, around: str) -> None:
    reads_as_python_does((around % text).encode())


def test_a_negative_zero_in_a_deep_document() -> None:
    inner = load(b'{"a":-0,"b":' + b"[" * 1000 + b"]" * 1000 + b"}")

    assert isinstance(inner, dict)
    assert str(inner["a"]) == "-0.0"


# -- as a type -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contents", "into", "value"),
    [
        (b'{"order_id": 1, "total": "2.5"}', Model, Model(order_id=1, total=decimal.Decimal("2.5"))),
        (b'{"sku": "A", "at": "2024-02-05T00:00:00"}', Line, Line("A", datetime.datetime(2024, 2, 5))),
        (b'{"name": "x"}', Named, {"name": "x"}),
        (b'[{"name": "x"}]', list[Named], [{"name": "x"}]),
        (b"1", int | None, 1),
        (b"null", int | None, None),
        (b'{"a": 1}', dict[str, Any], {"a": 1}),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_building(contents: bytes, into: object, value: object) -> None:
    assert build(contents, into) == value


@pytest.mark.parametrize(
    ("contents", "into", "why"),
    [
        (b'{"order_id": "x"}', Model, "order_id: .*valid integer.*, got 'x'; total: Field required"),
        (b"{", Model, "the whole: Invalid JSON"),
        (b'"x"', int, "the whole: .*valid integer.*, got 'x'"),
    ],
)
def test_what_does_not_load_says_where(contents: bytes, into: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        build(contents, into)


def test_a_type_that_pydantic_does_not_know() -> None:
    class Plain: ...

    with pytest.raises(TypeError, match="Pydantic cannot make it"):
        build(b"{}", Plain)
