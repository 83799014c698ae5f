"""The generators: what each draws, where values go, what fails, and how a run is repeated."""

import datetime
import math
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notation import Rules, by_path

from msgpact.model import Generator
from msgpact.pactfile.rulesets import read_rules
from msgpact.rules import generators
from msgpact.rules.generators import GENERATORS, Context, GeneratorError

NOW = datetime.datetime(2024, 2, 5, 10, 30, 15, 250_000, tzinfo=datetime.UTC)
SEEDS = range(25)


def consumer(seed: int = 0) -> Context:
    return Context(random.Random(seed), NOW)


def provider(**values: object) -> Context:
    return Context(random.Random(0), NOW, "provider", values)


def drawn(kind: str, example: object, **attributes: object) -> list[object]:
    """A value for each of several seeds."""
    return [generators.generate(Generator(kind, attributes), example, consumer(seed)) for seed in SEEDS]


# The generator, its attributes, the example, and what each value is as text.
TEXTS: list[tuple[str, dict[str, object], object, str]] = [
    ("RandomInt", {}, 1, r"[0-9]|10"),
    ("RandomInt", {"min": 5, "max": 6}, 1, "5|6"),
    ("RandomInt", {"min": "-3", "max": "-3"}, 1, "-3"),
    ("RandomInt", {"min": 7, "max": 7}, "text", "7"),
    ("RandomDecimal", {}, "text", r"(?=.{11}$)(0|[1-9]\d*)\.\d+"),
    ("RandomDecimal", {"digits": 1}, "text", r"\d"),
    ("RandomDecimal", {"digits": 2}, "text", r"\d\.\d"),
    ("RandomHexadecimal", {}, "a", "[0-9A-F]{10}"),
    ("RandomHexadecimal", {"digits": 20}, "a", "[0-9A-F]{20}"),
    ("RandomString", {}, "a", "[a-zA-Z0-9]{10}"),
    ("RandomString", {"size": 3}, "a", "[a-zA-Z0-9]{3}"),
    ("Regex", {"regex": r"\d{3}-[ab]"}, "a", r"\d{3}-[ab]"),
    ("Regex", {"regex": r"^x\$?$"}, "a", r"x\$?"),
    ("Uuid", {}, "a", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ("Uuid", {"format": "lower-case-hyphenated"}, "a", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("Uuid", {"format": "upper-case-hyphenated"}, "a", "[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"),
    ("Uuid", {"format": "simple"}, "a", "[0-9a-f]{32}"),
    ("Uuid", {"format": "URN"}, "a", "urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("Uuid", {"format": "unknown"}, "a", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("Date", {}, "a", "2024-02-05"),
    ("Date", {"format": "d.M.yy", "expression": "tomorrow"}, "a", r"6\.2\.24"),
    ("Time", {}, "a", "10:30:15"),
    ("Time", {"expression": "noon"}, "a", "12:00:00"),
    ("DateTime", {}, "a", re.escape("2024-02-05T10:30:15.250+0000")),
    ("DateTime", {"format": "yyyy-MM-dd HH", "expression": "today @ midnight"}, "a", "2024-02-05 00"),
    ("RandomBoolean", {}, True, "True|False"),
]


@pytest.mark.parametrize(
    ("kind", "attributes", "example", "pattern"), TEXTS, ids=[f"{row[0]} {row[1]} for {row[2]!r}" for row in TEXTS]
)
def test_what_is_drawn(kind: str, attributes: dict[str, object], example: object, pattern: str) -> None:
    for value in drawn(kind, example, **attributes):
        assert re.fullmatch(pattern, str(value))


@pytest.mark.parametrize(
    ("kind", "example", "of_kind"),
    [
        ("RandomInt", 1, int),
        ("RandomInt", "1", str),
        ("RandomDecimal", 1.5, float),
        ("RandomDecimal", 1, float),
        ("RandomDecimal", "1.5", str),
        ("RandomBoolean", False, bool),
        ("Uuid", 1, str),
    ],
)
def test_numbers_keep_the_kind_of_the_example(kind: str, example: object, of_kind: type) -> None:
    assert {type(value) for value in drawn(kind, example)} == {of_kind}


@pytest.mark.parametrize(
    "kind", ["RandomInt", "RandomDecimal", "RandomHexadecimal", "RandomString", "Uuid", "RandomBoolean"]
)
def test_seeds_draw_different_values(kind: str) -> None:
    assert len(set(map(str, drawn(kind, "1")))) > 1


@pytest.mark.parametrize(
    ("kind", "attributes", "reason"),
    [
        ("RandomInt", {"min": 5, "max": 1}, "there is no integer from 5 to 1"),
        ("RandomInt", {"min": "x"}, "min is 'x', not a whole number"),
        ("RandomDecimal", {"digits": 0}, "digits is 0, not 1 to 100000"),
        ("RandomHexadecimal", {"digits": 10**9}, "digits is 1000000000, not 1 to 100000"),
        ("RandomString", {"size": -1}, "size is -1, not 1 to 100000"),
        ("Regex", {}, "the generator has no 'regex'"),
        ("Regex", {"regex": "("}, r"no text can be made for the pattern '\('"),
        ("Date", {"format": "yyyyT"}, "the letter 'T' has no meaning"),
        ("Date", {"expression": "nonsense"}, "'nonsense' where"),
        ("Time", {"expression": "+ 1 day"}, "'day' is no unit"),
    ],
)
def test_what_cannot_be_drawn(kind: str, attributes: dict[str, object], reason: str) -> None:
    with pytest.raises(GeneratorError, match=reason):
        generators.generate(Generator(kind, attributes), "example", consumer())


# -- values of the provider's states ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "kind", "value"),
    [
        ("id", None, 42),
        ("${id}", None, 42),
        ("${id}", "STRING", "42"),
        ("${id}", "FLOAT", 42.0),
        ("${text}", "INTEGER", 7),
        ("${text}", "BOOLEAN", GeneratorError),
        ("${yes}", "BOOLEAN", True),
        ("${id}", "BOOLEAN", True),
        ("${object}", None, {"a": 1}),
        ("${object}", "STRING", '{"a": 1}'),
        ("/orders/${id}/${text}", None, "/orders/42/7"),
        ("${id}", "INTEGER", 42),
        ("${}", None, ""),
        ("unknown", None, "unknown"),
        ("${unknown}", None, GeneratorError),
        ("${id", None, GeneratorError),
        ("${object}", "INTEGER", GeneratorError),
    ],
)
def test_provider_state(expression: str, kind: str | None, value: object) -> None:
    context = provider(id=42, text="7", yes="TRUE", object={"a": 1})
    generator = Generator("ProviderState", {"expression": expression, "dataType": kind})
    if value is GeneratorError:
        with pytest.raises(GeneratorError):
            generators.generate(generator, "example", context)
        return

    assert generators.generate(generator, "example", context) == value


def test_a_missing_value_names_those_that_are_there() -> None:
    with pytest.raises(GeneratorError, match=r"no value 'x' \(they gave: a, b\)"):
        generators.generate(Generator("ProviderState", {"expression": "${x}"}), "example", provider(b=1, a=2))


@pytest.mark.parametrize(
    ("kind", "attributes"), [("ProviderState", {"expression": "id"}), ("NoSuchGenerator", {}), ("MockServerURL", {})]
)
def test_what_does_not_apply_keeps_the_example(kind: str, attributes: dict[str, object]) -> None:
    context = provider() if kind == "MockServerURL" else consumer()

    assert generators.generate(Generator(kind, attributes), "example", context) == "example"


@pytest.mark.parametrize(
    ("url", "attributes", "value"),
    [
        ("http://x:1/p", {"example": "http://localhost:8080/a/b", "regex": ".*(/a/b)"}, "http://x:1/p/a/b"),
        ("http://x:1/", {"example": "http://localhost:8080/a", "regex": ".*(/a)"}, "http://x:1/a"),
        (None, {"example": "http://localhost/a", "regex": ".*(/a)"}, "there is no mock server"),
        ("http://x", {"example": "http://localhost/a", "regex": "b"}, "has no group 1"),
        ("http://x", {"example": "http://localhost/a", "regex": "("}, "is no pattern"),
        ("http://x", {"example": "http://localhost/a"}, "the generator has no 'regex'"),
    ],
)
def test_mock_server_url(url: str | None, attributes: dict[str, object], value: str) -> None:
    context = Context(random.Random(0), NOW, mock_server_url=url)
    generator = Generator("MockServerURL", attributes)
    if not value.startswith("http"):
        with pytest.raises(GeneratorError, match=value):
            generators.generate(generator, "example", context)
        return

    assert generators.generate(generator, "example", context) == value


def test_every_generator_stands_in_a_table_above() -> None:
    assert {row[0] for row in TEXTS} | {"ProviderState", "MockServerURL"} == GENERATORS.keys()


# -- where values go -------------------------------------------------------------------------------------------------

SEVEN = Generator("RandomInt", {"min": 7, "max": 7})


@pytest.mark.parametrize(
    ("path", "document", "generated"),
    [
        ("$", 1, 7),
        ("$.a", {"a": 1, "b": 1}, {"a": 7, "b": 1}),
        ("$.a.b", {"a": {"b": 1}}, {"a": {"b": 7}}),
        ("$.x", {"a": 1}, {"a": 1}),
        ("$.a.b", {"a": 1}, {"a": 1}),
        ("$[1]", [1, 1, 1], [1, 7, 1]),
        ("$[3]", [1, 1], [1, 1]),
        ("$['1']", [1, 1], [1, 7]),
        ("$.*", {"a": 1, "b": 1}, {"a": 7, "b": 7}),
        ("$.*", [1, 1], [7, 7]),
        ("$[*]", [1, 1], [7, 7]),
        ("$[*]", {"0": 1, "a": 1}, {"0": 7, "a": 1}),
        ("$.a[*].n", {"a": [{"n": 1}, {"m": 1}, {"n": 1}]}, {"a": [{"n": 7}, {"m": 1}, {"n": 7}]}),
        ("$.a", {"a": {"b": 1}}, {"a": 7}),
        ("$.a", [1], [1]),
    ],
)
def test_places(path: str, document: object, generated: object) -> None:
    assert generators.apply(document, {path: SEVEN}, consumer()) == generated


def test_the_example_stays_as_it_is() -> None:
    document = {"a": [{"n": 1}]}

    generators.apply(document, {"$.a[0].n": SEVEN}, consumer())

    assert document == {"a": [{"n": 1}]}


def test_a_failure_names_the_path() -> None:
    with pytest.raises(GeneratorError, match=r"at '\$.a', the generator has no 'regex'"):
        generators.apply({"a": 1}, {"$.a": Generator("Regex")}, consumer())


@given(st.integers(), st.permutations(["$.a", "$.b", "$.c"]))
def test_a_seed_gives_the_same_values_in_any_order_of_the_file(seed: int, order: list[str]) -> None:
    document = {"a": "x", "b": "x", "c": "x"}
    listed = {path: Generator("Uuid") for path in order}

    found = generators.apply(document, listed, consumer(seed))

    assert found == generators.apply(document, dict(sorted(listed.items())), consumer(seed))


@pytest.mark.parametrize(
    ("path", "metadata", "generated"),
    [
        ("k", {"k": 1}, {"k": 7}),
        ("$.k", {"k": 1}, {"k": 7}),
        ("$['x.k']", {"x.k": 1}, {"x.k": 7}),
        ("new", {"k": 1}, {"k": 1, "new": 7}),
        ("$.k.inside", {"k": {"inside": 1}}, {"k": {"inside": 1}}),
        ("$.*", {"k": 1}, {"k": 1}),
    ],
)
def test_metadata(path: str, metadata: dict[str, object], generated: dict[str, object]) -> None:
    assert generators.apply_to_metadata(metadata, {path: SEVEN}, consumer()) == generated


# -- variants of arrayContains ---------------------------------------------------------------------------------------

BY_KIND: Rules = {"$.kind": "equality"}


def variant(index: int, path: str = "$.id", rules: Rules = BY_KIND) -> dict[str, object]:
    return {"index": index, "rules": by_path(rules), "generators": {path: {"type": "RandomInt", "min": 7, "max": 7}}}


@pytest.mark.parametrize(
    ("variants", "document", "generated"),
    [
        (
            [variant(0, rules={"$.kind": "equality", "$.id": "type"})],
            [{"kind": "a", "id": 1}, {"kind": "b", "id": 1}],
            [{"kind": "a", "id": 7}, {"kind": "b", "id": 1}],
        ),
        (
            [variant(1)],
            [{"kind": "a", "id": 1}, {"kind": "b", "id": 1}],
            [{"kind": "a", "id": 1}, {"kind": "b", "id": 7}],
        ),
        ([variant(5)], [{"kind": "a", "id": 1}], [{"kind": "a", "id": 1}]),
        ([variant(0, "$")], [1], [7]),
        ([{"index": 0, "rules": {}}], [1], [1]),
    ],
)
def test_a_variant_generates_in_the_items_that_it_means(
    variants: list[object], document: list[object], generated: list[object]
) -> None:
    rules = read_rules({"body": {"$.list": {"matchers": [{"match": "arrayContains", "variants": variants}]}}})

    assert generators.apply({"list": document}, {}, consumer(), rules["body"]) == {"list": generated}


def test_a_rule_about_an_array_generates_nothing_elsewhere() -> None:
    rules = read_rules({"body": {"$.list": {"matchers": [{"match": "arrayContains", "variants": [variant(0)]}]}}})

    assert generators.apply({"list": {"id": 1}}, {}, consumer(), rules["body"]) == {"list": {"id": 1}}


def test_a_decimal_of_many_digits_is_a_number() -> None:
    context = Context(random.Random(1), datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC))

    values = [generators.generate(Generator("RandomDecimal", {"digits": 2000}), 1.5, context) for _ in range(50)]

    assert all(isinstance(each, float) and math.isfinite(each) for each in values)
