"""What a field's annotation and value become: a table of rules and examples."""

import dataclasses
import datetime
import decimal
import enum
import re
import uuid
from typing import Annotated, Any, Literal, NewType

import pytest
from derived import INTEGER, LIKE_1, NULL, NUMBER, TYPE, holding, regex, said, shown
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Json,
    PlainSerializer,
    StringConstraints,
    constr,
)

from msgpact.derive import derive
from msgpact.template import compile_template

ID = uuid.UUID("e2490de5-5bd3-43d5-b7c4-526e33f71304")
NOON = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)

UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
DAY, CLOCK, OFFSET = "[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?", "(Z|[+-][0-9]{2}:[0-9]{2})"
DECIMAL = r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Access(enum.IntFlag):
    READ = 1
    WRITE = 2


class Line(BaseModel):
    sku: str
    qty: int = 1


OrderId = NewType("OrderId", int)


# -- scalars ---------------------------------------------------------------------------------------------------------

SCALARS: list[tuple[str, Any, object, object, object]] = [
    ("int", int, 3, INTEGER, 3),
    ("int of a NewType", OrderId, 3, INTEGER, 3),
    ("float", float, 1.5, NUMBER, 1.5),
    ("float given as int", float, 2, NUMBER, 2.0),
    ("int or float", int | float, 2, NUMBER, 2),
    ("bool", bool, True, TYPE, True),
    ("str", str, "a", TYPE, "a"),
    ("bytes as text", bytes, b"a", TYPE, "a"),
    ("Decimal as text", decimal.Decimal, decimal.Decimal("1.50"), [regex(DECIMAL), TYPE], "1.50"),
    ("Decimal as float", Annotated[decimal.Decimal, PlainSerializer(float)], decimal.Decimal("1.5"), NUMBER, 1.5),
    ("Decimal as int", Annotated[decimal.Decimal, PlainSerializer(int)], decimal.Decimal("2"), NUMBER, 2),
    ("UUID", uuid.UUID, ID, regex(UUID), str(ID)),
    ("datetime", datetime.datetime, NOON, regex(f"{DAY}T{CLOCK}{OFFSET}"), "2026-01-31T12:00:00Z"),
    (
        "datetime without offset",
        datetime.datetime,
        NOON.replace(tzinfo=None),
        regex(f"{DAY}T{CLOCK}"),
        "2026-01-31T12:00:00",
    ),
    ("date", datetime.date, NOON.date(), regex(DAY), "2026-01-31"),
    ("time", datetime.time, datetime.time(12, 30), regex(CLOCK), "12:30:00"),
    ("timedelta", datetime.timedelta, datetime.timedelta(seconds=90), None, "PT1M30S"),
    ("Enum", Colour, Colour.RED, regex("^(?:red|blue)$"), "red"),
    ("Enum of integers", Level, Level.HIGH, [regex("^(?:1|2)$"), INTEGER], 2),
    ("Flag", Access, Access.READ | Access.WRITE, INTEGER, 3),
    ("Literal", Literal["a", "b"], "b", regex("^(?:a|b)$"), "b"),
    ("Literal of several kinds", Literal["a", 1, True], 1, regex("^(?:a|1|true)$"), 1),
    ("Literal of an Enum's member", Literal[Colour.RED], Colour.RED, regex("^(?:red)$"), "red"),
    ("Json", Json[dict[str, int]], '{"a": 1}', TYPE, '{"a":1}'),
    ("Any", Any, 3, INTEGER, 3),
]


@pytest.mark.parametrize(
    ("annotation", "value", "rule", "example"), [pytest.param(*case, id=name) for name, *case in SCALARS]
)
def test_a_scalar_field(annotation: Any, value: object, rule: object, example: object) -> None:
    model = holding(annotation, value)

    assert shown(model) == {"f": example}
    assert rule is None or said(model) == {"$.f": rule}


@dataclasses.dataclass
class Never:
    f: None


@pytest.mark.parametrize(("value", "rule"), [(None, NULL), (3, ("OR", INTEGER, NULL))], ids=["null", "not null"])
def test_a_field_that_should_be_null(value: object, rule: object) -> None:
    example = Never(value)  # type: ignore[arg-type]  # dataclasses check nothing

    assert said(example) == {"$.f": rule}
    assert derive(example)[1] == []


@pytest.mark.parametrize(
    ("annotation", "value", "rule"),
    [
        pytest.param(Colour, "red", regex("^(?:red|blue)$"), id="Enum"),
        pytest.param(Level, 1, [regex("^(?:1|2)$"), INTEGER], id="Enum of integers"),
        pytest.param(Colour | None, "red", ("OR", regex("^(?:red|blue)$"), NULL), id="optional Enum"),
    ],
)
def test_use_enum_values_leaves_the_alternatives(annotation: Any, value: object, rule: object) -> None:
    assert said(holding(annotation, value, ConfigDict(use_enum_values=True))) == {"$.f": rule}


