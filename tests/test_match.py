import datetime
import enum
import inspect
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgpact import generate, match
from msgpact.errors import DeclarationError
from msgpact.match import Matcher
from msgpact.model import MatchingRule, PathRules
from msgpact.rules.compare import compare
from msgpact.rules.paths import root
from msgpact.template import compile_template

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 8


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.StrEnum):
    SMALL = "s"


def accepts(matcher: Matcher, actual: object) -> bool:
    """Whether the engine finds that a document of this one place meets the matcher."""
    example, rules, _ = compile_template({"a": matcher})
    return not compare(example, {"a": actual}, root(PathRules(rules)))


# -- every function --------------------------------------------------------------------------------------------------

ARGUMENTS: dict[str, tuple[object, ...]] = {
    "all_of": (match.integer(), match.number()),
    "any_of": (match.integer(), match.null()),
    "array_contains": (match.integer(), match.string()),
    "each_key": (match.regex("[a-z]+", "a"), {"a": 1}),
    "each_like": ({"id": match.integer()},),
    "each_value": (match.integer(), {"a": 1}),
    "equal_to": ({"a": 1},),
    "include": ("a",),
    "like": ({"a": 1},),
    "one_of": ("a", "b"),
    "regex": ("[0-9]+", "1"),
    "values": ({"a": match.integer()},),
}
FUNCTIONS = [name for name in match.__all__ if name not in ("Matcher", "content_type")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_meets_its_own_rules(name: str) -> None:
    matcher = getattr(match, name)(*ARGUMENTS.get(name, ()))

    assert accepts(matcher, compile_template(matcher)[0])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_matcher_is_a_frozen_value(name: str) -> None:
    matcher = getattr(match, name)(*ARGUMENTS.get(name, ()))

    assert matcher == getattr(match, name)(*ARGUMENTS.get(name, ()))
    with pytest.raises(AttributeError):
        matcher.example = 2


# -- what each of them says ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("matcher", "accepted", "refused"),
    [
        pytest.param(match.like(1), [2, 2.5], ["1", True, None], id="like a number"),
        pytest.param(match.like("a"), ["", "b"], [1, None], id="like a string"),
        pytest.param(match.like({"a": 1}), [{"a": 2}, {"a": 2, "b": 3}], [{}, {"a": "x"}], id="like an object"),
        pytest.param(match.like([1], 1, 2), [[2], [2, 3]], [[], [1, 2, 3], ["x"]], id="like an array of 1 to 2"),
        pytest.param(match.like({"a": 1}, max=1), [{"a": 2}], [{"a": 2, "b": 3}], id="like an object of 1 entry"),
        pytest.param(match.equal_to({"a": 1}), [{"a": 1}], [{"a": 2}, {"a": 1, "b": 2}, {"a": 1.0}], id="equal_to"),
        pytest.param(match.regex("a+", "a"), ["aa"], ["ab", "", "xa"], id="regex"),
        pytest.param(match.integer(), [0, -3], [1.0, "1", True, None], id="integer"),
        pytest.param(match.decimal(), [1.0, 2.5], [1, "1.5", None], id="decimal"),
        pytest.param(match.number(), [1, 1.5], ["1", True, None], id="number"),
        pytest.param(match.boolean(), [True, False, "true"], [1, None, "yes"], id="boolean"),
        pytest.param(match.null(), [None], [0, "", False], id="null"),
        pytest.param(match.string(), ["", "x"], [1, None], id="string"),
        pytest.param(match.uuid(), [str(uuid.uuid4()), str(uuid.uuid4()).upper()], [uuid.uuid4().hex, 1], id="uuid"),
        pytest.param(match.include("ell"), ["hello", "ell"], ["hallo", ""], id="include"),
        pytest.param(match.date(), ["2020-02-29"], ["2021-02-29", "29.02.2020", ""], id="date"),
        pytest.param(match.date(format="dd.MM.yyyy"), ["29.02.2020"], ["2020-02-29"], id="date by a format"),
        pytest.param(match.time(), ["23:59:59"], ["24:00:00", "x"], id="time"),
        pytest.param(match.datetime(), ["2020-01-01T00:00:00Z"], ["2020-01-01T00:00:00"], id="datetime"),
        pytest.param(match.semver(), ["1.0.0-rc.1+5"], ["v1.0.0", "1.0", "01.0.0"], id="semver"),
        pytest.param(match.not_empty(), [" ", 0, False], ["", None], id="not_empty"),
        pytest.param(match.not_empty([1]), [[2]], [[], "x"], id="not_empty array"),
        pytest.param(match.each_like(1, 2, 3), [[1, 2], [1, 2, 3]], [[], [1], [1, 2, 3, 4], [1, "x"]], id="each_like"),
        pytest.param(match.each_like(1, min=0), [[], [5]], [["x"], {}], id="each_like of none"),
        pytest.param(match.each_like(match.integer()), [[2]], [[2.5], []], id="each_like of a matcher"),
        pytest.param(match.each_like([match.integer()]), [[[2]]], [[["x"]]], id="each_like in each_like"),
        pytest.param(
            match.each_key(match.regex("k[0-9]", "k1"), {"k1": 1}), [{"k2": 1}, {}], [{"x": 1}], id="each_key"
        ),
        pytest.param(match.each_value(match.integer(), {"a": 1}), [{"b": 2}, {}], [{"b": "x"}], id="each_value"),
        pytest.param(match.each_value(match.integer(), [1]), [[2, 3], []], [["x"]], id="each_value of an array"),
        pytest.param(match.each_value(match.like(1), {"a": 1}), [{"b": 2.5}], [{"b": None}], id="each_value by type"),
        pytest.param(
            match.each_value(match.each_like(1), {"a": [1]}),
            [{"b": [2, 3]}],
            [{"b": ["x"]}, {"b": 1}],
            id="each_value of arrays",
        ),
        pytest.param(match.values({"a": match.integer(1)}), [{"b": 2}, {}], [{"b": "x"}], id="values"),
        pytest.param(match.values({"a": {"b": match.integer()}}), [{"x": {"b": 2}}], [{"x": {}}], id="values below"),
        pytest.param(
            match.array_contains({"kind": "a", "n": match.integer()}, {"kind": "b"}),
            [[{"kind": "b"}, {"kind": "c"}, {"kind": "a", "n": 7}]],
            [[{"kind": "a", "n": 7}], [], [{"kind": "a", "n": "x"}, {"kind": "b"}]],
            id="array_contains",
        ),
        pytest.param(match.one_of("red", "red-ish"), ["red", "red-ish"], ["re", "redish", None], id="one_of"),
        pytest.param(match.one_of("1", "2"), ["1", "2"], [1, "3"], id="one_of texts that look like numbers"),
        pytest.param(
            match.one_of("true", "null"), ["true", "null"], [True, None], id="one_of texts that look like JSON"
        ),
        pytest.param(match.one_of(1, 2), [1, 2], ["1", 3, 1.0], id="one_of integers"),
        pytest.param(match.one_of(1.0, 2.5), [1, 1.0, 2.5], ["1.0", 2], id="one_of numbers"),
        pytest.param(match.one_of(True), [True], [False, "true", 1], id="one_of booleans"),
        pytest.param(match.one_of("a", None, 1), ["a", None, 1], ["b", 2, True], id="one_of kinds"),
        pytest.param(match.one_of("a|b", "c."), ["a|b", "c."], ["a", "b", "cx"], id="one_of is no pattern"),
        pytest.param(match.one_of(*Colour), ["red", "blue"], ["RED"], id="one_of an Enum"),
        pytest.param(match.one_of(*Size), ["s"], ["small"], id="one_of a StrEnum"),
        pytest.param(match.all_of(match.include("a"), match.include("b")), ["ba"], ["a", "b"], id="all_of"),
        pytest.param(match.any_of(match.integer(), match.null()), [2, None], ["2", 2.5], id="any_of"),
        pytest.param(
            match.all_of(match.like([1], min=1), match.array_contains(match.integer(7))),
            [[1], [8, 2]],
            [[], ["x"]],
            id="all_of shows the example of the one with matchers below",
        ),
    ],
)
def test_what_a_matcher_accepts(matcher: Matcher, accepted: list[object], refused: list[object]) -> None:
    assert [value for value in accepted if not accepts(matcher, value)] == []
    assert [value for value in refused if accepts(matcher, value)] == []


