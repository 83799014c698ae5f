"""What is taken out of a message in one go is what checking and reading it one after the other give."""

import json
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel

from msgpact import Consumer, Message, match
from msgpact.check import DOUBTFUL
from msgpact.checking import check_once
from msgpact.guard import Guard
from msgpact.receivers import Receiver
from msgpact.serializers.alike import from_document


class Line(BaseModel):
    sku: str
    quantity: int
    price: float


class Order(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    id: str
    total: float
    count: int
    express: bool
    note: str | None
    lines: list[Line]
    placed_by: str = Field(alias="placedBy", default="nobody")
    limit: int = 7


class Placed(Order):
    at: datetime


CONTRACT = {
    "id": match.uuid(),
    "total": match.number(1.5),
    "count": match.integer(1),
    "express": True,
    "note": match.like("a note"),
    "lines": match.each_like({"sku": "A-1", "quantity": 1, "price": match.decimal(1.5)}, min=1),
    "placedBy": "me",
}
GOOD: dict[str, Any] = {
    "id": "00000000-0000-0000-0000-00000000000a",
    "total": 3,
    "count": 2,
    "express": False,
    "note": "",
    "lines": [{"sku": "B", "quantity": 4, "price": 2.5}, {"sku": "C", "quantity": 9, "price": 0.5, "more": None}],
    "placedBy": "you",
    "more": {"n": 1},
}
AT = {"at": "2026-03-01T10:00:00Z"}


def receiver(into: Any, contract: object = CONTRACT) -> Receiver:
    def handle(_: Any) -> None: ...

    handle.__annotations__["_"] = into
    shop = Consumer("shop", provider="orders")
    shop.expects("an order", contents=contract, metadata={"topic": "t", "key": "k"})(handle)
    guard = Guard(shop)
    (found,) = guard._routes._routes
    return found.receiver


RECEIVERS = {
    "a model": receiver(Order),
    "a model with a date": receiver(Placed, CONTRACT | {"at": match.datetime()}),
    "a dict": receiver(dict),
    "whatever": receiver(Any),
}


def both_ways(by: Receiver, message: Message) -> tuple[object, object]:
    """What is taken in one go; what is given after a check, if it finds nothing."""
    expected = by.expected[0]
    if check_once(expected.contents, message):
        return by.take(message), DOUBTFUL
    return by.take(message), by.handling(expected.expectation, message, None).contents


def message(contents: bytes, **metadata: object) -> Message:
    return Message(contents, metadata={"topic": "t", "key": "7", **metadata})


@pytest.mark.parametrize("by", RECEIVERS.values(), ids=RECEIVERS)
def test_an_ordinary_message_is_taken(by: Receiver) -> None:
    taken, read = both_ways(by, message(json.dumps(GOOD | AT).encode()))

    assert taken is not DOUBTFUL
    assert (type(taken), repr(taken)) == (type(read), repr(read))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.sampled_from(["n", "sku", "id"]), below, max_size=2),
    max_leaves=4,
)
PATHS = ["id", "total", "count", "express", "note", "lines", "placedBy", "placed_by", "limit", "more", "at"]


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """A good order in which something is another thing, or is lacking; here and there with the number -0."""
    order: dict[str, Any] = json.loads(json.dumps(GOOD | AT))
    for name in draw(st.lists(st.sampled_from(PATHS), max_size=2)):
        where = draw(st.sampled_from([order, *order["lines"]])) if isinstance(order.get("lines"), list) else order
        if not isinstance(where, dict):
            continue
        if draw(st.booleans()):
            where.pop(name, None)
        else:
            where[name] = draw(VALUES)
    written = json.dumps(order)
    for old, new in draw(st.lists(st.sampled_from([("2", "-0"), ("4", "0"), ("1}", "-0}"), ("3", "1e2")]), max_size=2)):
        written = written.replace(old, new, draw(st.integers(0, 1)))
    return written.encode()


@pytest.mark.parametrize("by", RECEIVERS.values(), ids=RECEIVERS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changed())
def test_what_is_taken_is_what_is_checked_and_read(by: Receiver, contents: bytes) -> None:
    try:
        taken, read = both_ways(by, message(contents))
    except ValueError:  # it cannot be read: then `decide` says so
        return
    if taken is not DOUBTFUL:
        assert (type(taken), repr(taken)) == (type(read), repr(read))


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(Message(None, metadata={"topic": "t", "key": "k"}), id="a tombstone"),
        pytest.param(message(b"{"), id="no JSON"),
        pytest.param(message(json.dumps(GOOD | AT).encode(), contentType="text/plain"), id="of another type"),
        pytest.param(Message(json.dumps(GOOD | AT).encode(), metadata={"topic": "t"}), id="without a key"),
        pytest.param(message(json.dumps(GOOD | {"count": -0.0}).encode()), id="a decimal that is integral"),
        pytest.param(message(json.dumps(GOOD | AT).replace('"count": 2', '"count": -0').encode()), id="minus 0"),
        pytest.param(message(json.dumps(GOOD | AT).replace('"n": 1', '"n": 1e999').encode()), id="beyond a double"),
        pytest.param(message(json.dumps(GOOD | AT).replace('"n": 1', '"n": NaN').encode()), id="no number"),
    ],
)
def test_what_is_left_to_the_guard(given: Message) -> None:
    assert RECEIVERS["a model"].take(given) is DOUBTFUL


# -- which types ------------------------------------------------------------------------------------------------------


class Tree(BaseModel):
    name: str
    below: list["Tree"] = []


class Colour(Enum):
    RED = "red"


class Lenient(BaseModel):
    n: int = Field(strict=False)


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Numbers(RootModel[list[int]]):
    """A model that is a list."""


def with_field(annotation: Any) -> Any:
    return type("WithField", (BaseModel,), {"__annotations__": {"field": annotation}, "__module__": __name__})


@pytest.mark.parametrize(
    ("into", "known"),
    [
        (Line, {"sku": {str}, "quantity": {int}, "price": {int, float}}),
        (list[Line], [{"sku": {str}, "quantity": {int}, "price": {int, float}}]),
        (Tree, {"name": {str}}),
        (with_field(int | None), {"field": None}),
        (with_field(Annotated[str, Field(min_length=2)]), {"field": {str}}),
        (with_field(list[Tree]), {"field": [{"name": {str}}]}),
    ],
    ids=["a model", "a list", "a tree", "an optional field", "a constraint", "a list of trees"],
)
def test_what_is_sure_of_documents(into: Any, known: object) -> None:
    found = from_document(into)

    assert found is not None
    assert found[1] == known


@pytest.mark.parametrize(
    "into",
    [
        with_field(datetime),
        with_field(Decimal),
        with_field(Colour),
        with_field(Any),
        with_field(dict[str, int]),
        with_field(Literal[1]),
        with_field(int | str),
        with_field(Annotated[int, BeforeValidator(int)]),
        with_field(Annotated[int, AfterValidator(abs)]),
        Lenient,
        Open,
        Numbers,
    ],
    ids=lambda into: str(getattr(into, "__annotations__", {}).get("field", into)),
)
def test_types_of_which_json_may_make_something_else(into: Any) -> None:
    assert from_document(into) is None
