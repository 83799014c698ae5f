"""Content types: taken apart, compared, guessed from the bytes."""

import pytest

from msgpact.rules import content_types
from msgpact.rules.content_types import ContentType


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("application/json", ContentType("application", "json", None, ())),
        ("Application/JSON", ContentType("application", "json", None, ())),
        (' text/plain ; Charset="UTF-8"; a=B ', ContentType("text", "plain", None, (("a", "B"), ("charset", "utf-8")))),
        ("application/hal+json", ContentType("application", "hal", "json", ())),
        ("application/json;", ContentType("application", "json", None, ())),
        ("a/b+c+d", ContentType("a", "b+c", "d", ())),
        ("", None),
        ("json", None),
        ("/json", None),
        ("application/", None),
        ("a/b/c", None),
    ],
)
def test_parsing(text: str, parsed: ContentType | None) -> None:
    assert content_types.parse(text) == parsed


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("application/json", {"json", "text"}),
        ("application/json-rpc", {"json", "text"}),
        ("application/graphql", {"json", "text"}),
        ("application/vnd.order+json", {"json", "text"}),
        ("text/json", {"text"}),
        ("application/xml", {"xml", "text"}),
        ("text/xml", {"xml", "text"}),
        ("application/atom+xml", {"xml", "text"}),
        ("application/x-www-form-urlencoded", {"form", "text"}),
        ("text/plain", {"text"}),
        ("application/octet-stream", {"binary"}),
        ("application/vnd.foo", {"binary"}),
        ("image/png", {"binary"}),
        ("image/svg+xml", {"binary"}),
    ],
)
def test_kinds(text: str, kinds: set[str]) -> None:
    parsed = content_types.parse(text)
    assert parsed is not None

    found = {kind for kind in ("json", "xml", "form", "text", "binary") if getattr(parsed, f"is_{kind}")}

    assert found == kinds


@pytest.mark.parametrize(
    ("expected", "actual", "fits"),
    [
        ("application/json", "application/json", True),
        ("application/json", "APPLICATION/json;charset=x", True),
        ("application/json;charset=utf-8", "application/json;charset=UTF-8", True),
        ("application/json;charset=utf-8", "application/json", False),
        ("application/json;a=b", "application/json;a=B", False),
        ("application/json", "application/hal+json", False),
        ("application/hal+json", "application/json", False),
        ("application/xml", "text/xml", True),
        ("text/xml", "application/xml", True),
        ("application/xml", "application/atom+xml", False),
        ("text/plain", "text/html", False),
    ],
)
def test_equivalence(expected: str, actual: str, fits: bool) -> None:
    one, other = content_types.parse(expected), content_types.parse(actual)
    assert one is not None
    assert other is not None

    assert one.is_equivalent_to(other) is fits


@pytest.mark.parametrize(
    ("expected", "actual", "fits"),
    [
        ("application/json", "application/json", True),
        ("application/json", "application/json; charset=x", True),
        ("application/json;charset=UTF-8", "application/json; charset=utf-8", True),
        ("application/json;charset=UTF-8", "application/json", False),
        ("application/json", "application/JSON", False),
        ("application/json", "text/plain", False),
        ("", "application/json", False),
    ],
)
def test_as_a_metadata_entry(expected: str, actual: str, fits: bool) -> None:
    assert content_types.parameters_fit(expected, actual) is fits


@pytest.mark.parametrize(
    ("contents", "guessed"),
    [
        (b'{"a": 1}', "application/json"),
        (b"[1", "application/json"),
        (b"{}", "application/json"),
        (b" true", "application/json"),
        (b"42", "application/json"),
        (b'"text"', "application/json"),
        (b"null", "application/json"),
        (b"<?xml version='1.0'?>", "application/xml"),
        (b"<a>", "application/xml"),
        (b"<!DOCTYPE html>", "text/html"),
        (b"<HTML>", "text/html"),
        (b"hello", "text/plain"),
        (b"", "text/plain"),
        (b"\xff\xd8\xff", "application/octet-stream"),
        (b"x" * 31 + "é".encode(), "text/plain"),
    ],
)
def test_guessing(contents: bytes, guessed: str) -> None:
    assert content_types.guess(contents) == guessed


@pytest.mark.parametrize(
    ("contents", "expected", "found"),
    [
        (b"GIF89a\x01\x00", "image/gif", None),
        (b"GIF89a\x01\x00", "image/png", "image/gif"),
        (b"%PDF-1.4", "application/pdf", None),
        (b"hello", "text/plain", None),
        (b"{}", "application/json", None),
        (b"{}", "text/plain", None),
        (b"hello", "application/json", "text/plain"),
    ],
)
def test_what_bytes_look_like(contents: bytes, expected: str, found: str | None) -> None:
    assert content_types.looks_like(contents, expected) == found
