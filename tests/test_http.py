"""HTTP requests and responses: every part against what is expected of it, and their generated values."""

import datetime
import random
import re
import urllib.parse
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgpact.errors import DeclarationError
from msgpact.http import check_request, check_response, generated_request, generated_response
from msgpact.http_model import ExpectedRequest, ExpectedResponse, HttpRequest, HttpResponse
from msgpact.model import Contents, Form, Presence
from msgpact.pactfile.interactions import body_of, bytes_of
from msgpact.pactfile.rulesets import read_generators, read_rules
from msgpact.rules.generators import Context

JSON = "application/json"


def rules(**categories: object) -> Any:
    return read_rules(categories)


def one(**matcher: object) -> dict[str, object]:
    return {"matchers": [matcher]}


TYPE = one(match="type")


# -- the request -----------------------------------------------------------------------------------------------------

REQUESTS = [
    # expected, actual, what is wrong
    (ExpectedRequest(), HttpRequest(), []),
    (ExpectedRequest("POST"), HttpRequest("post"), []),
    (ExpectedRequest("POST"), HttpRequest("PUT"), ['method: expected exactly "POST", got "PUT" (a string)']),
    (
        ExpectedRequest("POST", matching_rules=rules(method=TYPE)),
        HttpRequest("PUT"),
        ['method: expected exactly "POST", got "PUT" (a string)'],
    ),
    (ExpectedRequest(path="/a"), HttpRequest(path="/a"), []),
    (ExpectedRequest(path="/a"), HttpRequest(path="/a/"), ['path: expected exactly "/a", got "/a/" (a string)']),
    (ExpectedRequest(path="/a"), HttpRequest(path="/A"), ['path: expected exactly "/a", got "/A" (a string)']),
    (ExpectedRequest(path="/a", matching_rules=rules(path=TYPE)), HttpRequest(path="/b"), []),
    (ExpectedRequest(path="/1", matching_rules=rules(path=one(regex=r"/\d+"))), HttpRequest(path="/23"), []),
    (
        ExpectedRequest(path="/1", matching_rules=rules(path=one(regex=r"/\d+"))),
        HttpRequest(path="/x"),
        [r'path: expected text matching the pattern /\d+, such as "/1", got "/x" (a string)'],
    ),
    (ExpectedRequest(query={"a": ("1",), "b": ("2",)}), HttpRequest(query="b=2&a=1"), []),
    (
        ExpectedRequest(query={"a": ("1",)}),
        HttpRequest(query="b=2"),
        [
            'query a: expected the parameter, such as "1", got nothing: the parameters are b',
            'query b: expected no other parameters, got ["2"]',
        ],
    ),
    (
        ExpectedRequest(query={"a": ("1", "2")}),
        HttpRequest(),
        ['query a: expected the parameter, such as ["1", "2"], got nothing: there are no parameters'],
    ),
    (ExpectedRequest(), HttpRequest(query="a=1"), ['query a: expected no other parameters, got ["1"]']),
    (ExpectedRequest(query={"a": ("1",)}, matching_rules=rules(query={"a": TYPE})), HttpRequest(query="a=x"), []),
    (
        ExpectedRequest(query={"a": ("1",)}, matching_rules=rules(query={"a": TYPE, "b": TYPE})),
        HttpRequest(query="a=x&b=1"),
        ['query b: expected no other parameters, got ["1"]'],
    ),
    (ExpectedRequest(query="a=1&b=2"), HttpRequest(query="a=1&b=2"), []),
    (
        ExpectedRequest(query="a=1&b=2"),
        HttpRequest(query="b=2&a=1"),
        ['query: expected exactly "a=1&b=2", got "b=2&a=1" (a string)'],
    ),
    (
        ExpectedRequest(body=body_of(b'{"a": 1}', JSON)),
        HttpRequest(body=b'{"a": 1, "b": 2}'),
        ["body $: expected no other keys, got {\"b\": 2}: the key 'b' is not in the example"],
    ),
]


@pytest.mark.parametrize(("expected", "actual", "lines"), REQUESTS, ids=str)
def test_requests(expected: ExpectedRequest, actual: HttpRequest, lines: list[str]) -> None:
    assert [str(each) for each in check_request(expected, actual)] == lines


# -- the response ----------------------------------------------------------------------------------------------------

SUCCESS = rules(status=one(match="statusCode", status="success"))

