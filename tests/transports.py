"""Transports as the tests of consuming use them: one address, its dead letters, and what is left of both.

A new transport is one class and one row of `TRANSPORTS`.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pytest
from benches import PATIENCE
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from confluent_kafka import Consumer as Client
from confluent_kafka import Producer, TopicPartition
from kafka_servers import Kafka
from rabbitmq_servers import RunningRabbitMQ
from sqs_servers import SqsServer, queue

from msgpact import Consumer, Message
from msgpact.adapters import kafka, kafka_source, memory, rabbitmq, sns_sqs
from msgpact.consuming.control import Control
from msgpact.records import amqp, sqs

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True)
class Letter:
    """A dead letter, or another message that is left."""

    contents: bytes | None
    headers: Headers = ()
    key: str | None = None

    @property
    def own_headers(self) -> Headers:
        """Those that it had before it was a dead letter."""
        return [each for each in self.headers if each[0] != "msgpact"]

    @property
    def why(self) -> dict[str, Any]:
        """What the dead letter's header says."""
        (found,) = [value for name, value in self.headers if name == "msgpact"]
        assert found is not None
        assert len(found) <= 1500
        said: dict[str, Any] = json.loads(found)
        return said


class Transport(Protocol):
    """One address that contracts call `orders.v1` and that is deployed by another name; one service that consumes from it.

    Attributes:
        address: What contracts state of it.
        is_ordered: Whether messages with the same key are handled in their order.
        has_tombstones: Whether there are messages without contents.
        headers: Some that a message can have, as exotic as they come.
        no_dead_letters: Options with which the dead letters cannot be delivered.
    """

    address: Mapping[str, object]
    is_ordered: bool
    has_tombstones: bool
    headers: Headers
    no_dead_letters: Mapping[str, Any]

    def send(self, contents: bytes | None, key: str | None = None, headers: Headers = ()) -> None: ...

    def consume(self, shop: Consumer, **options: Any) -> Control: ...

    async def aconsume(self, shop: Consumer, **options: Any) -> Control: ...

    def left(self) -> list[bytes | None]:
        """What would come in another run, as it is not acknowledged."""

    def dead_letters(self) -> list[Letter]: ...


class InMemory:
    address = {"topic": "orders.v1"}
    is_ordered, has_tombstones = True, True
    headers = (("content-type", b"application/json"), ("a", b"1"), ("a", None), ("b", b"\xff"), ("topic", b"x"))
    no_dead_letters = {"dead_letter": "away"}

    def __init__(self, _: None = None) -> None:
        self.broker = memory.Broker()
        self.broker.away.add("away")

    def send(self, contents: bytes | None, key: str | None = None, headers: Headers = ()) -> None:
        facts = {"topic": "eu.orders.v1", "key": key}
        self.broker.send(Message(contents, headers=headers, metadata=facts))

    def _options(self, options: Mapping[str, Any]) -> Any:
        return {"dead_letter": "{topic}.dead", "topics": {"orders.v1": "eu.orders.v1"}, **options}

    def consume(self, shop: Consumer, **options: Any) -> Control:
        return memory.consume(shop, self.broker, **self._options(options))

    async def aconsume(self, shop: Consumer, **options: Any) -> Control:
        return await memory.aconsume(shop, self.broker, **self._options(options))

    def left(self) -> list[bytes | None]:
        return [each.contents for each in self.broker.messages("eu.orders.v1")]

    def dead_letters(self) -> list[Letter]:
        found = self.broker.messages("eu.orders.v1.dead")
        assert all(each.metadata["topic"] == "eu.orders.v1.dead" for each in found)
        return [Letter(each.contents, each.headers, each.metadata["key"]) for each in found]  # type: ignore[arg-type]  # text


