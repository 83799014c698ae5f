"""What a provider may send by a derived contract: whatever Pydantic writes for the type, and nothing the handler can't load."""

import datetime
import decimal
import enum
import json
import uuid
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, RootModel, TypeAdapter, ValidationError, create_model

from msgpact.derive import derive
from msgpact.model import PathRules
from msgpact.rules.compare import compare
from msgpact.rules.paths import root
from msgpact.serializers.json import load
from msgpact.template import compile_template


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Derived:
    """The contract derived from one value of an annotation, as a model's only field."""

    def __init__(self, annotation: Any, value: object) -> None:
        self.annotation = annotation
        model = create_model("Holder", f=(annotation, ...))
        self.example, rules, _ = compile_template(derive(model(f=value))[0])
        self.rules = root(PathRules(rules))

    def accepts(self, text: str) -> bool:
        return not compare(self.example, load(f'{{"f": {text}}}'.encode()), self.rules)


@pytest.mark.parametrize(
    ("annotation", "value", "fitting", "breaking"),
    [
        pytest.param(int, 3, ["0", "-7"], ["1.5", "1.0", '"1"', "true", "null"], id="int"),
        pytest.param(float, 1.5, ["2", "2.5", "1e3"], ['"1.5"', "true", "null"], id="float"),
        pytest.param(bool, True, ["false"], ["1", '"true"', "null"], id="bool"),
        pytest.param(str, "a", ['""'], ["1", "null", "[]"], id="str"),
        pytest.param(decimal.Decimal, "1.5", ['"7"', '"-0.25"', '"1E+3"'], ["1.5", '"x"', '""'], id="Decimal"),
        pytest.param(uuid.UUID, uuid.UUID(int=1), [f'"{uuid.UUID(int=2)}"'], ['"x"', "1"], id="UUID"),
        pytest.param(
            datetime.datetime,
            datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
            ['"2026-01-31T10:00:00Z"', '"2026-01-31T10:00:00.5+01:00"'],
            ['"2026-01-31"', '"2026-01-31T10:00:00"', '"2026-01-31 10:00:00Z"', "1700000000"],
            id="datetime",
        ),
        pytest.param(Colour, Colour.RED, ['"blue"'], ['"green"', '"RED"', "null"], id="Enum"),
        pytest.param(Level, Level.LOW, ["2"], ["3", '"2"', "1.0"], id="IntEnum"),
        pytest.param(Literal["a", "b"], "a", ['"b"'], ['"c"', "null"], id="Literal"),
        pytest.param(Literal["1", "2"], "1", ['"2"'], ["2", '"3"'], id="Literal of digits"),
        pytest.param(int | None, 3, ["4", "null"], ['"4"', "4.5"], id="optional int"),
        pytest.param(Colour | None, Colour.RED, ['"blue"', "null"], ['"green"'], id="optional Enum"),
        pytest.param(list[int], [1], ["[2, 3]"], ["[]", '["x"]', "{}", "null"], id="list"),
        pytest.param(Annotated[list[int], Field(max_length=2)], [1], ["[2, 3]"], ["[1, 2, 3]", "[]"], id="short list"),
        pytest.param(dict[str, int], {"a": 1}, ['{"b": 2}', "{}"], ['{"a": "x"}', "[]"], id="dict"),
        pytest.param(tuple[int, str], (1, "a"), ['[2, "b"]'], ["[2]", '[2, "b", 3]', '["b", 2]'], id="tuple"),
        pytest.param(Annotated[str, Field(pattern="^a|b$")], "axx", ['"ayy"', '"yyb"'], ['"xax"', "1"], id="pattern"),
        pytest.param(Annotated[str, Field(min_length=2, max_length=3)], "ab", ['"abc"'], ['"a"', '"abcd"', "123"], id="length"),
        pytest.param(Any, 1, ["2"], ['"x"'], id="Any"),
    ],
)  # fmt: skip
def test_verdicts(annotation: Any, value: object, fitting: list[str], breaking: list[str]) -> None:
    derived = Derived(annotation, value)

    assert [each for each in fitting if not derived.accepts(each)] == []
    assert [each for each in breaking if derived.accepts(each)] == []


def test_a_missing_field_breaks_the_contract_and_a_further_one_does_not() -> None:
    derived = Derived(int, 1)

    assert compare(derived.example, {}, derived.rules)
    assert not compare(derived.example, {"f": 2, "more": None}, derived.rules)


class Number(RootModel[int]):
    """What a RootModel holds, and its None, are the union's."""


