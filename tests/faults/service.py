"""A service that the tests break: it notes each message that it handled in a file, before it may be acknowledged.

python service.py SETTINGS: JSON with `transport`, `name`, `notes`, `database`, `clock_jumps` and what the transport's function takes.
"""

import asyncio
import json
import logging
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgpact import Consumer
from msgpact.consuming.loop import Loop
from msgpact.retries import Retries

SOON = Retries(retries=1, first=0.02, longest=0.2)


def of_kafka(shop: Consumer, *, config: Any, topic: str, commit_every: int, dead_letter_config: Any) -> None:
    from msgpact.adapters import kafka

    kafka.consume(
        shop,
        config,
        dead_letter="{topic}.dead",
        topics={"orders.v1": topic},
        retries=SOON,
        commit_every=commit_every,
        commit_after=1,
        dead_letter_config=dead_letter_config,
    )


def of_rabbitmq(shop: Consumer, *, url: str, prefetch: int) -> None:
    from msgpact.adapters import rabbitmq

    rabbitmq.consume(shop, url, "orders", dead_letter="dead/{queue}", retries=SOON, prefetch=prefetch)


def of_sqs(shop: Consumer, *, endpoint: str, queue: str, dead_letter: str) -> None:
    import boto3
    from botocore.config import Config

    from msgpact.adapters import sns_sqs

    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    once = Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=10, connect_timeout=5)
    client = boto3.client("sqs", endpoint_url=endpoint, config=once)
    names = {"orders.v1": queue.rpartition("/")[2]}
    sns_sqs.consume(shop, client, queue, dead_letter=dead_letter, names=names, retries=SOON, wait=1, visibility=2)


SERVICES: dict[str, tuple[Callable[..., None], dict[str, object]]] = {
    # transport  what consumes, and what contracts state of the address
    "kafka": (of_kafka, {"topic": "orders.v1"}),
    "rabbitmq": (of_rabbitmq, {"routingKey": "orders"}),
    "sqs": (of_sqs, {"queue": "orders.v1"}),
    "sqs-fifo": (of_sqs, {"queue": "orders.v1"}),
}


class Jumping:
    """A clock that goes, and now and then is an hour behind or ahead."""

    def __init__(self) -> None:
        self.offset = 0.0

    def __call__(self) -> float:
        if random.random() < 0.02:
            self.offset = random.choice([-3600.0, 0.0, 3600.0])
        return time.monotonic() + self.offset


def main(settings: str) -> None:
    said = json.loads(settings)
    logging.basicConfig(level=logging.INFO, format="%(relativeCreated)d %(process)d %(levelname)s %(name)s %(message)s")
    name, database = said.pop("name"), said.pop("database")
    file = os.open(said.pop("notes"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    if said.pop("clock_jumps"):
        Loop.__init__.__kwdefaults__["clock"] = Jumping()  # type: ignore[index]  # there are some
    consume, address = SERVICES[said.pop("transport")]
    shop = Consumer("shop", provider="orders")

    def seconds() -> float:
        return float(Path(database).read_text())  # where it is away that is an error, as it is of any database

    def note(order: dict[str, int]) -> None:
        if order["id"] < 0:
            raise RuntimeError("it is poison")
        os.write(file, b"%d %s\n" % (order["id"], name.encode()))

    def on_order(order: dict[str, int]) -> None:
        time.sleep(seconds())
        note(order)

    async def on_order_awaited(order: dict[str, int]) -> None:
        await asyncio.sleep(seconds())
        note(order)

    handler = on_order_awaited if int(name.rpartition("-")[2]) % 2 else on_order
    shop.expects("an order", contents={"id": 1}, metadata=address)(handler)
    consume(shop, **said)


if __name__ == "__main__":
    main(*sys.argv[1:])
