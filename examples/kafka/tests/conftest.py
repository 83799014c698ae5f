"""A Kafka for the tests: the embedded one, or the one that `KAFKA_BOOTSTRAP` names."""

import os
from collections.abc import Iterator

import pytest

from msgpact.adapters.embedded_kafka import EmbeddedKafka


@pytest.fixture(scope="session")
def bootstrap() -> Iterator[str]:
    if running := os.environ.get("KAFKA_BOOTSTRAP"):
        yield running
        return
    with EmbeddedKafka() as kafka:
        kafka.create_topic("orders.v1")
        yield kafka.bootstrap