class OnKafka:
    address = {"topic": "orders.v1"}
    is_ordered, has_tombstones = True, True
    headers = InMemory.headers
    no_dead_letters = {
        "dead_letter_config": {"bootstrap.servers": "127.0.0.1:1", "log_level": 0, "message.timeout.ms": 100}
    }

    def __init__(self, server: Kafka) -> None:
        self.topic, self.group = f"orders-{uuid.uuid4()}", f"group-{uuid.uuid4()}"
        self.bootstrap = server.bootstrap
        server.create_topic(self.topic)
        server.create_topic(f"{self.topic}.dead")
        self._producer = Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 0, "log_level": 0})

    @property
    def config(self) -> dict[str, Any]:
        # The embedded cluster does not wake a fetch that waits, and in a classic group waits for members that are gone.
        quick = {"fetch.wait.max.ms": 10, "group.protocol": "consumer", "log_level": 0}
        return {"bootstrap.servers": self.bootstrap, "group.id": self.group, **quick}

    def send(self, contents: bytes | None, key: str | None = None, headers: Headers = ()) -> None:
        self._producer.produce(self.topic, contents, key, headers=list(headers))
        assert self._producer.flush(PATIENCE) == 0

    def _options(self, options: Mapping[str, Any]) -> Any:
        return {"dead_letter": "{topic}.dead", "topics": {"orders.v1": self.topic}, **options}

    def consume(self, shop: Consumer, **options: Any) -> Control:
        with pytest.MonkeyPatch.context() as patch:
            if "dead_letter_config" in options:  # librdkafka looks at what has expired once a second
                patch.setattr(kafka_source, "DELIVERED", 0.2)
            return kafka.consume(shop, self.config, **self._options(options))

    async def aconsume(self, shop: Consumer, **options: Any) -> Control:
        return await kafka.aconsume(shop, self.config, **self._options(options))

    def left(self) -> list[bytes | None]:
        client = Client(self.config)
        (found,) = client.committed([TopicPartition(self.topic, 0)], timeout=PATIENCE)
        client.close()
        return [each.contents for each in self._records(self.topic, max(found.offset, 0))]

    def dead_letters(self) -> list[Letter]:
        return self._records(f"{self.topic}.dead", 0)

    def _records(self, topic: str, start: int) -> list[Letter]:
        client = Client({**self.config, "group.id": str(uuid.uuid4()), "enable.partition.eof": True})
        client.assign([TopicPartition(topic, 0, start)])
        found = []
        while True:
            record: Any = client.poll(PATIENCE)
            if record.error() is not None:
                break
            key = record.key()
            headers = tuple(record.headers() or ())
            found.append(Letter(record.value(), headers, None if key is None else key.decode()))
        client.close()
        return found


class OnSqs:
    address: Mapping[str, object] = {"queue": "orders.v1"}
    is_ordered, has_tombstones = False, False
    headers: Headers = (("content-type", b"application/json"), ("a", b"1"), ("b", b"\xff"))
    no_dead_letters: Mapping[str, Any] = {"dead_letter": "https://sqs.example/away"}

    def __init__(self, server: SqsServer) -> None:
        once = Config(retries={"mode": "standard", "total_max_attempts": 1})
        self.client, self.cut_off = server.client("sqs", config=once), server.client("sqs", config=once)
        self.cut_off.meta.events.register("before-call.sqs.SendMessageBatch", _is_away)
        self.url, self.dead = queue(server, fifo=self.is_ordered), queue(server, fifo=self.is_ordered)

    def message(self, contents: bytes | None, key: str | None, headers: Headers) -> Message:
        return Message(contents, headers=headers)

    def send(self, contents: bytes | None, key: str | None = None, headers: Headers = ()) -> None:
        self.client.send_message(**sqs.to_send_message(self.message(contents, key, headers), self.url))

    def _said(self, options: Mapping[str, Any]) -> tuple[Any, Any]:
        names = {"orders.v1": sqs.name_of(self.url)}
        is_cut_off = options.get("dead_letter") == self.no_dead_letters["dead_letter"]
        said = {"names": names, "wait": 1, **options, "dead_letter": self.dead}
        return self.cut_off if is_cut_off else self.client, said

    def consume(self, shop: Consumer, **options: Any) -> Control:
        client, said = self._said(options)
        return sns_sqs.consume(shop, client, self.url, **said)

    async def aconsume(self, shop: Consumer, **options: Any) -> Control:
        client, said = self._said(options)
        return await sns_sqs.aconsume(shop, client, self.url, **said)

    def left(self) -> list[bytes | None]:
        return [each.contents for each in self._messages(self.url)]

    def dead_letters(self) -> list[Letter]:
        return [
            Letter(each.contents, each.headers, each.metadata.get("messageGroupId") if self.is_ordered else None)  # type: ignore[arg-type]  # text
            for each in self._messages(self.dead)
        ]

    def _messages(self, url: str) -> list[Message]:
        """What is there, and stays there."""
        found, names = [], {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
        while came := self.client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **names).get("Messages"):
            found += came
        for each in found:
            self.client.change_message_visibility(
                QueueUrl=url, ReceiptHandle=each["ReceiptHandle"], VisibilityTimeout=0
            )
        return [sqs.from_record(each) for each in found]


