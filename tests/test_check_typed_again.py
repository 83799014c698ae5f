"""What is checked a second time, of contents with a schema: the shortcut finds what the comparison finds."""

import base64
import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plugin_pacts import A_PARCEL, DESCRIPTORS, ORDER, PARCEL, SCHEMA, Order, Raw, order, pact, parcel

from msgpact import Message
from msgpact.check import DOUBTFUL, check_message
from msgpact.checking import check_once
from msgpact.model import MatchingRule, MessageContents, PathRules, RuleSet
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers.avro import Avro
from msgpact.serializers.framing import framing_of
from msgpact.serializers.protobuf import Protobuf
from msgpact.template import compile_message

ORDERS = Protobuf("shop.Order", proto=DESCRIPTORS)
ANY = {"$": {"match": "type"}}
AN_ORDER = Order(id="a", count=3, serial=7).SerializeToString()


def expected_by(raw: Raw) -> MessageContents:
    (interaction,) = pact(raw)
    assert interaction.message is not None
    return interaction.message


def ours(raw: Raw) -> Raw:
    return {**raw, "comments": {"msgpact": {"exact": True}}}


# What it shows, what is expected, a message that matches, one that does not.
ROWS: list[tuple[str, MessageContents, Message, Message]] = [
    ("of a plugin, Protobuf", expected_by(order(AN_ORDER, ANY)), Message(Order(id="b", count=4, serial=8).SerializeToString(), content_type=ORDER), Message(b"\x0a\x01a", content_type=ORDER)),
    ("of ours, Protobuf", expected_by(ours(order(AN_ORDER))), Message(AN_ORDER, content_type=ORDER), Message(Order(id="b").SerializeToString(), content_type=ORDER)),
    ("a field without presence that is absent", expected_by(ours(order(b"\x0a\x01a\x10\x00"))), Message(b"\x0a\x01a", content_type=ORDER), Message(b"\x0a\x01a\x10\x01", content_type=ORDER)),
    ("no bytes", expected_by(ours(order(b"\x10\x00"))), Message(b"", content_type=ORDER), Message(None)),
    ("a default that a rule about values does not mean", expected_by(ours(order(ORDERS.example_bytes({"first": {"quantity": 1}}), {"$.first": {"match": "values"}}))), Message(ORDERS.example_bytes({"first": {"quantity": 1}}), content_type=ORDER), Message(ORDERS.example_bytes({"first": {}}), content_type=ORDER)),
    ("of a plugin, Avro", expected_by(parcel(rules={"$.id": {"match": "type"}})), Message(A_PARCEL.replace(b"p1", b"p2"), content_type=PARCEL), Message(A_PARCEL.replace(b"x", b"y"), content_type=PARCEL)),
    ("of ours, Avro", expected_by(ours(parcel())), Message(A_PARCEL, content_type=PARCEL), Message(A_PARCEL.replace(b"\x00\x02", b"\x02\x02n\x02"), content_type=PARCEL)),
    ("cut short", expected_by(parcel()), Message(A_PARCEL, content_type=PARCEL), Message(A_PARCEL[:-1], content_type=PARCEL)),
    ("another content type", expected_by(parcel()), Message(A_PARCEL, content_type=PARCEL), Message(A_PARCEL, content_type="avro/binary;record=Letter")),
    ("metadata", expected_by({**parcel(), "metadata": {"topic": "parcels"}}), Message(A_PARCEL, content_type=PARCEL, metadata={"topic": "parcels"}), Message(A_PARCEL, content_type=PARCEL)),
]  # fmt: skip


ABSENT = ("a field without presence that is absent", "no bytes")
"""Rows in which something is filled in, which the comparison does."""


