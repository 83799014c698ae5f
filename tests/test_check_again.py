"""What is checked again: the shortcut says the same as the comparison, is made at the second check, and stays beside."""

import copy
import gc
import json
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import msgpact
from msgpact import match
from msgpact.check import DOUBTFUL, check_message
from msgpact.checking import check_once
from msgpact.model import Contents, Form, Message, MessageContents, Presence
from msgpact.template import compile_message

JSON = "application/json"


def expecting(template: object, metadata: Mapping[str, object] | None = None, content_type: str | None = None) -> Any:
    return compile_message(template, metadata or {}, content_type)


def expecting_only(value: object) -> MessageContents:
    """Contents, and nothing of the metadata."""
    return MessageContents(Contents(Presence.PRESENT, value, content_type=JSON))


def takes_the_shortcut(expected: MessageContents, message: Message) -> bool:
    """Whether a second check of it needs no comparison."""
    again = copy.copy(expected)
    check_message(again, message)
    check_message(again, message)
    assert again.shortcut is not None
    return again.shortcut(again, message) is not DOUBTFUL


def body(value: object, **more: Any) -> Message:
    return Message(value if isinstance(value, bytes) else orjson.dumps(value), **{"content_type": JSON, **more})


# -- what takes it ----------------------------------------------------------------------------------------------------

ORDER = {
    "id": match.uuid(),
    "total": match.number(12.5),
    "status": match.one_of("PLACED", "PAID"),
    "placed_at": match.datetime(),
    "lines": match.each_like({"sku": match.regex("[A-Z]-[0-9]", "A-1"), "qty": match.integer(1)}),
    "to": match.like({"city": "Vienna", "zip": "1010"}),
    "version": 1,
}
GOOD = {
    "id": "00000000-0000-0000-0000-00000000000a",
    "total": 3,
    "status": "PAID",
    "placed_at": "2026-02-01T00:00:00Z",
    "lines": [{"sku": "B-2", "qty": 0}, {"sku": "C-3", "qty": 9, "more": None}],
    "to": {"city": "", "zip": "x"},
    "version": 1,
    "more": [],
}
ENTRIES = {"topic": "orders.v1", "key": match.regex("[a-z]+", "k")}

ROWS: list[tuple[str, MessageContents, Message, bool]] = [
    ("a message", expecting(ORDER), body(GOOD), True),
    ("with metadata", expecting(ORDER, {"topic": "t"}), body(GOOD, metadata={"topic": "t", "key": "k"}), True),
    ("with rules on it", expecting(ORDER, ENTRIES), body(GOOD, metadata={"topic": "orders.v1", "key": "x"}), True),
    ("with metadata of other kinds", expecting(1, {"partition": 1}), body(1, metadata={"partition": 1}), True),
    ("of another spelling", expecting(ORDER), body(GOOD, content_type="application/json; charset=utf-8"), True),
    ("of no stated type", expecting_only({"a": 1}), Message(b'{"a": 1}'), True),
    ("of a type that is looked at", expecting_only({"a": 1}), Message(b"<a/>"), False),
    (
        "of a JSON type",
        expecting(ORDER, {}, "application/hal+json"),
        body(GOOD, content_type="application/hal+json"),
        True,
    ),
    ("with blanks", expecting(ORDER), body(json.dumps(GOOD, indent=2).encode()), True),
    ("of another type", expecting(ORDER), body(GOOD, content_type="text/plain"), False),
    ("without an entry", expecting(ORDER, ENTRIES), body(GOOD, metadata={"topic": "orders.v1"}), False),
    ("with another entry", expecting(ORDER, {"topic": "t"}), body(GOOD, metadata={"topic": "u"}), False),
    ("a tombstone", expecting(ORDER), Message(None, content_type=JSON), False),
    ("empty", expecting(ORDER), body(b""), False),
    ("no JSON", expecting(ORDER), body(b"{"), False),
    ("no match", expecting(ORDER), body({**GOOD, "version": 1.0}), False),
    ("text", expecting("a", {}, "text/plain"), Message(b"a", content_type="text/plain"), False),
    ("contents that are not stated", MessageContents(), body(GOOD), False),
    ("a tombstone expected", MessageContents(Contents(Presence.TOMBSTONE)), Message(None), False),
    ("bytes", MessageContents(Contents(Presence.PRESENT, b"1", Form.BINARY)), Message(b"1"), False),
]


