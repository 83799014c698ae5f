"""AMQP messages and messages: of aio-pika and of pika, each way alone, and both ways for any there can be, over the wire format."""

import datetime
import math
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import aio_pika
import aiormq
import pika
import pytest
from aiormq.abc import DeliveredMessage
from hypothesis import given
from hypothesis import strategies as st
from pamqp import decode, encode
from pamqp.header import ContentHeader

import msgpact
from msgpact import Message
from msgpact.errors import DeclarationError, MissingExtra, UsageError
from msgpact.recorder import consumer_cases
from msgpact.records import amqp, tables

NOON = datetime.datetime(2026, 1, 31, 12, 0, 0, tzinfo=datetime.UTC)
NOON_MS = 1769860800000  # $ date -u -d 2026-01-31T12:00:00Z +%s000


def incoming(body: bytes = b"{}", **facts: Any) -> aio_pika.IncomingMessage:
    """A message as aio-pika makes it of what aiormq delivers."""
    routing = {"exchange": "orders", "routing_key": "order.placed", "redelivered": False, "delivery_tag": 7}
    delivery = {"consumer_tag": "c", **{name: facts.pop(name, value) for name, value in routing.items()}}
    properties = aiormq.spec.Basic.Properties(**facts)
    return aio_pika.IncomingMessage(
        DeliveredMessage(
            delivery=aiormq.spec.Basic.Deliver(**delivery),
            header=ContentHeader(properties=properties, body_size=len(body)),
            body=body,
            channel=None,  # type: ignore[arg-type]  # nothing is acknowledged
        )
    )


# -- messages as aio-pika delivers them ------------------------------------------------------------------------------

FACTS: list[tuple[str, dict[str, Any], dict[str, object]]] = [
    (
        "routing",
        {},
        {"exchange": "orders", "routingKey": "order.placed", "redelivered": False, "deliveryTag": 7},
    ),
    ("content type", {"content_type": "application/json"}, {"contentType": "application/json"}),
    ("content encoding", {"content_encoding": "gzip"}, {"contentEncoding": "gzip"}),
    ("persistent", {"delivery_mode": 2}, {"deliveryMode": 2}),
    ("priority", {"priority": 5}, {"priority": 5}),
    ("correlation", {"correlation_id": "c-1", "reply_to": "answers"}, {"correlationId": "c-1", "replyTo": "answers"}),
    ("expiration", {"expiration": "1001"}, {"expiration": 1001}),
    ("id", {"message_id": "m-1"}, {"messageId": "m-1"}),
    ("timestamp", {"timestamp": NOON}, {"timestamp": NOON_MS}),
    ("type", {"message_type": "order.placed"}, {"type": "order.placed"}),
    ("user and application", {"user_id": "guest", "app_id": "shop"}, {"userId": "guest", "appId": "shop"}),
    ("header of the name of a fact", {"headers": {"type": "x"}}, {"header:type": "x", "type": None}),
    (
        "header of the name contentType",
        {"headers": {"contentType": "x"}},
        {"header:contentType": "x", "contentType": None},
    ),
    ("header that is called like it", {"headers": {"content-type": "x"}}, {"content-type": "x", "contentType": None}),
    (
        "property and header of the content type",
        {"content_type": "text/plain", "headers": {"Content-Type": "x"}},
        {"Content-Type": "x", "contentType": "text/plain"},
    ),
]


@pytest.mark.parametrize(("facts", "metadata"), [each[1:] for each in FACTS], ids=[each[0] for each in FACTS])
def test_metadata_of_a_delivered_message(facts: dict[str, Any], metadata: dict[str, object]) -> None:
    message = amqp.from_record(incoming(**facts))

    assert metadata.items() <= message.metadata.items()
    assert message.content_type == facts.get("content_type")


