"""Templates of XML contents: what they show, and which rules and generators they state; delivered, recorded and verified."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import msgpact
from msgpact import generate, match
from msgpact.errors import DeclarationError
from msgpact.pactfile.rulesets import rules_json
from msgpact.template_xml import compile_xml


def rules(template: object) -> dict[str, Any]:
    """The matchers by path."""
    written: Any = rules_json({"body": compile_xml(template)[1]}).get("body", {})
    return {path: each["matchers"] for path, each in written.items()}


@pytest.mark.parametrize(
    ("template", "document"),
    [
        ("<a>x</a>", "<a>x</a>"),
        (ElementTree.Element("a", {"b": "1"}), '<a b="1" />'),
        ({"a": "x"}, "<a>x</a>"),
        ({"a": None}, "<a />"),
        ({"a": 1}, "<a>1</a>"),
        ({"a": 1.5}, "<a>1.5</a>"),
        ({"a": True}, "<a>true</a>"),
        ({"a": datetime.date(2020, 1, 2)}, "<a>2020-01-02</a>"),
        ("\ufeff<a/>", "<a/>"),
        ("<!DOCTYPE a><a>1</a>", "<a>1</a>"),
        ({"a": "<&>"}, "<a>&lt;&amp;&gt;</a>"),
        ({"a": {}}, "<a />"),
        ({"a": {"@b": "1", "#text": "x"}}, '<a b="1">x</a>'),
        ({"a": {"b": ["1", "2"], "c": {"d": None}}}, "<a><b>1</b><b>2</b><c><d /></c></a>"),
        ({"a": match.integer(42)}, "<a>42</a>"),
        ({"a": {"b": match.each_like({"c": match.boolean(True)})}}, "<a><b><c>true</c></b></a>"),
        ({"a": match.like({"b": "x"})}, "<a><b>x</b></a>"),
        ({"a": generate.random_int(1, 1)}, "<a>1</a>"),
        ({"n:a": {"@xmlns:n": "urn:n", "@n:b": "1"}}, '<n:a xmlns:n="urn:n" n:b="1" />'),
        ({"a": {"@xmlns": "urn:n", "@xml:lang": "en"}}, '<a xmlns="urn:n" xml:lang="en" />'),
    ],
)
def test_what_is_shown(template: object, document: str) -> None:
    assert compile_xml(template)[0] == document


@pytest.mark.parametrize(
    ("template", "stated"),
    [
        ({"a": "x"}, {}),
        ({"a": match.integer(42)}, {"$.a['#text']": [{"match": "integer"}]}),
        ({"a": {"@b": match.integer(42)}}, {"$.a['@b']": [{"match": "integer"}]}),
        ({"a": {"#text": match.integer(42)}}, {"$.a['#text']": [{"match": "integer"}]}),
        ({"a": {"b": match.each_like("x")}}, {"$.a.b": [{"match": "type"}]}),
        ({"a": match.like({"b": "x"})}, {"$.a": [{"match": "type"}]}),
        (
            {"a": {"b": match.each_like({"@c": match.regex("[0-9]+", "1")})}},
            {"$.a.b": [{"match": "type"}], "$.a.b['@c']": [{"match": "regex", "regex": "[0-9]+"}]},
        ),
        ({"a": {"b": [match.integer(1), match.integer(2)]}}, {"$.a.b['#text']": [{"match": "integer"}]}),
        (
            {"n:a": {"@xmlns:n": "urn:n", "@n:b": match.integer(1)}},
            {"$['urn:n:a']['@urn:n:b']": [{"match": "integer"}]},
        ),
        (
            {"a": {"@xmlns": "urn:n", "b": match.integer(1)}},
            {"$['urn:n:a']['urn:n:b']['#text']": [{"match": "integer"}]},
        ),
        ({"a": generate.random_int(1, 9)}, {"$.a['#text']": [{"match": "integer"}]}),
    ],
)
def test_rules(template: object, stated: dict[str, object]) -> None:
    assert rules(template) == stated


def test_generators() -> None:
    template = {"a": {"@b": generate.random_int(1, 9), "c": match.integer(generate.random_int(1, 9))}}

    assert set(compile_xml(template)[2]) == {"$.a['@b']", "$.a.c['#text']"}


LIKE = match.each_like({"b": 1}, min=2)


def unserializable() -> ElementTree.Element:
    element = ElementTree.Element("a")
    element.text = 5  # type: ignore[assignment]  # as users do
    return element


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("<a>", "Cannot use '<a>' as XML contents: it is not XML (no element found, line 1, column 4). Mend it."),
        (b"<a/>", "Cannot use b'<a/>' as XML contents: it is no document. Give text, an "),
        ({"a": 1, "b": 2}, "as XML contents: it is no document. Give text, an "),
        ([], "Cannot use [] as XML contents: it is no document. Give text, an "),
        ({"@a": 1}, "Cannot use '@a' at $: it is no name of an element. Within an element, '@name' is an attribute"),
        ({1: "x"}, "Cannot use 1 at $: it is no name of an element."),
        ({"a b": "x"}, "Cannot use the name 'a b' at $: it is not one. "),
        ({"a": {"@b c": "x"}}, "Cannot use the name '@b c' at $.a: it is not one. "),
        ({"a": ["x", "y"]}, "Cannot use several elements 'a' as XML contents: a document has one root. "),
        ({"a": {"b": []}}, "Cannot use no elements for 'b' at $.a: nothing would be said. Leave it out."),
        ({"n:a": "x"}, "Cannot use the name 'n:a' at $: the prefix 'n' is not declared. Declare it on the element or above"),
        ({"a": {"b": LIKE}}, "Cannot use match.each_like with these sizes for 'b' at $.a: in XML a rule counts what is within"),
        ({"a": match.each_key(match.regex("b", "b"), {"b": 1})}, "of an element Pact can only say that it is like the example."),
        ({"a": match.null()}, "Cannot use the rule 'null' at $.a['#text']: text cannot meet it."),
        ({"a": match.each_value(match.integer(), [1])}, "Cannot use the rule 'eachValue' at $.a['#text']: text cannot meet it."),
        ({"a": match.like(match.integer())}, "Cannot put a matcher directly into a matcher at $.a['#text']"),
        ({"a": {"@b": {"c": 1}}}, "Cannot use {'c': 1} at $.a['@b']: it is of the type dict, and XML holds text there."),
        ({"a": {"b": [match.integer(1), "5"]}}, "Cannot state two different rules at $.a.b['#text']: Pact holds one set"),
        ({"a": {"b": ["5", match.integer(1)]}}, "Cannot state two different rules at $.a.b['#text']: Pact holds one set"),
        ({"a": {"b": [match.like({"c": "1"}), {"c": "1"}]}}, "Cannot state two different rules at $.a.b: Pact holds one set"),
        (
            {"a": {"b": [generate.random_int(1, 9), generate.random_int(10, 99)]}},
            "Cannot state two different generators at $.a.b['#text']: Pact holds one set",
        ),
        ({"a": {1: "x"}}, "Cannot use 1 at $.a: it is no name of an element."),
        ("<?xml version='1.0' encoding='klingon'?><a/>", "it declares an encoding that is not known: 'klingon'. Mend it."),
        (unserializable(), "as XML contents: cannot serialize 5 (type int). Mend it."),
        ({"a": {"@xmlns": match.string("urn:n")}}, "as the namespace '@xmlns': it is a Matcher. Write its URI."),
        ({"a": {"@xmlns:n": 1}}, "Cannot use 1 as the namespace '@xmlns:n': it is a int. Write its URI."),
        ({"a": {"@xmlns": "it's", "b": match.integer(1)}}, "Cannot state a rule at $['it's:a']['it's:b']['#text']: "),
        ({"a": {"b": [match.integer(1), match.number(2)]}}, "Cannot state two different rules at $.a.b['#text']: Pact holds one set"),
        ({"a": "\x00"}, "Cannot use '<a>\\x00</a>' as XML contents: it is not XML (not well-formed (invalid token), "),
    ],
)  # fmt: skip
def test_what_cannot_be_said(template: object, said: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        compile_xml(template)

    assert said in str(refused.value)


# -- the whole way ---------------------------------------------------------------------------------------------------

ORDER = {
    "order": {
        "@id": match.integer(42),
        "line": match.each_like({"sku": match.string("A-1"), "qty": generate.random_int(1, 9)}),
    }
}


def consumer(handler: Callable[[Any], object]) -> msgpact.Consumer:
    fulfilment = msgpact.Consumer("fulfilment", provider="orders")
    fulfilment.expects("an order", content_type="application/xml", contents=ORDER)(handler)
    return fulfilment


def provider(document: object) -> msgpact.Provider:
    orders = msgpact.Provider("orders", content_type="application/xml")
    orders.produces("an order")(lambda: document)
    return orders


@pytest.mark.parametrize("spec_version", ["3.0.0", "4.0"])
def test_recorded_and_verified(tmp_path: Path, spec_version: str) -> None:
    came: list[ElementTree.Element] = []

    report = msgpact.record(consumer(came.append), tmp_path, spec_version=spec_version, seed=1)

    assert report.ok, report
    assert came[0].attrib == {"id": "42"}
    assert [each.tag for each in came[0].iter()] == ["order", "line", "sku", "qty"]
    assert 1 <= int(came[0].findtext("line/qty") or 0) <= 9
    good = '<order id="7"><line><sku>B</sku><qty>2</qty></line><line><sku>C</sku><qty>3</qty></line></order>'
    assert msgpact.verify(provider(good), tmp_path).ok
    assert msgpact.verify(provider(ElementTree.fromstring(good)), tmp_path).ok
    broken = msgpact.verify(provider(good.replace("<qty>3</qty>", "<qty>three</qty>")), tmp_path)
    assert [str(each) for each in broken.results[0].mismatches] == [
        'contents $.order.line.qty[\'#text\']: expected an integer, such as "1", got "three" (a string): in <line> 2'
    ]


def test_generated_values_follow_the_seed(tmp_path: Path) -> None:
    came: list[bytes] = []

    def handler(order: bytes) -> None:
        came.append(order)

    for seed in (1, 1, 2):
        assert msgpact.record(consumer(handler), tmp_path, seed=seed).ok
    assert came[0] == came[1] != came[2]


def test_a_producer_that_sends_no_xml(tmp_path: Path) -> None:
    assert msgpact.record(consumer(lambda order: None), tmp_path).ok

    (cut,) = msgpact.verify(provider("<order>"), tmp_path).results
    (wrong,) = msgpact.verify(provider({"order": 1}), tmp_path).results

    assert "it is not XML (no element found, line 1, column 8)" in str(cut.mismatches[0])
    assert "a dict is not XML: give text, bytes or an xml.etree.ElementTree.Element" in wrong.text


def test_an_integer_in_text_is_digits_alone() -> None:
    desk = msgpact.Consumer("desk", provider="orders")
    desk.expects("a sum", content_type="application/xml", contents={"sum": match.integer(-2)})(lambda document: None)

    with pytest.raises(DeclarationError, match="in text an integer is digits alone"):
        _ = desk.expectations[0].interaction


def test_a_request_whose_example_is_no_xml(tmp_path: Path) -> None:
    pact = """{"consumer": {"name": "c"}, "provider": {"name": "p"}, "metadata": {"pactSpecification": {"version": "4.0"}},
        "interactions": [{"type": "Synchronous/Messages", "description": "d", "response": [{}], "request": {
        "contents": {"content": "<a>", "contentType": "application/xml"},
        "generators": {"body": {"$.a['#text']": {"type": "RandomInt"}}}}}]}"""
    (tmp_path / "c-p.json").write_text(pact, encoding="utf-8")
    answering = msgpact.Provider("p")
    answering.answers("d")(lambda request: {})

    (result,) = msgpact.verify(answering, tmp_path).results

    assert "Cannot make the request of 'd': of the example, it is not XML" in result.text