@pytest.mark.parametrize(("expected", "good", "bad"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_each_check_finds_the_same(expected: MessageContents, good: Message, bad: Message) -> None:
    first_of_bad = check_message(expected, bad)

    assert first_of_bad != ()
    for _ in range(3):
        assert check_message(expected, good) == ()
        assert check_message(expected, bad) == first_of_bad


def test_most_messages_need_no_comparison() -> None:
    for expected, good in ((row[1], row[2]) for row in ROWS if row[0] not in ABSENT):
        for _ in range(2):
            check_message(expected, good)

        assert expected.shortcut is not None
        assert expected.shortcut(expected, good) is not DOUBTFUL


def in_a_frame() -> tuple[MessageContents, Callable[[bytes], Message]]:
    """A contract in Confluent's frame, and what frames a payload."""
    serializer = Avro(json.loads(SCHEMA), framing=framing_of("confluent", MemoryRegistry(), "parcels-value"))
    expected = compile_message(serializer.load(A_PARCEL), {}, None, serializer)

    def framed(payload: bytes) -> Message:
        contents, headers = serializer.sent(payload)
        return Message(contents, content_type=PARCEL, headers=headers)

    return expected, framed


def test_frames_are_taken_off_each_time() -> None:
    expected, framed = in_a_frame()

    for _ in range(3):
        assert check_message(expected, framed(A_PARCEL)) == ()
        assert [each.path for each in check_message(expected, framed(A_PARCEL.replace(b"p1", b"p2")))] == ["$.id"]
        assert "frame" in check_message(expected, Message(A_PARCEL, content_type=PARCEL))[0].reason


def test_an_example_that_cannot_be_read_is_said_each_time() -> None:
    expected = expected_by(
        {
            **parcel(),
            "contents": {"content": base64.b64encode(b"\x04p").decode(), "encoded": "base64", "contentType": PARCEL},
        }
    )

    for _ in range(3):
        (mismatch,) = check_message(expected, Message(A_PARCEL, content_type=PARCEL))
        assert mismatch.rule == f"an example of type {PARCEL}"


def test_zeros_that_are_stated_count() -> None:
    serializer = Protobuf(Order)
    expected = compile_message({"id": "a", "count": 0}, {}, None, serializer)

    for _ in range(3):
        assert check_message(expected, Message(b"\x0a\x01a", content_type=ORDER)) == ()
        assert [each.path for each in check_message(expected, Message(b"\x0a\x01a\x10\x01", content_type=ORDER))] == [
            "$.count"
        ]


# -- any message -----------------------------------------------------------------------------------------------------

LINE = st.fixed_dictionaries(
    {}, optional={"sku": st.sampled_from(["", "a"]), "quantity": st.integers(-1, 1), "gift": st.booleans()}
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["", "a", "1"]),
        "count": st.integers(-1, 1),
        "discount": st.integers(0, 1),
        "tags": st.lists(st.sampled_from(["", "a"]), max_size=2),
        "first": LINE,
        "lines": st.lists(LINE, max_size=2),
        "by_sku": st.dictionaries(st.sampled_from(["a", "b"]), LINE, max_size=2),
        "serial": st.integers(0, 1),
        "image": st.sampled_from([b"", b"a"]),
    },
)
PLAIN = [
    *(MatchingRule(name) for name in ("type", "equality", "values", "number", "integer", "notEmpty", "null")),
    MatchingRule("type", {"min": 1}),
    MatchingRule("type", {"max": 0}),
    MatchingRule("regex", {"regex": "a?"}),
    MatchingRule("eachKey", {"rules": (MatchingRule("regex", {"regex": "a|sku"}),)}),
    MatchingRule("eachValue", {"rules": (MatchingRule("type"),)}),
]
RULE_SETS = st.builds(
    lambda rules, combine: RuleSet(tuple(rules), combine),
    st.lists(st.sampled_from(PLAIN), min_size=1, max_size=2),
    st.sampled_from(["AND", "OR"]),
)
PATHS = st.sampled_from(
    ["$", "$.*", "$.id", "$.count", "$.tags", "$.first", "$.first.*", "$.first.quantity", "$.lines", "$.lines[*]", "$.by_sku", "$.by_sku.*"]
)  # fmt: skip
RULES = st.dictionaries(PATHS, RULE_SETS, max_size=3).map(PathRules)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS, RULES, st.lists(DOCUMENTS, min_size=2, max_size=4), st.booleans())
def test_a_shortcut_says_yes_only_where_the_comparison_does(
    example: Raw,
    rules: PathRules,
    documents: list[Raw],
    is_exact: bool,
) -> None:
    raw = order(ORDERS.example_bytes(example))
    expected = expected_by(ours(raw) if is_exact else raw)
    expected = MessageContents(expected.contents, {}, {"body": rules})
    for document in [example, *documents]:
        message = Message(ORDERS.example_bytes(document), content_type=ORDER)
        found = check_once(expected, message)

        assert check_message(expected, message) == found
