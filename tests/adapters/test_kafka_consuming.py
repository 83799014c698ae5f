"""Consuming from Kafka: what is handled, what is committed, what goes to the dead letters; embedded and real."""

import asyncio
import json
import os
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import Consumer as Client
from confluent_kafka import Message as Record
from confluent_kafka import Producer, TopicPartition
from hypothesis import given
from hypothesis import strategies as st
from kafka_servers import Kafka

from msgpact import Consumer, Message
from msgpact.adapters import kafka as adapter
from msgpact.adapters import kafka_source
from msgpact.adapters.kafka import Control, Retries
from msgpact.adapters.kafka_source import message_of
from msgpact.errors import DeclarationError, UsageError, WrongDriver
from msgpact.records import kafka as records

PATIENCE = 60
SOON = Retries(retries=1, first=0.01, longest=0.05)


class Bench:
    """A topic, its dead letters, a consumer whose handler notes what it is given, and what runs it."""

    def __init__(self, kafka: Kafka) -> None:
        self.kafka = kafka
        self.topic, self.group = f"orders-{uuid.uuid4()}", f"group-{uuid.uuid4()}"
        self.dead = f"{self.topic}.dead"
        kafka.create_topic(self.topic)
        kafka.create_topic(self.dead)
        self.shop = Consumer("shop", provider="orders")
        self.control = Control()
        self.seen: list[object] = []
        self.end = 0

    def expects(self, handler: Callable[..., object], description: str = "an order", **said: Any) -> None:
        said = {"contents": {"id": 1}, "metadata": {"topic": "orders.v1"}, **said}
        self.shop.expects(description, **said)(handler)

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

    def until(self, count: int) -> Callable[[object], None]:
        """A handler that notes what it is given, and stops the loop after so many."""

        def handle(given: object) -> None:
            self.seen.append(given)
            if len(self.seen) == count:
                self.control.stop()

        return handle

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
def bench(kafka: Kafka) -> Bench:
    return Bench(kafka)


@pytest.fixture(autouse=True)
def _not_for_ever(request: pytest.FixtureRequest) -> Iterator[None]:
    """A loop that nothing stops is stopped in the end, and the test then fails by what it asserts."""
    found = request.getfixturevalue("bench") if "bench" in request.fixturenames else None
    if found is None:
        yield
        return
    timer = threading.Timer(PATIENCE, found.control.stop)
    timer.start()
    yield
    timer.cancel()


def headers_of(record: Record) -> Any:
    return record.headers()


def why(record: Record) -> dict[str, Any]:
    """What the dead letter's header says."""
    (found,) = [value for name, value in headers_of(record) if name == "msgpact"]
    said: dict[str, Any] = json.loads(found)
    return said


# -- what is handled --------------------------------------------------------------------------------------------------


def test_messages_are_handled_in_order_and_committed(bench: Bench) -> None:
    bench.expects(bench.until(20))
    bench.send(*({"id": n} for n in range(20)))

    control = bench.consume()

    assert bench.seen == [{"id": n} for n in range(20)]
    assert (control.state, control.counts.handled) == ("stopped", 20)
    assert bench.committed() == 20


def test_the_next_run_goes_on_behind_what_was_committed(bench: Bench) -> None:
    bench.expects(lambda given: bench.until(bench.end)(given))
    bench.send(*({"id": n} for n in range(5)))
    bench.end = 3
    bench.consume()

    assert bench.committed() == 3

    bench.control, bench.end = Control(), 5
    bench.consume()

    assert bench.seen == [{"id": n} for n in range(5)]


def test_a_coroutine_handles_too_beside_plain_functions(bench: Bench) -> None:
    """Plain ones have no event loop running around them, coroutines always the same."""
    loops = list[object]()

    async def placed(given: object) -> None:
        await asyncio.sleep(0)
        loops.append(asyncio.get_running_loop())
        bench.until(6)(given)

    def withdrawn(given: object) -> None:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        bench.until(6)(given)

    bench.expects(placed)
    bench.expects(withdrawn, "a withdrawal", contents=None)
    bench.send({"id": 1}, {"id": 2}, None, {"id": 3}, None, {"id": 4})

    assert bench.consume().counts.handled == 6
    assert bench.seen == [{"id": 1}, {"id": 2}, None, {"id": 3}, None, {"id": 4}]
    assert len(set(map(id, loops))) == 1