VALUES: list[tuple[str, Any, object, bytes | None]] = [
    ("text", "a1", "a1", b"a1"),
    ("void", None, None, None),
    ("boolean", True, True, b"true"),
    ("integer", -(2**63), -(2**63), b"-9223372036854775808"),
    ("double", 1.5, 1.5, b"1.5"),
    ("no number", math.inf, "double:inf", b"inf"),
    ("decimal", Decimal("1.50"), "decimal:1.50", b"1.50"),
    ("timestamp", NOON, "timestamp:2026-01-31T12:00:00Z", b"2026-01-31T12:00:00Z"),
    ("bytes", bytearray(b"\xff"), "base64:/w==", b"\xff"),
    ("bytes that are text", bytearray(b"hi"), "base64:aGk=", b"hi"),
    ("text like bytes", "base64:aGk=", "text:base64:aGk=", b"base64:aGk="),
    ("text like text", "text:a", "text:text:a", b"text:a"),
    ("text like a timestamp", "timestamp:2026-01-31T12:00:00Z", "text:timestamp:2026-01-31T12:00:00Z", None),
    ("text that is no timestamp", "timestamp:now", "timestamp:now", b"timestamp:now"),
    ("text that is a time of no zone", "timestamp:2026-01-31T12:00:00", "timestamp:2026-01-31T12:00:00", None),
    ("text that is no finite decimal", "decimal:NaN", "decimal:NaN", None),
    ("text that is no decimal", "decimal:one", "decimal:one", b"decimal:one"),
    ("text that is no double", "double:1.5", "double:1.5", b"double:1.5"),
    ("text with a colon", "urn:a", "urn:a", b"urn:a"),
    ("array", ["a", 1, None], ["a", 1, None], b'["a", 1, null]'),
    (
        "tables in arrays, as of a dead letter",
        [{"count": 1, "reason": "rejected", "time": NOON, "routing-keys": ["k"]}],
        [{"count": 1, "reason": "rejected", "time": "timestamp:2026-01-31T12:00:00Z", "routing-keys": ["k"]}],
        b'[{"count": 1, "reason": "rejected", "time": "timestamp:2026-01-31T12:00:00Z", "routing-keys": ["k"]}]',
    ),
]


@pytest.mark.parametrize(("value", "shown", "exact"), [each[1:] for each in VALUES], ids=[each[0] for each in VALUES])
def test_values_of_headers(value: Any, shown: object, exact: bytes | None) -> None:
    message = amqp.from_record(incoming(headers={"h": value}))

    assert message.metadata["h"] == shown
    assert dict(message.headers)["h"] == (value.encode() if exact is None and isinstance(value, str) else exact)
    assert amqp.to_record(message).headers == {"h": value}
    assert amqp.to_record(Message(b"", metadata=message.metadata)).headers == {"h": value}


def test_a_timestamp_without_a_zone_is_in_utc() -> None:
    message = aio_pika.Message(b"", headers={"h": NOON.replace(tzinfo=None)}, timestamp=NOON.replace(tzinfo=None))

    metadata = amqp.from_publish(message, "k").metadata

    assert (metadata["h"], metadata["timestamp"]) == ("timestamp:2026-01-31T12:00:00Z", NOON_MS)


# -- messages for handlers -------------------------------------------------------------------------------------------


def test_what_a_contract_states_is_in_the_message() -> None:
    metadata = {
        "exchange": "orders",
        "routingKey": "order.placed",
        "deliveryMode": 2,
        "expiration": 1001,
        "timestamp": NOON_MS,
        "type": "order.placed",
        "header:type": "x",
        "attempt": 3,
    }

    made = amqp.to_record(Message(b"{}", content_type="application/json", metadata=metadata))

    assert (made.body, made.content_type, made.exchange, made.routing_key) == (
        b"{}",
        "application/json",
        "orders",
        "order.placed",
    )
    assert (made.delivery_mode, made.expiration, made.timestamp, made.type) == (2, 1.001, NOON, "order.placed")
    assert made.headers == {"type": "x", "attempt": 3}


def test_a_message_has_a_place_though_no_contract_states_one() -> None:
    made = amqp.to_record(Message(b""))

    assert (made.exchange, made.routing_key, made.delivery_tag, made.redelivered) == ("", "", 1, False)


@pytest.mark.asyncio
async def test_a_handler_may_acknowledge_and_reject_the_message_that_it_is_given() -> None:
    async with amqp.to_record(Message(b"")).process():
        pass
    await amqp.to_record(Message(b"")).ack()
    await amqp.to_record(Message(b"")).reject(requeue=True)
    await amqp.to_record(Message(b"")).nack()
    twice = amqp.to_record(Message(b""))
    await twice.ack()
    with pytest.raises(aio_pika.exceptions.MessageProcessError):
        await twice.ack()


