"""Kafka records and messages: each way alone, and both ways for any record there can be."""

import subprocess
import sys
from typing import Any

import confluent_kafka
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import msgpact
from msgpact import Message
from msgpact.errors import DeclarationError, MissingExtra, UsageError
from msgpact.model import is_content_type_key
from msgpact.records import kafka

NO_TIME, CREATE_TIME, LOG_APPEND_TIME = 0, 1, 2


def record(**facts: Any) -> confluent_kafka.Message:
    return confluent_kafka.Message(**{"topic": "orders.v1", "partition": 3, "offset": 7, "value": b"{}", **facts})


def facts_of(record: kafka.Record) -> tuple[object, ...]:
    names = ("topic", "partition", "offset", "key", "value", "timestamp", "headers")
    return tuple(getattr(record, name)() for name in names)


# -- polled records --------------------------------------------------------------------------------------------------

FACTS: list[tuple[str, dict[str, Any], dict[str, object]]] = [
    ("place", {}, {"topic": "orders.v1", "partition": 3, "offset": 7}),
    ("key", {"key": b"42"}, {"key": "42"}),
    ("no key", {"key": None}, {"key": None}),
    ("empty key", {"key": b""}, {"key": ""}),
    ("key that is no text", {"key": b"\xff"}, {"key": "base64:/w=="}),
    ("created at", {"timestamp": (CREATE_TIME, 5000)}, {"timestamp": 5000, "timestampType": "CREATE_TIME"}),
    ("appended at", {"timestamp": (LOG_APPEND_TIME, 5000)}, {"timestamp": 5000, "timestampType": "LOG_APPEND_TIME"}),
    ("header", {"headers": [("trace", b"a1")]}, {"trace": "a1"}),
    ("null header", {"headers": [("trace", None)]}, {"trace": None}),
    ("repeated header", {"headers": [("a", b"1"), ("b", b"2"), ("a", None)]}, {"a": ["1", None], "b": "2"}),
    ("header that is no text", {"headers": [("trace", b"\xff")]}, {"trace": "base64:/w=="}),
    (
        "headers called as facts",
        {"headers": [("topic", b"x"), ("key", b"y")]},
        {"header:topic": "x", "header:key": "y"},
    ),
    ("content type", {"headers": [("Content-Type", b"text/plain")]}, {"contentType": "text/plain"}),
]


@pytest.mark.parametrize(("facts", "metadata"), [each[1:] for each in FACTS], ids=[each[0] for each in FACTS])
def test_metadata_of_a_polled_record(facts: dict[str, Any], metadata: dict[str, object]) -> None:
    message = kafka.from_record(record(**facts))

    assert metadata.items() <= message.metadata.items()


def test_a_time_that_the_record_does_not_have_is_not_in_its_metadata() -> None:
    message = kafka.from_record(record(timestamp=(NO_TIME, 0)))

    assert message.metadata.keys() == {"topic", "partition", "offset", "key"}


def test_headers_are_kept_exactly() -> None:
    headers = [("a", b"1"), ("b", b"\xff"), ("a", None), ("a", b"1")]

    assert kafka.from_record(record(headers=headers)).headers == tuple(headers)


@pytest.mark.parametrize(("value", "contents"), [(None, None), (b"", b""), (b"{}", b"{}"), ("é", "é".encode())])
def test_contents_of_a_polled_record(value: bytes | str | None, contents: bytes | None) -> None:
    assert kafka.from_record(record(value=value)).contents == contents


@pytest.mark.parametrize("what", ["value", "key"])
def test_a_record_that_is_deserialized_already_is_refused(what: str) -> None:
    with pytest.raises(
        UsageError, match=f"Cannot read the {what} of a Kafka record {{'id': 42}}: it is a dict, not bytes"
    ):
        kafka.from_record(record(**{what: {"id": 42}}))


def test_an_error_event_is_refused() -> None:
    error = confluent_kafka.KafkaError(confluent_kafka.KafkaError._PARTITION_EOF)

    with pytest.raises(UsageError, match=r"it is an event, .*_PARTITION_EOF.* Look at record\.error\(\)"):
        kafka.from_record(record(error=error))


def test_anything_with_a_records_methods_is_read() -> None:
    class Own:
        topic = partition = offset = key = value = headers = error = lambda self: None
        timestamp = lambda self: (NO_TIME, 0)  # noqa: E731

    assert kafka.from_record(Own()) == Message(None, metadata={"key": None})