def test_content_type_is_for_the_contents_as_a_whole() -> None:
    matcher = match.content_type("image/png", PNG)

    assert matcher.rules == (MatchingRule("contentType", {"value": "image/png"}),)


@given(
    st.lists(st.one_of(st.text(), st.integers(-(2**63), 2**64 - 1), st.booleans(), st.none()), min_size=1, max_size=5)
)
def test_one_of_accepts_each_of_its_alternatives(alternatives: list[object]) -> None:
    matcher = match.one_of(*alternatives)

    assert matcher.example == alternatives[0]
    assert all(accepts(matcher, each) for each in alternatives)


@given(st.lists(st.text(), min_size=1, max_size=5), st.text())
def test_one_of_strings_accepts_nothing_else(alternatives: list[str], other: str) -> None:
    assert accepts(match.one_of(*alternatives), other) == (other in alternatives)


# -- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("matcher", "example"),
    [
        pytest.param(match.date(), "2026-01-31", id="date"),
        pytest.param(match.date(format="dd/MM/yy"), "31/01/26", id="date by its format"),
        pytest.param(match.date(datetime.date(2020, 2, 3)), "2020-02-03", id="a date of Python's"),
        pytest.param(match.time(), "13:45:00", id="time"),
        pytest.param(match.time(datetime.time(7, 8)), "07:08:00", id="a time of Python's"),
        pytest.param(match.datetime(), "2026-01-31T13:45:00Z", id="datetime"),
        pytest.param(
            match.datetime(datetime.datetime(2020, 2, 3, tzinfo=datetime.UTC), "yyyy-MM-dd HH"),
            "2020-02-03 00",
            id="a datetime of Python's by a format",
        ),
        pytest.param(match.uuid(uuid.UUID(int=1)), "00000000-0000-0000-0000-000000000001", id="a UUID"),
        pytest.param(match.regex("red|blue", Colour.RED), "red", id="a member of an Enum"),
        pytest.param(match.include("a", "bab"), "bab", id="include"),
        pytest.param(match.include("a"), "a", id="include shows the text itself"),
        pytest.param(match.each_like(5, min=3), [5, 5, 5], id="each_like shows as many as must be"),
        pytest.param(match.each_like(5, min=0), [5], id="each_like shows one where none must be"),
        pytest.param(match.any_of(match.null(), match.integer(4)), None, id="any_of shows the first"),
        pytest.param(match.integer(generate.random_int(3, 9)), 3, id="a generator's"),
    ],
)
def test_examples(matcher: Matcher, example: object) -> None:
    assert compile_template(matcher)[0] == example


