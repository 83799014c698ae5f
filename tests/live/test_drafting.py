"""Drafts: modules that run, whose contracts accept what they were drafted from, and that say what messages have in common."""

import json
import re
import subprocess
import sys
import sysconfig
import types
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import msgpact
from msgpact.errors import NothingToVerify
from msgpact.live.drafting import Draft, draft
from msgpact.live.inference import ENOUGH, Place
from msgpact.relaxing import relaxed

JSON = "application/json"


def sent(document: object, topic: str = "orders.v1", headers: dict[str, str] | None = None) -> msgpact.Message:
    contents = json.dumps(document).encode()
    return msgpact.Message(contents, content_type=JSON, headers=headers or (), metadata={"topic": topic, "key": None})


def drafted(messages: Iterable[msgpact.Message], **more: Any) -> Draft:
    return draft(messages, keys=("topic",), consumer="shop", provider="orders", **more)


def contents_of(*documents: object, **more: Any) -> str:
    """The template that is drafted of documents."""
    source = drafted(map(sent, documents), **more).source
    return source.partition("contents=")[2].partition("    metadata=")[0].rstrip().removesuffix(",")


def loaded(source: str) -> msgpact.Consumer:
    """The consumer of a drafted module."""
    module = types.ModuleType(f"drafted_{uuid.uuid4().hex}")
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, module.__name__, "exec"), module.__dict__)
        consumer: msgpact.Consumer = module.consumer
        assert consumer.load()
    finally:
        del sys.modules[module.__name__]
    return consumer


# -- what holds of all drafts ----------------------------------------------------------------------------------------

KEYS = st.sampled_from(["id", "type", "a-b", "class", "é", "it's", "0", "x.y", "", '"', "lines"]) | st.text(max_size=3)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4)
    | st.sampled_from(["placed", "gone", "2026-01-31", "2026-01-31T12:00:00Z", "1.2.3", "12:00:00", "{}", "#", "\\"])
    | st.uuids().map(str)
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=10
)
OBJECTS = st.dictionaries(KEYS, DOCUMENTS, max_size=5)
HEADERS = st.dictionaries(
    st.sampled_from(["event-type", "trace", "topic", "type"]), st.sampled_from(["placed", "gone", "1", ""]), max_size=3
)
MESSAGES = st.lists(
    st.builds(
        sent,
        OBJECTS | DOCUMENTS,
        st.sampled_from(["orders.v1", "payments.v1"]),
        HEADERS,
    ),
    min_size=1,
    max_size=8,
)


@given(MESSAGES, st.booleans())
@settings(max_examples=150)
def test_a_draft_accepts_what_it_was_drafted_from(messages: list[msgpact.Message], values: bool) -> None:
    """By the module's text, relaxed or not: each message fits one of the expectations of its topic."""
    consumer = loaded(drafted(messages, values=values).source)

    stated = [each.interaction.message for each in consumer.load()]
    for message in messages:
        for loosened in (False, True):
            assert any(
                not msgpact.check(
                    msgpact.model.Interaction(
                        msgpact.model.InteractionType.ASYNCHRONOUS_MESSAGE,
                        "",
                        message=relaxed(each) if loosened else each,
                    ),
                    message,
                )
                for each in stated
                if each is not None
            )


@given(MESSAGES)
@settings(max_examples=40)
def test_the_handlers_of_a_draft_take_its_examples(messages: list[msgpact.Message]) -> None:
    consumer = loaded(drafted(messages).source)

    for expectation in consumer.load():
        msgpact.ConsumerCase(consumer, expectation, seed=1).deliver()