# -- records for handlers --------------------------------------------------------------------------------------------


def test_what_a_contract_states_is_in_the_record() -> None:
    message = Message(
        b"{}", content_type="application/json", metadata={"topic": "orders.v1", "key": "42", "trace": "a1"}
    )

    made = kafka.to_record(message)

    assert (made.topic(), made.key(), made.value()) == ("orders.v1", b"42", b"{}")
    assert made.headers() == [("trace", b"a1"), ("content-type", b"application/json")]


def test_a_record_has_a_place_though_no_contract_states_one() -> None:
    made = kafka.to_record(Message(None))

    assert facts_of(made) == (None, 0, 0, None, None, (NO_TIME, 0), None)


HEADERS: list[tuple[str, object, list[tuple[str, bytes | None]]]] = [
    ("text", "1", [("h", b"1")]),
    ("null", None, [("h", None)]),
    ("several", ["1", None, "2"], [("h", b"1"), ("h", None), ("h", b"2")]),
    ("none of several", [], []),
    ("no text", "base64:/w==", [("h", b"\xff")]),
    ("text that only looks so", "base64:MQ==", [("h", b"base64:MQ==")]),
    ("text that only begins so", "base64:?", [("h", b"base64:?")]),
]


@pytest.mark.parametrize(("value", "headers"), [each[1:] for each in HEADERS], ids=[each[0] for each in HEADERS])
def test_metadata_become_headers(value: object, headers: list[tuple[str, bytes | None]]) -> None:
    assert (kafka.to_record(Message(None, metadata={"h": value})).headers() or []) == headers


def test_a_header_may_be_called_as_a_fact_is() -> None:
    made = kafka.to_record(Message(None, metadata={"topic": "orders.v1", "header:topic": "x"}))

    assert (made.topic(), made.headers()) == ("orders.v1", [("topic", b"x")])


REFUSED: list[tuple[dict[str, object], str]] = [
    (
        {"trace": 1},
        "Cannot make a Kafka header 'trace' of 1: it is a int, and Kafka holds bytes. State it as text: '1'.",
    ),
    ({"trace": ["a", True]}, "Cannot make a Kafka header 'trace' of True"),
    ({"key": 42}, "Cannot make a Kafka key of 42"),
    ({"topic": 1}, "Cannot make a Kafka topic of 1: it is a int"),
    ({"partition": "1"}, "Cannot make a Kafka partition of '1': it is a str"),
    ({"offset": True}, "Cannot make a Kafka offset of True: it is a bool"),
    ({"timestamp": 1.5}, "Cannot make a Kafka timestamp of 1.5: it is a float"),
    ({"timestampType": "NOW"}, "Cannot make a Kafka record of timestampType 'NOW'.* CREATE_TIME or LOG_APPEND_TIME"),
]


@pytest.mark.parametrize(("metadata", "why"), REFUSED, ids=[next(iter(each[0])) for each in REFUSED])
def test_what_a_record_cannot_hold_is_refused(metadata: dict[str, object], why: str) -> None:
    with pytest.raises(DeclarationError, match=why):
        kafka.to_record(Message(None, metadata=metadata))


def test_a_handler_that_takes_the_native_record_is_given_one() -> None:
    consumer = msgpact.Consumer("shop", provider="orders")

    @consumer.expects("an order was placed", contents={"id": 42}, metadata={"topic": "orders.v1"}, via=kafka.to_record)
    def handle(record: confluent_kafka.Message) -> tuple[object, ...]:
        return record.topic(), record.value(), record.headers()

    from msgpact.recorder import consumer_cases

    [case] = consumer_cases(consumer, seed=1)
    assert case.deliver() == ("orders.v1", b'{"id":42}', [("content-type", b"application/json")])


# -- what producers are called with ----------------------------------------------------------------------------------


def test_the_message_of_a_call_of_produce() -> None:
    headers: dict[str, str | bytes | None] = {"content-type": "application/json", "trace": b"a1"}

    message = kafka.from_produce("orders.v1", b"{}", "42", headers=headers)

    assert (message.contents, message.content_type) == (b"{}", "application/json")
    assert message.headers == (("content-type", b"application/json"), ("trace", b"a1"))
    assert message.metadata == {"topic": "orders.v1", "key": "42", "trace": "a1", "contentType": "application/json"}


