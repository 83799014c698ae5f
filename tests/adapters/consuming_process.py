"""A service that a test kills: it notes each order that it handled in a file, before it may be acknowledged.

python consuming_process.py SERVERS GROUP TOPIC FILE
"""

import logging
import os
import sys

from msgpact import Consumer
from msgpact.adapters import kafka
from msgpact.adapters.kafka import Retries

COMMIT_EVERY = 50


def main(servers: str, group: str, topic: str, path: str) -> None:
    logging.basicConfig(level=logging.INFO)
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    shop = Consumer("shop", provider="orders")

    @shop.expects("an order", contents={"id": 1}, metadata={"topic": "orders.v1"})
    def on_order(order: dict[str, int]) -> None:
        if order["id"] < 0:
            raise RuntimeError("it is poison")
        os.write(file, b"%d\n" % order["id"])

    kafka.consume(
        shop,
        {
            "bootstrap.servers": servers,
            "group.id": group,
            "session.timeout.ms": 1000,  # one that was killed is waited for so long
            "heartbeat.interval.ms": 200,
            "fetch.wait.max.ms": 10,
        },
        dead_letter="{topic}.dead",
        topics={"orders.v1": topic},
        retries=Retries(retries=1, first=0.01),
        commit_every=COMMIT_EVERY,
        commit_after=60,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