STATUSES = [
    (ExpectedResponse(200), 200, []),
    (ExpectedResponse(200), 201, ["status: expected exactly 200, got 201 (an integer)"]),
    (ExpectedResponse(200, matching_rules=SUCCESS), 204, []),
    (
        ExpectedResponse(200, matching_rules=SUCCESS),
        400,
        ["status: expected a status code: success, such as 200, got 400 (an integer)"],
    ),
    (ExpectedResponse(200, matching_rules=rules(status={"$": one(match="statusCode", status=[200, 404])})), 404, []),
    (ExpectedResponse(200, matching_rules=rules(status=one(match="integer"))), 500, []),
]


@pytest.mark.parametrize(("expected", "actual", "lines"), STATUSES, ids=str)
def test_statuses(expected: ExpectedResponse, actual: int, lines: list[str]) -> None:
    assert [str(each) for each in check_response(expected, HttpResponse(actual))] == lines


HEADERS: list[tuple[dict[str, tuple[str, ...]], dict[str, object], list[tuple[str, str]], list[str]]] = [
    # expected, rules, actual, what is wrong
    ({}, {}, [("X", "1")], []),
    ({"X": ("1",)}, {}, [("x", "1")], []),
    ({"X": ("1",)}, {}, [("X", " 1 ")], []),
    ({"X": ("1",)}, {}, [("X", "2")], ['header X: expected exactly "1", got "2" (a string)']),
    ({"X": ("1",)}, {}, [], ['header X: expected the header, such as "1", got nothing: there are no headers']),
    (
        {"X": ("1", "2")},
        {},
        [("Y", "1")],
        ['header X: expected the header, such as ["1", "2"], got nothing: the headers are y'],
    ),
    ({"X": ("1", "2")}, {}, [("X", "1"), ("x", "2")], []),
    ({"Accept": ("a/b", "c/d")}, {}, [("Accept", "a/b;q=1, c/d")], []),
    ({"Accept": ("a/b", "c/d")}, {}, [("Accept", "a/b"), ("Accept", "c/d")], []),
    (
        {"Accept": ("a/b", "c/d")},
        {},
        [("Accept", "c/d, a/b")],
        [
            'header Accept[0]: expected exactly "a/b", got "c/d" (a string)',
            'header Accept[1]: expected exactly "c/d", got "a/b" (a string)',
        ],
    ),
    ({"X": ("1",)}, {"x": TYPE}, [("X", "2")], []),
    ({"X": ("1",)}, {"x": one(match="integer")}, [("X", "a")], ["header X: expected an integer"]),
    ({"X": ("1",)}, {"x": TYPE}, [], ["header X: expected the header"]),
]


@pytest.mark.parametrize(("expected", "ruled", "actual", "lines"), HEADERS, ids=str)
def test_headers(
    expected: dict[str, tuple[str, ...]], ruled: dict[str, object], actual: list[tuple[str, str]], lines: list[str]
) -> None:
    response = ExpectedResponse(headers=expected, matching_rules=rules(header=ruled))

    said = [str(each) for each in check_response(response, HttpResponse(headers=actual))]

    assert len(said) == len(lines)
    assert all(each.startswith(line) for line, each in zip(lines, said, strict=True))


# -- the body --------------------------------------------------------------------------------------------------------

BODY_TYPES = [
    # expected, stated, the rule for the header, what is wrong
    (JSON, JSON, None, None),
    (JSON, "application/json;charset=utf-8", None, None),
    (JSON, "application/hal+json", None, None),
    (JSON, "application/problem+json;charset=utf-8", None, None),
    (JSON, None, None, None),
    (JSON, "nonsense", None, None),
    (JSON, "*/*", None, None),
    (JSON, "text/plain", None, 'content type: expected exactly "application/json", got "text/plain" (a string)'),
    (JSON, "application/xml", None, 'content type: expected exactly "application/json"'),
    ("application/hal+json", JSON, None, 'content type: expected exactly "application/hal+json"'),
    ("application/json;charset=utf-8", JSON, None, "content type: expected exactly"),
    (JSON, "text/plain", one(regex="text/.*"), None),
    (JSON, "text/plain", one(regex="image/.*"), "content type: expected exactly"),
    (JSON, "text/plain", one(match="type"), None),
]


