"""Messages of specification 3: how contents are held, and what survives a round trip."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgpact.model import Contents, Form, Interaction, InteractionType, MessageContents, Presence, ProviderState
from msgpact.pactfile import v3
from msgpact.pactfile.interactions import FormatError

JSON = "application/json"
PRESENT, EMPTY, NULL, MISSING = Presence.PRESENT, Presence.EMPTY, Presence.NULL, Presence.MISSING
NOTHING: Any = object()


def contents_of(contents: object, content_type: str | None) -> Contents:
    raw: dict[str, object] = {} if contents is NOTHING else {"contents": contents}
    if content_type is not None:
        raw["metadata"] = {"contentType": content_type}
    message = v3.read(raw, 0).message
    assert message is not None
    return message.contents


@pytest.mark.parametrize(
    ("contents", "stated", "presence", "form", "value"),
    [
        (NOTHING, JSON, MISSING, Form.JSON, None),
        (None, JSON, NULL, Form.JSON, None),
        ("", JSON, EMPTY, Form.JSON, None),
        ("", None, EMPTY, Form.JSON, None),
        ({"a": 1}, JSON, PRESENT, Form.JSON, {"a": 1}),
        ([1], None, PRESENT, Form.JSON, [1]),
        (0, JSON, PRESENT, Form.JSON, 0),
        (False, JSON, PRESENT, Form.JSON, False),
        ('{"a": 1}', JSON, PRESENT, Form.JSON, {"a": 1}),
        (' {"a": 1}', JSON, PRESENT, Form.JSON, {"a": 1}),
        ('"a"', JSON, PRESENT, Form.JSON, "a"),
        ("[1]", JSON, PRESENT, Form.JSON, "[1]"),
        ("5", JSON, PRESENT, Form.JSON, "5"),
        ("true", JSON, PRESENT, Form.JSON, "true"),
        ("hello", JSON, PRESENT, Form.JSON, "hello"),
        ('{"a": ', JSON, PRESENT, Form.JSON, '{"a": '),
        ("{}", "application/hal+json", PRESENT, Form.JSON, {}),
        ("hello", "text/plain", PRESENT, Form.TEXT, "hello"),
        ("<a/>", "application/xml", PRESENT, Form.TEXT, "<a/>"),
        ({"a": 1}, "text/plain", PRESENT, Form.TEXT, '{"a":1}'),
        ("aGk=", "image/png", PRESENT, Form.BINARY, b"hi"),
        ("a\nGk=", "application/octet-stream", PRESENT, Form.BINARY, b"hi"),
        ("not base64!", "application/octet-stream", PRESENT, Form.BINARY, b"not base64!"),
        ({"a": 1}, "application/vnd.foo", PRESENT, Form.BINARY, b'{"a":1}'),
        ('{"a": 1}', None, PRESENT, Form.JSON, {"a": 1}),
        ("hello", None, PRESENT, Form.TEXT, "hello"),
        ("<?xml version='1.0'?><a/>", None, PRESENT, Form.TEXT, "<?xml version='1.0'?><a/>"),
    ],
)
def test_contents(contents: object, stated: str | None, presence: Presence, form: Form, value: object) -> None:
    found = contents_of(contents, stated)

    assert (found.presence, found.form, found.value) == (presence, form, value)
    assert type(found.value) is type(value)


@pytest.mark.parametrize("spelling", ["contentType", "content-type", "Content-Type", "ContentType"])
def test_the_content_type_in_every_spelling(spelling: str) -> None:
    message = v3.read({"contents": "x", "metaData": {spelling: "text/plain"}}, 0).message

    assert message is not None
    assert message.contents.content_type == "text/plain"


@pytest.mark.parametrize(
    ("value", "content_type"), [(["text/csv", "a/b"], "text/csv"), ([], "text/plain"), (5, "text/plain")], ids=str
)
def test_content_types_of_several_headers(value: object, content_type: str) -> None:
    message = v3.read({"contents": "hello", "metadata": {"Content-Type": value}}, 0).message

    assert message is not None
    assert message.contents.content_type == content_type


def test_http_interactions_have_nothing_to_write_but_themselves() -> None:
    raw = {"description": "d", "request": {"method": "GET"}, "response": {"status": 200}}

    assert v3.write(v3.read_http(raw, 0)) == raw


def test_meta_data_wins_over_metadata() -> None:
    message = v3.read({"metadata": {"k": 1}, "metaData": {"k": 2}}, 0).message

    assert message is not None
    assert message.metadata == {"k": 2}


@pytest.mark.parametrize(
    ("raw", "states"),
    [
        ({}, ()),
        ({"providerState": "s"}, (ProviderState("s"),)),
        ({"provider_state": "s"}, (ProviderState("s"),)),
        ({"providerState": None}, ()),
        ({"providerStates": "s"}, (ProviderState("s"),)),
        ({"providerStates": ["s"]}, (ProviderState("s"),)),
        ({"providerStates": [{"name": "s"}]}, (ProviderState("s"),)),
        ({"providerStates": [{"name": "s", "params": None}]}, (ProviderState("s"),)),
        ({"providerStates": [{"name": "s", "params": {"a": [1]}}]}, (ProviderState("s", {"a": [1]}),)),
        ({"providerStates": [], "providerState": "old"}, ()),
    ],
)
def test_provider_states(raw: dict[str, object], states: tuple[ProviderState, ...]) -> None:
    assert v3.read(raw, 0).provider_states == states


@pytest.mark.parametrize(
    ("raw", "description"), [({}, "Message 3"), ({"description": None}, "Message 3"), ({"description": 5}, "5")]
)
def test_descriptions(raw: dict[str, object], description: str) -> None:
    assert v3.read(raw, 3).description == description


# -- writing ---------------------------------------------------------------------------------------------------------

MESSAGES: list[dict[str, Any]] = [
    {"description": "d"},
    {"description": "d", "contents": "", "metaData": {"contentType": JSON}},
    {"description": "d", "contents": None},
    {"description": "d", "contents": {"a": [1, 1.5, None]}, "metaData": {"contentType": JSON, "k": {"x": 1}}},
    {"description": "d", "contents": "text", "metaData": {"contentType": "text/plain"}},
    {"description": "d", "contents": "aGk=", "metaData": {"contentType": "image/png"}},
    {"description": "d", "contents": '"[1]"', "metaData": {"contentType": JSON}},
    {"description": "d", "providerStates": [{"name": "s", "params": {"a": 1}}, {"name": "t"}]},
    {"description": "d", "matchingRules": {"body": {"$": {"combine": "OR", "matchers": [{"match": "type"}]}}}},
    {"description": "d", "generators": {"body": {"$.a": {"type": "Uuid"}}}},
    {"description": "d", "_id": "1", "unknown": [1]},
]


@pytest.mark.parametrize("raw", MESSAGES, ids=str)
def test_what_is_written_is_what_was_read(raw: dict[str, Any]) -> None:
    assert v3.write(v3.read(raw, 0)) == raw


def test_metadata_is_written_as_the_specification_spells_it() -> None:
    """The reference writes `metadata` and reads both; pact-jvm reads `metaData` only."""
    assert v3.write(v3.read({"description": "d", "metadata": {"k": 1}}, 0)) == {
        "description": "d",
        "metaData": {"k": 1},
    }


@given(st.text().filter(bool))
def test_any_json_string_survives(text: str) -> None:
    """Whatever stands in it: unquoted, some would be taken for a document."""
    interaction = written_and_read(Contents(PRESENT, text, Form.JSON, JSON))

    assert interaction.message is not None
    assert interaction.message.contents.value == text


def written_and_read(contents: Contents) -> Interaction:
    interaction = Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, "d", message=MessageContents(contents))
    return v3.read(v3.write(interaction), 0)


@pytest.mark.parametrize("marks", [None, {}, {"tombstone": False}, {"tombstone": True}, {"origin": "m:f"}], ids=str)
def test_marks_of_the_file_say_what_is_a_tombstone(marks: dict[str, object] | None) -> None:
    interaction = v3.read({"contents": ""}, 0, marks)

    assert interaction.message is not None
    assert (interaction.message.contents.presence is Presence.TOMBSTONE) is bool(marks and marks.get("tombstone"))
    assert interaction.origin == (marks or {}).get("origin")


def test_bytes_of_a_type_of_text_cannot_be_held() -> None:
    with pytest.raises(FormatError, match="version 3 cannot hold contents of type 'text/plain' that are no text"):
        written_and_read(Contents(PRESENT, b"\xff", Form.BINARY, "text/plain"))


def test_null_as_the_whole_document_cannot_be_held() -> None:
    """It would be read as no contents: every tool then refuses the message that the consumer asked for."""
    with pytest.raises(FormatError, match="version 3 cannot hold contents that are the JSON document null"):
        written_and_read(Contents(PRESENT, None, Form.JSON, JSON))