def test_a_draft_is_recorded_and_formatted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [
        sent(
            {"type": "placed", "id": n, "it's": 1, "lines": [{"sku": f"A-{n}", "qty": n, "notes": [f"{n}"]}]},
            headers={"event-id": str(n)},
        )
        for n in range(9)
    ]
    messages += [sent({"type": "gone", "id": n, "why": None if n % 2 else "rain" * n}) for n in range(9)]
    messages += [msgpact.Message(None, metadata={"topic": "orders.v1", "key": str(n)}) for n in range(3)]
    (tmp_path / "drafted_contract.py").write_text(drafted(messages).source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    done = [
        subprocess.run(
            [Path(sysconfig.get_path("scripts"), name), *arguments], capture_output=True, text=True, check=False
        )
        for name, *arguments in (
            ("msgpact", "record", "drafted_contract:consumer"),
            ("ruff", "format", "--isolated", "--diff", "drafted_contract.py"),
            (
                "ruff",
                "check",
                "--isolated",
                "--select",
                "E,F,I,UP,B,N",
                "--line-length",
                "100",
                "drafted_contract.py",
            ),
        )
    ]

    assert [each.returncode for each in done] == [0, 0, 0], "\n".join(each.stdout + each.stderr for each in done)
    contract = msgpact.load("pacts/shop-orders.json")
    assert [each.description for each in contract] == [
        "a tombstone of orders.v1",
        "orders.v1: gone",
        "orders.v1: placed",
    ]


# -- what is inferred ------------------------------------------------------------------------------------------------

A_UUID, ANOTHER = "3f2b0c1e-9d59-4c1b-8f43-0d7c2a2f5b11", "0d7c2a2f-9d59-4c1b-8f43-3f2b0c1e5b11"


@pytest.mark.parametrize(
    ("values", "template"),
    [
        ([1, 2], "match.integer()"),
        ([1.5, 2.0], "match.decimal()"),
        ([1, 2.5], "match.number()"),
        ([True], "match.boolean()"),
        ([None], "match.null()"),
        (["Ann", "Bob"], "match.string()"),
        ([A_UUID, ANOTHER], "match.uuid()"),
        (["2026-01-31", "2025-12-01"], "match.date()"),
        (["12:30:00"], "match.time()"),
        (["2026-01-31T12:00:00Z", "2026-01-31T12:00:00+01:00"], "match.datetime()"),
        (["2026-01-31T12:00:00.123Z"], "match.datetime(format=\"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\")"),
        (["1.2.3", "2.0.0-rc.1"], "match.semver()"),
        (["2026-01-31", "soon"], "match.string()"),
        (["1", None], "match.any_of(match.string(), match.null())"),
        ([A_UUID, 7], "match.any_of(match.uuid(), match.integer())"),
        (["PAID", "OPEN"] * ENOUGH, 'match.one_of("OPEN", "PAID")'),
        (["EUR"] * ENOUGH, '"EUR"'),
        (["EUR"] * (ENOUGH - 1), "match.string()"),
        (["Ann Smith", "Bob Jones"] * ENOUGH, "match.string()"),
        ([[], []], "match.like([])"),
        ([[1], [2, 3]], "match.each_like(match.integer())"),
        ([[1], []], "match.each_like(match.integer(), min=0)"),
        ([[1, "a"]], "match.each_like(match.any_of(match.string(), match.integer()))"),
        ([{"x": 1}, {"x": 2}], '{"x": match.integer()}'),
        ([{A_UUID: 1}, {ANOTHER: 2}], 'match.values({"e2490de5-5bd3-43d5-b7c4-526e33f71304": match.integer()})'),
        ([{"1": [1]}, {"2": []}], 'match.values({"1": match.each_like(match.integer(), min=0)})'),
        ([{"EUR": 1, "SEK": 2}, {"USD": 1, "CHF": 2}], 'match.values({"key": match.integer()})'),
        ([{}, {}], "match.like({})"),
    ],
    ids=repr,
)
def test_what_is_inferred(values: list[object], template: str) -> None:
    assert contents_of(*[{"x": each} for each in values]) == f'{{"x": {template}}}'


def test_what_only_some_have_is_said_and_not_stated() -> None:
    written = contents_of({"id": 1, "coupon": "x"}, {"id": 2}, {"id": 3})

    assert written == '{\n        "id": match.integer(),\n        # "coupon": in 1 of 3\n    }'
    assert "coupon: NotRequired[str]" in drafted([sent({"id": 1, "coupon": "x"}), sent({"id": 2})]).source


@pytest.mark.parametrize(
    ("documents", "why"),
    [
        ([{"it's": 1, "id": 2}], "it's\": no path can name it"),
        ([{"x": {"y": 1}, "id": 2}, {"x": None, "id": 2}], 'x": object or null'),
        ([{"x": [1], "id": 2}, {"x": 1, "id": 2}], 'x": array or number'),
    ],
    ids=["a key with a quote", "an object or null", "an array or a number"],
)
def test_what_pact_cannot_say_is_not_stated(documents: list[object], why: str) -> None:
    assert contents_of(*documents) == f'{{\n        "id": match.integer(),\n        # "{why}\n    }}'


@pytest.mark.parametrize(
    ("document", "template"),
    [
        ({"x": {"y": "a", "id": 1}}, '{"x": {"id": match.integer(), # "y": differs}}'),
        ({"x": [{"y": "a", "id": 1}]}, '{"x": match.each_like({"id": match.integer(), # "y": differs})}'),
        ({"x": ["a"]}, '{"x": match.like([])}'),
        ({"x": {A_UUID: "a"}}, '{"x": match.like({})}'),
        ({"x": "a"}, "match.like({})"),
    ],
    ids=["in an object", "in an object of a list", "in a list", "in a map", "at the top"],
)
def test_what_is_inferred_wrongly_is_left_out(monkeypatch: pytest.MonkeyPatch, document: object, template: str) -> None:
    """Whatever is inferred is held against the messages before it is written."""
    monkeypatch.setattr(Place, "looks", ("uuid", {}))

    written = contents_of(document)

    assert re.sub(r",?\s*\n\s*(?=[})])|(?<=[{(])\n\s*", "", written).replace(",\n", ", ").replace("  ", "") == template


def test_metadata_that_are_inferred_wrongly_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Place, "looks", ("uuid", {}))

    assert 'metadata={"topic": "orders.v1"}' in drafted([sent({"id": 1}, headers={"trace": "x"})]).source


