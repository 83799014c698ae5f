"""A queue consumed to its end, by `rabbitmq.consume` and by the loop that one writes with aio-pika, in a process each.

    python -m benchmarks.consuming_rabbitmq URL MESSAGES [ROUNDS]
    python -m benchmarks.consuming_rabbitmq SIDE URL QUEUE MESSAGES

The loop beside it is `queue.iterator` with the same prefetch, `model_validate_json` and an acknowledgement for each message: no
check, no handler. Ours checks each against its contract relaxed to types, makes the same model of it and calls a handler that
does nothing.
"""

import asyncio
import json
import math
import subprocess
import sys
import uuid

import aio_pika

from benchmarks.consuming import CONTRACT, Order, order
from benchmarks.noting import SIDES, Clock, noting
from msgpact import Consumer
from msgpact.adapters import rabbitmq

PREFETCH = 200
AT_ONCE = 500


Times = tuple[float, float]
"""Seconds that passed, and seconds of the processor."""


async def bare(url: str, name: str, count: int) -> Times:
    """From the first message until the last one is acknowledged."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=PREFETCH)
        queue = await channel.get_queue(name)
        left, clock = count, Clock()
        async with queue.iterator() as messages:
            async for message in messages:
                clock = Clock() if left == count else clock
                Order.model_validate_json(message.body)
                await message.ack()
                left -= 1
                if not left:
                    break
        return clock.passed()


def guarded(side: str, url: str, name: str, count: int) -> Times:
    """From the first call of the handler until all is acknowledged and the connection closed."""
    consumer, control, clock, left = Consumer("fulfilment", provider="orders"), rabbitmq.Control(), Clock(), count

    def note() -> None:
        nonlocal clock, left
        clock = Clock() if left == count else clock
        left -= 1
        if not left:
            control.stop()

    consumer.expects("an order", contents=CONTRACT, metadata={"routingKey": name})(noting(side, note))
    rabbitmq.consume(consumer, url, name, dead_letter="dead", mode="enforce", control=control, prefetch=PREFETCH)
    assert (control.counts.handled, control.counts.broken) == (count, 0)
    return clock.passed()


async def fill(url: str, name: str, count: int) -> None:
    """Send so many."""
    bodies = [json.dumps(order(number)).encode() for number in range(AT_ONCE)]
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(name, durable=True, arguments={"x-expires": 600_000})
        exchange = channel.default_exchange
        for start in range(0, count, AT_ONCE):
            few = bodies[: min(AT_ONCE, count - start)]
            messages = [aio_pika.Message(each, content_type="application/json", delivery_mode=2) for each in few]
            await asyncio.gather(*(exchange.publish(each, name) for each in messages))


def child(side: str, url: str, name: str, count: int) -> Times:
    arguments = [sys.executable, "-m", "benchmarks.consuming_rabbitmq", side, url, name, str(count)]
    passed, used = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return float(passed), float(used)


def both(url: str, count: int, rounds: int = 3) -> None:
    rates, uses, size = dict.fromkeys(SIDES, 0.0), dict.fromkeys(SIDES, math.inf), len(json.dumps(order(0)))
    for _ in range(rounds):
        for side in SIDES:
            name = f"orders-{uuid.uuid4()}"
            asyncio.run(fill(url, name, count))
            passed, used = child(side, url, name, count)
            rates[side], uses[side] = max(rates[side], count / passed), min(uses[side], used / count)
    for side, rate in rates.items():
        ratios = f"{rate / rates['bare']:.2f} and {uses[side] / uses['bare']:.2f} of bare"
        print(f"{side:6} {rate:9,.0f} messages of {size} bytes a second, {uses[side] * 1e6:4.0f} µs each, {ratios}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case [url, count]:
            both(url, int(count))
        case [url, count, rounds]:
            both(url, int(count), int(rounds))
        case ["bare", url, name, count]:
            print(*asyncio.run(bare(url, name, int(count))))
        case [side, url, name, count]:
            print(*guarded(side, url, name, int(count)))