def test_a_handler_that_takes_the_native_message_is_given_one() -> None:
    consumer = msgpact.Consumer("shop", provider="orders")

    @consumer.expects(
        "an order was placed", contents={"id": 42}, metadata={"routingKey": "order.placed"}, via=amqp.to_record
    )
    async def handle(message: aio_pika.IncomingMessage) -> tuple[object, ...]:
        async with message.process():
            return message.routing_key, message.body, message.content_type

    [case] = consumer_cases(consumer, seed=1)
    assert case.deliver() == ("order.placed", b'{"id":42}', "application/json")


REFUSED: list[tuple[str, Message, str]] = [
    (
        "tombstone",
        Message(None),
        r"Cannot make an AMQP message of Message\(.*: it is a tombstone, and .* always has a body",
    ),
    (
        "half a second",
        Message(b"", metadata={"timestamp": 1500}),
        "of timestamp 1500: it holds whole seconds. State 1000",
    ),
    (
        "priority",
        Message(b"", metadata={"priority": "5"}),
        "an AMQP message of priority '5': it is a str. State a whole",
    ),
    ("expiration", Message(b"", metadata={"expiration": 1.5}), "an AMQP message of expiration 1.5: it is a float"),
    ("type", Message(b"", metadata={"type": 1}), "an AMQP message of type 1: it is a int. State text"),
    ("redelivered", Message(b"", metadata={"redelivered": 1}), "an AMQP message of redelivered 1: it is a int"),
    ("value", Message(b"", metadata={"a": {1}}), r"Cannot make an AMQP header of \{1\}: it is a set"),
    ("twice", Message(b"", headers=[("a", b"1"), ("a", b"2")]), "an AMQP message with the header 'a' twice"),
]