@pytest.mark.parametrize(("wanted", "stated", "rule", "line"), BODY_TYPES, ids=str)
def test_content_types(wanted: str, stated: str | None, rule: object, line: str | None) -> None:
    ruled = rules(header={"content-TYPE": rule}) if rule else {}
    expected = ExpectedResponse(body=body_of(b'{"a":1}', wanted), matching_rules=ruled)
    headers = [] if stated is None else [("Content-Type", stated)]

    said = [str(each) for each in check_response(expected, HttpResponse(200, headers, b'{"a": 1}'))]

    assert len(said) == (0 if line is None else 1)
    assert line is None or said[0].startswith(line)


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ([], "the headers state none; its bytes look like that"),
        ([("content-type", "nonsense")], "the headers state 'nonsense'; its bytes look like that"),
    ],
)
def test_a_body_of_no_stated_type_is_looked_at(stated: list[tuple[str, str]], reason: str) -> None:
    expected = ExpectedResponse(body=body_of(b'{"a":1}', JSON))

    (mismatch,) = check_response(expected, HttpResponse(200, stated, b"hello"))

    assert (mismatch.part, mismatch.actual, mismatch.reason) == ("content type", "text/plain", reason)


def test_text_xml_and_application_xml_are_one_type() -> None:
    expected = ExpectedResponse(body=body_of(b"<a/>", "text/xml"))

    assert check_response(expected, HttpResponse(200, [("Content-Type", "application/xml")], b"<a/>")) == ()


def test_a_wrong_content_type_that_the_headers_state_too_is_said_once() -> None:
    expected = ExpectedResponse(headers={"Content-Type": (JSON,)}, body=body_of(b'{"a":1}', JSON))

    found = check_response(expected, HttpResponse(200, [("content-type", "text/plain")], b"{}"))

    assert [(each.part, each.expected, each.actual) for each in found] == [("content type", JSON, "text/plain")]


BODIES = [
    # what is expected, the bytes, whether they match
    (Contents(), None, True),
    (Contents(), b"anything", True),
    (Contents(Presence.EMPTY), None, True),
    (Contents(Presence.EMPTY), b"", True),
    (Contents(Presence.EMPTY, content_type=JSON), b"x", False),
    (Contents(Presence.NULL), b"", True),
    (Contents(Presence.NULL), b"{}", False),
    (body_of(b'{"a":1}', JSON), None, False),
    (body_of(b'{"a":1}', JSON), b'{"a":1,"b":2}', True),
    (body_of(b'{"a":1}', JSON), b'{"a":2}', False),
    (body_of(b"hello", "text/plain"), b"hello", True),
    (body_of(b"hello", "text/plain"), b"hello\n", False),
    (body_of(b"\x00", "image/png"), b"\x00", True),
    (body_of(b"\x00", "image/png"), b"\x01", False),
]


@pytest.mark.parametrize(("expected", "actual", "matches"), BODIES, ids=str)
def test_bodies(expected: Contents, actual: bytes | None, matches: bool) -> None:
    headers = [("Content-Type", expected.content_type)] if expected.content_type else []

    found = check_response(ExpectedResponse(body=expected), HttpResponse(200, headers, actual))

    assert (not found) is matches
    assert all(each.part == "body" for each in found)


def test_rules_of_the_body_count() -> None:
    expected = ExpectedRequest(body=body_of(b'{"a":1}', JSON), matching_rules=rules(body={"$.a": TYPE}))

    assert check_request(expected, HttpRequest(body=b'{"a":2}')) == ()
    assert [each.path for each in check_request(expected, HttpRequest(body=b'{"a":"2"}'))] == ["$.a"]


# -- in general ------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1)
NAME = st.text("abcXYZ-09", min_size=1)
QUERY = st.dictionaries(TEXT, st.lists(TEXT, min_size=1).map(tuple), max_size=3)
FIELDS = st.dictionaries(NAME, TEXT.map(str.strip), max_size=3).filter(
    lambda fields: len({name.lower() for name in fields}) == len(fields)
)
VALUE = st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | TEXT, lambda v: st.lists(v, max_size=3))


@given(NAME, TEXT, QUERY, FIELDS, VALUE)
def test_a_request_matches_itself(
    method: str, path: str, query: dict[str, tuple[str, ...]], fields: dict[str, str], value: object
) -> None:
    body = Contents(Presence.PRESENT, {"a": value}, Form.JSON, JSON)
    expected = ExpectedRequest(method, path, query, {name: (text,) for name, text in fields.items()}, body)

    assert (
        check_request(
            expected,
            HttpRequest(
                method.lower(), path, urllib.parse.urlencode(query, doseq=True), [*fields.items()], bytes_of(body)
            ),
        )
        == ()
    )


