"""A Kafka for the tests: the embedded one, or the one that `KAFKA_BOOTSTRAP` names."""

import os
from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from orders.publisher import TOPIC
from payments.publisher import PAYMENTS, REFUNDS

from msgpact.adapters.embedded_kafka import EmbeddedKafka

TOPICS = (TOPIC, PAYMENTS, REFUNDS)


@pytest.fixture(scope="session")
def bootstrap() -> Iterator[str]:
    if running := os.environ.get("KAFKA_BOOTSTRAP"):
        create_topics(AdminClient({"bootstrap.servers": running}))
        yield running
        return
    with EmbeddedKafka() as kafka:
        for topic in TOPICS:
            kafka.create_topic(topic)
        yield kafka.bootstrap


def create_topics(admin: AdminClient) -> None:
    """A consumer that subscribes before anybody has sent would be told that there is no such topic."""
    for created in admin.create_topics([NewTopic(topic, 1, 1) for topic in TOPICS]).values():
        try:
            created.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    for topic in TOPICS:
        while admin.list_topics(topic).topics[topic].error is not None:  # not every broker knows it at once
            pass