TIMES = st.datetimes(timezones=st.timezones() | st.just(datetime.UTC))
OTHERS: list[tuple[str, Any, object, st.SearchStrategy[object]]] = [
    ("int", int, 1, st.integers(-(2**63), 2**64 - 1)),
    ("float", float, 1.5, st.floats(allow_nan=False, allow_infinity=False)),
    ("bool", bool, True, st.booleans()),
    ("str", str, "a", st.text()),
    ("Decimal", decimal.Decimal, decimal.Decimal("1.5"), st.decimals(allow_nan=False, allow_infinity=False)),
    ("UUID", uuid.UUID, uuid.UUID(int=1), st.uuids()),
    ("datetime", datetime.datetime, datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), TIMES),
    ("naive datetime", datetime.datetime, datetime.datetime(2026, 1, 1), st.datetimes()),
    ("date", datetime.date, datetime.date(2026, 1, 1), st.dates()),
    ("time", datetime.time, datetime.time(1), st.times()),
    ("timedelta", datetime.timedelta, datetime.timedelta(seconds=1), st.timedeltas(datetime.timedelta(0))),
    ("Enum", Colour, Colour.RED, st.sampled_from(Colour)),
    ("IntEnum", Level, Level.LOW, st.sampled_from(Level)),
    ("optional int", int | None, 1, st.none() | st.integers(-(2**63), 2**64 - 1)),
    ("optional Enum", Colour | None, None, st.none() | st.sampled_from(Colour)),
    ("optional datetime", datetime.datetime | None, None, st.none() | TIMES | st.datetimes()),
    ("optional root model", Number | None, Number(1), st.none() | st.builds(Number, st.integers(0, 9))),
    (
        "list of optional",
        list[Level | None],
        [None, Level.LOW],
        st.lists(st.none() | st.sampled_from(Level), min_size=1),
    ),
    ("list", list[int], [1], st.lists(st.integers(0, 9), min_size=1)),
    ("dict", dict[str, str], {"a": "b"}, st.dictionaries(st.text(), st.text())),
]


@pytest.mark.parametrize(
    ("derived", "others"), [pytest.param(Derived(kind, value), others, id=name) for name, kind, value, others in OTHERS]
)
@settings(max_examples=30)
@given(data=st.data())
def test_whatever_pydantic_writes_for_the_type_is_accepted(
    derived: Derived, others: st.SearchStrategy[object], data: st.DataObject
) -> None:
    written = TypeAdapter(derived.annotation).dump_json(data.draw(others)).decode()

    assert derived.accepts(written)


JSON = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(-3, 3),
    st.sampled_from(["1", "a", "red", "true", "null", "1.5", "", str(uuid.UUID(int=3)), "2026-01-01T00:00:00Z"]),
    st.lists(st.integers(0, 2), max_size=2),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 2), max_size=2),
)


@pytest.mark.parametrize(
    "derived",
    [
        pytest.param(Derived(int, 1), id="int"),
        pytest.param(Derived(float, 1.5), id="float"),
        pytest.param(Derived(bool, True), id="bool"),
        pytest.param(Derived(str, "a"), id="str"),
        pytest.param(Derived(decimal.Decimal, "1.5"), id="Decimal"),
        pytest.param(Derived(uuid.UUID, uuid.UUID(int=1)), id="UUID"),
        pytest.param(Derived(Colour, Colour.RED), id="Enum"),
        pytest.param(Derived(Level, Level.LOW), id="IntEnum"),
        pytest.param(Derived(Literal["1", "a"], "a"), id="Literal"),
        pytest.param(Derived(str | None, "a"), id="optional str"),
        pytest.param(Derived(int | None, None), id="optional int"),
        pytest.param(Derived(list[int], [1]), id="list"),
        pytest.param(Derived(dict[str, int], {"a": 1}), id="dict"),
        pytest.param(Derived(Annotated[str, Field(pattern="^1|a$")], "a"), id="pattern"),
        pytest.param(Derived(Annotated[str, Field(min_length=1)], "a"), id="length"),
        pytest.param(Derived(Number | None, Number(1)), id="optional root model"),
    ],
)
@settings(max_examples=50)
@given(document=JSON)
def test_whatever_is_accepted_can_be_loaded(derived: Derived, document: object) -> None:
    text = json.dumps(document)
    if not derived.accepts(text):
        return

    try:
        TypeAdapter(derived.annotation).validate_json(text)
    except ValidationError as error:
        pytest.fail(f"the contract accepts {text}, which the handler cannot load: {error}")
