"""What is Kafka's own of consuming: offsets, partitions, records, settings; the rest is in tests/conformance/test_every_transport.py."""

import json
import re
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import benches
import pytest
from benches import PATIENCE, SOON
from confluent_kafka import Consumer as Client
from confluent_kafka import Message as Record
from confluent_kafka import Producer, TopicPartition
from hypothesis import given
from hypothesis import strategies as st
from kafka_servers import Kafka

from msgpact import Consumer, Message
from msgpact.adapters import kafka as adapter
from msgpact.adapters import kafka_source
from msgpact.adapters.kafka import Control
from msgpact.adapters.kafka_source import message_of
from msgpact.errors import DeclarationError, UsageError
from msgpact.records import kafka as records


class Bench(benches.Bench):
    """A topic, its dead letters, and what runs a consumer."""

    metadata = {"topic": "orders.v1"}

    def __init__(self, kafka: Kafka) -> None:
        super().__init__()
        self.kafka = kafka
        self.topic, self.group = f"orders-{uuid.uuid4()}", f"group-{uuid.uuid4()}"
        self.dead = f"{self.topic}.dead"
        kafka.create_topic(self.topic)
        kafka.create_topic(self.dead)

    def send(self, *values: object, topic: str = "", **more: Any) -> None:
        producer = Producer({"bootstrap.servers": self.kafka.bootstrap})
        for each in values:
            value = each if isinstance(each, bytes | None) else json.dumps(each).encode()
            producer.produce(topic or self.topic, value, **more)
        assert producer.flush(PATIENCE) == 0

    @property
    def config(self) -> dict[str, Any]:
        # The embedded cluster does not wake a fetch that waits, and in a classic group waits for members that are gone.
        quick = {"fetch.wait.max.ms": 10, "group.protocol": "consumer"}
        return {"bootstrap.servers": self.kafka.bootstrap, "group.id": self.group, **quick}

    @property
    def options(self) -> Any:
        said = {"dead_letter": "{topic}.dead", "topics": {"orders.v1": self.topic}, "control": self.control}
        return {**said, "retries": SOON, "timeout": None}

    def consume(self, **more: Any) -> Control:
        return adapter.consume(self.shop, self.config, **{**self.options, **more})

    def committed(self) -> int:
        client = Client(self.config)
        (found,) = client.committed([TopicPartition(self.topic, 0)], timeout=PATIENCE)
        client.close()
        return int(found.offset)

    def dead_letters(self, count: int) -> list[Record]:
        client = Client({**self.config, "group.id": str(uuid.uuid4()), "auto.offset.reset": "earliest"})
        client.assign([TopicPartition(self.dead, 0, 0)])
        found = client.consume(count, 20) if count else client.consume(1, 0.2)
        client.close()
        return list(found)


@pytest.fixture
def bench(kafka: Kafka) -> Iterator[Bench]:
    bench = Bench(kafka)
    with bench.stopped_in_the_end():
        yield bench


def headers_of(record: Record) -> Any:
    return record.headers()


def why(record: Record) -> dict[str, Any]:
    """What the dead letter's header says."""
    (found,) = [value for name, value in headers_of(record) if name == "msgpact"]
    said: dict[str, Any] = json.loads(found)
    return said


# -- dead letters, offsets --------------------------------------------------------------------------------------------

UNREADABLE = b"{ no JSON"


def test_a_dead_letter_is_the_message_itself_and_says_why(bench: Bench) -> None:
    bench.expects(bench.until(1))
    headers = [
        ("content-type", b"application/json"),
        ("a", b"1"),
        ("a", None),
        ("b", b"\xff"),
        ("msgpact", b"of an earlier life"),
    ]
    bench.send(UNREADABLE, key=b"\x00key", headers=headers)
    bench.send({"id": 2})

    control = bench.consume()
    (dead,) = bench.dead_letters(1)

    assert (dead.value(), dead.key()) == (UNREADABLE, b"\x00key")
    assert headers_of(dead)[:4] == headers[:4]
    assert len(headers_of(dead)) == 5
    said = why(dead)
    assert said.pop("error").startswith("ValueError: ")
    assert said == {
        "kind": "undecodable", "consumer": "shop", "pact": "shop-orders", "description": "an order", "path": "$",
        "rule": "contents of type application/json", "topic": bench.topic, "partition": 0, "offset": 0,
    }  # fmt: skip
    assert (control.counts.dead, control.counts.handled, bench.committed()) == (1, 1, 2)