@pytest.mark.asyncio
async def test_on_the_callers_event_loop(bench: Bench) -> None:
    here = asyncio.get_running_loop()

    async def placed(given: object) -> None:
        await asyncio.sleep(0)
        assert asyncio.get_running_loop() is here
        bench.until(4)(given)

    bench.expects(placed)
    bench.expects(bench.until(4), "a withdrawal", contents=None)
    bench.send({"id": 1}, None, {"id": 2}, None)

    control = await adapter.aconsume(bench.shop, bench.config, **bench.options)

    assert (control.counts.handled, bench.committed()) == (4, 4)


@pytest.mark.asyncio
async def test_a_caller_that_is_cancelled_leaves_nothing_behind(bench: Bench) -> None:
    handled = asyncio.Event()

    async def placed(_: object) -> None:
        handled.set()

    bench.expects(placed)
    bench.send({"id": 1})
    task = asyncio.create_task(adapter.aconsume(bench.shop, bench.config, **bench.options))
    await handled.wait()
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert (bench.control.state, bench.committed()) == ("stopped", 1)


@pytest.mark.asyncio
async def test_not_under_a_running_event_loop(bench: Bench) -> None:
    bench.expects(bench.until(1))

    with pytest.raises(WrongDriver, match=r"await kafka.aconsume\(...\)"):
        bench.consume()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGTERM")
def test_sigterm_lets_what_is_in_hand_be_finished(bench: Bench) -> None:
    def placed(given: object) -> None:
        bench.seen.append(given)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    bench.expects(placed)
    bench.send({"id": 1}, {"id": 2})

    assert bench.consume().counts.handled == 1
    assert bench.committed() == 1
    assert signal.getsignal(signal.SIGTERM) is before


# -- dead letters -----------------------------------------------------------------------------------------------------

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


