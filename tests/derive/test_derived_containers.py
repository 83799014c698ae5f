"""What lists, dicts, tuples and models in a field become: a table of rules and examples."""

import collections
import enum
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

import pytest
from derived import INTEGER, LIKE_1, NULL, TYPE, holding, regex, said, shown
from pydantic import (
    BaseModel,
    Field,
    RootModel,
)

from msgpact.derive import derive
from msgpact.errors import DeclarationError


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Line(BaseModel):
    sku: str
    qty: int = 1


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Point(NamedTuple):
    x: int
    name: str


class Skus(RootModel[list[str]]):
    pass


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: list[T]


# -- containers ------------------------------------------------------------------------------------------------------

CONTAINERS: list[tuple[str, Any, object, dict[str, object], object]] = [
    ("list", list[int], [1, 2], {"$.f": LIKE_1, "$.f[*]": INTEGER}, [1, 2]),
    ("Sequence", Sequence[int], [1], {"$.f": LIKE_1, "$.f[*]": INTEGER}, [1]),
    ("deque", collections.deque[int], [1], {"$.f": LIKE_1, "$.f[*]": INTEGER}, [1]),
    ("set, sorted", set[str], {"b", "a"}, {"$.f": LIKE_1, "$.f[*]": TYPE}, ["a", "b"]),
    (
        "list of at least 2",
        Annotated[list[int], Field(min_length=2)],
        [1, 2],
        {"$.f": ("type", {"min": 2}), "$.f[*]": INTEGER},
        [1, 2],
    ),
    (
        "list of at most 3",
        Annotated[list[int], Field(max_length=3)],
        [1],
        {"$.f": ("type", {"min": 1, "max": 3}), "$.f[*]": INTEGER},
        [1],
    ),
    (
        "list of lists",
        list[list[int]],
        [[1], [2, 3]],
        {"$.f": LIKE_1, "$.f[*]": LIKE_1, "$.f[*][*]": INTEGER},
        [[1], [2, 3]],
    ),
    ("list of models", list[Line], [Line(sku="a")], {"$.f": LIKE_1, "$.f[*].sku": TYPE}, [{"sku": "a"}]),
    ("list of optional", list[int | None], [1, None], {"$.f": LIKE_1, "$.f[*]": ("OR", INTEGER, NULL)}, [1, None]),
    (
        "list of an Enum",
        list[Colour],
        ["red", "blue"],
        {"$.f": LIKE_1, "$.f[*]": regex("^(?:red|blue)$")},
        ["red", "blue"],
    ),
    ("tuple", tuple[int, str], (1, "a"), {"$.f[0]": INTEGER, "$.f[1]": TYPE}, [1, "a"]),
    ("tuple of any length", tuple[int, ...], (1, 2), {"$.f": LIKE_1, "$.f[*]": INTEGER}, [1, 2]),
    ("tuple without types", tuple, (1, "a"), {"$.f[0]": INTEGER, "$.f[1]": TYPE}, [1, "a"]),
    ("NamedTuple", Point, Point(1, "a"), {"$.f[0]": INTEGER, "$.f[1]": TYPE}, [1, "a"]),
    ("dict", dict[str, int], {"a": 1, "b": 2}, {"$.f": "eachValue integer"}, {"a": 1, "b": 2}),
    ("dict with other keys", dict[int, int], {1: 2}, {"$.f": "eachValue integer"}, {"1": 2}),
    ("Mapping", Mapping[str, str], {"a": "b"}, {"$.f": "eachValue type"}, {"a": "b"}),
    (
        "dict of models",
        dict[str, Line],
        {"a": Line(sku="x")},
        {"$.f": ("values",), "$.f.*.sku": TYPE},
        {"a": {"sku": "x"}},
    ),
    (
        "dict of optional",
        dict[str, int | None],
        {"a": 1},
        {"$.f": ("values",), "$.f.*": ("OR", INTEGER, NULL)},
        {"a": 1},
    ),
    ("dict without types", dict, {"a": 1, "b": "x"}, {"$.f.a": INTEGER, "$.f.b": TYPE}, {"a": 1, "b": "x"}),
    ("dict of anything", dict[str, Any], {"a": 1, "b": "x"}, {"$.f.a": INTEGER, "$.f.b": TYPE}, {"a": 1, "b": "x"}),
    ("model", Line, Line(sku="a", qty=2), {"$.f.sku": TYPE, "$.f.qty": INTEGER}, {"sku": "a", "qty": 2}),
    ("root model", Skus, ["a"], {"$.f": LIKE_1, "$.f[*]": TYPE}, ["a"]),
    (
        "generic model without its type",
        Page,
        Page(items=[{"a": 1}]),
        {"$.f.items": LIKE_1, "$.f.items[*].a": INTEGER},
        {"items": [{"a": 1}]},
    ),
    ("generic model", Page[int], Page[int](items=[1]), {"$.f.items": LIKE_1, "$.f.items[*]": INTEGER}, {"items": [1]}),
    (
        "discriminated union",
        Annotated[Cat | Dog, Field(discriminator="kind")],
        {"kind": "dog"},
        {"$.f.kind": regex("^(?:dog)$")},
        {"kind": "dog"},
    ),
]


@pytest.mark.parametrize(
    ("annotation", "value", "rules", "example"), [pytest.param(*case, id=name) for name, *case in CONTAINERS]
)
def test_a_container_field(annotation: Any, value: object, rules: dict[str, object], example: object) -> None:
    model = holding(annotation, value)

    assert shown(model) == {"f": example}
    assert {path: _in_short(rule) for path, rule in said(model).items()} == rules


def _in_short(rule: Any) -> object:
    """`eachValue integer` for an eachValue rule, any other as it is."""
    return f"eachValue {' '.join(each.match for each in rule[1]['rules'])}" if rule[0] == "eachValue" else rule


@pytest.mark.parametrize(
    ("annotation", "value", "example", "note"),
    [
        pytest.param(
            list[Cat | Dog],
            [Cat(kind="cat"), Dog(kind="dog")],
            [{"kind": "cat"}],
            "its items differ in kind: only items like the first are promised",
            id="items",
        ),
        pytest.param(
            list[Line],
            [Line(sku="a"), Line(sku="b", qty=2)],
            [{"sku": "a"}],
            "its items differ in kind: only items like the first are promised",
            id="items' fields",
        ),
        pytest.param(
            dict[str, Cat | Dog],
            {"b": Cat(kind="cat"), "a": Dog(kind="dog")},
            {"a": {"kind": "dog"}},
            "its values differ in kind: only values like 'a' are promised",
            id="values",
        ),
        pytest.param(int | str, 3, 3, "of int | str, only what the example holds is promised", id="union"),
    ],
)
def test_what_pact_cannot_say_is_noted(annotation: Any, value: object, example: object, note: str) -> None:
    model = holding(annotation, value)

    assert shown(model) == {"f": example}
    assert f"f: {note}" in derive(model)[1]


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        pytest.param(
            list[int], [], r"for f: the example's list is empty, .* contents=\{'f': match.each_like", id="list"
        ),
        pytest.param(
            dict[str, int], {}, "for f: the example's dict is empty, so it shows nothing of its values", id="dict"
        ),
        pytest.param(dict[str, list[int]], {"k": []}, "for f.k: the example's list is empty", id="list below"),
    ],
)
def test_an_empty_container_shows_too_little(annotation: Any, value: object, message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^Cannot derive a rule {message}"):
        derive(holding(annotation, value))
