"""A provider is verified by pacts that Pact's plugins recorded: from its functions to the report, no plugin installed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from plugin_pacts import A_PARCEL, ORDER, PARCEL, SCHEMA, Order, Raw, message_class, order, pact, parcel
from shared_data import SHARED

import msgpact
from msgpact import Contract, Message, Outgoing, Provider
from msgpact.model import MessageContents
from msgpact.reporters import console, junit
from msgpact.reporters import json as json_report
from msgpact.serializers.avro import Avro
from msgpact.serializers.protobuf import Protobuf

FOLDER = SHARED / "interop" / "plugins" / "pacts"
FILES = sorted(FOLDER.glob("*.json"))


def sent(expected: MessageContents) -> Message:
    """What a provider that keeps the contract may send: the example."""
    value = expected.contents.value
    assert isinstance(value, bytes)
    return Message(value, content_type=expected.contents.content_type, metadata=expected.metadata)


def provider_of(contract: Contract) -> Provider:
    """A provider that produces the example of everything, with functions for its states."""
    provider = Provider(contract.provider)
    for interaction in contract:
        if interaction.message is not None:
            message = sent(interaction.message)
            provider.produces(interaction.description)(_giving(message))
        else:
            provider.answers(interaction.description)(_answering(sent(interaction.responses[0])))
        for state in interaction.provider_states:
            provider.state(state.name)(_state)
    return provider


def _giving(message: Message) -> Callable[[], Message]:
    def produce() -> Message:
        return message

    produce.__qualname__ = f"produce_{id(message)}"  # places of their own
    return produce


def _answering(message: Message) -> Callable[[bytes], Message]:
    def answer(request: bytes) -> Message:
        assert isinstance(request, bytes)
        return message

    answer.__qualname__ = f"answer_{id(message)}"
    return answer


def _state(**_: object) -> None:
    pass


@pytest.mark.parametrize(
    "file",
    [pytest.param(file, id=file.stem) for file in FILES]
    or [pytest.param(None, marks=pytest.mark.skip(reason="no interop/plugins/pacts beside the project"))],
)
def test_every_file_of_the_plugins_is_verified(file: Path) -> None:
    contract = msgpact.load(file)

    report = msgpact.verify(provider_of(contract), [contract])

    assert [each.text or each.mismatches for each in report.results if each.failed] == []
    assert report.ok
    assert report.complete


# -- without the files -----------------------------------------------------------------------------------------------


def orders(contents: object, content_type: str = ORDER, **more: object) -> Provider:
    provider = Provider("orders")
    provider.produces("an order was placed", content_type=content_type, **more)(lambda: contents)  # type: ignore[arg-type]  # any
    return provider


EXAMPLE = Order(id="a", count=3, discount=0, tags=["x"]).SerializeToString()

KEPT: list[tuple[str, object]] = [
    ("bytes", EXAMPLE),
    ("a message", Message(EXAMPLE, content_type=ORDER)),
    ("a value with metadata", Outgoing(EXAMPLE, {"contentType": ORDER})),
    ("more fields", Order(id="a", count=3, discount=0, serial=7).SerializeToString()),
]


@pytest.mark.parametrize("returned", [row[1] for row in KEPT], ids=[row[0] for row in KEPT])
def test_what_a_producer_returns_is_compared(returned: object) -> None:
    assert msgpact.verify(orders(returned), [pact(order(EXAMPLE))]).ok


def test_a_producer_may_return_the_generated_class() -> None:
    made = message_class("Order")(id="a", count=3, discount=0)

    assert msgpact.verify(orders(made, serializer=Protobuf(type(made))), [pact(order(EXAMPLE))]).ok


def test_a_producer_may_return_a_record() -> None:
    provider = Provider("orders")
    value = {"id": "p1", "grams": 250, "note": "fragile", "tags": ["x"]}
    provider.produces("a parcel was sent", serializer=Avro(json.loads(SCHEMA)))(lambda: value)

    assert msgpact.verify(provider, [pact(parcel())]).ok


BROKEN: list[tuple[str, Raw | None, bytes, str, str]] = [
    ("another value", None, Order(id="b", count=3).SerializeToString(), "$.id", 'exactly "a"'),
    ("no value, and so its default", None, Order(id="a").SerializeToString(), "$.count", "exactly 3"),
    ("no bytes, and so no fields", None, b"", "$.id", 'exactly "a"'),
    ("a rule that is not met", {"$.id": {"match": "regex", "regex": "[a-z]"}}, Order(id="B", count=3).SerializeToString(), "$.id", "text matching the pattern [a-z]"),
    ("another wire type", {"$.count": {"match": "type"}}, b"\x0a\x01a\x12\x013", "$.count", "a field of type int32"),
    ("cut short", None, b"\x0a\x05a", "$", f"contents of type {ORDER}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "contents", "path", "rule"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_what_breaks_the_contract_is_shown_at_its_path(
    rules: Raw | None, contents: bytes, path: str, rule: str
) -> None:
    (result,) = msgpact.verify(orders(Message(contents, content_type=ORDER)), [pact(order(EXAMPLE, rules))]).results

    assert (result.mismatches[0].path, result.mismatches[0].expectation.partition(", such as")[0]) == (path, rule)


NOTES = (
    "$.tags: the list, as no rule is about it",
    "$.discount: whether it is there; it is not, and its default was compared",
)


def test_what_the_plugin_does_not_compare_is_in_every_report() -> None:
    came = Order(id="a", count=3, tags=["y", "z"]).SerializeToString()
    report = msgpact.verify(orders(came), [pact(order(EXAMPLE))])

    assert report.ok
    assert report.results[0].not_compared == NOTES
    for note in NOTES:
        assert f"\n    not compared: {note}" in console.render(report)
        assert f"not compared: {note}" in junit.render(report)
    assert json.loads(json_report.render(report))["results"][0]["notCompared"] == list(NOTES)


def test_ours_is_compared_exactly() -> None:
    came = Order(id="a", count=3, tags=["y", "z"]).SerializeToString()
    ours = {**order(EXAMPLE), "comments": {"msgpact": {"exact": True}}}

    (result,) = msgpact.verify(orders(came), [pact(ours)]).results

    assert [each.path for each in result.mismatches] == ["$", "$.tags", "$.tags[0]"]
    assert result.mismatches[0].rule == "the key 'discount'"
    assert result.not_compared == ()


def test_a_record_with_other_unions_passes_and_the_report_says_so() -> None:
    provider = Provider("orders")
    provider.produces("a parcel was sent", content_type=PARCEL)(
        lambda: A_PARCEL.replace(b"\x00\x02\x02x", b"\x02\x02!\x02\x02x")
    )

    (result,) = msgpact.verify(provider, [pact(parcel())]).results

    assert not result.failed
    assert result.not_compared == ("$.note: the field, as its schema is a union",)
