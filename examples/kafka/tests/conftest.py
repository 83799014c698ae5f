"""A Kafka for the tests: the embedded one, or the one that `KAFKA_BOOTSTRAP` names."""

import os
from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from orders.publisher import TOPIC

from msgpact.adapters.embedded_kafka import EmbeddedKafka


@pytest.fixture(scope="session")
def bootstrap() -> Iterator[str]:
    if running := os.environ.get("KAFKA_BOOTSTRAP"):
        create_topic(AdminClient({"bootstrap.servers": running}))
        yield running
        return
    with EmbeddedKafka() as kafka:
        kafka.create_topic(TOPIC)
        yield kafka.bootstrap


def create_topic(admin: AdminClient) -> None:
    """A consumer that subscribes before anybody has sent would be told that there is no such topic."""
    for created in admin.create_topics([NewTopic(TOPIC, 1, 1)]).values():
        try:
            created.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    while admin.list_topics(TOPIC).topics[TOPIC].error is not None:  # not every broker knows it at once
        pass
