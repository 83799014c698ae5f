"""Whatever is killed: every good message is handled, every poisonous one is a dead letter, and nothing else is."""

import random
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer as Client
from confluent_kafka import Producer, TopicPartition
from consuming_process import COMMIT_EVERY

from msgpact.adapters.embedded_kafka import EmbeddedKafka

MESSAGES, PARTITIONS, KILLS = 2000, 4, 5
SCRIPT = Path(__file__).with_name("consuming_process.py")
POISON = [b"poison %d \xff" % n for n in range(10)], [b'{"id": -%d}' % (n + 1) for n in range(10)]


def sent(kafka: EmbeddedKafka, topic: str, source: random.Random) -> set[int]:
    """The ids of the good messages, among which the poison is."""
    poison = [*POISON[0], *POISON[1]]
    good = list(range(MESSAGES - len(poison)))
    values = [b'{"id": %d}' % each for each in good]
    for each in poison:
        values.insert(source.randrange(len(values) - PARTITIONS), each)  # others come after it
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    for number, value in enumerate(values):
        producer.produce(topic, value, key=b"%d" % number, partition=number % PARTITIONS)
    assert producer.flush(30) == 0
    return set(good)


@contextmanager
def service(*arguments: object, output: Path) -> Iterator[subprocess.Popen[bytes]]:
    with output.open("ab") as out:
        process = subprocess.Popen([sys.executable, str(SCRIPT), *map(str, arguments)], stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def handled(file: Path) -> list[int]:
    return [int(line) for line in file.read_bytes().split(b"\n")[:-1]] if file.exists() else []


def dead_letters(kafka: EmbeddedKafka, topic: str) -> list[bytes]:
    client = Client({"bootstrap.servers": kafka.bootstrap, "group.id": "x", "enable.partition.eof": True})
    client.assign([TopicPartition(topic, 0, 0)])
    found = []
    while (record := client.poll(10)) is not None and record.error() is None:
        headers: Any = record.headers()
        assert [name for name, _ in headers] == ["msgpact"]
        found.append(record.value() or b"")
    client.close()
    return found


def until(is_so: Callable[[], object], process: subprocess.Popen[bytes], end: float) -> None:
    while not is_so():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.fault
@pytest.mark.skipif(sys.platform == "win32", reason="nothing there is killed as by kill -9")
def test_a_consumer_that_is_killed_again_and_again(embedded_kafka: EmbeddedKafka, tmp_path: Path) -> None:
    source, end = random.Random(42), time.monotonic() + 120
    topic, group, notes, output = f"orders-{uuid.uuid4()}", str(uuid.uuid4()), tmp_path / "handled", tmp_path / "output"
    embedded_kafka.create_topic(topic, partitions=PARTITIONS)
    embedded_kafka.create_topic(f"{topic}.dead")
    good = sent(embedded_kafka, topic, source)
    marks = sorted(source.sample(range(1, MESSAGES - 200), KILLS))

    for mark in marks:
        with service(embedded_kafka.bootstrap, group, topic, notes, output=output) as process:
            until(lambda mark=mark: len(set(handled(notes))) >= mark, process, end)  # type: ignore[misc]  # a loop's name
    with service(embedded_kafka.bootstrap, group, topic, notes, output=output) as process:
        until(lambda: good <= set(handled(notes)), process, end)
        until(lambda: len(set(dead_letters(embedded_kafka, f"{topic}.dead"))) >= 20, process, end)
        process.terminate()
        assert process.wait(30) == 0, output.read_text()

    times = Counter(handled(notes))
    dead = dead_letters(embedded_kafka, f"{topic}.dead")
    assert set(times) == good
    assert set(dead) == {*POISON[0], *POISON[1]}
    assert times.total() - len(times) + len(dead) - len(set(dead)) <= KILLS * (2 * COMMIT_EVERY + 1)
