"""The comparison of XML documents.

A row is what it shows, the rules, the example, what came, and the paths of the mismatches (none means that it matches).
"""

import pytest
from notation import Rules, any_of, by_path, like, regex

from msgpact.pactfile.rulesets import read_rules
from msgpact.results import Mismatch
from msgpact.rules import paths
from msgpact.rules.xml import compare_xml, name_of, text_of
from msgpact.serializers import xml

Row = tuple[str, Rules, str, str, list[str]]

NS = 'xmlns:n="urn:n"'

WITHOUT_RULES: list[Row] = [
    ("equal", {}, "<a b='1'><c>x</c></a>", "<a b='1'><c>x</c></a>", []),
    ("another root", {}, "<a/>", "<b/>", ["$.a"]),
    ("another text", {}, "<a>x</a>", "<a>y</a>", ["$.a['#text']"]),
    ("another attribute's value", {}, "<a b='1'/>", "<a b='2'/>", ["$.a['@b']"]),
    ("a missing attribute", {}, "<a b='1' c='2'/>", "<a b='1'/>", ["$.a", "$.a['@c']"]),
    ("an attribute of another name", {}, "<a b='1'/>", "<a c='1'/>", ["$.a['@b']"]),
    ("an unexpected attribute", {}, "<a/>", "<a b='1'/>", []),
    ("attributes in any order", {}, "<a b='1' c='2'/>", "<a c='2' b='1'/>", []),
    ("a missing element", {}, "<a><b/></a>", "<a/>", ["$.a"]),
    ("an unexpected element", {}, "<a><b/></a>", "<a><b/><c/></a>", []),
    ("elements of other names in any order", {}, "<a><b/><c/></a>", "<a><c/><b/></a>", []),
    ("elements of one name in their order", {}, "<a><b>1</b><b>2</b></a>", "<a><b>2</b><b>1</b></a>", ["$.a.b['#text']"] * 2),
    ("fewer elements of a name", {}, "<a><b/><b/></a>", "<a><b/></a>", ["$.a.b"]),
    ("more elements of a name", {}, "<a><b/></a>", "<a><b/><b/></a>", []),
    ("white space around text", {}, "<a>x</a>", "<a>\n  x\t</a>", []),
    ("white space between elements", {}, "<a><b/></a>", "<a>\n  <b/>\n</a>", []),
    ("white space within text", {}, "<a>x y</a>", "<a>x  y</a>", ["$.a['#text']"]),
    ("runs of text around elements", {}, "<a>x<b/>y</a>", "<a>x <b/> y</a>", []),
    ("CDATA is text", {}, "<a>x&lt;</a>", "<a><![CDATA[x<]]></a>", []),
    ("comments and instructions", {}, "<a><b/></a>", "<?p q?><a><!-- c --><b/><?r s?></a>", []),
    ("a document type", {}, "<a/>", "<!DOCTYPE a><a/>", []),
    ("other prefixes of a namespace", {}, f"<n:a {NS} n:b='1'/>", "<x:a xmlns:x='urn:n' x:b='1'/>", []),
    ("the default namespace", {}, f"<n:a {NS}/>", "<a xmlns='urn:n'/>", []),
    ("another namespace", {}, f"<n:a {NS}/>", "<n:a xmlns:n='urn:m'/>", ["$['urn:n:a']"]),
    ("no namespace", {}, f"<n:a {NS}/>", "<a/>", ["$['urn:n:a']"]),
    ("an attribute of another namespace", {}, f"<a {NS} n:b='1'/>", "<a b='1'/>", ["$.a['@urn:n:b']"]),
]  # fmt: skip

