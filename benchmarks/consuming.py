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
import time
import uuid
from typing import Any

from confluent_kafka import Consumer as Client
from confluent_kafka import Producer
from pydantic import BaseModel

from benchmarks.messages import body
from msgpact import Consumer, match
from msgpact.adapters import kafka
from msgpact.adapters.embedded_kafka import EmbeddedKafka

TOPIC = "orders.v1"
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


def bare(servers: str, count: int) -> float:
    """Seconds from the first batch to the last message."""
    consumer = Client({**config(servers), "enable.auto.commit": False})
    consumer.subscribe([TOPIC])
    done, started = 0, 0.0
    while done < count:
        for record in consumer.consume(500, 1.0):
            started = started or time.perf_counter()
            value = record.value()
            assert record.error() is None
            assert value is not None
            Order.model_validate_json(value)
            done += 1
    seconds = time.perf_counter() - started
    consumer.close()
    return seconds


def guarded(side: str, servers: str, count: int) -> float:
    """Seconds from the first call of the handler until all is committed."""
    consumer, control, started, left = Consumer("fulfilment", provider="orders"), kafka.Control(), 0.0, count

    def note() -> None:
        nonlocal started, left
        started = started or time.perf_counter()
        left -= 1
        if not left:
            control.stop()

    def model(_: Order) -> None:
        note()

    def plain(_: dict[str, Any]) -> None:
        note()

    async def coroutine(_: Order) -> None:
        note()

    handler: Any = {"model": model, "dict": plain, "async": coroutine}[side]
    consumer.expects("an order", contents=CONTRACT, metadata={"topic": TOPIC, "key": "1"})(handler)
    kafka.consume(consumer, config(servers), dead_letter="dead", mode="enforce", control=control)
    assert (control.counts.handled, control.counts.broken) == (count, 0)
    return time.perf_counter() - started


def fill(servers: str, count: int, partition: int) -> None:
    """Send so many, so many to each partition."""
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 5})
    values = [json.dumps(order(number)).encode() for number in range(500)]
    for number in range(count):
        producer.produce(TOPIC, values[number % 500], str(number % 1000), partition=number // partition)
        if number % 500 == 0:
            producer.poll(0)
    producer.flush()


def child(side: str, servers: str, count: int) -> float:
    arguments = [sys.executable, "-m", "benchmarks.consuming", side, servers, str(count)]
    return float(subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout)


def both(count: int, rounds: int = 3) -> None:
    with EmbeddedKafka() as embedded:
        servers = os.environ.get("KAFKA_BOOTSTRAP") or embedded.bootstrap
        if servers == embedded.bootstrap:
            embedded.create_topic(TOPIC, partitions=-(-count // PARTITION))
        fill(servers, count, PARTITION if servers == embedded.bootstrap else count)
        size = len(json.dumps(order(0)))
        best = dict.fromkeys(SIDES, 0.0)
        for _ in range(rounds):
            for side in SIDES:
                best[side] = max(best[side], count / child(side, servers, count))
        for side, rate in best.items():
            print(f"{side:6} {rate:9,.0f} messages of {size} bytes a second, {rate / best['bare']:.2f} of bare")


if __name__ == "__main__":
    match sys.argv[1:]:
        case [count]:
            both(int(count))
        case [count, rounds]:
            both(int(count), int(rounds))
        case ["bare", servers, count]:
            print(bare(servers, int(count)))
        case [side, servers, count]:
            print(guarded(side, servers, int(count)))
