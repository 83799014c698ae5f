"""A topic consumed to its end, by `kafka.consume` and by other loops, in a process each.

    python -m benchmarks.consuming MESSAGES [ROUNDS [SIDE...]]    all, or those, the best of 3 rounds or so many
    python -m benchmarks.consuming memory MESSAGES                memory after a tenth of so many messages, and after all
    python -m benchmarks.consuming SIDE SERVERS MESSAGES          one

The bare loop is `Consumer.consume` in batches with `model_validate_json` for each message: no check, no handler, no commit. Ours
checks each against its contract relaxed to types, makes the same model of it, calls a handler that does nothing, and commits.
FastStream's makes the same model and calls such a handler; it is given fewer messages, as it takes so much longer, and only on
a broker of one's own, as it waits a minute for the embedded one. For that set KAFKA_BOOTSTRAP; it must create topics when
they are produced to.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import Consumer as Client
from confluent_kafka import Producer
from pydantic import BaseModel

from benchmarks.messages import body
from msgpact import Consumer, match
from msgpact.adapters import kafka
from msgpact.adapters.embedded_kafka import EmbeddedKafka

TOPIC = os.environ.get("TOPIC") or f"orders-{uuid.uuid4()}"
ENVIRONMENT = {**os.environ, "TOPIC": TOPIC}
PARTITION = 4000  # messages: the embedded Kafka holds 5 MB in each
LEFT_OUT = ("customer_note", "discount", "tax", "attempt", "loyalty_points")
SLOW = ("faststream", "faststream-acks")
SIDES = ("bare", "model", "dict", "async", *(SLOW if "KAFKA_BOOTSTRAP" in os.environ else ()))
FEW = 5000  # messages, for those
AHEAD = 60_000  # messages that are sent before those before them are handled: the embedded Kafka drops the oldest


class Line(BaseModel):
    sku: str
    quantity: int
    price: float


class Address(BaseModel):
    street: str
    city: str
    postcode: str
    country: str


class Order(BaseModel):
    id: str
    order_number: str
    status: str
    currency: str
    placed_at: str
    updated_at: str
    customer_name: str
    customer_email: str
    delivery_instructions: str
    express: bool
    quantity: int
    warehouse: int
    total: float
    address: Address
    lines: list[Line]


def order(number: int) -> dict[str, Any]:
    """An order event of some 800 bytes."""
    whole = body(number, "shared")
    return {name: value for name, value in whole.items() if name not in LEFT_OUT}


CONTRACT = {
    **order(0),
    "id": match.uuid(),
    "status": match.one_of("PLACED", "PAID", "PACKED", "SHIPPED", "CANCELLED"),
    "placed_at": match.datetime("2026-03-03T10:57:25Z", "yyyy-MM-dd'T'HH:mm:ssXXX"),
    "quantity": match.integer(1),
    "total": match.number(1.5),
    "lines": match.each_like({"sku": "SKU-1", "quantity": match.integer(1), "price": match.number(1.5)}),
}


def config(servers: str) -> dict[str, Any]:
    return {"bootstrap.servers": servers, "group.id": str(uuid.uuid4()), "auto.offset.reset": "earliest"}


class Taken(NamedTuple):
    """What so many messages took, in seconds: by the clock, and of a processor in the thread that handles them."""

    wall: float
    cpu: float


def bare(servers: str, count: int) -> Taken:
    """From the first batch to the last message."""
    consumer = Client({**config(servers), "enable.auto.commit": False})
    consumer.subscribe([TOPIC])
    done, started, cpu = 0, 0.0, 0.0
    while done < count:
        for record in consumer.consume(500, 1.0):
            if not started:
                started, cpu = time.perf_counter(), time.thread_time()
            value = record.value()
            assert record.error() is None
            assert value is not None
            Order.model_validate_json(value)
            done += 1
    taken = Taken(time.perf_counter() - started, time.thread_time() - cpu)
    consumer.close()
    return taken


def guarded(side: str, servers: str, count: int) -> Taken:
    """From the first message to the last one, with the commits between."""
    consumer, control = Consumer("fulfilment", provider="orders"), kafka.Control()

    def model(_: Order) -> None: ...

    def plain(_: dict[str, Any]) -> None: ...

    async def coroutine(_: Order) -> None: ...

    handler: Any = {"model": model, "dict": plain, "async": coroutine}[side]
    consumer.expects("an order", contents=CONTRACT, metadata={"topic": TOPIC, "key": "1"})(handler)
    watch = Watch(control, count)
    watch.start()
    kafka.consume(consumer, config(servers), dead_letter="dead", mode="enforce", control=control)
    assert (control.counts.handled, control.counts.broken) == (count, 0)
    assert watch.taken is not None
    return watch.taken


class Watch(threading.Thread):
    """Sees from outside, as the handlers are to do nothing, when the first and the last message was handled, and stops then."""

    def __init__(self, control: kafka.Control, count: int) -> None:
        super().__init__(daemon=True)
        self.taken: Taken | None = None
        self._control, self._count = control, count
        self._cpu = time.pthread_getcpuclockid(threading.get_ident())

    def run(self) -> None:
        wall, cpu = self._when(1)
        end_wall, end_cpu = self._when(self._count)
        self.taken = Taken(end_wall - wall, end_cpu - cpu)
        self._control.stop()

    def _when(self, handled: int) -> tuple[float, float]:
        while self._control.counts.handled < handled:
            time.sleep(0.002)
        return time.perf_counter(), time.clock_gettime(self._cpu)


def faststream(side: str, servers: str, count: int) -> Taken:
    """From the first call of the handler to the last one, by FastStream's subscriber as its documentation shows it.

    Unless told otherwise it acknowledges a message before it is handled; with `faststream-acks` afterwards, as we do.
    """
    from faststream import AckPolicy, FastStream
    from faststream.confluent import KafkaBroker

    broker = KafkaBroker(servers)
    app = FastStream(broker, logger=None)
    calls: list[tuple[float, float]] = []

    policy = AckPolicy.ACK if side == "faststream-acks" else AckPolicy.ACK_FIRST

    @broker.subscriber(TOPIC, group_id=str(uuid.uuid4()), auto_offset_reset="earliest", ack_policy=policy)
    async def handle(_: Order) -> None:
        calls.append((time.perf_counter(), time.thread_time()))
        if len(calls) == count:
            app.exit()

    asyncio.run(app.run())
    (started, cpu), (ended, end_cpu) = calls[0], calls[count - 1]
    return Taken(ended - started, end_cpu - cpu)


def fill(servers: str, numbers: Iterable[int], partition_of: Callable[[int], int]) -> None:
    """Send the messages of those numbers."""
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 5})
    for number in numbers:
        value, partition = VALUES[number % len(VALUES)], partition_of(number)
        try:
            producer.produce(TOPIC, value, str(number % 1000), partition=partition)
        except BufferError:
            producer.flush()
            producer.produce(TOPIC, value, str(number % 1000), partition=partition)
        if number % 500 == 0:
            producer.poll(0)
    producer.flush()


VALUES = [json.dumps(order(number)).encode() for number in range(500)]


@contextlib.contextmanager
def broker(partitions: int) -> Iterator[tuple[str, int]]:
    """Where it is, and how many partitions the topic has: one's own broker makes one."""
    if "KAFKA_BOOTSTRAP" in os.environ:
        yield os.environ["KAFKA_BOOTSTRAP"], 1
        return
    with EmbeddedKafka() as embedded:
        embedded.create_topic(TOPIC, partitions=partitions)
        yield embedded.bootstrap, partitions


