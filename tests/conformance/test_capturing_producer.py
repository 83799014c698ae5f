"""A CapturingProducer keeps what a producer sends: the same code gives the same messages by both, and the same refusals."""

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, SerializingProducer, TopicPartition
from confluent_kafka.aio import AIOProducer
from confluent_kafka.serialization import StringSerializer
from kafka_servers import Kafka, RunningKafka

from msgpact import Message
from msgpact.adapters import kafka
from msgpact.adapters.embedded_kafka import EmbeddedKafka
from msgpact.adapters.kafka_producer import _unknown
from msgpact.errors import UsageError
from msgpact.records.kafka import from_record

Publish = Callable[[Any, str], object]
THE_BROKERS = ("partition", "offset", "timestamp", "timestampType", "topic")


def received(cluster: Kafka, topic: str, count: int, patience: float = 30) -> list[Message]:
    consumer = Consumer({"bootstrap.servers": cluster.bootstrap, "group.id": "any", "fetch.wait.max.ms": 10})
    consumer.assign([TopicPartition(topic, 0, 0)])
    records: list[Any] = consumer.consume(count, patience)
    consumer.close()
    return [from_record(each) for each in records]


def said(message: Message) -> tuple[object, ...]:
    """What a producer decides."""
    metadata = {name: value for name, value in message.metadata.items() if name not in THE_BROKERS}
    return message.contents, message.headers, metadata


def text_and_bytes(producer: Any, topic: str) -> None:
    producer.produce(topic, "Grüße", "schlüssel")
    producer.produce(topic, b"\x00\xff", b"\x00\xff")
    producer.produce(topic, value=b"", key=b"")
    producer.produce(topic, key="gone")
    producer.produce(topic)


def headers(producer: Any, topic: str) -> None:
    mutable = {"content-type": "application/json", "trace": b"\xff", "none": None, "topic": "a header", "empty": ""}
    producer.produce(topic, b"{}", headers=mutable)
    mutable["added"] = "later"
    producer.produce(topic, b"{}", headers=[("a", "1"), ("a", b"2"), ("b", None)])
    producer.produce(topic, b"{}", headers=[])


def by_position(producer: Any, topic: str) -> None:
    producer.produce(topic, b"{}", b"k", 0, None, None, 77, {"a": "b"})


def a_batch(producer: Any, topic: str) -> None:
    assert (
        producer.produce_batch(
            topic, [{"value": b"1", "key": "a"}, {"value": "2"}, {"key": b"c", "partition": 0, "headers": {"a": "b"}}]
        )
        == 3
    )


def purged(producer: Any, topic: str) -> None:
    producer.produce(topic, b"out")
    producer.flush()
    producer.purge()


def closed(producer: Any, topic: str) -> None:
    with producer as it:
        it.produce(topic, b"{}")


def from_a_report(producer: Any, topic: str) -> None:
    def again(error: object, record: Any) -> None:
        producer.produce(topic, record.value() + b" again")

    producer.produce(topic, b"once", on_delivery=again)
    while len(producer):
        producer.poll(0.1)


PUBLISHING = [text_and_bytes, headers, by_position, a_batch, purged, closed, from_a_report]


@pytest.mark.parametrize("publish", PUBLISHING, ids=lambda each: each.__name__)
def test_the_same_messages(embedded_kafka: EmbeddedKafka, publish: Publish) -> None:
    topic = f"t-{uuid.uuid4()}"
    embedded_kafka.create_topic(topic)
    capturing = kafka.CapturingProducer()
    publish(capturing, topic)
    real = Producer({"bootstrap.servers": embedded_kafka.bootstrap})
    publish(real, topic)
    real.close()

    sent = received(embedded_kafka, topic, len(capturing.messages))

    assert [said(each) for each in capturing.messages] == [said(each) for each in sent]
    assert all(each.metadata["topic"] == topic for each in capturing.messages)


def test_the_same_messages_of_a_serializing_producer(embedded_kafka: EmbeddedKafka) -> None:
    def as_json(value: object, context: Any) -> bytes:
        context.headers.append(("schema", b"1"))
        return json.dumps(value).encode()

    topic = f"t-{uuid.uuid4()}"
    embedded_kafka.create_topic(topic)
    config = {
        "bootstrap.servers": embedded_kafka.bootstrap,
        "key.serializer": StringSerializer("utf_8"),
        "value.serializer": as_json,
    }
    real = SerializingProducer(config)
    capturing = type("Capturing", (SerializingProducer, kafka.CapturingProducer), {})(config)
    for producer in (real, capturing):
        producer.produce(topic, "a", {"id": 1}, headers=[])
        producer.produce(topic, value=[1], headers=[("own", "2")])
    real.close()

    sent = received(embedded_kafka, topic, 2)

    assert [said(each) for each in capturing.messages] == [said(each) for each in sent]