def test_what_a_producer_leaves_to_the_broker_is_no_metadata() -> None:
    assert kafka.from_produce("orders.v1", timestamp=0, partition=-1).metadata == {"topic": "orders.v1", "key": None}


def test_what_a_producer_decides_is_metadata() -> None:
    message = kafka.from_produce("orders.v1", timestamp=5000, partition=0)

    assert message.metadata == {"topic": "orders.v1", "key": None, "timestamp": 5000, "partition": 0}


def test_the_call_of_produce_for_a_message() -> None:
    message = Message(b"{}", content_type="application/json", metadata={"topic": "orders.v1", "key": "42"})

    assert kafka.to_produce(message) == {
        "topic": "orders.v1",
        "value": b"{}",
        "key": b"42",
        "headers": [("content-type", b"application/json")],
    }


def test_a_message_without_a_topic_cannot_be_sent() -> None:
    with pytest.raises(
        DeclarationError, match=r"Cannot send Message\(.*to Kafka: it states no topic\. Give it metadata="
    ):
        kafka.to_produce(Message(b"{}"))


# -- any record ------------------------------------------------------------------------------------------------------

texts = st.text(max_size=10)
bodies = st.none() | st.binary(max_size=10) | texts.map(str.encode)
header_names = texts | st.sampled_from([*kafka.RESERVED, "header:topic"])
content_types = st.tuples(st.sampled_from(["contentType", "content-type", "Content-Type"]), texts.map(str.encode))
headers = st.lists(st.tuples(header_names, bodies) | content_types, max_size=5)
numbers = st.integers(0, 2**40)
partitions = st.integers(0, 2**31 - 1)
times = st.just((NO_TIME, 0)) | st.tuples(st.sampled_from([CREATE_TIME, LOG_APPEND_TIME]), numbers)
polled: st.SearchStrategy[confluent_kafka.Message] = st.builds(
    record,
    topic=texts,
    partition=partitions,
    offset=numbers,
    key=bodies,
    value=bodies,
    headers=headers.map(lambda each: each or None),
    timestamp=times,
)
calls = st.fixed_dictionaries(
    {"topic": texts, "value": bodies, "key": bodies, "headers": headers},
    optional={"partition": partitions, "timestamp": st.integers(1, 2**40)},
)


@given(polled)
def test_any_polled_record_comes_back(native: confluent_kafka.Message) -> None:
    assert facts_of(kafka.to_record(kafka.from_record(native))) == facts_of(native)


@given(calls)
def test_any_call_of_produce_comes_back(call: dict[str, Any]) -> None:
    assert kafka.to_produce(kafka.from_produce(**call)) == call


@given(calls)
def test_producer_and_consumer_see_the_same_contract(call: dict[str, Any]) -> None:
    """Whatever the producer's side calls a header, the consumer's side calls it so too."""
    sent = kafka.from_produce(**call)
    native = {"partition": 0, "offset": 0, **{name: fact for name, fact in call.items() if name != "timestamp"}}
    came = kafka.from_record(confluent_kafka.Message(**native))

    of_headers = sent.metadata.keys() - {*kafka.RESERVED}
    assert {name: sent.metadata[name] for name in of_headers} == {name: came.metadata[name] for name in of_headers}
    assert came.metadata.keys() - {*kafka.RESERVED} == of_headers


@given(polled)
def test_a_contracts_view_alone_makes_the_same_view(native: confluent_kafka.Message) -> None:
    message = kafka.from_record(native)
    assume(sum(is_content_type_key(name) for name, _ in message.headers) <= 1)  # of several, a view knows one
    alone = Message(message.contents, metadata=message.metadata)

    again = kafka.from_record(kafka.to_record(alone))

    assert (again.contents, again.metadata) == (message.contents, message.metadata)


# -- without the extra -----------------------------------------------------------------------------------------------


def test_reading_and_sending_need_no_extra() -> None:
    code = """
import sys
sys.modules["confluent_kafka"] = None
from msgpact.records import kafka
class Record:
    topic = partition = offset = key = value = headers = error = lambda self: None
    timestamp = lambda self: (0, 0)
kafka.from_record(Record())
print(kafka.to_produce(kafka.from_produce("orders.v1"))["topic"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("orders.v1\n", "")


def test_making_a_record_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)

    with pytest.raises(MissingExtra, match=r"Cannot use Kafka records: .*pip install 'msgpact\[kafka\]'"):
        kafka.to_record(Message(None))