def _is_away(**_: object) -> None:
    raise EndpointConnectionError(endpoint_url="https://sqs.example/away")


class OnSqsFifo(OnSqs):
    """A key is a message's group."""

    is_ordered = True

    def message(self, contents: bytes | None, key: str | None, headers: Headers) -> Message:
        facts = {"messageGroupId": key or str(uuid.uuid4()), "messageDeduplicationId": str(uuid.uuid4())}
        return Message(contents, headers=headers, metadata=facts)


class OnRabbitMQ:
    address: Mapping[str, object] = {"routingKey": "orders.v1"}
    is_ordered, has_tombstones = False, False
    headers: Headers = (("a", b"1"), ("b", b"\xff"), ("exchange", b"x"))
    no_dead_letters: Mapping[str, Any] = {"dead_letter": "nowhere"}

    def __init__(self, server: RunningRabbitMQ) -> None:
        self.server, self.queue = server, server.create_queue()
        self.dead = server.create_queue(f"{self.queue}.dead")

    def send(self, contents: bytes | None, key: str | None = None, headers: Headers = ()) -> None:
        facts = {"exchange": "", "routingKey": self.queue, "contentType": "application/json"}
        call = amqp.to_basic_publish(Message(contents, headers=headers, metadata=facts))
        with self.server.connect() as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.basic_publish(**call, mandatory=True)

    def _options(self, options: Mapping[str, Any]) -> Any:
        return {"dead_letter": "{queue}.dead", "names": {"orders.v1": self.queue}, **options}

    def consume(self, shop: Consumer, **options: Any) -> Control:
        return rabbitmq.consume(shop, self.server.url, self.queue, **self._options(options))

    async def aconsume(self, shop: Consumer, **options: Any) -> Control:
        return await rabbitmq.aconsume(shop, self.server.url, self.queue, **self._options(options))

    def left(self) -> list[bytes | None]:
        return [each.contents for each in self._messages(self.queue)]

    def dead_letters(self) -> list[Letter]:
        return self._messages(self.dead)

    def _messages(self, queue: str) -> list[Letter]:
        """Those that are there, which they still are afterwards."""
        found = []
        with self.server.connect() as connection:
            channel = connection.channel()
            while (got := channel.basic_get(queue))[0] is not None:
                headers = tuple((name, _in_bytes(value)) for name, value in (got[1].headers or {}).items())
                found.append(Letter(got[2], headers))
        return found


def _in_bytes(value: object) -> bytes | None:
    assert isinstance(value, str | bytes | None)
    return value.encode() if isinstance(value, str) else value


# -- the table -------------------------------------------------------------------------------------------------------

SERVER = pytest.mark.server

TRANSPORTS = {
    # id                      class, the fixture of its server, marks
    "memory": (InMemory, None, ()),
    "embedded-kafka": (OnKafka, "embedded_kafka", ()),
    "kafka": (OnKafka, "real_kafka", (SERVER,)),
    "embedded-sqs": (OnSqs, "embedded_sqs", ()),
    "sqs": (OnSqs, "localstack", (SERVER,)),
    "sqs-fifo": (OnSqsFifo, "localstack", (SERVER,)),
    "elasticmq": (OnSqs, "elasticmq", (SERVER,)),
    "rabbitmq": (OnRabbitMQ, "rabbitmq", (SERVER,)),
}


@pytest.fixture(params=[pytest.param(name, marks=row[2], id=name) for name, row in TRANSPORTS.items()])
def transport(request: pytest.FixtureRequest) -> Transport:
    """Each transport, one after the other."""
    made, server, _ = TRANSPORTS[request.param]
    found: Transport = made(None if server is None else request.getfixturevalue(server))
    return found