# -- what cannot be --------------------------------------------------------------------------------------------------

CANNOT_BE: list[tuple[str, Callable[[], object], str]] = [
    ("like min of a scalar", lambda: match.like(1, min=2), "Cannot use min and max in match.like with 1"),
    ("like too few", lambda: match.like([1], min=2), r"example of match.like with min=2: it has 1\. Give"),
    ("like too many", lambda: match.like({"a": 1}, max=0), "example of match.like with max=0: it has 1"),
    ("like min over max", lambda: match.like([1], 3, 2), "min=3 with max=2 in match.like: nothing is so long"),
    ("like min is no count", lambda: match.like([1], min=True), "min=True in match.like: it is no count"),
    ("each_like max 0", lambda: match.each_like(1, 0, 0), "max=0 in match.each_like: its example shows an item"),
    ("each_like min below 0", lambda: match.each_like(1, -1), "min=-1 in match.each_like: it is no count"),
    ("regex invalid", lambda: match.regex("[", "a"), r"Cannot use the pattern '\[': unterminated"),
    ("regex no text", lambda: match.regex(3, "a"), "pattern=3: it is no text"),  # type: ignore[arg-type]
    ("regex example", lambda: match.regex("a", "b"), "'b' as the example of match.regex: it is not text matching"),
    ("regex example set", lambda: match.regex("a", {1}), "it is no JSON value"),
    ("integer", lambda: match.integer("1"), "'1' as the example of match.integer: it is not an integer"),
    ("integer of a boolean", lambda: match.integer(True), "True as the example of match.integer"),
    ("decimal of an int", lambda: match.decimal(1), "1 as the example of match.decimal"),
    ("number", lambda: match.number("1"), "'1' as the example of match.number: it is not a number"),
    ("boolean", lambda: match.boolean(1), "1 as the example of match.boolean: it is not a boolean"),
    ("string", lambda: match.string(1), "1 as the example of match.string: it is no string"),
    ("uuid", lambda: match.uuid("x"), "'x' as the example of match.uuid"),
    ("include", lambda: match.include("a", "b"), "'b' as the example of match.include: it is not text that contains"),
    ("include no text", lambda: match.include(1), "text=1: it is no text"),  # type: ignore[arg-type]
    ("date", lambda: match.date("x"), "'x' as the example of match.date: it is not a date written as yyyy-MM-dd"),
    ("date format", lambda: match.date(format="T"), "Cannot use the format 'T' in match.date: the letter 'T'"),
    ("date format no text", lambda: match.date(format=3), "format=3: it is no text"),  # type: ignore[arg-type]
    ("datetime", lambda: match.datetime("2020-01-01"), "as the example of match.datetime"),
    ("semver", lambda: match.semver("v1"), "'v1' as the example of match.semver"),
    ("not_empty", lambda: match.not_empty([]), r"\[\] as the example of match.not_empty: .* \(it is empty\)"),
    ("each_key example", lambda: match.each_key(match.string(), {}), "{} as the example of match.each_key"),
    ("each_key key", lambda: match.each_key(match.uuid(), {"a": 1}), "'a' as the example of match.each_key"),
    ("each_key no matcher", lambda: match.each_key("a", {"a": 1}), "it is no matcher"),  # type: ignore[arg-type]
    (
        "each_value value",
        lambda: match.each_value(match.integer(), {"a": "x"}),
        "'x' as the example of match.each_value",
    ),
    ("each_value example", lambda: match.each_value(match.integer(), 3), "it is no dict or list"),
    (
        "each_value of OR",
        lambda: match.each_value(match.any_of(match.integer(), match.null()), {"a": 1}),
        "<an integer or null, such as 1> in match.each_value: Pact applies one level of rules",
    ),
    (
        "each_value of matchers below",
        lambda: match.each_value(match.like([match.integer()]), [[1]]),
        "one level of rules",
    ),
    ("each_value of matchers in a dict", lambda: match.each_value(match.like({"a": match.null()}), [{}]), "one level"),
    ("values empty", lambda: match.values({}), "{} as the example of match.values: it shows no key"),
    ("array_contains", lambda: match.array_contains(), "match.array_contains without a variant"),
    ("content_type bytes", lambda: match.content_type("image/png", b"text"), r"\(its bytes look like text/plain\)"),
    ("content_type mime", lambda: match.content_type(3, b""), "mime=3: it is no text"),  # type: ignore[arg-type]
    ("one_of", lambda: match.one_of(), "match.one_of without an alternative"),
    ("one_of a list", lambda: match.one_of([1]), r"\[1\] in match.one_of: it is no scalar"),
    ("all_of", lambda: match.all_of(), "match.all_of without a matcher"),
    ("all_of no matcher", lambda: match.all_of(match.integer(), 3), "3 in match.all_of: it is no matcher"),  # type: ignore[arg-type]
    (
        "all_of of OR",
        lambda: match.all_of(match.any_of(match.integer(), match.null()), match.like(1)),
        "Pact cannot mix AND and OR at one place",
    ),
    (
        "all_of of two that show what lies below",
        lambda: match.all_of(match.each_like(1), match.array_contains(1)),
        "both say what lies below",
    ),
]


