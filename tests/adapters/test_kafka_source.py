"""Kafka's source with a client that is only said to be there: what is seen of it from outside."""

from types import SimpleNamespace
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from msgpact.adapters.kafka_source import KafkaSource
from msgpact.consuming.control import Control


class Client:
    """Keeps what it is told, and has records that fit one another."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.on_error = config.get("error_cb")
        self.records = list[Any]()

    def subscribe(self, topics: list[str], **callbacks: object) -> None: ...

    def consume(self, most: int, seconds: float) -> list[Any]:
        return self.records


def test_what_comes_says_that_kafka_is_there_again() -> None:
    """Where there is much to be taken nobody waits, and so nobody looks whether the topics are there."""
    module = SimpleNamespace(Consumer=Client, Producer=Client, KafkaError=KafkaError, KafkaException=KafkaException)
    source, control = KafkaSource(module, {}, "dead", {}), Control()
    control.is_now("running")
    loop: Any = SimpleNamespace(control=control)
    source.subscribe(["orders"], loop)

    source._consumer.on_error(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    source.take_now()
    states = [control.state]

    source._consumer.records = [SimpleNamespace(error=lambda: None)]
    source.take_now()

    assert [*states, control.state] == ["paused", "running"]
