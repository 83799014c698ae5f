import datetime
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgpact import generate
from msgpact.errors import DeclarationError
from msgpact.generate import Generated
from msgpact.model import PathRules
from msgpact.rules import generators
from msgpact.rules.compare import compare
from msgpact.rules.paths import root
from msgpact.template import compile_template

NOW = datetime.datetime(2026, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)

VALUES: list[tuple[str, Generated]] = [
    ("random_int", generate.random_int()),
    ("random_int negative", generate.random_int(-5, -1)),
    ("random_decimal", generate.random_decimal()),
    ("random_decimal of one digit", generate.random_decimal(1)),
    ("random_hexadecimal", generate.random_hexadecimal(7)),
    ("random_string", generate.random_string(40)),
    ("regex", generate.regex("[A-Z]{2}-[0-9]+", example="AB-1")),
    ("uuid", generate.uuid()),
    ("uuid simple", generate.uuid("simple")),
    ("uuid upper case", generate.uuid("upper-case-hyphenated")),
    ("uuid URN", generate.uuid("URN")),
    ("date", generate.date("today + 1 week")),
    ("date by a format", generate.date(format="dd.MM.yyyy")),
    ("time", generate.time("now + 1 hour")),
    ("datetime", generate.datetime("tomorrow @ noon")),
    ("datetime by a format", generate.datetime(format="yyyyMMddHHmmss")),
    ("random_boolean", generate.random_boolean()),
    ("provider_state", generate.provider_state("${id}", example=3)),
    ("mock_server_url", generate.mock_server_url(".*(/orders)", example="http://localhost/orders")),
]
every_generator = pytest.mark.parametrize("value", [pytest.param(value, id=name) for name, value in VALUES])


def document(value: object) -> dict[str, object]:
    return {"a": value}


def meets_its_rule(template: Generated, actual: object) -> bool:
    example, rules, _ = compile_template(document(template))
    return not compare(example, document(actual), root(PathRules(rules)))


def test_every_function_is_in_the_table() -> None:
    names = {name.partition(" ")[0] for name, _ in VALUES}

    assert names == set(generate.__all__) - {"Generated"}


@every_generator
def test_the_example_meets_the_rule(value: Generated) -> None:
    assert meets_its_rule(value, value.example)


@every_generator
@given(seed=st.integers(0, 2**32))
def test_what_is_generated_meets_the_rule(value: Generated, seed: int) -> None:
    context = generators.Context(Random(seed), NOW, mock_server_url="http://127.0.0.1:80")

    assert meets_its_rule(value, generators.generate(value.generator, value.example, context))


@every_generator
def test_the_template_holds_example_and_generator(value: Generated) -> None:
    example, _, found = compile_template(document(value))

    assert (example, found) == ({"a": value.example}, {"$.a": value.generator})


@pytest.mark.parametrize(
    ("value", "example"),
    [
        pytest.param(generate.random_int(3, 9), 3, id="random_int"),
        pytest.param(generate.random_int(example=7), 7, id="random_int given"),
        pytest.param(generate.random_hexadecimal(3), "012", id="random_hexadecimal"),
        pytest.param(generate.random_string(3), "abc", id="random_string"),
        pytest.param(generate.random_string(3, example="xyz"), "xyz", id="random_string given"),
        pytest.param(generate.date(format="dd/MM/yyyy"), "31/01/2026", id="date by its format"),
        pytest.param(generate.date(example=datetime.date(2020, 2, 3)), "2020-02-03", id="a date of Python's"),
        pytest.param(generate.time(), "13:45:00", id="time"),
        pytest.param(generate.datetime(), "2026-01-31T13:45:00Z", id="datetime"),
    ],
)
def test_examples(value: Generated, example: object) -> None:
    assert value.example == example


