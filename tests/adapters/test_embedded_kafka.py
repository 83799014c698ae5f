"""The embedded Kafka's own life; what clients see of it is in tests/conformance/test_kafka_servers.py."""

import socket
import sys
from types import ModuleType, SimpleNamespace

import confluent_kafka
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from pydantic_core import _pydantic_core

from msgpact.adapters import embedded_kafka
from msgpact.adapters.embedded_kafka import EmbeddedKafka
from msgpact.errors import MissingExtra, Unavailable, UsageError


@pytest.fixture(params=["library", "client"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to a mock cluster: librdkafka's functions, and where they are hidden a client's own cluster."""
    if request.param == "client":
        monkeypatch.setattr(embedded_kafka, "_library", lambda kafka: None)
    return str(request.param)


def listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_it_listens_on_loopback_until_it_is_closed(way: str) -> None:
    with EmbeddedKafka() as kafka:
        assert kafka.bootstrap.startswith("127.0.0.1:")
        assert listens(kafka.bootstrap)

    assert not listens(kafka.bootstrap)


def test_what_is_produced_is_consumed(way: str) -> None:
    with EmbeddedKafka() as kafka:
        kafka.create_topic("orders.v1")
        producer = Producer({"bootstrap.servers": kafka.bootstrap, "linger.ms": 0})
        producer.produce("orders.v1", b"x", key=b"k", partition=0)
        assert producer.flush(10) == 0

        consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "g", "fetch.wait.max.ms": 10})
        consumer.assign([TopicPartition("orders.v1", 0, 0)])
        record = consumer.poll(10)
        consumer.close()

    assert record is not None
    assert (record.key(), record.value()) == (b"k", b"x")


@pytest.mark.parametrize("brokers", [1, 3])
def test_it_has_as_many_brokers_as_asked_for(way: str, brokers: int) -> None:
    with EmbeddedKafka(brokers=brokers) as kafka:
        addresses = kafka.bootstrap.split(",")

        assert len(set(addresses)) == brokers
        assert all(map(listens, addresses))


def test_two_do_not_know_each_other(way: str) -> None:
    with EmbeddedKafka() as one, EmbeddedKafka() as other:
        one.create_topic("orders.v1")
        other.create_topic("orders.v1")

        assert one.bootstrap != other.bootstrap


def test_a_topic_has_the_partitions_that_it_is_given() -> None:
    with EmbeddedKafka() as kafka:
        kafka.create_topic("orders.v1", partitions=7)
        topics = Producer({"bootstrap.servers": kafka.bootstrap}).list_topics(timeout=10).topics

        assert len(topics["orders.v1"].partitions) == 7


def test_a_topic_is_created_once(way: str) -> None:
    with EmbeddedKafka() as kafka:
        kafka.create_topic("orders.v1")

        with pytest.raises(UsageError, match=r"Cannot create the topic 'orders\.v1'"):
            kafka.create_topic("orders.v1")


def test_a_topic_has_a_partition() -> None:
    with EmbeddedKafka() as kafka, pytest.raises(UsageError, match=r"Cannot create the topic 'a' with 0 partitions"):
        kafka.create_topic("a", partitions=0)


def test_a_cluster_has_a_broker() -> None:
    with pytest.raises(UsageError, match=r"Cannot start 0 Kafka brokers: a cluster has at least one\. Say brokers=1\."):
        EmbeddedKafka(brokers=0)


def test_closing_it_twice_does_nothing(way: str) -> None:
    kafka = EmbeddedKafka()

    kafka.close()
    kafka.close()


def test_a_closed_one_takes_no_topic() -> None:
    kafka = EmbeddedKafka()
    kafka.close()

    with pytest.raises(
        UsageError, match=r"Cannot create the topic 'a': the embedded Kafka is closed\. Start another\."
    ):
        kafka.create_topic("a")


def test_nothing_is_written_to_the_screen(way: str, capfd: pytest.CaptureFixture[str]) -> None:
    with EmbeddedKafka() as kafka:
        kafka.create_topic("a")

    assert capfd.readouterr() == ("", "")


def test_without_confluent_kafka_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)

    with pytest.raises(MissingExtra, match=r"Cannot use the embedded Kafka: .*pip install 'msgpact\[kafka\]'"):
        EmbeddedKafka()


def test_librdkafkas_functions_are_found_in_this_wheel() -> None:
    assert embedded_kafka._library(confluent_kafka) is not None


@pytest.mark.parametrize("file", [__file__, _pydantic_core.__file__], ids=["no library", "a library without them"])
def test_where_the_functions_are_not_there_nothing_is_found(file: str) -> None:
    build = ModuleType("confluent_kafka")
    build.cimpl = SimpleNamespace(__file__=file)  # type: ignore[attr-defined]  # a stand-in for another build

    assert embedded_kafka._library(build) is None


def test_where_librdkafka_cannot_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of threads or memory, librdkafka gives null; that is not to be had in a test."""
    monkeypatch.setattr(embedded_kafka._LibraryCluster, "_call", lambda *_: None)

    with pytest.raises(Unavailable, match=r"Cannot start the embedded Kafka: librdkafka does not say why\. Free some"):
        EmbeddedKafka()
