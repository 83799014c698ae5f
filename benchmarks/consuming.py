"""A topic consumed to its end, by `kafka.consume` and by the loop that one writes without it, in a process each.

    python -m benchmarks.consuming MESSAGES [ROUNDS] both, one after the other, beside the broker in this process
    python -m benchmarks.consuming SIDE SERVERS MESSAGES

The loop beside it is `Consumer.consume` in batches with `model_validate_json` for each message: no check, no handler, no commit.
Ours checks each against its contract relaxed to types, makes the same model of it, calls a handler that does nothing, and
commits. A broker of one's own: set KAFKA_BOOTSTRAP; it must create topics when they are produced to.
"""

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from typing import Any, NamedTuple

from confluent_kafka import Consumer as Client
from confluent_kafka import Producer
from pydantic import BaseModel

from benchmarks.messages import body
from msgpact import Consumer, match
from msgpact.adapters import kafka
from msgpact.adapters.embedded_kafka import EmbeddedKafka

TOPIC = os.environ.get("BENCHTOPIC", "orders.v1")
PARTITION = 4000  # messages: the embedded Kafka holds 5 MB in each
LEFT_OUT = ("customer_note", "discount", "tax", "attempt", "loyalty_points")
SIDES = ("bare", "model", "dict", "async")


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


def fill(servers: str, count: int, partition: int) -> None:
    """Send so many, so many to each partition."""
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 5})
    values = [json.dumps(order(number)).encode() for number in range(500)]
    for number in range(count):
        producer.produce(TOPIC, values[number % 500], str(number % 1000), partition=number // partition)
        if number % 500 == 0:
            producer.poll(0)
    producer.flush()


def child(side: str, servers: str, count: int) -> Taken:
    arguments = [sys.executable, "-m", "benchmarks.consuming", side, servers, str(count)]
    said = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Taken(*map(float, said.split()))


def both(count: int, rounds: int = 3) -> None:
    with EmbeddedKafka() as embedded:
        servers = os.environ.get("KAFKA_BOOTSTRAP") or embedded.bootstrap
        if servers == embedded.bootstrap:
            embedded.create_topic(TOPIC, partitions=-(-count // PARTITION))
        fill(servers, count, PARTITION if servers == embedded.bootstrap else count)
        taken: dict[str, list[Taken]] = {side: [] for side in SIDES}
        for _ in range(rounds):
            for side in SIDES:
                taken[side].append(child(side, servers, count))
        least = {side: Taken(*map(min, zip(*each, strict=True))) for side, each in taken.items()}
        for side, each in least.items():
            wall, cpu = (
                bare / (ours or 1e-9) for bare, ours in zip(least["bare"], each, strict=True)
            )  # few take no time
            print(
                f"{side:6} {count / (each.wall or 1e-9):9,.0f} a second, {wall:.2f} of bare; "
                f"{each.cpu / count * 1e6:5.2f} µs of the processor each, {cpu:.2f} of bare"
            )


if __name__ == "__main__":
    match sys.argv[1:]:
        case [count]:
            both(int(count))
        case [count, rounds]:
            both(int(count), int(rounds))
        case ["bare", servers, count]:
            print(*bare(servers, int(count)))
        case [side, servers, count]:
            print(*guarded(side, servers, int(count)))
