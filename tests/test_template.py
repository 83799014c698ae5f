import datetime
import decimal
import enum
import subprocess
import sys
import uuid
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgpact import generate, match
from msgpact.errors import DeclarationError
from msgpact.model import Form, Generator, MatchingRule, MessageContents, PathRules, Presence, RuleSet
from msgpact.rules.compare import compare
from msgpact.rules.paths import root
from msgpact.template import UNSET, compile_message, compile_template, content_type_of

INTEGER, TYPE = RuleSet((MatchingRule("integer"),)), RuleSet((MatchingRule("type"),))


class Colour(enum.Enum):
    RED = "red"


class Size(enum.StrEnum):
    SMALL = "s"


@dataclass
class Line:
    sku: str


# -- documents -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "example"),
    [
        pytest.param({"a": 1, "b": [1.0, None, True, "x"]}, {"a": 1, "b": [1.0, None, True, "x"]}, id="plain JSON"),
        pytest.param({"a": match.integer(3)}, {"a": 3}, id="a matcher"),
        pytest.param({"a": generate.random_int(4, 9)}, {"a": 4}, id="a generator"),
        pytest.param([match.like({"b": match.integer(3)})], [{"b": 3}], id="a matcher below a matcher"),
        pytest.param((1, 2), [1, 2], id="a tuple"),
        pytest.param({3, 1, 2}, [1, 2, 3], id="a set, sorted"),
        pytest.param(
            {"at": datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)}, {"at": "2020-01-02T00:00:00Z"}, id="date"
        ),
        pytest.param([uuid.UUID(int=1)], ["00000000-0000-0000-0000-000000000001"], id="a UUID"),
        pytest.param([decimal.Decimal("1.50")], ["1.50"], id="a Decimal is text, as Pydantic writes it"),
        pytest.param({Colour.RED: Colour.RED}, {"red": "red"}, id="an Enum"),
        pytest.param({Size.SMALL: Size.SMALL}, {"s": "s"}, id="a StrEnum"),
        pytest.param(match.array_contains(1, {"a": match.integer(2)}), [1, {"a": 2}], id="variants"),
        pytest.param(match.values({"k": match.integer(5)}), {"k": 5}, id="values"),
    ],
)
def test_the_example_of_a_template(template: object, example: object) -> None:
    found = compile_template(template)[0]

    assert found == example
    assert type(found) is type(example)


@pytest.mark.parametrize(
    ("template", "rules"),
    [
        pytest.param({"a": 1}, {}, id="plain values have no rules"),
        pytest.param(match.like(1), {"$": TYPE}, id="the root"),
        pytest.param({"a": {"b": match.like(1)}}, {"$.a.b": TYPE}, id="a field below a field"),
        pytest.param({"a b": match.like(1), "c.d": match.like(1)}, {"$['a b']": TYPE, "$['c.d']": TYPE}, id="odd keys"),
        pytest.param([0, match.like(1)], {"$[1]": TYPE}, id="an item"),
        pytest.param(
            match.each_like({"n": match.integer()}),
            {"$": RuleSet((MatchingRule("type", {"min": 1}),)), "$[*].n": INTEGER},
            id="like items",
        ),
        pytest.param(
            match.values({"x": match.integer()}),
            {"$": RuleSet((MatchingRule("values"),)), "$.*": INTEGER},
            id="like values",
        ),
        pytest.param(
            match.any_of(match.integer(), match.null()),
            {"$": RuleSet((MatchingRule("integer"), MatchingRule("null")), "OR")},
            id="one rule of several",
        ),
    ],
)
def test_rules_stand_at_their_paths(template: object, rules: dict[str, RuleSet]) -> None:
    assert compile_template(template)[1] == rules


def test_variants_hold_their_own_rules_and_generators() -> None:
    _, rules, found = compile_template({"a": match.array_contains({"n": generate.random_int()}, "x")})

    variants = rules["$.a"].matchers[0].attributes["variants"]
    assert [(each.index, dict(each.rules), dict(each.generators)) for each in variants] == [  # type: ignore[attr-defined]
        (0, {"$.n": INTEGER}, {"$.n": Generator("RandomInt", {"min": 0, "max": 10})}),
        (1, {}, {}),
    ]
    assert found == {}