@pytest.mark.parametrize(
    ("value", "attributes"),
    [
        pytest.param(generate.random_int(1, 2), {"min": 1, "max": 2}, id="random_int"),
        pytest.param(generate.random_decimal(3), {"digits": 3}, id="random_decimal"),
        pytest.param(generate.date(), {"format": "yyyy-MM-dd"}, id="date"),
        pytest.param(
            generate.date("today", "yyyy"), {"format": "yyyy", "expression": "today"}, id="date with an expression"
        ),
        pytest.param(generate.random_boolean(), {}, id="random_boolean"),
        pytest.param(generate.provider_state("${a}", example=1), {"expression": "${a}"}, id="provider_state"),
        pytest.param(
            generate.provider_state("${a}", example="1", data_type="STRING"),
            {"expression": "${a}", "dataType": "STRING"},
            id="provider_state with a type",
        ),
    ],
)
def test_attributes_are_the_specifications(value: Generated, attributes: dict[str, object]) -> None:
    assert value.generator.attributes == attributes


CANNOT_BE: list[tuple[str, Callable[[], object], str]] = [
    ("random_int no int", lambda: generate.random_int("a"), "min='a': it is no whole number"),  # type: ignore[arg-type]
    ("random_int boolean", lambda: generate.random_int(True), "min=True: it is no whole number"),
    ("random_int order", lambda: generate.random_int(5, 1), "an integer from 5 to 1: there is none"),
    ("random_int example", lambda: generate.random_int(example="x"), "'x' as the example of generate.random_int"),  # type: ignore[arg-type]
    ("random_decimal digits", lambda: generate.random_decimal(0), "digits=0: it is no whole number from 1"),
    (
        "random_decimal example",
        lambda: generate.random_decimal(example=12),
        "12 as the example of generate.random_decimal",
    ),
    ("random_hexadecimal", lambda: generate.random_hexadecimal(3, example="xyz"), "'xyz' as the example"),
    ("random_hexadecimal number", lambda: generate.random_hexadecimal(example=12), "example=12: it is no text"),  # type: ignore[arg-type]
    ("random_string size", lambda: generate.random_string(10_001), "size=10001: it is no whole number"),
    ("random_string example", lambda: generate.random_string(example=3), "example=3: it is no text"),  # type: ignore[arg-type]
    ("regex", lambda: generate.regex("[", example="a"), r"the pattern '\[': unterminated"),
    ("regex example", lambda: generate.regex("a", example="b"), "'b' as the example of generate.regex"),
    ("uuid format", lambda: generate.uuid("x"), "a UUID as 'x': the forms are simple, lower-case-hyphenated"),
    ("uuid example", lambda: generate.uuid("simple", example="x"), "'x' as the example of generate.uuid"),
    ("date expression", lambda: generate.date("soon"), "'soon' in generate.date: "),
    ("date expression no text", lambda: generate.date(3), "expression=3: it is no text"),  # type: ignore[arg-type]
    ("date format", lambda: generate.date(format="T"), "the format 'T' in generate.date: the letter 'T'"),
    ("date example", lambda: generate.date(example="x"), "'x' as the example of generate.date"),
    ("time expression", lambda: generate.time("tomorrow"), "'tomorrow' in generate.time: "),
    ("random_boolean", lambda: generate.random_boolean(example="x"), "'x' as the example of generate.random_boolean"),  # type: ignore[arg-type]
    ("provider_state", lambda: generate.provider_state(1, example=1), "expression=1: it is no text"),  # type: ignore[arg-type]
    (
        "mock_server_url",
        lambda: generate.mock_server_url(".*(/a)", example="http://x/b"),
        "'http://x/b' as the example of generate.mock_server_url",
    ),
]


@pytest.mark.parametrize(
    ("make", "message"), [pytest.param(make, message, id=name) for name, make, message in CANNOT_BE]
)
def test_what_cannot_be_is_refused_where_it_is_written(make: Callable[[], object], message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^Cannot (use|generate|write) {message}"):
        make()