REFUSED: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "a number as topic": ((1,), {}),
    "no topic": ((), {}),
    "a topic that is None": ((None,), {}),
    "a number": (("t", 1), {}),
    "a bytearray": (("t", bytearray(b"x")), {}),
    "a memoryview": (("t", memoryview(b"x")), {}),
    "a dict": (("t", {"id": 1}), {}),
    "a number as key": (("t", b"", 5), {}),
    "a partition that is text": (("t",), {"partition": "1"}),
    "half a timestamp": (("t",), {"timestamp": 1.5}),
    "an unknown name": (("t",), {"header": {}}),
    "a header that is a number": (("t",), {"headers": {"a": 1}}),
    "a header that is a bytearray": (("t",), {"headers": [("a", bytearray())]}),
    "headers that are no pairs": (("t",), {"headers": ["ab"]}),
    "headers that are lists": (("t",), {"headers": [["a", "b"]]}),
    "headers in a tuple": (("t",), {"headers": (("a", "b"),)}),
    "headers that are text": (("t",), {"headers": "ab"}),
}


@pytest.mark.parametrize(("args", "kwargs"), REFUSED.values(), ids=REFUSED)
def test_what_a_producer_refuses(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    capturing = kafka.CapturingProducer()
    for producer in (Producer({"log_level": 0}), capturing):
        with pytest.raises(TypeError):
            producer.produce(*args, **kwargs)

    assert capturing.messages == ()


def test_what_a_closed_producer_refuses() -> None:
    for producer in (Producer({"log_level": 0}), kafka.CapturingProducer()):
        assert producer.close()
        assert producer.close()
        assert len(producer) == 0
        for call in (lambda it: it.produce("t"), lambda it: it.poll(0), lambda it: it.flush()):
            with pytest.raises(RuntimeError, match="Producer has been closed"):
                call(producer)  # type: ignore[no-untyped-call]  # a lambda


@pytest.mark.parametrize("name", [name for name in dir(Producer) if not name.startswith("_")])
def test_it_has_everything_that_a_producer_has(name: str) -> None:
    assert vars(kafka.CapturingProducer)[name].__name__ == name


BATCHES: dict[str, tuple[Any, type[Exception]]] = {
    "no list": (({"value": b""},), TypeError),
    "no dicts": ([b""], TypeError),
    "a number": ([{"value": 1}], TypeError),
    "a key that is a number": ([{"key": 1}], TypeError),
    "a timestamp": ([{"value": b"", "timestamp": 1}], NotImplementedError),
}


@pytest.mark.parametrize(("batch", "error"), BATCHES.values(), ids=BATCHES)
def test_what_a_producer_refuses_of_a_batch(batch: Any, error: type[Exception]) -> None:
    capturing = kafka.CapturingProducer()
    for producer in (Producer({"log_level": 0}), capturing):
        with pytest.raises(error):
            producer.produce_batch("t", batch)

    assert capturing.messages == ()


def cluster(producer: Any, topic: str) -> tuple[object, ...]:
    """What is told of the cluster, but for what it is called and where it is."""
    asked = producer.list_topics(topic, timeout=30).topics[topic]
    partition = asked.partitions[0]
    producer.set_sasl_credentials("user", "password")
    return bool(producer), asked.topic, asked.error, list(asked.partitions), partition.id, len(partition.replicas)


def test_what_is_told_of_the_cluster(embedded_kafka: EmbeddedKafka) -> None:
    topic = f"t-{uuid.uuid4()}"
    embedded_kafka.create_topic(topic)
    real, capturing = Producer({"bootstrap.servers": embedded_kafka.bootstrap}), kafka.CapturingProducer()

    assert cluster(capturing, topic) == cluster(real, topic)
    assert list(capturing.list_topics().topics) == []
    capturing.produce(topic)
    assert list(capturing.list_topics().topics) == [topic]
    assert capturing.list_topics().cluster_id == capturing.cluster_id() == "msgpact"


def test_what_a_later_client_can_do_besides_is_refused() -> None:
    with pytest.raises(UsageError, match="Cannot call invent of a CapturingProducer: it sends nothing"):
        _unknown("invent")(kafka.CapturingProducer(), 1, two=2)


def reports(producer: Any, topic: str) -> list[tuple[object, ...]]:
    told: list[tuple[object, ...]] = []

    def tell(error: Any, record: Any) -> None:
        told.append(
            (error and error.code(), record.topic(), record.partition(), record.key(), record.value(), record.headers())
        )

    producer.produce(topic, b"a", "k", on_delivery=tell, headers={"h": "1"})
    producer.produce(topic, b"b", callback=tell)
    producer.produce_batch(topic, [{"value": b"c"}], on_delivery=tell)
    assert producer.flush() == 0
    producer.produce(topic, b"d", on_delivery=tell)
    assert len(producer) == 1
    producer.purge()
    assert producer.flush() == 0  # the client may tell of it a little later
    return told


def test_the_same_reports(embedded_kafka: EmbeddedKafka) -> None:
    topic = f"t-{uuid.uuid4()}"
    embedded_kafka.create_topic(topic)
    real = Producer({"bootstrap.servers": embedded_kafka.bootstrap, "linger.ms": 1000})
    told = reports(real, topic)

    assert len(told) == 4
    assert reports(kafka.CapturingProducer(), topic) == told


def test_the_same_messages_of_an_asynchronous_producer(embedded_kafka: EmbeddedKafka) -> None:
    async def publish(producer: Any, topic: str) -> list[Any]:
        async with producer:
            done = [
                await producer.produce(topic, "Grüße", "k"),
                await producer.produce(topic, value=b"\xff", key=b"\xff"),
                await producer.produce(topic),
            ]
            await producer.flush()
            records = [await each for each in done]
            with pytest.raises(NotImplementedError):
                await producer.produce(topic, b"", headers={"a": "b"})
            return [(each.topic(), each.key(), each.value()) for each in records]

    async def both(topic: str) -> tuple[list[Any], list[Any], kafka.CapturingAIOProducer]:
        capturing = kafka.CapturingAIOProducer()
        real = AIOProducer({"bootstrap.servers": embedded_kafka.bootstrap})
        return await publish(capturing, topic), await publish(real, topic), capturing

    topic = f"t-{uuid.uuid4()}"
    embedded_kafka.create_topic(topic)
    captured, told, capturing = asyncio.run(both(topic))

    assert captured == told
    assert [said(each) for each in capturing.messages] == [said(each) for each in received(embedded_kafka, topic, 3)]


# -- transactions ----------------------------------------------------------------------------------------------------


def begun_twice(producer: Any) -> None:
    producer.begin_transaction()
    producer.begin_transaction()


def outside_of_one(producer: Any) -> None:
    producer.produce("t", b"")


def committed_twice(producer: Any) -> None:
    producer.begin_transaction()
    producer.commit_transaction()
    producer.commit_transaction()


def aborted_outside(producer: Any) -> None:
    producer.abort_transaction()


def offsets_outside(producer: Any) -> None:
    group = Consumer({"group.id": "g", "log_level": 0})
    try:
        producer.send_offsets_to_transaction([TopicPartition("t", 0, 1)], group.consumer_group_metadata())
    finally:
        group.close()


@pytest.mark.parametrize(
    "use",
    [begun_twice, outside_of_one, committed_twice, aborted_outside, offsets_outside],
    ids=lambda each: each.__name__,
)
def test_what_a_transactional_producer_refuses(embedded_kafka: EmbeddedKafka, use: Callable[[Any], None]) -> None:
    config = {"bootstrap.servers": embedded_kafka.bootstrap, "transactional.id": str(uuid.uuid4())}
    for producer in (Producer(config), kafka.CapturingProducer(config)):
        producer.init_transactions(30)
        with pytest.raises(KafkaException) as caught:
            use(producer)
        assert caught.value.args[0].name() == "_STATE"


def in_transactions(producer: Any, topic: str) -> None:
    """One is committed, one aborted, one left open."""
    producer.init_transactions(60)
    for value in (b"first", b"second"):
        producer.begin_transaction()
        producer.produce(topic, value)
        producer.commit_transaction() if value == b"first" else producer.abort_transaction()
    producer.begin_transaction()
    producer.produce(topic, b"third")


def test_only_what_is_committed_is_sent() -> None:
    producer = kafka.CapturingProducer()
    in_transactions(producer, "t")
    producer.send_offsets_to_transaction([], None)

    assert [each.contents for each in producer.messages] == [b"first"]


@pytest.mark.server
def test_only_what_is_committed_is_read_from_a_real_broker(real_kafka: RunningKafka) -> None:
    topic = f"t-{uuid.uuid4()}"
    real_kafka.create_topic(topic)
    producer = Producer({"bootstrap.servers": real_kafka.bootstrap, "transactional.id": topic})
    in_transactions(producer, topic)
    producer.flush(10)

    assert [each.contents for each in received(real_kafka, topic, 2, patience=2)] == [b"first"]