ANY = r"[\s\S]"
CONSTRAINED: list[tuple[str, Any, str, object]] = [
    ("a pattern", Annotated[str, Field(pattern="^[A-Z]+$")], "AB", [regex("^[A-Z]+$"), TYPE]),
    ("constr", constr(pattern="^a$"), "a", [regex("^a$"), TYPE]),
    ("StringConstraints", Annotated[str, StringConstraints(pattern="^a$")], "a", [regex("^a$"), TYPE]),
    ("a pattern that is searched", Annotated[str, Field(pattern="[0-9]")], "a1b", [regex(f"{ANY}*[0-9]{ANY}*"), TYPE]),
    ("a pattern open at its end", Annotated[str, Field(pattern="^a")], "ab", [regex(f"^a{ANY}*"), TYPE]),
    ("alternatives", Annotated[str, Field(pattern="^a|b$")], "xb", [regex(f"{ANY}*(?:^a|b$){ANY}*"), TYPE]),
    (
        "a compiled pattern",
        Annotated[str, Field(pattern=re.compile("^a$", re.IGNORECASE))],
        "A",
        [regex(f"{ANY}*(?i:^a$){ANY}*"), TYPE],
    ),
    ("a length", Annotated[str, Field(min_length=2, max_length=4)], "abc", [regex(f"{ANY}{{2,4}}"), TYPE]),
    ("a least length", Annotated[str, Field(min_length=1)], "abc", [regex(f"{ANY}{{1,}}"), TYPE]),
    ("optional inside", Annotated[str, Field(pattern="^a$")] | None, "a", ("OR", regex("^a$"), NULL)),
    ("optional outside", Annotated[str | None, Field(pattern="^a$")], "a", ("OR", regex("^a$"), NULL)),
]


@pytest.mark.parametrize(("annotation", "value", "rule"), [pytest.param(*case, id=name) for name, *case in CONSTRAINED])
def test_a_constrained_string(annotation: Any, value: str, rule: object) -> None:
    assert said(holding(annotation, value)) == {"$.f": rule}


def test_a_pattern_outside_pacts_dialect_is_noted() -> None:
    model = holding(Annotated[str, Field(pattern=re.compile("^a.b$", re.DOTALL))], "a\nb")

    template, notes = derive(model)

    assert compile_template(template)[1]["$.f"].matchers[0].match == "type"
    assert len(notes) == 1
    assert re.match("f: its pattern .* cannot be written in Pact's dialect, so any string is promised", notes[0])


# -- null ------------------------------------------------------------------------------------------------------------

OPTIONAL: list[tuple[str, Any, object, object]] = [
    ("int", int | None, 3, ("OR", INTEGER, NULL)),
    ("int as null", int | None, None, ("OR", INTEGER, NULL)),
    ("float as null", float | None, None, ("OR", NUMBER, NULL)),
    ("bool as null", bool | None, None, ("OR", ("boolean",), NULL)),
    ("str", str | None, "a", ("OR", TYPE, NULL)),
    ("UUID as null", uuid.UUID | None, None, ("OR", regex(UUID), NULL)),
    ("datetime as null", datetime.datetime | None, None, ("OR", regex(f"{DAY}T{CLOCK}{OFFSET}?"), NULL)),
    ("Enum as null", Colour | None, None, ("OR", regex("^(?:red|blue)$"), NULL)),
    ("Literal", Literal["a"] | None, "a", ("OR", regex("^(?:a)$"), NULL)),
    ("Decimal", decimal.Decimal | None, decimal.Decimal(1), ("OR", regex(DECIMAL), NULL)),
]


@pytest.mark.parametrize(("annotation", "value", "rule"), [pytest.param(*case, id=name) for name, *case in OPTIONAL])
def test_an_optional_scalar_is_its_rule_or_null(annotation: Any, value: object, rule: object) -> None:
    model = holding(annotation, value)

    assert said(model) == {"$.f": rule}
    assert derive(model)[1] == []


@pytest.mark.parametrize(
    ("annotation", "value", "rules", "note"),
    [
        pytest.param(Line | None, Line(sku="a"), {"$.f.sku": TYPE}, "'an object or null': an object", id="model"),
        pytest.param(
            list[int] | None, [1], {"$.f": LIKE_1, "$.f[*]": INTEGER}, "'an array or null': an array", id="list"
        ),
        pytest.param(
            dict[str, int] | None, {"a": 1}, {"$.f": "eachValue"}, "'an object or null': an object", id="dict"
        ),
    ],
)
def test_an_optional_container_is_what_the_example_holds(
    annotation: Any, value: object, rules: dict[str, object], note: str
) -> None:
    model = holding(annotation, value)

    assert said(model).keys() == rules.keys()
    assert derive(model)[1] == [f"f: it may be null, but Pact cannot say {note} is promised"]


@pytest.mark.parametrize(
    "annotation",
    [
        pytest.param(Line | None, id="model"),
        pytest.param(str | None, id="str"),
        pytest.param(list[int] | None, id="list"),
    ],
)
def test_null_where_its_type_has_no_rule_without_an_example(annotation: Any) -> None:
    model = holding(annotation, None)

    assert said(model) == {"$.f": NULL}
    assert derive(model)[1] == [
        "f: the example holds null, so only null is promised; give it a value to promise that or null"
    ]


@pytest.mark.parametrize(
    ("annotation", "value", "rule"),
    [
        pytest.param(Literal[1, 2] | None, 1, "integer", id="int Literal"),
        pytest.param(Literal[True] | None, True, "type", id="bool Literal"),
        pytest.param(Annotated[str, Field(min_length=1)] | None, "a", "type", id="length"),
        pytest.param(Annotated[str, Field(pattern=r"^\d+$")] | None, "1", "type", id="digits"),
    ],
)
def test_where_only_one_rule_or_null_can_be_said_the_kind_is_promised(
    annotation: Any, value: object, rule: str
) -> None:
    example = holding(annotation, value)

    assert said(example) == {"$.f": ("OR", (rule,), ("null",))}
    assert derive(example)[1] == [
        "f: it may be null, and Pact cannot say more than one rule or null: its kind is promised"
    ]