@pytest.mark.parametrize(("expected", "message", "quick"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_who_takes_the_shortcut(expected: MessageContents, message: Message, quick: bool) -> None:
    assert takes_the_shortcut(expected, message) is quick
    assert check_message(expected, message) == check_once(expected, message)
    if quick:
        assert check_once(expected, message) == ()


class Text(str):
    __slots__ = ()


def test_text_of_a_subclass_is_no_text_for_the_shortcut_either() -> None:
    expected = expecting(1, {"topic": "t"})
    message = body(1, metadata={"topic": Text("t")})

    assert not takes_the_shortcut(expected, message)
    assert [each.part for each in check_message(expected, message)] == ["metadata"]


# -- when it is made --------------------------------------------------------------------------------------------------


def test_it_is_made_at_the_second_check() -> None:
    expected, message = expecting(ORDER), body(GOOD)
    assert expected.shortcut is None

    check_message(expected, message)
    first = expected.shortcut
    check_message(expected, message)
    second = expected.shortcut
    check_message(expected, message)

    assert first is not second
    assert expected.shortcut is second


def test_two_expectations_share_what_was_noted_at_the_first_check() -> None:
    one, other = expecting(ORDER), expecting([1])
    check_message(one, body(GOOD))
    check_message(other, body([1]))

    assert one.shortcut is other.shortcut  # nothing was made for either


def test_recording_makes_none() -> None:
    consumer = msgpact.Consumer("c", provider="p")

    @consumer.expects("m", contents={"a": match.integer()})
    def handle(contents: dict[str, int]) -> None: ...

    (expectation,) = consumer.expectations
    assert expectation.interaction.message is not None
    assert expectation.interaction.message.shortcut is None


def test_checking_imports_no_pydantic() -> None:
    program = """if True:
        import sys, msgpact
        from msgpact.model import Contents, Interaction, InteractionType, MessageContents, Presence
        expected = MessageContents(Contents(Presence.PRESENT, {"a": 1}, content_type="application/json"))
        interaction = Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, "m", (), expected)
        for _ in range(3):
            assert msgpact.check(interaction, msgpact.Message(b'{"a": 1}', content_type="application/json")) == ()
        print(sorted({"pydantic", "pydantic_core"} & sys.modules.keys()))"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)

    assert done.stdout == "[]\n"


# -- where it stays ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_has_none_and_is_equal(copied: Callable[[MessageContents], MessageContents]) -> None:
    expected = expecting(ORDER, ENTRIES)
    for _ in range(2):
        check_message(expected, body(GOOD))

    again = copied(expected)

    assert again == expected
    assert repr(again) == repr(expected)
    assert again.shortcut is None
    assert check_message(again, body(GOOD)) == check_message(expected, body(GOOD))


def test_it_goes_with_its_expectation() -> None:
    expected = expecting_only({"a": 1})
    for _ in range(2):
        check_message(expected, body({"a": 1}))
    assert expected.shortcut is not None
    gc.disable()  # no circle holds it
    try:
        seen = weakref.ref(expected.shortcut)
        del expected

        assert seen() is None
    finally:
        gc.enable()


def test_threads_may_make_it_at_once() -> None:
    expected, good, bad = expecting(ORDER), body(GOOD), body({**GOOD, "to": 1})
    found: list[bool] = []
    together = threading.Barrier(8, timeout=60)

    def check_often() -> None:
        together.wait()
        found.extend(check_message(expected, good) == () and check_message(expected, bad) != () for _ in range(50))

    threads = [threading.Thread(target=check_often) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)

    assert found == [True] * 400


# -- any template, any message ----------------------------------------------------------------------------------------

LEAVES = st.sampled_from(
    [
        1, 0, 1.5, True, None, "a", "é", match.integer(), match.integer(0), match.decimal(), match.number(), match.boolean(), match.null(),
        match.string(), match.uuid(), match.include("a"), match.date(), match.datetime(), match.semver(), match.not_empty(),
        match.regex("[a-z]+", "abc"), match.one_of("a", "b"), match.one_of(1, "1"), match.equal_to({"a": 0}),
        match.each_key(match.regex("[a-z]", "a"), {"a": 1}), match.each_value(match.integer(), {"a": 1}),
        match.values({"a": match.integer()}), match.array_contains(match.integer(), "x"), match.any_of(match.integer(), match.null()),
        match.all_of(match.integer(), match.not_empty(1)),
    ]
)  # fmt: skip
KEYS = st.sampled_from(["a", "b", "é", "0", "a b"])
TEMPLATES = st.recursive(
    LEAVES,
    lambda inner: (
        st.dictionaries(KEYS, inner, max_size=4)
        | st.lists(inner, max_size=2)
        | st.dictionaries(KEYS, inner, max_size=3).map(match.like)
        | st.dictionaries(KEYS, inner, max_size=3).map(match.each_like)
    ),
    max_leaves=10,
)
OTHERS = st.sampled_from(
    ["-0", "0", "1", "1.0", "1e2", "true", "null", '""', '"a"', '"a "', "{}", "[]", '{"a":-0}', '{"z":1}', "[1]", '[1,"x"]',
     "18446744073709551616", "1e400", "NaN", '"\\ud800"', "[" * 200 + "]" * 200, "", "[1,1.5]", '{"a":1,"a":"x"}']
)  # fmt: skip


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(TEMPLATES, st.data())
def test_every_check_says_the_same(template: object, data: st.DataObject) -> None:
    expected = expecting(template, {"topic": "t"})
    example = orjson.dumps(expected.contents.value).decode()
    if check_once(expected, body(example.encode(), metadata={"topic": "t"})) == ():
        assert takes_the_shortcut(expecting({"in": template}), body(f'{{"in":{example}}}'.encode()))
    for _ in range(4):
        text = example
        for _ in range(data.draw(st.integers(0, 2))):  # something else at a place where a scalar was, or at any place
            start = data.draw(st.integers(0, len(text)))
            end = data.draw(st.integers(start, min(start + 6, len(text))))
            cut = next((at for at in range(start, len(text)) if text[at] in ":[,"), start) + 1
            rest = next((at for at in range(cut, len(text)) if text[at] in ",]}"), len(text))
            start, end = data.draw(st.sampled_from([(start, end), (cut, rest), (cut, rest)]))
            text = text[:start] + data.draw(OTHERS) + text[end:]
        message = body(text.encode(), metadata={"topic": "t"})
        exactly = check_once(expected, message)
        for _ in range(3):
            assert check_message(expected, message) == exactly