WITH_RULES: list[Row] = [
    ("a rule on text", {"$.a['#text']": regex(r"\d+")}, "<a>1</a>", "<a> 22 </a>", []),
    ("a rule on text, not met", {"$.a['#text']": regex(r"\d+")}, "<a>1</a>", "<a>x</a>", ["$.a['#text']"]),
    ("text is matched whole", {"$.a['#text']": regex(r"\d")}, "<a>1</a>", "<a>22</a>", ["$.a['#text']"]),
    ("a number in text", {"$.a['#text']": "integer"}, "<a>1</a>", "<a>22</a>", []),
    ("no number in text", {"$.a['#text']": "decimal"}, "<a>1.0</a>", "<a>x</a>", ["$.a['#text']"]),
    ("types of text are all the same", {"$.a['#text']": "type"}, "<a>1</a>", "<a>x</a>", []),
    ("a rule on an attribute", {"$.a['@b']": "boolean"}, "<a b='true'/>", "<a b='false'/>", []),
    ("a rule on an attribute, not met", {"$.a['@b']": "boolean"}, "<a b='true'/>", "<a b='1'/>", ["$.a['@b']"]),
    ("one of two rules", {"$.a['@b']": any_of("boolean", "integer")}, "<a b='true'/>", "<a b='1'/>", []),
    ("a rule for every element", {"$.a.*['@i']": "integer"}, "<a><b i='1'/><c i='1'/></a>", "<a><b i='2'/><c i='x'/></a>", ["$.a.c['@i']"]),
    ("in a namespace", {"$['urn:n:a']['@urn:n:b']": "integer"}, f"<n:a {NS} n:b='1'/>", f"<n:a {NS} n:b='2'/>", []),
    ("a rule on an element is about its name", {"$.a": regex(r"\d+")}, "<a>1</a>", "<a>2</a>", ["$.a"]),
    ("a name's namespace is left out", {"$['urn:n:a']": regex("a")}, f"<n:a {NS}>1</n:a>", f"<n:a {NS}>a</n:a>", []),
    ("of another type is another name", {"$.a": "type"}, "<a/>", "<b/>", ["$.a"]),
    ("type holds below", {"$.a": "type"}, "<a><b c='1'>x</b></a>", "<a><b c='2'>y</b></a>", []),
    ("type frees how many there are", {"$.a": "type"}, "<a><b>1</b></a>", "<a><b>2</b><b>3</b></a>", []),
    ("on the elements themselves", {"$.a.b": "type"}, "<a><b>1</b></a>", "<a><b>2</b><b>3</b></a>", []),
    ("but not to none", {"$.a.b": "type"}, "<a><b>1</b></a>", "<a/>", ["$.a"]),
    ("each is like the first", {"$.a.b": "type"}, "<a><b c='1'/><b/></a>", "<a><b c='2'/><b/></a>", ["$.a.b", "$.a.b['@c']"]),
    ("type allows no other elements", {"$.a": "type"}, "<a><b/></a>", "<a><b/><c/></a>", ["$.a"]),
    ("equality below type", {"$.a": "type", "$.a.b['#text']": "equality"}, "<a><b>1</b></a>", "<a><b>2</b></a>", ["$.a.b['#text']"]),
    ("min counts what is within", {"$.a": like(min=2)}, "<a><b/></a>", "<a><b/><b/></a>", []),
    ("min, not met", {"$.a": like(min=2)}, "<a><b/></a>", "<a>\n<b/>\n</a>", ["$.a"]),
    ("max, not met", {"$.a": like(max=1)}, "<a><b/></a>", "<a><b/><b/></a>", ["$.a"]),
    ("text counts as well", {"$.a": like(min=1)}, "<a>x</a>", "<a>y</a>", []),
    ("sizes hold where they sit", {"$.a": like(min=2)}, "<a><b/><b/></a>", "<a><b>1</b><b/></a>", []),
    ("not empty, all the way down", {"$.a": "notEmpty"}, "<a>x<b>y</b></a>", "<a>z<b>z</b></a>", []),
    ("empty", {"$.a": "notEmpty"}, "<a><b/></a>", "<a>  </a>", ["$.a"]),
    ("equality of an element is its name", {"$.a": "equality"}, "<a/>", "<b/>", ["$.a"]),
    ("a rule that no element meets", {"$.a": "integer"}, "<a>1</a>", "<a>1</a>", ["$.a"]),
    ("a rule for one of several", {"$.a.b[1]['#text']": "integer"}, "<a><b>x</b><b>1</b></a>", "<a><b>x</b><b>2</b></a>", []),
    ("the others stay exact", {"$.a.b[1]['#text']": "integer"}, "<a><b>x</b><b>1</b></a>", "<a><b>y</b><b>2</b></a>", ["$.a.b['#text']"]),
    ("a rule for all of several", {"$.a.b[*]['#text']": "integer"}, "<a><b>1</b><b>2</b></a>", "<a><b>3</b><b>4</b></a>", []),
    ("and without saying so", {"$.a.b['#text']": "integer"}, "<a><b>1</b><b>2</b></a>", "<a><b>3</b><b>4</b></a>", []),
]  # fmt: skip