@pytest.mark.parametrize(
    ("make", "message"), [pytest.param(make, message, id=name) for name, make, message in CANNOT_BE]
)
def test_what_cannot_be_is_refused_where_it_is_written(make: Callable[[], object], message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^Cannot use .*{message.removeprefix('Cannot use ')}") as caught:
        make()

    assert str(caught.value).endswith(".")


def test_every_function_says_what_it_is_for() -> None:
    assert [name for name in FUNCTIONS if not inspect.getdoc(getattr(match, name))] == []


@pytest.mark.parametrize("combined", [match.any_of, match.all_of])
def test_objects_of_two_examples_cannot_be_combined(combined: Any) -> None:
    with pytest.raises(DeclarationError, match="Pact compares an object with one example only"):
        combined(match.like({"a": 1}), match.like({"b": 1}))

    assert combined(match.like({"a": 1}), match.null()).example == {"a": 1}


def test_an_empty_list_cannot_be_equalled() -> None:
    with pytest.raises(DeclarationError, match=r"Cannot use \[\] in match\.equal_to: .* Write \[\] alone"):
        match.equal_to([])


@pytest.mark.parametrize(
    "parts",
    [
        (match.equal_to(1), match.equal_to(0)),
        (match.null(), match.equal_to(5)),
        (match.equal_to(1), match.equal_to(1.0)),
    ],
    ids=["two values", "not the example", "two types"],
)
def test_equality_is_with_the_one_example(parts: tuple[match.Matcher, ...]) -> None:
    with pytest.raises(DeclarationError, match=r"in a pact equality is with the example, and there is one"):
        match.any_of(*parts)
    assert match.any_of(match.equal_to(5), match.null()).example == 5