@pytest.mark.parametrize(("message", "why"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
@pytest.mark.parametrize("made_by", [amqp.to_record, amqp.to_delivery], ids=["aio-pika", "pika"])
def test_what_a_message_of_amqp_cannot_hold_is_refused(
    made_by: Callable[[Message], object], message: Message, why: str
) -> None:
    with pytest.raises(DeclarationError, match=why):
        made_by(message)


def test_headers_of_other_origin_are_text_where_they_are_text() -> None:
    message = Message(b"", headers=[("a", b"1"), ("b", b"\xff"), ("c", b"base64:aGk="), ("d", None)])

    assert amqp.to_record(message).headers == {"a": "1", "b": bytearray(b"\xff"), "c": "base64:aGk=", "d": None}


# -- what producers are called with ----------------------------------------------------------------------------------


def test_the_message_of_a_call_of_publish() -> None:
    sent = aio_pika.Message(
        b"{}",
        content_type="application/json",
        headers={"trace": "a1"},
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        expiration=datetime.timedelta(seconds=2),
        timestamp=NOON + datetime.timedelta(milliseconds=700),
    )

    message = amqp.from_publish(sent, "order.placed", exchange="orders")

    assert message.metadata == {
        "exchange": "orders",
        "routingKey": "order.placed",
        "contentType": "application/json",
        "trace": "a1",
        "deliveryMode": 2,
        "priority": 0,  # what aio-pika sends where none is said
        "expiration": 2000,
        "timestamp": NOON_MS,
    }


def test_the_call_of_publish_for_a_message() -> None:
    metadata = {"exchange": "orders", "routingKey": "order.placed", "expiration": 1001, "deliveryMode": 2}

    call = amqp.to_publish(Message(b"{}", metadata=metadata))

    assert call.keys() == {"message", "routing_key"}
    assert call["message"].properties.expiration == "1001"
    assert amqp.from_publish(**call, exchange="orders").metadata == {**metadata, "priority": 0}


@pytest.mark.parametrize("made_by", [amqp.to_publish, amqp.to_basic_publish], ids=["aio-pika", "pika"])
def test_a_message_without_an_address_cannot_be_sent(made_by: Callable[[Message], object]) -> None:
    with pytest.raises(
        DeclarationError, match=r"Cannot send Message\(.* by AMQP: it states neither exchange nor routing"
    ):
        made_by(Message(b"{}"))


def test_an_exchange_may_need_no_routing_key() -> None:
    assert amqp.to_publish(Message(b"{}", metadata={"exchange": "orders"}))["routing_key"] == ""


# -- pika ------------------------------------------------------------------------------------------------------------


def test_the_message_of_a_call_of_basic_publish() -> None:
    properties = pika.BasicProperties(
        content_type="application/json",
        headers={"n": 1},
        delivery_mode=2,
        expiration="60000",
        timestamp=NOON_MS // 1000,
    )

    message = amqp.from_basic_publish("orders", "order.placed", b"{}", properties)

    assert message.metadata == {
        "exchange": "orders",
        "routingKey": "order.placed",
        "contentType": "application/json",
        "n": 1,
        "deliveryMode": 2,
        "expiration": 60000,
        "timestamp": NOON_MS,
    }


def test_a_call_of_basic_publish_without_properties() -> None:
    assert amqp.from_basic_publish("", "orders", "é") == Message(
        "é".encode(), metadata={"exchange": "", "routingKey": "orders"}
    )


def test_an_expiration_that_is_no_number_stays_text() -> None:
    assert (
        amqp.from_basic_publish("", "q", b"", pika.BasicProperties(expiration="soon")).metadata["expiration"] == "soon"
    )


@pytest.mark.parametrize("body", [None, 1])
def test_a_body_that_is_none_is_refused(body: Any) -> None:
    with pytest.raises(UsageError, match=f"Cannot read an AMQP message with the body {body}: it is a "):
        amqp.from_basic_publish("", "q", body)


def test_a_header_that_amqp_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match=r"Cannot read the header \{1\}: it is a set, which AMQP's tables do not hold"):
        amqp.from_basic_publish("", "q", b"", pika.BasicProperties(headers={"a": {1}}))


# -- any message -----------------------------------------------------------------------------------------------------

short = st.text(min_size=1, max_size=8)
moments = st.integers(0, 2**32 - 1).map(lambda seconds: datetime.datetime.fromtimestamp(seconds, datetime.UTC))
tagged = st.builds(
    "{}:{}".format,
    st.sampled_from(["base64", "timestamp", "decimal", "double", "text"]),
    st.sampled_from(["", "aGk=", "2026-01-31T12:00:00Z", "1.5", "nan", "text:x"]),
)
singles = st.floats(width=32, allow_nan=False)  # as pamqp writes doubles; pika writes none
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    short,
    tagged,
    moments,
    st.decimals(0, 10_000, places=2),
)
names = short.filter(lambda name: not name.startswith("header:")) | st.sampled_from(
    [*amqp.RESERVED, "contentType", "content-type"]
)


def table_values(of_bytes: type[bytes] | type[bytearray]) -> st.SearchStrategy[Any]:
    own = st.binary(max_size=6) if of_bytes is bytes else st.binary(max_size=6).map(bytearray) | singles
    return st.recursive(
        scalars | own,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(short, inner, max_size=3),
        max_leaves=5,
    )


def property_sets(type_name: str, of_bytes: type[bytes] | type[bytearray]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"delivery_mode": st.sampled_from([1, 2]), "priority": st.integers(0, 9)},
        optional={
            "content_type": short,
            "content_encoding": short,
            "headers": st.dictionaries(names, table_values(of_bytes), min_size=1, max_size=4),
            "correlation_id": short,
            "reply_to": short,
            "expiration": st.integers(0, 2**40).map(str),
            "message_id": short,
            type_name: short,
            "user_id": short,
            "app_id": short,
        },
    )


def in_aio_pika(properties: dict[str, Any]) -> dict[str, Any]:
    """What comes out of aiormq for these properties: its own reading of their wire format."""
    header = ContentHeader(properties=aiormq.spec.Basic.Properties(**properties))
    found = ContentHeader()
    found.unmarshal(header.marshal())
    return dict(found.properties)


def facts_of(message: aio_pika.IncomingMessage) -> dict[str, Any]:
    info = dict(message.info())
    return {name: info[name] for name in info.keys() - {"consumer_tag", "cluster_id"}} | {"body": message.body}