def test_an_outage_that_takes_longer_is_spent_in_the_group(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its partitions paused."""
    monkeypatch.setattr(kafka_source, "UNSEEN", 0)
    states = list[str]()

    def placed(given: object) -> None:
        states.append(bench.control.state)
        if states.count("paused") <= 12:
            raise ConnectionError("the database is away")
        bench.until(6)(given)

    bench.expects(placed)
    bench.send(*({"id": n} for n in range(6)))
    timer = threading.Timer(PATIENCE, states.extend, [["paused"] * 12])  # if it never is

    timer.start()
    control = bench.consume()
    timer.cancel()

    assert sorted(map(str, bench.seen)) == [str({"id": n}) for n in range(6)]
    assert (control.counts.handled, control.counts.dead) == (6, 0)
    assert bench.dead_letters(0) == []
    assert bench.committed() == 6


def test_what_is_settled_behind_a_held_message_is_not_committed_before_it(bench: Bench) -> None:
    def placed(order: dict[str, object]) -> None:
        bench.seen.append(order["id"])
        if order["id"] == 1:
            if bench.control.counts.dead:
                bench.control.stop()
            raise RuntimeError("it is held")

    bench.expects(placed)
    bench.send({"id": 0}, {"id": 1}, UNREADABLE)

    control = bench.consume(commit_every=1)

    assert (control.counts.handled, control.counts.dead) == (1, 1)
    assert bench.committed() == 1
    assert [each.value() for each in bench.dead_letters(1)] == [UNREADABLE]


def test_a_dead_letter_that_its_header_would_make_too_large_goes_without(bench: Bench) -> None:
    bench.expects(bench.until(1))
    bench.send(b"{" + b"x" * 850)
    bench.send({"id": 2})

    bench.consume(dead_letter_config={"message.max.bytes": 1000})
    (dead,) = bench.dead_letters(1)

    assert (dead.value(), dead.headers()) == (b"{" + b"x" * 850, None)
    assert bench.committed() == 2


def test_the_end_of_a_partition_is_no_message(bench: Bench) -> None:
    bench.expects(bench.until(1))
    timer = threading.Timer(0.5, bench.send, [{"id": 1}])
    timer.start()

    adapter.consume(bench.shop, {**bench.config, "enable.partition.eof": True}, **bench.options)

    assert (bench.seen, bench.committed()) == ([{"id": 1}], 1)


# -- partitions that come and go --------------------------------------------------------------------------------------


def test_a_second_member_takes_over_and_nothing_is_lost(bench: Bench) -> None:
    bench.topic = f"{bench.topic}-2"
    bench.kafka.create_topic(bench.topic, partitions=2)
    both, seen, more = [Control(), Control()], list[object](), threading.Event()
    assigned = set[str]()

    def placed(order: dict[str, Any], message: Message) -> None:
        seen.append(order["id"])
        assigned.add(threading.current_thread().name)
        if len(set(seen)) >= 100:
            more.set()
        if len(set(seen)) >= 200:
            stop()

    bench.expects(placed)

    def run(control: Control) -> None:
        adapter.consume(bench.shop, bench.config, **{**bench.options, "control": control, "commit_every": 7})

    def stop() -> None:
        for each in both:
            each.stop()

    threads = [threading.Thread(target=run, args=(each,), name=f"member {n}") for n, each in enumerate(both)]
    timer = threading.Timer(PATIENCE, stop)
    timer.start()
    for part in (0, 1):
        for n in range(50):
            bench.send({"id": part * 50 + n}, partition=part)
    threads[0].start()
    assert more.wait(PATIENCE)
    threads[1].start()
    for n in range(100, 200):
        bench.send({"id": n}, partition=n % 2)
    for each in threads:
        each.join(PATIENCE)
    timer.cancel()

    assert set(seen) == set(range(200))
    assert sum(each.counts.handled for each in both) == len(seen)


def test_partitions_that_go_while_it_is_paused_take_what_is_held_with_them(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And they are no longer paused where they come back."""
    monkeypatch.setattr(kafka_source, "UNSEEN", 0)
    bench.topic = f"{bench.topic}-2"
    bench.kafka.create_topic(bench.topic, partitions=2)
    both, seen, is_away = [Control(), Control()], list[int](), threading.Event()
    is_away.set()

    def stop() -> None:
        for each in both:
            each.stop()

    def placed(order: dict[str, int]) -> None:
        if is_away.is_set():
            raise ConnectionError("the database is away")
        seen.append(order["id"])
        if len(set(seen)) == 40 and not both[1].stopping:
            both[1].stop()
            for part in (0, 1):
                bench.send({"id": 40 + part}, partition=part)
        if len(set(seen)) == 42:
            stop()

    def run(control: Control) -> None:
        adapter.consume(bench.shop, bench.config, **{**bench.options, "control": control})

    bench.expects(placed)
    for part in (0, 1):
        bench.send(*({"id": part * 20 + n} for n in range(20)), partition=part)
    threads = [threading.Thread(target=run, args=(each,)) for each in both]
    timer = threading.Timer(PATIENCE, stop)
    timer.start()
    for each, control in zip(threads, both, strict=True):
        each.start()
        while control.state != "paused" and not control.stopping:
            threading.Event().wait(0.01)
    is_away.clear()
    for each in threads:
        each.join(PATIENCE)
    timer.cancel()

    assert set(seen) == set(range(42))
    assert [each.counts.dead for each in both] == [0, 0]
    assert all(each.counts.handled for each in both)


# -- what cannot be ---------------------------------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "no servers": ({"bootstrap.servers": ""}, {}, "Cannot consume from Kafka without 'bootstrap.servers'"),
    "no group": ({"group.id": None}, {}, "Cannot consume from Kafka without 'group.id'"),
    "commits of others": ({"enable.auto.commit": "true"}, {}, "Cannot consume with enable.auto.commit"),
    "a callback": ({"on_commit": print}, {}, "Cannot consume with on_commit"),
    "a setting there is not": ({"group.idd": "g"}, {}, 'with that config: No such configuration property: "group.idd"'),
    "dead letters in a circle": ({}, {"dead_letter": "orders.v1"}, "'orders.v1' is consumed here"),
    "a policy": ({}, {"on_unrouted": "drop"}, "Cannot use on_unrouted='drop'.*Say 'ack' or 'dead_letter' or 'fail'"),
    "an interval": ({}, {"commit_every": 0}, "Cannot acknowledge every 0 messages"),
    "a timeout": ({}, {"timeout": -1}, "Cannot use the timeout -1"),
}  # fmt: skip


