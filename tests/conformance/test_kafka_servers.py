"""The embedded Kafka and a real broker pass the same tests for everything that msgpact and its users do with one."""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka import Message as Record
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kafka_servers import Kafka

from msgpact import Message
from msgpact.errors import UsageError
from msgpact.records import kafka as records

WITHIN = 30
"""Seconds in which something that does not come is taken to be lost."""


@contextlib.contextmanager
def consuming(kafka: Kafka, **settings: Any) -> Iterator[Consumer]:
    consumer = Consumer(
        {
            "bootstrap.servers": kafka.bootstrap,
            "group.id": f"group-{uuid.uuid4()}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 10,
            **{name.replace("_", "."): value for name, value in settings.items()},
        }
    )
    try:
        yield consumer
    finally:
        consumer.close()


def poll(consumer: Consumer) -> Record:
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        record = consumer.poll(0.1)
        if record is not None:
            return record
    raise AssertionError(f"nothing came within {WITHIN} s")


def produce(kafka: Kafka, *messages: Message, **settings: Any) -> Producer:
    """The producer that has sent them: what nobody acknowledges is on its way while its connection is open."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "linger.ms": 0, **settings})
    for message in messages:
        producer.produce(**records.to_produce(message))
    assert producer.flush(WITHIN) == 0
    return producer


def received(kafka: Kafka, topic: str, count: int) -> list[Message]:
    with consuming(kafka) as consumer:
        consumer.assign([TopicPartition(topic, 0, 0)])
        return [records.from_record(poll(consumer)) for _ in range(count)]


# -- records ---------------------------------------------------------------------------------------------------------

FACTS = {
    "text key": {"key": "42"},
    "no key": {"key": None},
    "empty key": {"key": ""},
    "binary key": {"key": b"\xff\x00"},
    "no headers": {"headers": []},
    "headers": {"headers": [("b", b"1"), ("a", b"2")]},
    "null header": {"headers": [("a", None)]},
    "empty header": {"headers": [("a", b"")]},
    "binary header": {"headers": [("a", b"\xff\x00")]},
    "repeated header": {"headers": [("a", b"1"), ("b", b"2"), ("a", None), ("a", b"1")]},
    "header that is called as a fact": {"headers": [("topic", b"1"), ("offset", b"2")]},
    "content type": {"headers": [("content-type", b"application/json")]},
    "tombstone": {"value": None},
    "empty value": {"value": b""},
    "binary value": {"value": bytes(range(256))},
    "timestamp": {"timestamp": 1_700_000_000_123},
}


@pytest.mark.parametrize("facts", FACTS.values(), ids=FACTS)
def test_what_was_produced_is_polled(kafka: Kafka, topic: str, facts: dict[str, Any]) -> None:
    sent = records.from_produce(topic, **{"value": b"{}", "key": "k", **facts})

    produce(kafka, sent)
    [came] = received(kafka, topic, 1)

    assert (came.contents, came.headers, came.content_type) == (sent.contents, sent.headers, sent.content_type)
    assert {name: fact for name, fact in sent.metadata.items() if name != "offset"}.items() <= came.metadata.items()


def test_records_of_a_partition_are_numbered_in_order(kafka: Kafka, topic: str) -> None:
    produce(kafka, *(records.from_produce(topic, str(number)) for number in range(3)))

    came = received(kafka, topic, 3)

    assert [(each.contents, each.metadata["partition"], each.metadata["offset"]) for each in came] == [
        (b"0", 0, 0),
        (b"1", 0, 1),
        (b"2", 0, 2),
    ]


def test_a_record_without_a_timestamp_gets_that_of_its_production(kafka: Kafka, topic: str) -> None:
    before = int(time.time() * 1000)
    produce(kafka, records.from_produce(topic, b""))

    [came] = received(kafka, topic, 1)

    assert came.metadata["timestampType"] == "CREATE_TIME"
    assert before <= int(str(came.metadata["timestamp"])) <= int(time.time() * 1000)


def test_a_record_goes_to_the_partition_that_it_names(kafka: Kafka) -> None:
    topic = f"topic-{uuid.uuid4()}"
    kafka.create_topic(topic, partitions=3)
    produce(kafka, records.from_produce(topic, b"", partition=2))

    with consuming(kafka) as consumer:
        consumer.assign([TopicPartition(topic, number, 0) for number in range(3)])

        assert poll(consumer).partition() == 2


def test_the_end_of_a_partition_is_no_message(kafka: Kafka, topic: str) -> None:
    with consuming(kafka, enable_partition_eof=True) as consumer:
        consumer.assign([TopicPartition(topic, 0, 0)])

        with pytest.raises(UsageError, match=r"it is an event, .*_PARTITION_EOF.*record\.error\(\)"):
            records.from_record(poll(consumer))


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
values = st.none() | st.binary(max_size=20)


@given(
    st.lists(
        st.builds(
            dict,
            value=values,
            key=values,
            headers=st.lists(st.tuples(names | st.sampled_from(records.RESERVED), values), max_size=4),
            timestamp=st.integers(1, 2**40),
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_message_survives_the_way(kafka: Kafka, produced: list[dict[str, Any]]) -> None:
    topic = f"topic-{uuid.uuid4()}"
    kafka.create_topic(topic)
    sent = [records.from_produce(topic, **each) for each in produced]

    produce(kafka, *sent)
    came = received(kafka, topic, len(sent))

    assert [(each.contents, each.headers) for each in came] == [(each.contents, each.headers) for each in sent]
    assert [(each.metadata["key"], each.metadata["timestamp"]) for each in came] == [
        (each.metadata["key"], each.metadata["timestamp"]) for each in sent
    ]


# -- producers -------------------------------------------------------------------------------------------------------

PRODUCERS: dict[str, dict[str, Any]] = {
    **{f"{codec} compression": {"compression.type": codec} for codec in ("gzip", "snappy", "lz4", "zstd")},
    "idempotent": {"enable.idempotence": True},
    "acknowledged by the leader": {"acks": 1},
    "unacknowledged": {"acks": 0},
}


@pytest.mark.parametrize("producer", PRODUCERS.values(), ids=PRODUCERS)
def test_a_producer_set_so_delivers(kafka: Kafka, topic: str, producer: dict[str, Any]) -> None:
    bodies = [b"a" * 1000, b"b", b""]

    sending = produce(kafka, *(records.from_produce(topic, body) for body in bodies), **producer)

    assert [each.contents for each in received(kafka, topic, 3)] == bodies
    del sending


def test_a_delivery_report_says_where_the_record_is(kafka: Kafka, topic: str) -> None:
    reports: list[tuple[KafkaError | None, Record]] = []
    producer = Producer({"bootstrap.servers": kafka.bootstrap})

    producer.produce(topic, b"x", key=b"k", on_delivery=lambda error, record: reports.append((error, record)))
    producer.flush(WITHIN)

    [(error, record)] = reports
    assert error is None
    assert (record.topic(), record.partition(), record.offset(), record.key()) == (topic, 0, 0, b"k")


def test_a_topic_that_is_there_is_not_created_again(kafka: Kafka, topic: str) -> None:
    with pytest.raises((UsageError, KafkaException), match=r"(?i)topic .*already exists"):
        kafka.create_topic(topic)


# -- groups ----------------------------------------------------------------------------------------------------------

PROTOCOLS = {
    "classic": {"session_timeout_ms": 1500, "heartbeat_interval_ms": 300},
    "consumer": {"group_protocol": "consumer"},
}
protocols = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)


@protocols
def test_a_group_goes_on_after_its_last_commit(kafka: Kafka, topic: str, protocol: dict[str, Any]) -> None:
    produce(kafka, *(records.from_produce(topic, str(number)) for number in range(3)))
    group = {"group_id": f"group-{uuid.uuid4()}", **protocol}

    with consuming(kafka, **group) as consumer:
        consumer.subscribe([topic])
        first = poll(consumer)
        consumer.commit(message=first, asynchronous=False)
        assert poll(consumer).value() == b"1"  # taken, not committed

    with consuming(kafka, **group) as consumer:
        consumer.subscribe([topic])

        assert [poll(consumer).value() for _ in range(2)] == [b"1", b"2"]


@protocols
def test_every_group_gets_every_record(kafka: Kafka, topic: str, protocol: dict[str, Any]) -> None:
    produce(kafka, records.from_produce(topic, b"x"))

    for _ in range(2):
        with consuming(kafka, **protocol) as consumer:
            consumer.subscribe([topic])

            assert poll(consumer).value() == b"x"


@protocols
def test_two_members_share_the_partitions(kafka: Kafka, protocol: dict[str, Any]) -> None:
    topic = f"topic-{uuid.uuid4()}"
    kafka.create_topic(topic, partitions=2)
    group = {"group_id": f"group-{uuid.uuid4()}", **protocol}

    with consuming(kafka, **group) as one, consuming(kafka, **group) as other:
        members = (one, other)
        for member in members:
            member.subscribe([topic])
        end = time.monotonic() + WITHIN
        while [len(member.assignment()) for member in members] != [1, 1]:
            assert time.monotonic() < end, "the partitions were not shared"
            for member in members:
                member.poll(0.05)

        assert {each.partition for member in members for each in member.assignment()} == {0, 1}


# -- what is known to differ -----------------------------------------------------------------------------------------


def timestamp_of_a_delivery_report(kafka: Kafka, topic: str) -> object:
    reports: list[Record] = []
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    producer.produce(topic, b"x", timestamp=5000, on_delivery=lambda _, record: reports.append(record))
    producer.flush(WITHIN)
    return reports[0].timestamp()[1]


def offset_for_a_time(kafka: Kafka, topic: str) -> object:
    produce(kafka, records.from_produce(topic, b"x", timestamp=5000))
    with consuming(kafka) as consumer:
        [found] = consumer.offsets_for_times([TopicPartition(topic, 0, 4000)], timeout=WITHIN)
        return found.offset


def partitions_of_a_topic_that_was_only_asked_for(kafka: Kafka, topic: str) -> object:
    name = f"{topic}-asked-for"
    produce(kafka, records.from_produce(name, b"x"))
    return len(
        AdminClient({"bootstrap.servers": kafka.bootstrap}).list_topics(name, timeout=WITHIN).topics[name].partitions
    )


def creating_a_topic_by_the_admin_client(kafka: Kafka, topic: str) -> object:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    name = f"{topic}-by-admin"
    try:
        return admin.create_topics([NewTopic(name, 1, 1)], operation_timeout=1, request_timeout=1)[name].result(WITHIN)
    except KafkaException as error:
        return error.args[0].name()


def what_an_aborted_transaction_leaves(kafka: Kafka, topic: str) -> object:
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": topic})
    producer.init_transactions(WITHIN)
    producer.begin_transaction()
    producer.produce(topic, b"aborted")
    producer.flush(WITHIN)
    producer.abort_transaction(WITHIN)
    produce(kafka, records.from_produce(topic, b"after"))
    return received(kafka, topic, 1)[0].contents


def oldest_after_seven_megabytes(kafka: Kafka, topic: str) -> object:
    produce(kafka, *(records.from_produce(topic, bytes(900_000), key=str(number)) for number in range(8)))
    return received(kafka, topic, 1)[0].metadata["offset"] == 0


DIFFERENCES: list[tuple[Callable[[Kafka, str], object], object, object]] = [
    # what                                           embedded       real
    (timestamp_of_a_delivery_report, 1234, 5000),
    (offset_for_a_time, -1, 0),
    (partitions_of_a_topic_that_was_only_asked_for, 4, 1),
    (creating_a_topic_by_the_admin_client, "_TIMED_OUT", None),
    (what_an_aborted_transaction_leaves, b"aborted", b"after"),
    (oldest_after_seven_megabytes, False, True),
]


@pytest.mark.parametrize(("what", "embedded", "real"), DIFFERENCES, ids=[each[0].__name__ for each in DIFFERENCES])
def test_known_difference(
    kafka: Kafka,
    topic: str,
    request: pytest.FixtureRequest,
    what: Callable[[Kafka, str], object],
    embedded: object,
    real: object,
) -> None:
    is_embedded = request.node.callspec.params["kafka"] == "embedded"

    assert what(kafka, topic) == (embedded if is_embedded else real)