def test_values_are_made_up_unless_they_are_asked_for() -> None:
    documents = [{"name": "Ann Smith", "born": "1990-02-03", "phone": 4401, "id": A_UUID, "by": {A_UUID: "me"}}]

    made_up, real = drafted(map(sent, documents)).source, drafted(map(sent, documents), values=True).source

    for each in ("Ann Smith", "1990-02-03", "4401", A_UUID, '"me"'):
        assert each not in made_up
        assert each in real


# -- which messages belong together ----------------------------------------------------------------------------------


def test_messages_of_one_address_are_told_apart_by_what_explains_their_keys() -> None:
    messages = [sent({"kind": "placed", "id": n, "total": 1.5, "state": "new"}) for n in range(4)]
    messages += [sent({"kind": "gone", "id": n, "why": "rain", "state": "old" if n else "new"}) for n in range(4)]

    found = drafted(messages)

    assert found.discriminators == {"orders.v1": "$.kind"}
    assert [(each.description, each.messages) for each in found.expectations] == [
        ("orders.v1: placed", 4),
        ("orders.v1: gone", 4),
    ]
    assert '"kind": "placed"' in found.source


def test_routing_keys_that_are_data_are_one_address() -> None:
    messages = [
        msgpact.Message(
            b'{"id": 1}', content_type=JSON, metadata={"exchange": "orders", "routingKey": f"order.{number}"}
        )
        for number in range(30)
    ]

    found = draft(messages, keys=("exchange", "routingKey"), consumer="shop", provider="orders")

    assert [(each.description, each.messages) for each in found.expectations] == [("a message of orders", 30)]
    assert 'metadata={"exchange": "orders", "routingKey": match.string()}' in found.source


def test_a_header_tells_them_apart_too() -> None:
    messages = [sent({"id": 1}, headers={"event-type": "gone"}), sent({"id": 1}, headers={"event-type": "gone"})]
    messages += [sent({"id": 1, "total": 2}, headers={"event-type": "placed"}) for _ in range(2)]

    assert drafted(messages).discriminators == {"orders.v1": "event-type"}


@pytest.mark.parametrize("discriminator", ["$.state", "event-type"])
def test_a_discriminator_that_is_given_counts(discriminator: str) -> None:
    messages = [sent({"id": 1, "state": each}, headers={"event-type": each}) for each in ("a", "b", "a")]

    found = drafted(messages, discriminator=discriminator)

    assert [each.description for each in found.expectations] == ["orders.v1: a", "orders.v1: b"]


def test_metadata_that_all_have() -> None:
    source = drafted(
        [sent({"id": 1}, headers={"trace": A_UUID, **({"hop": "1"} if each else {})}) for each in range(2)]
    ).source

    assert 'metadata={"topic": "orders.v1", "trace": match.uuid()}' in source


def test_the_content_type_is_that_of_the_messages() -> None:
    message = msgpact.Message(b'{"id": 1}', content_type="application/vnd.shop+json", metadata={"topic": "orders.v1"})

    assert 'content_type="application/vnd.shop+json",' in drafted([message]).source


def test_only_names_tell_messages_apart() -> None:
    """Keys that a path cannot name tell nothing, and neither do values that are no names."""
    messages = [
        sent({"it's": str(n % 2), "why": f"It rained {n % 2} h", "x": 1, **({"y": 1} if n % 2 else {})})
        for n in range(4)
    ]

    assert drafted(messages).discriminators == {}


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([], "there is none"),
        (
            [msgpact.Message(b"\0\1", content_type="avro/binary", metadata={"topic": "a"})],
            "1 of avro/binary that cannot be read without a schema",
        ),
        (
            [msgpact.Message(b"no JSON", content_type=JSON, metadata={"topic": "a"})],
            "1 of application/json that cannot be read",
        ),
        (
            [msgpact.Message(b'{"a":' * 61 + b"1" + b"}" * 61, content_type=JSON, metadata={"topic": "a"})],
            "1 that are more than 60 levels deep",
        ),
    ],
    ids=["none", "with a schema", "no JSON", "too deep"],
)
def test_nothing_to_draft_from(messages: list[msgpact.Message], says: str) -> None:
    with pytest.raises(NothingToVerify, match=says):
        drafted(messages)


@pytest.mark.parametrize(
    ("opens", "closes"), [('{"a":', "}"), ("[", "]"), ('[{"a":', "}]")], ids=["objects", "lists", "both"]
)
def test_what_is_as_deep_as_it_may_be_is_drafted(opens: str, closes: str) -> None:
    levels = 60 // len(closes)
    document = json.loads(opens * levels + "1" + closes * levels)

    assert len(loaded(drafted([sent(document)]).source).load()) == 1