AS_IN_REQUESTS: list[Row] = [
    ("an unexpected attribute", {}, "<a b='1'/>", "<a b='1' c='2'/>", ["$.a"]),
    ("an unexpected element", {}, "<a><b/></a>", "<a><b/><c/></a>", ["$.a"]),
    ("an element where none was", {}, "<a/>", "<a><c/></a>", ["$.a"]),
    ("one more of a name", {}, "<a><b/></a>", "<a><b/><b/></a>", ["$.a.b"]),
    ("nothing unexpected", {}, "<a b='1'><c/></a>", "<a b='1'><c/></a>", []),
]


def mismatches(rules: Rules, example: str, actual: str, *, unexpected_keys: bool = True) -> list[Mismatch]:
    top = paths.root(read_rules({"body": by_path(rules)}).get("body", {}))
    return compare_xml(xml.load(example), xml.load(actual), top, unexpected_keys=unexpected_keys)


def named(rows: list[Row]) -> list[object]:
    return [pytest.param(*row[1:], id=row[0]) for row in rows]


@pytest.mark.parametrize(("rules", "example", "actual", "where"), named(WITHOUT_RULES + WITH_RULES))
def test_documents(rules: Rules, example: str, actual: str, where: list[str]) -> None:
    assert [each.path for each in mismatches(rules, example, actual)] == where


@pytest.mark.parametrize(("rules", "example", "actual", "where"), named(AS_IN_REQUESTS))
def test_where_nothing_more_is_allowed(rules: Rules, example: str, actual: str, where: list[str]) -> None:
    assert [each.path for each in mismatches(rules, example, actual, unexpected_keys=False)] == where


@pytest.mark.parametrize(
    ("rules", "example", "actual", "said"),
    [
        ({}, "<a b='1'/>", "<a/>", "expected at least 1 attribute, got nothing: it has none"),
        ({}, "<a><b/></a>", "<a><c/></a>", "contents $.a: expected the element <b>, got nothing: the elements are c"),
        ({}, "<a><b/><b/></a>", "<a><b/></a>", "contents $.a.b: expected 2 of these elements, got nothing: there are 1"),
        ({"$.a": "type"}, "<a/>", "<a><b/></a>", "contents $.a: expected no element <b>, got nothing: there are 1"),
        ({"$.a": regex("x")}, "<a/>", "<a/>", "on an element the rule is about its name; on its text, it stands at ['#text']"),
        ({"$.a": "date"}, "<a/>", "<a/>", "the rule cannot be met by an element"),
    ],
)  # fmt: skip
def test_words(rules: Rules, example: str, actual: str, said: str) -> None:
    assert said in str(mismatches(rules, example, actual)[0])


def test_deep_documents_are_compared_to_a_limit() -> None:
    deep = "<a>" * 5000 + "</a>" * 5000

    (mismatch,) = mismatches({}, deep, deep)

    assert mismatch.reason == "it is nested deeper than is compared"


def test_names_and_texts() -> None:
    element = xml.load("<n:a xmlns:n='urn:n'> x <b/> y </n:a>")

    assert name_of(element.tag) == "urn:n:a"
    assert text_of(element) == "xy"
