"""Interactions of specification 4: how contents are held, and what survives a round trip."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgpact.model import Contents, Form, Interaction, InteractionType, MessageContents, Presence
from msgpact.pactfile import v4
from msgpact.pactfile.interactions import bytes_of

JSON = "application/json"
PRESENT, EMPTY, NULL, MISSING, TOMBSTONE = (
    Presence.PRESENT,
    Presence.EMPTY,
    Presence.NULL,
    Presence.MISSING,
    Presence.TOMBSTONE,
)
NOTHING: Any = object()
ASYNC = {"type": "Asynchronous/Messages", "description": "d"}


def contents_of(contents: object, **more: object) -> Contents:
    raw = {**ASYNC, **more, **({} if contents is NOTHING else {"contents": contents})}
    message = v4.read(raw, 0).message
    assert message is not None
    return message.contents


@pytest.mark.parametrize(
    ("body", "presence", "form", "value", "content_type"),
    [
        (NOTHING, MISSING, Form.JSON, None, None),
        (None, NULL, Form.JSON, None, None),
        ({}, MISSING, Form.JSON, None, None),
        ({"contentType": JSON, "encoded": False}, MISSING, Form.JSON, None, JSON),
        ({"content": None}, NULL, Form.JSON, None, None),
        ({"content": None, "contentType": JSON}, NULL, Form.JSON, None, JSON),
        ({"content": ""}, EMPTY, Form.JSON, None, None),
        ({"content": "", "contentType": JSON, "encoded": False}, EMPTY, Form.JSON, None, JSON),
        ({"content": {"a": 1}}, PRESENT, Form.JSON, {"a": 1}, JSON),
        ({"content": [1], "contentType": JSON, "encoded": False}, PRESENT, Form.JSON, [1], JSON),
        ({"content": "[1]", "contentType": JSON, "encoded": False}, PRESENT, Form.JSON, "[1]", JSON),
        ({"content": '{"a":1}', "contentType": JSON}, PRESENT, Form.JSON, '{"a":1}', JSON),
        ({"content": '{"a":1}', "contentType": JSON, "encoded": "JSON"}, PRESENT, Form.JSON, {"a": 1}, JSON),
        ({"content": "5", "encoded": "json"}, PRESENT, Form.JSON, 5, JSON),
        ({"content": {"a": 1}, "contentType": JSON, "encoded": "JSON"}, PRESENT, Form.JSON, {"a": 1}, JSON),
        ({"content": "eyJhIjoxfQ==", "contentType": JSON, "encoded": "base64"}, PRESENT, Form.JSON, {"a": 1}, JSON),
        ({"content": "aGk=", "contentType": "text/plain", "encoded": "BASE64"}, PRESENT, Form.TEXT, "hi", "text/plain"),
        (
            {"content": "/w==", "contentType": "text/plain", "encoded": "base64"},
            PRESENT,
            Form.BINARY,
            b"\xff",
            "text/plain",
        ),
        (
            {"content": "aGk=", "contentType": "image/png", "encoded": "base64"},
            PRESENT,
            Form.BINARY,
            b"hi",
            "image/png",
        ),
        ({"content": "aGk=", "encoded": "base64"}, PRESENT, Form.TEXT, "hi", "text/plain"),
        ({"content": "hi", "contentType": "text/plain"}, PRESENT, Form.TEXT, "hi", "text/plain"),
        ({"content": "hi", "contentType": "text/plain", "encoded": True}, PRESENT, Form.TEXT, "hi", "text/plain"),
        ({"content": "hi", "contentType": "image/png"}, PRESENT, Form.BINARY, b"hi", "image/png"),
        ({"content": {"a": 1}, "contentType": "text/plain"}, PRESENT, Form.TEXT, '{"a":1}', "text/plain"),
        ({"content": "<?xml version='1.0'?>"}, PRESENT, Form.TEXT, "<?xml version='1.0'?>", "application/xml"),
        ({"Payload": "exists"}, PRESENT, Form.JSON, {"Payload": "exists"}, JSON),
        ({"contents": "x"}, PRESENT, Form.JSON, {"contents": "x"}, JSON),
    ],
)
def test_contents(body: object, presence: Presence, form: Form, value: object, content_type: str | None) -> None:
    found = contents_of(body)

    assert (found.presence, found.form, found.value, found.content_type) == (presence, form, value, content_type)
    assert type(found.value) is type(value)


def test_the_type_in_the_metadata_counts_where_the_contents_state_none() -> None:
    assert contents_of({"content": "x"}, metadata={"contentType": "text/csv"}).content_type == "text/csv"
    assert (
        contents_of({"content": "x", "contentType": "text/html"}, metadata={"contentType": "a/b"}).content_type
        == "text/html"
    )


def test_a_hint_says_that_contents_are_bytes() -> None:
    found = contents_of({"content": "aGk=", "contentType": JSON, "contentTypeHint": "BINARY", "encoded": "base64"})

    assert (found.form, found.value, found.content_type_hint) == (Form.BINARY, b"hi", "BINARY")


@pytest.mark.parametrize(
    ("comments", "presence"),
    [
        ({"msgpact": {"tombstone": True}}, TOMBSTONE),
        ({"msgpact": {"tombstone": 1}}, EMPTY),
        ({"msgpact": "x"}, EMPTY),
        ({"text": []}, EMPTY),
        (None, EMPTY),
    ],
    ids=str,
)
def test_comments_say_what_is_a_tombstone(comments: object, presence: Presence) -> None:
    assert contents_of({"content": ""}, comments=comments).presence is presence


def test_a_synchronous_message() -> None:
    raw = {
        "type": "Synchronous/Messages",
        "description": "d",
        "request": {"contents": {"content": {"a": 1}}, "metadata": {"k": 1}},
        "response": [{"contents": {"content": 1}}, {}],
    }

    interaction = v4.read(raw, 0)

    assert interaction.request is not None
    assert (interaction.request.contents.value, interaction.request.metadata) == ({"a": 1}, {"k": 1})
    assert [each.contents.presence for each in interaction.responses] == [PRESENT, MISSING]


@pytest.mark.parametrize(
    ("raw", "attribute", "value"),
    [
        ({}, "description", "Interaction 2"),
        ({"description": 5}, "description", "5"),
        ({"key": 5}, "key", "5"),
        ({"pending": True}, "pending", True),
        ({"pending": "true"}, "pending", False),
        ({"transport": "kafka"}, "extra", {"transport": "kafka"}),
        (
            {"pluginConfiguration": {"p": 1}, "interactionMarkup": {}},
            "extra",
            {"pluginConfiguration": {"p": 1}, "interactionMarkup": {}},
        ),
    ],
)
def test_attributes(raw: dict[str, object], attribute: str, value: object) -> None:
    assert getattr(v4.read({"type": "Asynchronous/Messages", **raw}, 2), attribute) == value


# -- writing ---------------------------------------------------------------------------------------------------------

RULES = {"body": {"$.a": {"combine": "AND", "matchers": [{"match": "type"}]}}}
INTERACTIONS: list[dict[str, Any]] = [
    {**ASYNC, "pending": False},
    {**ASYNC, "pending": True, "key": "k"},
    {**ASYNC, "pending": False, "comments": {"text": ["a"], "testname": "t", "msgpact": {"origin": "m:f"}}},
    {**ASYNC, "pending": False, "contents": {"content": ""}},
    {**ASYNC, "pending": False, "contents": {"content": None, "encoded": False}},
    {**ASYNC, "pending": False, "contents": {"content": {"a": 1}, "contentType": JSON, "encoded": False}},
    {**ASYNC, "pending": False, "contents": {"content": "{", "contentType": JSON, "encoded": False}},
    {**ASYNC, "pending": False, "contents": {"content": "null", "contentType": JSON, "encoded": "JSON"}},
    {**ASYNC, "pending": False, "contents": {"content": '""', "contentType": JSON, "encoded": "JSON"}},
    {**ASYNC, "pending": False, "contents": {"content": "aGk=", "contentType": "image/png", "encoded": "base64"}},
    {**ASYNC, "pending": False, "contents": {"content": "hi", "contentType": "text/plain", "encoded": False}},
    {
        **ASYNC,
        "pending": False,
        "contents": {"content": "hi", "contentType": "text/plain", "contentTypeHint": "TEXT", "encoded": False},
    },
    {
        **ASYNC,
        "pending": False,
        "metadata": {"k": {"x": 1}},
        "matchingRules": RULES,
        "generators": {"body": {"$": {"type": "Uuid"}}},
    },
    {**ASYNC, "pending": False, "providerStates": [{"name": "s", "params": {"a": 1}}, {"name": "t"}]},
    {**ASYNC, "pending": False, "transport": "kafka", "pluginConfiguration": {"p": {"q": 1}}, "unknown": [1]},
    {
        "type": "Synchronous/HTTP",
        "description": "d",
        "pending": False,
        "request": {"method": "GET"},
        "response": {"status": 200},
    },
    {
        "type": "Synchronous/Messages",
        "description": "d",
        "pending": False,
        "request": {"contents": {"content": 1, "contentType": JSON, "encoded": False}, "matchingRules": RULES},
        "response": [{"metadata": {"k": 1}}, {}],
    },
]


@pytest.mark.parametrize("raw", INTERACTIONS, ids=str)
def test_what_is_written_is_what_was_read(raw: dict[str, Any]) -> None:
    assert v4.write(v4.read(raw, 0)) == raw


def test_a_tombstone_is_marked() -> None:
    interaction = Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, "d", message=MessageContents(Contents(TOMBSTONE)))

    raw = v4.write(interaction)

    assert (raw["contents"], raw["comments"]) == ({"content": ""}, {"msgpact": {"tombstone": True}})
    assert v4.read(raw, 0).message == interaction.message


DOCUMENT = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
BODIES = st.one_of(
    DOCUMENT.map(lambda value: Contents(PRESENT, value, Form.JSON, JSON)),
    st.text(min_size=1).map(lambda value: Contents(PRESENT, value, Form.TEXT, "text/plain")),
    st.binary(min_size=1).map(lambda value: Contents(PRESENT, value, Form.BINARY, "image/png")),
    st.sampled_from([Contents(), Contents(TOMBSTONE), Contents(NULL, content_type=JSON)]),
)


@given(BODIES)
def test_any_contents_survive(contents: Contents) -> None:
    interaction = Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, "d", message=MessageContents(contents))

    read = v4.read(v4.write(interaction), 0).message

    assert read is not None
    assert (read.contents, bytes_of(read.contents)) == (contents, bytes_of(contents))


@given(st.binary(min_size=1))
def test_bytes_are_read_back_whatever_is_in_them(contents: bytes) -> None:
    found = contents_of({"content": base64.b64encode(contents).decode(), "contentType": "a/b", "encoded": "base64"})

    assert bytes_of(found) == contents
