"""HTTP interactions: their parts as every version spells them, and that reading them changes nothing in a file."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pacts import HTTP, document, message, pact

from msgpact.errors import DeclarationError, UnreadablePact
from msgpact.http import check_request, check_response
from msgpact.http_model import ExpectedRequest, ExpectedResponse, HttpRequest, HttpResponse
from msgpact.model import Contents, Form, Interaction, InteractionType, MatchingRule, Presence
from msgpact.pactfile import files
from msgpact.pactfile.http import read_request, read_response

JSON = "application/json"
V1, V1_1, V2, V3, V4 = VERSIONS = ("1.0.0", "1.1.0", "2.0.0", "3.0.0", "4.0")
UP_TO_3 = (V1, V1_1, V2, V3)


def request_of(raw: object, version: str = V4) -> ExpectedRequest:
    return read_request(Interaction(InteractionType.HTTP, "a page", extra={"request": raw}), version)


def response_of(raw: object, version: str = V4) -> ExpectedResponse:
    return read_response(Interaction(InteractionType.HTTP, "a page", extra={"response": raw}), version)


# -- parts that all versions spell alike -----------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_not_said(version: str) -> None:
    assert request_of({}, version) == request_of(None, version)
    assert request_of({}, version) == ExpectedRequest("GET", "/", "" if version == V1 else {}, {}, Contents())
    assert response_of({}, version) == ExpectedResponse(200, {}, Contents())


@pytest.mark.parametrize("version", VERSIONS)
def test_plain_parts(version: str) -> None:
    found = request_of({"method": "put", "path": "/a b"}, version)

    assert (found.method, found.path, response_of({"status": 404}, version).status) == ("put", "/a b", 404)


QUERIES = [
    # as it is written, version 1.0's, that of the others
    ("a=1&b=2&a=3", "a=1&b=2&a=3", {"a": ("1", "3"), "b": ("2",)}),
    ("a=%C3%A9+x&", "a=%C3%A9+x&", {"a": ("é x",)}),
    ("", "", {}),
    ({"a": ["1", "2"], "b": []}, None, {"a": ("1", "2"), "b": ()}),
    ({"a": "1"}, None, {"a": ("1",)}),
    ({"a": [None, 1, True]}, None, {"a": ("", "1", "true")}),
    ({"a b": ["%20"]}, None, {"a b": ("%20",)}),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("written", "text", "lists"), QUERIES, ids=str)
def test_queries(version: str, written: object, text: str | None, lists: dict[str, tuple[str, ...]]) -> None:
    found = request_of({"query": written}, version)

    assert found.query == (text if version == V1 and text is not None else lists)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("written", "headers"),
    [
        ({"X": "a, b"}, {"X": ("a, b",)}),
        ({"X": ["a", "b"]}, {"X": ("a", "b")}),
        ({"Accept": "a/b, c/d"}, {"Accept": ("a/b", "c/d")}),
        ({"Accept": ["a/b, c/d"]}, {"Accept": ("a/b, c/d",)}),
        ({"X": 1}, {"X": ("1",)}),
        ({"X": []}, {"X": ()}),
        (None, {}),
    ],
    ids=str,
)
def test_headers(version: str, written: object, headers: dict[str, tuple[str, ...]]) -> None:
    assert request_of({"headers": written}, version).headers == headers
    assert response_of({"headers": written}, version).headers == headers


# -- bodies ----------------------------------------------------------------------------------------------------------

PLAIN: list[tuple[dict[str, object], Contents]] = [
    ({}, Contents()),
    ({"headers": {"content-type": JSON}}, Contents(content_type=JSON)),
    ({"body": None}, Contents(Presence.NULL)),
    ({"body": ""}, Contents(Presence.EMPTY)),
    ({"body": {"content": 1}}, Contents(Presence.PRESENT, {"content": 1}, Form.JSON, JSON)),
    ({"body": [1]}, Contents(Presence.PRESENT, [1], Form.JSON, JSON)),
    ({"body": "hello"}, Contents(Presence.PRESENT, "hello", Form.TEXT, "text/plain")),
    (
        {"body": "hello", "headers": {"Content-Type": ["text/csv"]}},
        Contents(Presence.PRESENT, "hello", Form.TEXT, "text/csv"),
    ),
    (
        {"body": '{"a":1}', "headers": {"CONTENT-TYPE": "application/hal+json"}},
        Contents(Presence.PRESENT, {"a": 1}, Form.JSON, "application/hal+json"),
    ),
    ({"body": "x", "headers": {"Content-Type": JSON}}, Contents(Presence.PRESENT, "x", Form.JSON, JSON)),
    (
        {"body": "aGk=", "headers": {"Content-Type": "image/png"}},
        Contents(Presence.PRESENT, b"hi", Form.BINARY, "image/png"),
    ),
]


@pytest.mark.parametrize("version", UP_TO_3)
@pytest.mark.parametrize(("raw", "body"), PLAIN, ids=str)
def test_plain_bodies(version: str, raw: dict[str, object], body: Contents) -> None:
    assert request_of(raw, version).body == body
    assert response_of(raw, version).body == body


ENVELOPED: list[tuple[dict[str, object], Contents]] = [
    ({}, Contents()),
    ({"body": None}, Contents(Presence.NULL)),
    ({"body": {"content": None}}, Contents(Presence.NULL)),
    ({"body": {"content": ""}}, Contents(Presence.EMPTY)),
    ({"body": {}, "headers": {"Content-Type": JSON}}, Contents(content_type=JSON)),
    ({"body": {"content": {"a": 1}}}, Contents(Presence.PRESENT, {"a": 1}, Form.JSON, JSON)),
    (
        {"body": {"content": "[1]", "contentType": JSON, "encoded": "JSON"}},
        Contents(Presence.PRESENT, [1], Form.JSON, JSON),
    ),
    ({"body": {"content": "[1]", "contentType": JSON}}, Contents(Presence.PRESENT, "[1]", Form.JSON, JSON)),
    (
        {"body": {"content": "hi"}, "headers": {"Content-Type": "text/csv"}},
        Contents(Presence.PRESENT, "hi", Form.TEXT, "text/csv"),
    ),
    (
        {"body": {"content": "hi", "contentType": "text/csv"}, "headers": {"Content-Type": "text/plain"}},
        Contents(Presence.PRESENT, "hi", Form.TEXT, "text/csv"),
    ),
    (
        {"body": {"content": "aGk=", "contentType": "image/png", "encoded": "base64"}},
        Contents(Presence.PRESENT, b"hi", Form.BINARY, "image/png"),
    ),
    ({"body": [1]}, Contents(Presence.PRESENT, [1], Form.JSON, JSON)),
]


@pytest.mark.parametrize(("raw", "body"), ENVELOPED, ids=str)
def test_bodies_of_version_4(raw: dict[str, object], body: Contents) -> None:
    assert request_of(raw).body == body
    assert response_of(raw).body == body


# -- matching rules and generators -----------------------------------------------------------------------------------

TYPE = {"match": "type"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["matchingRules", "requestMatchingRules"])
def test_flat_rules(version: str, name: str) -> None:
    flat = {"$.path": TYPE, "$.query.a": TYPE, "$.headers['X-A']": TYPE, "$.header.Y": TYPE, "$.body.a[*].b": TYPE}

    found = request_of({name: flat}, version).matching_rules

    assert {category: list(by_path) for category, by_path in found.items()} == {
        "path": [""],
        "query": ["a"],
        "header": ["X-A", "Y"],
        "body": ["$.a[*].b"],
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_rules_by_category(version: str) -> None:
    stated = {"matchers": [TYPE]}
    raw = {"matchingRules": {"status": stated, "header": {"X-A": stated}, "body": {"$.a": stated}}}

    found = response_of(raw, version).matching_rules

    assert found["status"][""].matchers == (MatchingRule("type"),)
    assert (list(found["header"]), list(found["body"])) == (["X-A"], ["$.a"])


@pytest.mark.parametrize("version", [V3, V4])
def test_generators(version: str) -> None:
    raw = {
        "generators": {"path": {"type": "Uuid"}, "query": {"a": {"type": "Uuid"}}, "body": {"$.a": {"type": "Uuid"}}}
    }

    found = request_of(raw, version).generators

    assert {category: list(by_path) for category, by_path in found.items()} == {
        "path": [""],
        "query": ["a"],
        "body": ["$.a"],
    }


# -- what cannot be read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (7, "its request is no object: 7"),
        ({"query": 7}, "its query is neither text nor an object: 7"),
        ({"headers": ["X"]}, 'its headers is no object: ["X"]'),
        ({"matchingRules": {"body": {"$..": {"matchers": []}}}}, "the path '$..' does not parse"),
        ({"body": {"content": "[", "contentType": JSON, "encoded": "JSON"}}, "but it is cut off or is not JSON"),
    ],
)
def test_a_request_that_cannot_be_read(raw: object, why: str) -> None:
    with pytest.raises(UnreadablePact) as caught:
        request_of(raw)

    assert str(caught.value).startswith("Cannot read the request of 'a page': ")
    assert why in str(caught.value)


@pytest.mark.parametrize("status", ["200", 200.5, None, True])
def test_a_status_is_a_whole_number(status: object) -> None:
    with pytest.raises(UnreadablePact, match="Cannot read the response of 'a page': its status is no whole number"):
        response_of({"status": status})


@pytest.mark.parametrize("version", ["4", "4.0.0", "V3", ""])
def test_a_version_that_is_none(version: str) -> None:
    interaction = Interaction(InteractionType.HTTP, "d", extra={"request": {}})

    with pytest.raises(
        DeclarationError, match=r"as version .*: it is none of 1\.0\.0, .*4\.0\. Give the contract's spec_version\."
    ):
        read_request(interaction, version)


def test_a_message_has_no_http_parts() -> None:
    interaction = pact(message("an order"))["an order"]

    with pytest.raises(DeclarationError, match="Cannot read an HTTP request from 'an order': it is Asynchronous/Mess"):
        read_request(interaction, V4)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "a", "$.a", "type", JSON, "base64", "a=1&b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "content", "$", "X"]), inner),
    max_leaves=8,
)
RULES = st.dictionaries(
    st.sampled_from(["body", "header", "query", "path", "status", "method"]),
    st.dictionaries(
        st.sampled_from(["a", "X", "$", "a[0]", "$.a", "matchers"]),
        st.just({"matchers": [TYPE]}) | st.just([TYPE]) | ANY,
        max_size=3,
    ),
)
PART = st.fixed_dictionaries(
    {},
    optional={"query": ANY, "headers": ANY, "body": ANY, "matchingRules": RULES | ANY, "status": ANY, "path": ANY},
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(PART, st.sampled_from(VERSIONS), st.binary(max_size=8), st.text("a=1&%+[]", max_size=8))
def test_any_part_is_read_and_compared_or_refused(part: dict[str, Any], version: str, body: bytes, query: str) -> None:
    headers = [("X", query), ("content-type", query)]
    with contextlib.suppress(UnreadablePact):
        check_request(request_of(part, version), HttpRequest("GET", query, query, headers, body))
    with contextlib.suppress(UnreadablePact):
        check_response(response_of(part, version), HttpResponse(200, headers, body))


# -- files -----------------------------------------------------------------------------------------------------------

PAGE = {
    **HTTP,
    "key": "k",
    "pending": False,
    "comments": {"testname": "t"},
    "request": {
        "method": "post",
        "path": "/orders",
        "query": {"b": ["2", None], "a": []},
        "headers": {"X-B": "1,2", "accept": ["a/b"]},
        "body": {"content": "aGk=", "contentType": "image/png", "encoded": "BASE64", "contentTypeHint": "BINARY"},
        "matchingRules": {"header": {"x-b": {"combine": "and", "matchers": [{"match": "real"}]}}, "path": {}},
        "generators": {"unknown": {"type": "?"}},
        "more": [1.0, 1e-7],
    },
    "response": {"status": 200.0, "body": 7},
    "transport": "http",
}


def test_a_file_is_written_again_as_it_was(tmp_path: Path) -> None:
    first = files.write(pact(PAGE), tmp_path / "first")

    second = files.write(files.load(first), tmp_path / "second")

    assert Path(first).read_bytes() == Path(second).read_bytes()
    assert json.loads(Path(first).read_bytes())["interactions"] == [PAGE]


def test_the_interactions_of_other_tools_stay_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "fulfilment-orders.json"
    text = json.dumps(document(PAGE), indent=2, sort_keys=True) + "\n"
    path.write_text(text, encoding="utf-8")

    files.write(pact(message("z, after it")), tmp_path)

    entry = json.dumps(PAGE, indent=2, sort_keys=True).replace("\n", "\n    ")
    assert entry in text
    assert entry in path.read_text(encoding="utf-8")