@given(property_sets("message_type", bytearray), st.binary(max_size=8), st.none() | moments)
def test_any_message_of_aio_pika_comes_back(
    properties: dict[str, Any], body: bytes, timestamp: datetime.datetime | None
) -> None:
    native = incoming(body, **in_aio_pika({**properties, "timestamp": timestamp}), routing_key="k", exchange="e")

    again = amqp.to_record(amqp.from_record(native))

    assert facts_of(again) == facts_of(native)
    assert types_in(again.headers) == types_in(native.headers)


@given(property_sets("type", bytes), st.binary(max_size=8), st.none() | st.integers(0, 2**40))
def test_any_message_of_pika_comes_back(properties: dict[str, Any], body: bytes, timestamp: int | None) -> None:
    written = b"".join(pika.BasicProperties(**properties, timestamp=timestamp).encode())
    sent = pika.BasicProperties()
    sent.decode(written)
    method = pika.spec.Basic.Deliver("msgpact", 7, True, "orders", "order.placed")

    got_method, got, got_body = amqp.to_delivery(amqp.from_delivery(method, sent, body))
    call = amqp.to_basic_publish(amqp.from_basic_publish("orders", "order.placed", body, sent))

    assert (vars(got_method), vars(got), got_body) == (vars(method), vars(sent), body)
    assert types_in(got.headers) == types_in(sent.headers)
    assert {**call, "properties": vars(call["properties"])} == {
        "exchange": "orders",
        "routing_key": "order.placed",
        "body": body,
        "properties": vars(sent),
    }


@given(property_sets("message_type", bytearray))
def test_a_contracts_view_alone_makes_the_same_view(properties: dict[str, Any]) -> None:
    message = amqp.from_record(incoming(**properties))

    again = amqp.from_record(amqp.to_record(Message(message.contents, metadata=message.metadata)))

    assert (again.contents, again.metadata) == (message.contents, message.metadata)


@given(property_sets("type", bytearray))
def test_producer_and_consumer_see_the_same_contract(properties: dict[str, Any]) -> None:
    waits = properties.pop("expiration", None)
    sent = amqp.from_publish(
        aio_pika.Message(b"", **properties, expiration=waits and int(waits) // 1000), "k", exchange="e"
    )
    properties = {"message_type" if name == "type" else name: value for name, value in properties.items()}

    came = amqp.from_record(incoming(b"", **properties, exchange="e", routing_key="k"))

    of_broker = {"redelivered", "deliveryTag", "expiration"}
    assert {name: value for name, value in came.metadata.items() if name not in of_broker} == {
        name: value for name, value in sent.metadata.items() if name not in of_broker
    }


@given(table_values(bytearray))
def test_any_value_of_a_table_is_shown_and_comes_back(value: Any) -> None:
    _, read = decode.embedded_value(encode.encode_table_value(value))

    again = tables.native(tables.shown(read), bytearray)

    assert again == read
    assert types_in(again) == types_in(read)


def types_in(value: Any) -> Any:
    """The types of a value and of what it holds: True is not 1."""
    if isinstance(value, dict):
        return {name: types_in(each) for name, each in value.items()}
    if isinstance(value, list):
        return [types_in(each) for each in value]
    return int if isinstance(value, pika.compat.long) else type(value)


# -- without the extra -----------------------------------------------------------------------------------------------


def test_reading_needs_no_extra() -> None:
    code = """
import sys
sys.modules["aio_pika"] = sys.modules["pika"] = None
from msgpact.records import amqp
print(amqp.from_basic_publish("", "orders", b"{}").contents)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("b'{}'\n", "")


@pytest.mark.parametrize(
    ("module", "made_by", "extra"),
    [
        ("aio_pika", amqp.to_record, "rabbitmq"),
        ("aio_pika", amqp.to_publish, "rabbitmq"),
        ("pika", amqp.to_basic_publish, "pika"),
        ("pika.spec", amqp.to_delivery, "pika"),
    ],
    ids=["aio-pika's messages", "aio-pika's calls", "pika's calls", "pika's messages"],
)
def test_making_a_message_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, module: str, made_by: Callable[[Message], object], extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(MissingExtra, match=rf"Cannot use messages of .*: .*pip install 'msgpact\[{extra}\]'"):
        made_by(Message(b"", metadata={"routingKey": "q"}))