def test_what_breaks_the_contract_is_handled_and_counted(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.expects(bench.until(3))
    bench.send({"id": "a secret"}, {"id": "b"}, {"id": 3})

    control = bench.consume()

    assert bench.seen == [{"id": "a secret"}, {"id": "b"}, {"id": 3}]
    assert (control.counts.broken, control.counts.handled, control.counts.dead) == (2, 3, 0)
    (logged,) = [each for each in caplog.records if "breaks the contract" in each.message]
    assert logged.message == "a message breaks the contract of 'an order': $.id is not a number"
    assert (vars(logged)["path"], vars(logged)["times"]) == ("$.id", 1)
    assert "secret" not in caplog.text


def test_enforced_it_is_a_dead_letter(bench: Bench) -> None:
    bench.expects(bench.until(1))
    bench.send({"id": "a"}, {"id": 3})

    control = bench.consume(mode="enforce")
    (dead,) = bench.dead_letters(1)

    assert bench.seen == [{"id": 3}]
    assert dead.value() == b'{"id": "a"}'
    assert (why(dead)["kind"], why(dead)["path"], why(dead)["rule"]) == ("contract", "$.id", "a number")
    assert (control.counts.broken, control.counts.dead, bench.committed()) == (1, 1, 2)


def test_what_is_not_handled_is_a_dead_letter_once_another_message_was(bench: Bench) -> None:
    tries = list[object]()

    def placed(order: dict[str, object]) -> None:
        tries.append(order["id"])
        if order["id"] == 1:
            raise RuntimeError("it is poison")
        bench.until(2)(order)

    bench.expects(placed)
    bench.send({"id": 0}, {"id": 1}, {"id": 2})

    control = bench.consume()
    (dead,) = bench.dead_letters(1)

    assert tries == [0, 1, 1, 1, 2, 1]
    assert (control.counts.handled, control.counts.dead, bench.committed()) == (2, 1, 3)
    assert dead.value() == b'{"id": 1}'


@pytest.mark.parametrize("unseen", [3, 0], ids=["for a moment", "for longer"])
def test_an_outage_pauses_and_no_good_message_is_a_dead_letter(
    bench: Bench, unseen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes longer than that is spent in the group, the partitions paused."""
    monkeypatch.setattr(kafka_source, "UNSEEN", unseen)
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


def test_while_paused_nothing_is_committed(bench: Bench) -> None:
    def placed(_: object) -> None:
        if bench.control.state == "paused":
            bench.control.stop()
        raise ConnectionError("the database is away")

    bench.expects(placed)
    bench.send(*({"id": n} for n in range(8)))

    control = bench.consume()

    assert (control.counts.handled, control.counts.dead) == (0, 0)
    assert bench.committed() < 0  # never


def test_where_the_dead_letters_cannot_be_delivered_nothing_is_committed(bench: Bench) -> None:
    bench.expects(bench.seen.append)
    bench.send(UNREADABLE, {"id": 2})
    nowhere = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0, "message.timeout.ms": 100}
    threading.Thread(target=_stop_when_paused, args=(bench.control,)).start()

    control = bench.consume(dead_letter_config=nowhere)

    assert (bench.seen, control.why) == ([{"id": 2}], "")
    assert bench.committed() < 0

    bench.control = Control()
    bench.seen.clear()
    threading.Thread(target=_stop_when, args=(bench.control, lambda: bench.control.counts.handled)).start()
    bench.consume()

    assert [each.value() for each in bench.dead_letters(1)] == [UNREADABLE]
    assert bench.committed() == 2


def _stop_when_paused(control: Control) -> None:
    _stop_when(control, lambda: control.state == "paused")


def _stop_when(control: Control, is_so: Callable[[], object]) -> None:
    waited = threading.Event()
    while not is_so() and not control.stopping:
        waited.wait(0.01)
    control.stop()


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


def test_a_handler_that_takes_too_long_is_interrupted(bench: Bench) -> None:
    def placed(order: dict[str, object]) -> None:
        while order["id"] == 1:
            pass
        bench.until(1)(order)

    bench.expects(placed)
    bench.send({"id": 1}, {"id": 2})
    bench.consume(timeout=0.05, retries=Retries(retries=0, first=0.01))
    (dead,) = bench.dead_letters(1)

    assert dead.value() == b'{"id": 1}'
    assert why(dead)["error"].startswith("TimedOut: Cannot finish the handler ")


def test_a_coroutine_that_takes_too_long_is_cancelled(bench: Bench) -> None:
    async def placed(order: dict[str, object]) -> None:
        if order["id"] == 1:
            await asyncio.Event().wait()
        bench.until(1)(order)

    bench.expects(placed)
    bench.send({"id": 1}, {"id": 2})
    bench.consume(timeout=0.05, retries=Retries(retries=0, first=0.01))

    assert [each.value() for each in bench.dead_letters(1)] == [b'{"id": 1}']


# -- what no handler expects ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["ack", "dead_letter"])
def test_what_no_handler_expects(bench: Bench, policy: Any) -> None:
    bench.expects(bench.until(1))
    bench.send(None, key=b"1")
    bench.send({"id": 2})

    control = bench.consume(on_unrouted=policy)

    assert (control.counts.unrouted, bench.seen, bench.committed()) == (1, [{"id": 2}], 2)
    dead = bench.dead_letters(int(policy == "dead_letter"))
    assert [(each.value(), why(each)["kind"]) for each in dead] == [(None, "unrouted")] * len(dead)
    assert len(dead) == control.counts.dead == int(policy == "dead_letter")


def test_what_no_handler_expects_can_end_the_loop(bench: Bench) -> None:
    bench.expects(bench.until(2))
    bench.send({"id": 1}, None, {"id": 2})

    with pytest.raises(UsageError, match=f"Cannot consume a message at {bench.topic}: no handler expects it"):
        bench.consume(on_unrouted="fail")
    assert (bench.control.state, bench.committed()) == ("stopped", 1)


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
        if len(set(seen)) == 40:
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

    assert set(seen) == set(range(40))
    assert [each.counts.dead for each in both] == [0, 0]
    assert all(each.counts.handled for each in both)


# -- what cannot be ---------------------------------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "no servers": ({"bootstrap.servers": ""}, {}, "Cannot consume from Kafka without 'bootstrap.servers'"),
    "no group": ({"group.id": None}, {}, "Cannot consume from Kafka without 'group.id'"),
    "commits of others": ({"enable.auto.commit": "true"}, {}, "Cannot consume with enable.auto.commit"),
    "a callback": ({"on_commit": print}, {}, "Cannot consume with on_commit"),
    "a policy": ({}, {"on_unrouted": "drop"}, "Cannot use on_unrouted='drop'.*Say 'ack' or 'dead_letter' or 'fail'"),
    "an interval": ({}, {"commit_every": 0}, "Cannot acknowledge every 0 messages"),
    "a timeout": ({}, {"timeout": -1}, "Cannot use the timeout -1"),
}  # fmt: skip


@pytest.mark.parametrize(("config", "options", "says"), WRONG.values(), ids=WRONG)
def test_settings_that_cannot_be(config: Any, options: Any, says: str) -> None:
    shop = Consumer("shop", provider="orders")
    shop.expects("an order", contents={}, metadata={"topic": "orders.v1"})(print)

    with pytest.raises(UsageError, match=says):
        adapter.consume(
            shop, {"bootstrap.servers": "127.0.0.1:1", "group.id": "g", **config}, dead_letter="dead", **options
        )


def test_an_option_that_there_is_not() -> None:
    with pytest.raises(
        UsageError, match=r"Cannot consume with 'dead_letters': there is no such option. .* discriminator,"
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
