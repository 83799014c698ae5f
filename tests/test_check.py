"""One interaction against one message: content type, metadata, contents; and that nothing a message holds is an exception."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import msgpact
from msgpact.check import check, check_message
from msgpact.errors import DeclarationError
from msgpact.model import (
    Contents,
    Form,
    Interaction,
    InteractionType,
    MatchingRule,
    Message,
    MessageContents,
    PathRules,
    Presence,
    RuleSet,
)
from msgpact.pactfile.files import loads
from msgpact.serializers import json as json_serializer

JSON = "application/json"


def expecting(
    value: object, *, content_type: str | None = JSON, form: Form = Form.JSON, **rules: str
) -> MessageContents:
    """Contents that are there; *rules* is a matcher for each top-level key, `root` for the document."""
    paths = {"$" if key == "root" else f"$.{key}": RuleSet((MatchingRule(name),)) for key, name in rules.items()}
    return MessageContents(
        Contents(Presence.PRESENT, value, form, content_type), matching_rules={"body": PathRules(paths)}
    )


def found(expected: MessageContents, message: Message) -> list[str]:
    return [str(each) for each in check_message(expected, message)]


# -- content type ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "came", "contents", "text"),
    [
        (JSON, JSON, b'{"a":1}', None),
        (JSON, "application/json; charset=utf-8", b'{"a":1}', None),
        (JSON, "text/plain", b'{"a":1}', 'exactly "application/json", got "text/plain" (a string)'),
        (JSON, "garbage", b'{"a":1}', 'exactly "application/json", got "garbage" (a string)'),
        (JSON, None, b'{"a":1}', None),
        (JSON, None, b"hello", "the message states none; its bytes look like that"),
        (JSON, None, b"\xff\xfe", 'got "application/octet-stream" (a string): the message states none'),
        (None, "text/plain", b'{"a":1}', None),
        ("garbage", "text/plain", b'{"a":1}', None),
    ],
)
def test_content_types(wanted: str | None, came: str | None, contents: bytes, text: str | None) -> None:
    form = Form.BINARY if wanted == "garbage" else Form.JSON
    value: object = contents if wanted == "garbage" else {"a": 1}

    lines = found(expecting(value, content_type=wanted, form=form), Message(contents, content_type=came))

    assert len(lines) == (0 if text is None else 1)
    assert text is None or text in lines[0]


def test_contents_of_another_type_are_not_compared() -> None:
    (mismatch,) = check_message(expecting({"a": 1}), Message(b"<a/>", content_type="text/xml"))

    assert (mismatch.part, mismatch.path, mismatch.expected, mismatch.actual) == (
        "content type",
        "contentType",
        JSON,
        "text/xml",
    )


def test_a_wrong_content_type_that_metadata_states_too_is_said_once() -> None:
    contents = Contents(Presence.PRESENT, {"a": 1}, Form.JSON, JSON)
    expected = MessageContents(contents, {"contentType": JSON, "topic": "t"})

    lines = found(expected, Message(b"{}", metadata={"contentType": "text/plain", "topic": "t"}))

    assert lines == ['content type: expected exactly "application/json", got "text/plain" (a string)']


# -- metadata --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "actual", "lines"),
    [
        ({}, {"k": 1}, []),
        ({"k": 1}, {"k": 1, "z": 2}, []),
        ({"k": 1}, {"k": 2}, ["metadata k: expected exactly 1, got 2 (an integer)"]),
        ({"k": 1}, {"k": "1"}, ['metadata k: expected exactly 1, got "1" (a string)']),
        ({"k": 1}, {"k": True}, ["metadata k: expected exactly 1, got true"]),
        ({"k": {"a": 1}}, {"k": {"a": 1, "b": 2}}, ['metadata k: expected exactly {"a": 1}, got {"a": 1, "b": 2}']),
        ({"k": 1}, {"K": 1}, ["metadata k: expected the entry, such as 1, got nothing: the entries are K"]),
        ({"k": 1}, {}, ["metadata k: expected the entry, such as 1, got nothing: the entries are none"]),
        ({"k": None}, {}, ["metadata k: expected the entry, such as null, got nothing: the entries are none"]),
        ({"contentType": JSON}, {"contentType": "application/json;a=b"}, []),
        (
            {"contentType": "a/b;c=d"},
            {"contentType": "a/b"},
            ['metadata contentType: expected exactly "a/b;c=d", got "a/b" (a string)'],
        ),
        ({"Content-Type": JSON}, {"contentType": JSON}, []),
        ({"contentType": JSON}, {}, ["metadata contentType: expected the entry"]),
    ],
)
def test_metadata(expected: dict[str, object], actual: dict[str, object], lines: list[str]) -> None:
    said = found(MessageContents(metadata=expected), Message(None, metadata=actual))

    assert len(said) == len(lines)
    assert all(line in each for line, each in zip(lines, said, strict=True))


@pytest.mark.parametrize(
    ("path", "name", "expected", "actual", "matches"),
    [
        ("k", "type", "a", "b", True),
        ("k", "type", "a", 1, False),
        ("$.k", "integer", 1, 2, True),
        ("$.k", "integer", 1, "2", False),
        ("k", "type", {"x": 1}, {}, True),
        ("$.k.x", "type", {"x": 1}, {"x": 2}, False),
        ("k", "notEmpty", "a", "", False),
        ("$.*", "type", "a", "b", True),
        ("other", "type", "a", "b", False),
    ],
)
def test_rules_of_metadata_see_whole_values(
    path: str, name: str, expected: object, actual: object, matches: bool
) -> None:
    rules = {"metadata": PathRules({path: RuleSet((MatchingRule(name),))})}
    message = MessageContents(metadata={"k": expected}, matching_rules=rules)

    assert (not found(message, Message(None, metadata={"k": actual}))) is matches


def test_a_rule_on_the_content_type_counts() -> None:
    rules = {"metadata": PathRules({"contentType": RuleSet((MatchingRule("regex", {"regex": "text/.*"}),))})}
    expected = MessageContents(metadata={"contentType": "text/plain"}, matching_rules=rules)

    assert found(expected, Message(b"", metadata={"contentType": "text/html"})) == []


# -- contents --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("presence", "contents", "text"),
    [
        (Presence.MISSING, None, None),
        (Presence.MISSING, b"anything", None),
        (Presence.EMPTY, b"", None),
        (Presence.EMPTY, None, None),
        (Presence.EMPTY, b"x", 'expected empty contents, got "x"'),
        (Presence.NULL, b"", None),
        (Presence.NULL, b"null", 'expected empty contents, got "null"'),
        (Presence.TOMBSTONE, None, None),
        (Presence.TOMBSTONE, b"", "expected a tombstone (no contents at all)"),
        (Presence.TOMBSTONE, b"\xff", "expected a tombstone (no contents at all), got b'\\xff'"),
        (Presence.PRESENT, b"", "expected contents, such as 1, got nothing: it is empty"),
        (Presence.PRESENT, None, "expected contents, such as 1, got nothing: it is a tombstone"),
        (Presence.PRESENT, b"1", None),
    ],
)
def test_presence(presence: Presence, contents: bytes | None, text: str | None) -> None:
    lines = found(MessageContents(Contents(presence, 1, Form.JSON, JSON)), Message(contents, content_type=JSON))

    assert len(lines) == (0 if text is None else 1)
    assert text is None or text in lines[0]


def test_an_empty_body_fails_before_any_rule() -> None:
    assert len(found(expecting("a", root="type"), Message(b"", content_type=JSON))) == 1


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (b"{", "it is cut off or is not JSON (unexpected end of data, line 1, column 2)"),
        (b'{"a": NaN}', "it is not JSON"),
        (b"1e400", "it is not JSON"),
        (b'"\\ud800"', "it is not JSON"),
        (b'"\xff"', "it is not JSON: byte 1 is 0xff, which is not UTF-8"),
        (b"\xef\xbb\xbf1", "it is not JSON"),
        (b"[" * 10_000 + b"]" * 10_000, "it is not JSON"),
        (b"   ", "it is empty, which is not JSON"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_contents_that_are_no_json_are_a_mismatch(contents: bytes, reason: str) -> None:
    (mismatch,) = check_message(expecting({"a": 1}), Message(contents, content_type=JSON))

    assert (mismatch.path, mismatch.rule) == ("$", "contents of type application/json")
    assert reason in mismatch.reason


def test_of_a_repeated_key_the_last_value_counts() -> None:
    assert found(expecting({"a": 1}), Message(b'{"a": 2, "a": 1}', content_type=JSON)) == []


def test_text_that_is_not_utf_8_is_a_mismatch() -> None:
    expected = expecting("a", content_type="text/plain", form=Form.TEXT)

    assert "byte 1 is 0xff" in found(expected, Message(b"a\xff", content_type="text/plain"))[0]


@pytest.mark.parametrize("name", ["equality", "regex", "include", "notEmpty"])
def test_a_value_many_levels_deep_is_a_mismatch_or_none(name: str) -> None:
    attributes = {"regex": {"regex": "a"}, "include": {"value": "a"}}.get(name, {})
    rules = {"body": PathRules({"$": RuleSet((MatchingRule(name, attributes),))})}
    expected = MessageContents(Contents(Presence.PRESENT, "a", Form.JSON, JSON), matching_rules=rules)

    mismatches = check_message(expected, Message(b"[" * 1000 + b"]" * 1000, content_type=JSON))

    assert len(mismatches) == (0 if name == "notEmpty" else 1)


def test_binary_contents() -> None:
    expected = expecting(b"\x00\x01", content_type="image/png", form=Form.BINARY)

    assert found(expected, Message(b"\x00\x01", content_type="image/png")) == []
    assert found(expected, Message(b"\x00", content_type="image/png")) == [
        "contents $: expected exactly b'\\x00\\x01', got b'\\x00'"
    ]


def test_everything_that_is_wrong_is_said_and_nothing_else() -> None:
    expected = MessageContents(
        Contents(Presence.PRESENT, {"id": 1, "name": "a", "tags": ["x"]}, Form.JSON, JSON),
        {"topic": "t", "key": "k"},
        {"body": PathRules({"$.id": RuleSet((MatchingRule("integer"),)), "$.tags": RuleSet((MatchingRule("type"),))})},
    )

    mismatches = check_message(expected, Message(b'{"id": "1", "name": "a", "tags": [2]}', metadata={"topic": "t"}))

    assert [(each.part, each.path) for each in mismatches] == [
        ("contents", "$.id"),
        ("contents", "$.tags[0]"),
        ("metadata", "key"),
    ]


# -- interactions ----------------------------------------------------------------------------------------------------


def test_check_takes_an_interaction() -> None:
    interaction = Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, "d", message=expecting({"a": 1}))

    assert msgpact.check(interaction, Message(b'{"a": 1}', content_type=JSON)) == ()
    assert len(msgpact.check(interaction, Message(b'{"a": 2}', content_type=JSON))) == 1


@pytest.mark.parametrize("kind", [InteractionType.SYNCHRONOUS_MESSAGE, InteractionType.HTTP])
def test_check_takes_one_way_messages_only(kind: InteractionType) -> None:
    with pytest.raises(DeclarationError, match="Cannot check a message against 'd': it is Synchronous/"):
        check(Interaction(kind, "d"), Message(b""))


# -- any message -----------------------------------------------------------------------------------------------------

DOCUMENT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(DOCUMENT)
def test_the_example_itself_matches(document: object) -> None:
    text = json_serializer.dump(document)

    assert check_message(expecting(json_serializer.load(text)), Message(text, content_type=JSON)) == ()


@given(st.binary(max_size=40), DOCUMENT, st.sampled_from([JSON, "text/plain", "image/png", None, "garbage"]))
def test_no_message_is_an_exception(contents: bytes, document: object, content_type: str | None) -> None:
    check_message(expecting(document, root="type"), Message(contents, content_type=content_type))


# -- what the reference does with odd pacts (found by comparing verdicts) ---------------------------------------------


def one(raw: dict[str, Any]) -> Interaction:
    document = {
        "consumer": {"name": "c"},
        "provider": {"name": "p"},
        "interactions": [{"type": "Asynchronous/Messages", "description": "d", **raw}],
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }
    return loads(json.dumps(document).encode()).interactions[0]


def rules(category: str, path: str, *matchers: dict[str, Any]) -> dict[str, Any]:
    return {category: {path: {"matchers": list(matchers)}}}


def body(content: object, content_type: str | None = "application/json", **more: object) -> dict[str, object]:
    said = {} if content_type is None else {"contentType": content_type}
    return {"contents": {"content": content, **said, **more}}


INTEGER, TYPE = {"match": "integer"}, {"match": "type"}


@pytest.mark.parametrize(
    ("raw", "contents", "content_type", "fits"),
    [
        pytest.param(body({"a": 1}, "json"), b'{"a": 1}', "application/json", True, id="a document of no type"),
        pytest.param(body({"a": 1}, "json"), b'{"a": 2}', "application/json", False, id="another document of no type"),
        pytest.param(body("hello", "text"), b"hello", "text/plain", True, id="a text of no type"),
        pytest.param(body('{"a": 1}', encoded=True), b'{"a": 1}', "application/json", True, id="encoded, nobody says how"),
        pytest.param(body('{"a": 1}', encoded=False), b'{"a": 1}', "application/json", False, id="not encoded"),
        pytest.param(body("1.2.3", None), b"1.2.3", "text/plain", True, id="looks like JSON and is not"),
        pytest.param({**body({"a": 1}), "matchingRules": {**rules("body", "$.a", INTEGER), **rules("content", "$.a", TYPE)}}, b'{"a": 1.5}', "application/json", False, id="two categories of the body"),
        pytest.param({**body({"a": 1}), "matchingRules": {**rules("content", "$.a", TYPE), **rules("body", "$.a", INTEGER)}}, b'{"a": 1.5}', "application/json", False, id="in the other order"),
        pytest.param({**body({"m": {"a": 1}}), "matchingRules": {"body": {**rules("body", "$.m", TYPE)["body"], **rules("body", "$.*", {"match": "values"})["body"]}}}, b'{"m": {}}', "application/json", False, id="a rule about keys that does not count"),
        pytest.param({**body("2021-02-06"), "matchingRules": rules("body", "$", {"format": "yyyy", "date": "yyyy-MM-dd"})}, b'"2021-02-06"', "application/json", True, id="a format beside the attribute that names the rule"),
    ],
)  # fmt: skip
def test_odd_contents(raw: dict[str, Any], contents: bytes, content_type: str, fits: bool) -> None:
    assert (not check(one(raw), Message(contents, content_type=content_type))) is fits


@pytest.mark.parametrize(
    ("rule", "example", "actual", "fits"),
    [
        pytest.param({"match": "type", "min": 2}, [1], [1], False, id="too few"),
        pytest.param({"match": "type", "min": 2}, [1], [1, 2], True, id="enough"),
        pytest.param({"match": "type", "max": 1}, [1], [1, 2], False, id="too many"),
        pytest.param({"match": "type", "min": 2}, {"a": 1}, {"a": 1}, True, id="an object's keys are not counted"),
    ],
)
def test_sizes_of_lists_in_the_metadata(rule: dict[str, Any], example: object, actual: object, fits: bool) -> None:
    interaction = one({"metadata": {"k": example}, "matchingRules": rules("metadata", "k", rule)})

    assert (not check(interaction, Message(b"", metadata={"k": actual}))) is fits