# -- generated values ------------------------------------------------------------------------------------------------

NUMBER = {"type": "RandomInt", "min": 5, "max": 5}
STATE = {"type": "ProviderState", "expression": "${id}"}


def context(mode: Any = "provider") -> Context:
    return Context(random.Random(1), datetime.datetime(2026, 3, 4, tzinfo=datetime.UTC), mode, {"id": 42})


def test_a_request_with_generated_values() -> None:
    said = {
        "path": {"type": "ProviderState", "expression": "/orders/${id}"},
        "query": {"a": NUMBER, "new": STATE},
        "header": {"x-a": NUMBER, "$['X-New']": NUMBER},
        "body": {"$.id": STATE},
    }
    expected = ExpectedRequest(
        path="/orders/1",
        query={"a": ("1", "2")},
        headers={"X-A": ("1",)},
        body=body_of(b'{"id": 1}', JSON),
        generators=read_generators(said),
    )

    made = generated_request(expected, context())

    assert (made.path, made.query) == ("/orders/42", {"a": ("5", "5"), "new": ("42",)})
    assert (made.headers, made.body.value) == ({"X-A": ("5",), "X-New": ("5",)}, {"id": 42})


def test_a_response_with_generated_values() -> None:
    said = {"status": {"type": "RandomInt", "min": 404, "max": 404}, "header": {"X": NUMBER}, "body": {"$": NUMBER}}
    expected = ExpectedResponse(body=body_of(b"1", JSON), generators=read_generators(said))

    made = generated_response(expected, context())

    assert (made.status, made.headers, made.body.value) == (404, {"X": ("5",)}, 5)


def test_generators_of_the_other_side_make_nothing() -> None:
    said = {"path": STATE, "query": {"a": STATE, "new": STATE}, "header": {"X": STATE}, "body": {"$.id": STATE}}
    expected = ExpectedRequest(
        path="/1", query={"a": ("1",)}, body=body_of(b'{"id": 1}', JSON), generators=read_generators(said)
    )

    assert generated_request(expected, context("consumer")) == expected


@pytest.mark.parametrize("made", [HttpRequest, HttpResponse])
@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"headers": {"ab": "1"}}, "they are no pairs of text. Write headers="),
        ({"headers": [("a", 1)]}, "they are no pairs of text. Write headers="),
        ({"body": "text"}, "of a str: a body is bytes. Encode it."),
    ],
)
def test_what_cannot_have_come(made: Any, said: dict[str, object], why: str) -> None:
    with pytest.raises(DeclarationError, match=re.escape(why)):
        made(**said)


@pytest.mark.parametrize("body", [body_of(b"hello", "text/plain"), body_of(b"\xff", "image/png")])
def test_a_query_that_is_text_and_a_body_without_parts_have_no_places(body: Contents) -> None:
    said = {"query": {"a": NUMBER}, "body": {"$": NUMBER}}
    expected = ExpectedRequest(query="a=1", body=body, generators=read_generators(said))

    assert generated_request(expected, context()) == expected


@pytest.mark.parametrize(
    ("contents", "content_type", "path", "made"),
    [
        (b"<a b='x'/>", "application/xml", "$.a['@b']", r'<a b="\d+" />'),
        (b"a=x&b=y", "application/x-www-form-urlencoded", "$.a", r"a=\d+&b=y"),
    ],
)
def test_places_in_bodies_that_are_no_json(contents: bytes, content_type: str, path: str, made: str) -> None:
    body = body_of(contents, content_type)

    found = generated_response(
        ExpectedResponse(body=body, generators=read_generators({"body": {path: NUMBER}})), context()
    )

    assert re.fullmatch(made, str(found.body.value))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"status": {"type": "Uuid"}}, "the generated status is '.*', not a whole number"),
        ({"header": {"X": {"type": "Regex"}}}, "the generator has no 'regex'"),
    ],
)
def test_what_cannot_be_generated(said: dict[str, object], why: str) -> None:
    with pytest.raises(DeclarationError, match=why):
        generated_response(ExpectedResponse(generators=read_generators(said)), context())