def arguments(side: str, servers: str, count: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.consuming", side, servers, str(count)]


def child(side: str, servers: str, count: int) -> Taken:
    said = subprocess.run(arguments(side, servers, count), check=True, capture_output=True, text=True, env=ENVIRONMENT)
    return Taken(*map(float, said.stdout.splitlines()[-1].split()))  # FastStream says more than that


def beside_each_other(count: int, rounds: int, sides: Sequence[str]) -> None:
    """What each side takes, and of what the bare loop takes."""
    with broker(-(-count // PARTITION)) as (servers, partitions):
        fill(servers, range(count), lambda number: number // PARTITION if partitions > 1 else 0)
        taken: dict[str, list[Taken]] = {side: [] for side in sides}
        for _ in range(rounds):
            for side, each in taken.items():
                few = min(count, FEW) if side in SLOW else count
                wall, cpu = child(side, servers, few)
                each.append(Taken(wall / few, cpu / few))
    least = {side: Taken(*map(min, zip(*each, strict=True))) for side, each in taken.items()}
    for side, (wall, cpu) in least.items():
        of_bare = [
            bare / (ours or 1e-9) for bare, ours in zip(least["bare"], least[side], strict=True)
        ]  # few take no time
        rate = f"{1 / (wall or 1e-9):9,.0f} a second, {of_bare[0]:.3f} of bare"
        fewer = f" ({min(count, FEW):,} messages)" if side in SLOW else ""
        print(f"{side:15} {rate}; {cpu * 1e6:6.2f} µs of the processor each, {of_bare[1]:.3f} of bare{fewer}")


# -- memory ----------------------------------------------------------------------------------------------------------


def memory(count: int) -> None:
    """How much a process takes that consumes so many messages, which are sent while it does."""
    with broker(20) as (servers, partitions):
        consuming = subprocess.Popen(
            arguments("memory", servers, count), stdout=subprocess.PIPE, text=True, env={**os.environ, "TOPIC": TOPIC}
        )
        assert consuming.stdout is not None
        sent, first, rss = 0, 0, 0
        for line in consuming.stdout:
            handled, rss = map(int, line.split())
            first = first or (rss if handled >= count // 10 else 0)
            more = min(count, handled + AHEAD) - sent
            fill(servers, range(sent, sent + more), lambda number: number % partitions)
            sent += more
        assert consuming.wait() == 0
    print(f"{first / 2**20:.1f} MiB after {count // 10:,} messages, {rss / 2**20:.1f} MiB after {count:,}")


def consumed_in_memory(servers: str, count: int) -> None:
    """Consume, and say again and again how many were handled and what memory is taken."""
    consumer, control = Consumer("fulfilment", provider="orders"), kafka.Control()

    @consumer.expects("an order", contents=CONTRACT, metadata={"topic": TOPIC, "key": "1"})
    def handle(_: Order) -> None: ...

    def say() -> None:
        while control.counts.handled < count:
            print(control.counts.handled, resident(), flush=True)
            time.sleep(0.1)
        print(control.counts.handled, resident(), flush=True)
        control.stop()

    threading.Thread(target=say, daemon=True).start()
    kafka.consume(consumer, config(servers), dead_letter="dead", mode="enforce", control=control)


def resident() -> int:
    """Bytes of memory that the process has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["memory", count]:
            memory(int(count))
        case ["memory", servers, count]:
            consumed_in_memory(servers, int(count))
        case [count]:
            beside_each_other(int(count), 3, SIDES)
        case [count, rounds, *sides] if count.isdecimal():
            beside_each_other(int(count), int(rounds), sides or SIDES)
        case ["bare", servers, count]:
            print(*bare(servers, int(count)))
        case ["faststream" | "faststream-acks" as side, servers, count]:
            print(*faststream(side, servers, int(count)))
        case [side, servers, count]:
            print(*guarded(side, servers, int(count)))