def test_a_generator_may_stand_in_a_matcher() -> None:
    example, rules, found = compile_template(match.integer(generate.random_int(3, 4)))

    assert (example, rules, list(found)) == (3, {"$": INTEGER}, ["$"])


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON)
def test_a_plain_document_is_its_own_example(document: object) -> None:
    assert compile_template(document) == (document, {}, {})


@given(JSON)
def test_a_document_meets_the_type_of_itself(document: object) -> None:
    example, rules, _ = compile_template(match.like(document))

    assert compare(example, document, root(PathRules(rules))) == []


def test_the_order_of_a_set_is_the_same_in_every_process() -> None:
    code = "from msgpact.template import compile_template; print(compile_template({'a': set('abcdef')})[0])"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]

    assert runs == ["{'a': ['a', 'b', 'c', 'd', 'e', 'f']}\n"] * 2


@pytest.mark.parametrize(
    ("template", "message"),
    [
        pytest.param({1: "a"}, r"Cannot use 1 as a key at \$: JSON objects have strings as keys. Write '1'", id="key"),
        pytest.param({"a": object}, r"Cannot use 'object' at \$.a: it is a class, not a value", id="class"),
        pytest.param([float("nan")], r"Cannot use nan at \$\[0\]: ", id="NaN"),
        pytest.param({"a": b"x"}, r"Cannot use bytes at \$.a: JSON has none", id="bytes"),
        pytest.param({"a": match.like(b"x")}, r"Cannot use bytes at \$.a: JSON has none", id="bytes in a matcher"),
        pytest.param({"a": Line("x")}, r"Cannot use a Line inside a template \(at \$.a\)", id="a dataclass"),
        pytest.param(match.like(match.integer()), r"a matcher directly into a matcher at \$", id="matcher in matcher"),
        pytest.param({"it's": match.like(1)}, r"a rule below the key \"it's\" at \$", id="quote in a key"),
        pytest.param({"": match.like(1)}, r"a rule below the key '' at \$", id="empty key"),
        pytest.param(
            match.values({"a": match.integer(), "b": match.string()}),
            r"two different rules at \$\.\*",
            id="values differ",
        ),
    ],
)
def test_what_a_pact_cannot_say_is_refused(template: object, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        compile_template(template)


def test_odd_keys_without_rules_are_plain_values() -> None:
    assert compile_template({"it's": {"": 1}}) == ({"it's": {"": 1}}, {}, {})


# -- messages --------------------------------------------------------------------------------------------------------


def message(contents: object = UNSET, content_type: str | None = None, **metadata: object) -> MessageContents:
    return compile_message(contents, metadata, content_type)


@pytest.mark.parametrize(
    ("contents", "content_type", "presence", "form", "value"),
    [
        pytest.param({"a": 1}, None, Presence.PRESENT, Form.JSON, {"a": 1}, id="JSON"),
        pytest.param("", "application/json", Presence.PRESENT, Form.JSON, "", id="an empty JSON string"),
        pytest.param(match.null(), "application/json", Presence.PRESENT, Form.JSON, None, id="JSON null"),
        pytest.param("hello", "text/plain", Presence.PRESENT, Form.TEXT, "hello", id="text"),
        pytest.param(
            match.regex("h.*", "hello"), "text/plain", Presence.PRESENT, Form.TEXT, "hello", id="text by rule"
        ),
        pytest.param(generate.random_string(2), "text/plain", Presence.PRESENT, Form.TEXT, "ab", id="generated text"),
        pytest.param("", "text/plain", Presence.EMPTY, Form.JSON, None, id="empty text"),
        pytest.param(b"\x00", "application/x-thing", Presence.PRESENT, Form.BINARY, b"\x00", id="bytes"),
        pytest.param(b"", "application/x-thing", Presence.EMPTY, Form.JSON, None, id="no bytes"),
        pytest.param(None, None, Presence.TOMBSTONE, Form.JSON, None, id="a tombstone"),
        pytest.param(UNSET, None, Presence.MISSING, Form.JSON, None, id="not stated"),
    ],
)
def test_contents(contents: object, content_type: str | None, presence: Presence, form: Form, value: object) -> None:
    found = message(contents, content_type).contents

    assert (found.presence, found.form, found.value) == (presence, form, value)


@pytest.mark.parametrize(
    ("contents", "content_type", "message_"),
    [
        pytest.param(
            {"a": 1}, "text/plain", "Cannot use {'a': 1} as contents of type 'text/plain': they are text", id="text"
        ),
        pytest.param("a", "image/png", "Cannot use 'a' as contents of type 'image/png': they are bytes", id="bytes"),
        pytest.param({}, "json", "Cannot use the content type 'json': it is not one", id="no content type"),
        pytest.param({}, 3, "Cannot use the content type 3: it is not one", id="no text"),
    ],
)
def test_contents_that_do_not_fit_their_type(contents: object, content_type: str, message_: str) -> None:
    with pytest.raises(DeclarationError, match=message_):
        message(contents, content_type)


@pytest.mark.parametrize(
    ("metadata", "stated", "found"),
    [
        pytest.param({}, None, "application/json", id="neither"),
        pytest.param({}, "text/plain", "text/plain", id="by itself"),
        pytest.param({"contentType": "text/plain"}, None, "text/plain", id="in the metadata"),
        pytest.param({"Content-Type": "text/plain"}, None, "text/plain", id="in the metadata as a header"),
        pytest.param({"contentType": "text/plain"}, "text/plain", "text/plain", id="in both"),
    ],
)
def test_the_content_type_is_said_in_either_place(metadata: dict[str, object], stated: str | None, found: str) -> None:
    assert content_type_of(metadata, stated) == found
    assert compile_message("x", metadata, stated).contents.content_type == found


def test_a_content_type_is_exact() -> None:
    with pytest.raises(
        DeclarationError, match=r"Cannot use <text matching .* as the content type: .* it must be exact"
    ):
        content_type_of({"contentType": match.regex("text/.*", "text/xml")}, None)


def test_contents_that_are_not_stated_say_so() -> None:
    assert repr(UNSET) == "not stated"


def test_two_content_types_are_refused() -> None:
    with pytest.raises(
        DeclarationError, match="Cannot use the content type 'text/xml': the metadata says 'text/plain'"
    ):
        message("x", "text/xml", contentType="text/plain")


def test_the_content_type_stands_in_the_metadata_once() -> None:
    assert message({"a": 1}, topic="t").metadata == {"contentType": "application/json", "topic": "t"}
    assert message({"a": 1}, **{"content-type": "application/json"}).metadata == {"content-type": "application/json"}
    assert message(None, topic="t").metadata == {"topic": "t"}


@pytest.mark.parametrize(
    ("key", "path"), [("topic", "topic"), ("x-id", "x-id"), ("x.id", "$['x.id']"), ("a b", "$['a b']")], ids=str
)
def test_rules_and_generators_of_metadata_stand_at_their_keys(key: str, path: str) -> None:
    found = compile_message({}, {key: match.integer(generate.random_int(1, 2))}, None)

    assert found.metadata[key] == 1
    assert found.matching_rules == {"metadata": {path: INTEGER}}
    assert list(found.generators["metadata"]) == [path]


@pytest.mark.parametrize(
    ("metadata", "message_"),
    [
        pytest.param(
            {"k": {"a": match.like(1)}}, "a rule inside the metadata entry 'k': Pact sees an entry as a whole", id="in"
        ),
        pytest.param(
            {"it's": match.like(1)}, 'a rule for the metadata entry "it\'s": its name holds a quote', id="quote"
        ),
        pytest.param({1: "a"}, "Cannot use 1 as the name of a metadata entry", id="no text"),
        pytest.param({"": "a"}, "Cannot use '' as the name of a metadata entry", id="empty"),
    ],
)
def test_metadata_that_a_pact_cannot_hold(metadata: dict[str, object], message_: str) -> None:
    with pytest.raises(DeclarationError, match=message_):
        compile_message({}, metadata, None)


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1])
def test_an_integer_that_would_lose_digits(number: int) -> None:
    with pytest.raises(
        DeclarationError, match=r"at \$\.a: Pact's integers have 64 bits, and others lose digits\. Use text\."
    ):
        compile_template({"a": number})

    assert compile_template({"a": 2**64 - 1})[0] == {"a": 2**64 - 1}