@pytest.mark.parametrize(("config", "options", "says"), WRONG.values(), ids=WRONG)
def test_settings_that_cannot_be(config: Any, options: Any, says: str) -> None:
    shop = Consumer("shop", provider="orders")
    shop.expects("an order", contents={}, metadata={"topic": "orders.v1"})(print)

    servers = {"bootstrap.servers": "127.0.0.1:1", "group.id": "g"}
    with pytest.raises(UsageError, match=says):
        adapter.consume(shop, {**servers, **config}, **{"dead_letter": "dead", **options})


def test_it_is_paused_until_kafka_can_be_reached() -> None:
    control, states = Control(), list[str]()
    shop = Consumer("shop", provider="orders")
    shop.expects("an order", contents={}, metadata={"topic": "orders.v1"})(print)

    def watch() -> None:
        end = time.monotonic() + PATIENCE
        while control.state != "paused" and time.monotonic() < end:
            threading.Event().wait(0.01)
        states.append(control.why)
        control.stop()

    watching = threading.Thread(target=watch)
    watching.start()
    servers = {"bootstrap.servers": "127.0.0.1:1", "group.id": "g", "log_level": 0}
    adapter.consume(shop, servers, dead_letter="dead", control=control)
    watching.join()

    assert re.match(r"Kafka cannot be reached: 127\.0\.0\.1:1/bootstrap: Connect to", states[0])


def test_it_is_paused_until_there_is_its_topic(bench: Bench) -> None:
    there, states = f"later-{uuid.uuid4()}", list[str]()
    bench.expects(bench.seen.append)

    def create() -> None:
        end = time.monotonic() + PATIENCE
        while bench.control.state != "paused" and time.monotonic() < end:
            threading.Event().wait(0.01)
        states.append(bench.control.why)
        bench.kafka.create_topic(there)
        while bench.control.state != "running" and time.monotonic() < end:
            threading.Event().wait(0.01)
        states.append(bench.control.state)
        bench.control.stop()

    creating = threading.Thread(target=create)
    creating.start()
    adapter.consume(bench.shop, bench.config, **{**bench.options, "topics": {"orders.v1": there}})
    creating.join()

    assert states == [f"Kafka has no topic {there!r}", "running"]


def test_an_option_that_there_is_not() -> None:
    with pytest.raises(
        UsageError, match=r"Cannot consume with 'dead_letters': there is no such option\. .* discriminator,"
    ):
        adapter.consume(Consumer("shop"), {}, dead_letter="d", dead_letters="d")  # type: ignore[call-arg]  # that is the case


def test_a_consumer_that_expects_nothing() -> None:
    with pytest.raises(DeclarationError, match="no handler expects a message"):
        adapter.consume(Consumer("shop"), {}, dead_letter="d")


# -- records ----------------------------------------------------------------------------------------------------------

texts = st.sampled_from(["a", "b", "topic", "key", "content-type", "contentType", "Content-Type", "header:topic", "ü"])
values = st.none() | st.binary(max_size=4) | st.sampled_from([b"text/plain", b"application/json"])


@given(
    st.none() | st.binary(max_size=3),
    st.none() | st.binary(max_size=3),
    st.none() | st.lists(st.tuples(texts, values), max_size=4),
    st.tuples(st.integers(0, 2), st.integers(0, 10**12)),
)
def test_a_record_is_read_as_the_message_that_it_is(value: Any, key: Any, headers: Any, timestamp: Any) -> None:
    record = Record(
        topic="t", partition=1, offset=2, key=key, value=value, headers=headers or None, timestamp=timestamp
    )

    assert message_of(record) == records.from_record(record)
