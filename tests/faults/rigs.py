"""The transports with what can be done to them: a real server behind a relay, its address, its dead letters."""

import contextlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import pika
from confluent_kafka import Consumer as Client
from confluent_kafka import Producer, TopicPartition
from kafka_servers import StartedKafka, stop
from rabbitmq_servers import StartedRabbitMQ
from relays import Relay
from sqs_servers import RunningSqs, queue, start_elasticmq

from msgpact import Message
from msgpact.records import sqs

PATIENCE = 60


@dataclass(frozen=True)
class Sent:
    """A message of a run."""

    contents: bytes
    key: str


class Rig(Protocol):
    """A server of one transport, one address on it and its dead letters.

    Attributes:
        name: Of the transport, as in `service.SERVICES`.
        settings: What the service's function takes.
        is_ordered: Whether messages with the same key are handled in their order.
        most_again: How many messages one interruption of one consumer may let come again.
        signs: What a consumer logs where it was interrupted from outside.
        relay: What stands between the server and the services.
        have_expired: Whether the server says that the credentials have expired.
        has_credentials: Whether it has any that do.
    """

    name: str
    is_ordered: bool
    most_again: int
    signs: tuple[str, ...]
    relay: Relay
    have_expired: bool
    has_credentials: bool

    @property
    def settings(self) -> Mapping[str, Any]: ...

    def send(self, messages: Sequence[Sent]) -> None: ...

    def dead_letters(self) -> list[bytes]: ...

    def left(self) -> int:
        """How many messages are not acknowledged."""

    def restart(self, seconds: float) -> None:
        """Kill the server, and start it again after a while."""

    def without_dead_letters(self) -> contextlib.AbstractContextManager[None]:
        """Be a while in which the dead letters cannot be delivered."""

    def close(self) -> None: ...


class KafkaRig:
    """Apache Kafka, a topic of six partitions; the dead letters go by a listener and a relay of their own."""

    name, is_ordered = "kafka", True
    has_credentials = have_expired = False
    COMMIT_EVERY = 50
    most_again = 2 * COMMIT_EVERY + 1
    signs: tuple[str, ...] = ("partitions were lost", "offsets were not committed")
    PARTITIONS = 6

    def __init__(self, folder: Path) -> None:
        self.relay, self._relay_of_dead_letters = Relay(), Relay()
        self._server = StartedKafka(folder, self.relay, self._relay_of_dead_letters)
        self.topic = f"orders-{uuid.uuid4()}"
        self._server.create_topic(self.topic, partitions=self.PARTITIONS)
        self._server.create_topic(f"{self.topic}.dead")
        self._producer = Producer(
            {"bootstrap.servers": self._server.bootstrap, "enable.idempotence": True, "log_level": 0}
        )

    @property
    def _config(self) -> dict[str, Any]:
        return {
            "bootstrap.servers": self._server.bootstrap,
            "group.id": "shop",
            "session.timeout.ms": 1000,  # one that was killed is waited for so long
            "heartbeat.interval.ms": 200,
            "reconnect.backoff.max.ms": 500,
        }

    @property
    def settings(self) -> dict[str, Any]:
        other = {
            "bootstrap.servers": f"127.0.0.1:{self._relay_of_dead_letters.port}",
            "queue.buffering.max.messages": 3,  # which are full soon
        }
        return {
            "config": self._config,
            "topic": self.topic,
            "commit_every": self.COMMIT_EVERY,
            "dead_letter_config": other,
        }

    def send(self, messages: Sequence[Sent]) -> None:
        for each in messages:
            self._producer.produce(self.topic, each.contents, each.key)
        assert self._producer.flush(PATIENCE) == 0

    def dead_letters(self) -> list[bytes]:
        client = Client({**self._config, "group.id": "x", "enable.partition.eof": True, "log_level": 0})
        client.assign([TopicPartition(f"{self.topic}.dead", 0, 0)])
        found, end = list[bytes](), time.monotonic() + PATIENCE
        while time.monotonic() < end:
            record: Any = client.poll(1)
            if record is not None and record.error() is None:
                assert [name for name, _ in record.headers()] == ["msgpact"]
                assert json.loads(record.headers()[0][1])["consumer"] == "shop"
                found.append(record.value())
            elif record is not None and record.error().code() == -191:  # _PARTITION_EOF
                break
        client.close()
        return found

    def left(self) -> int:
        client = Client({**self._config, "log_level": 0})
        partitions = [TopicPartition(self.topic, number) for number in range(self.PARTITIONS)]
        committed = {each.partition: max(each.offset, 0) for each in client.committed(partitions, PATIENCE)}
        ends = {each.partition: client.get_watermark_offsets(each, PATIENCE)[1] for each in partitions}
        client.close()
        return sum(ends[each] - committed[each] for each in ends)

    def restart(self, seconds: float) -> None:
        self._server.crash()
        time.sleep(seconds)
        self._server.start()

    @contextlib.contextmanager
    def without_dead_letters(self) -> Iterator[None]:
        self._relay_of_dead_letters.cut()
        yield
        self._relay_of_dead_letters.mend()

    def close(self) -> None:
        del self._producer
        self._server.close()
        self.relay.close()
        self._relay_of_dead_letters.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RabbitMQRig:
    """RabbitMQ, a quorum queue; the dead letters go by an exchange."""

    name, is_ordered = "rabbitmq", False
    has_credentials = have_expired = False
    PREFETCH = 100
    most_again = PREFETCH
    signs: tuple[str, ...] = ("RabbitMQ cannot be reached",)

    def __init__(self, folder: Path) -> None:
        self._server = StartedRabbitMQ(folder)
        self.relay = Relay(pika.URLParameters(self._server.url).port)
        self._server.create_queue("orders", {"x-queue-type": "quorum"})
        self._server.create_queue("orders.dead")
        self._server.create_queue("full", {"x-max-length": 1, "x-overflow": "reject-publish"})
        with self._server.connect() as connection:
            channel = connection.channel()
            channel.basic_publish("", "full", b"", pika.BasicProperties(delivery_mode=2))
            channel.exchange_declare("dead", "direct", durable=True)
            channel.queue_bind("orders.dead", "dead", "orders")
        self._started = time.monotonic()

    @property
    def settings(self) -> dict[str, Any]:
        return {"url": f"amqp://guest:guest@127.0.0.1:{self.relay.port}/", "prefetch": self.PREFETCH}

    def send(self, messages: Sequence[Sent]) -> None:
        properties = pika.BasicProperties(delivery_mode=2, content_type="application/json")
        with self._server.connect() as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            for each in messages:
                channel.basic_publish("", "orders", each.contents, properties, mandatory=True)

    def dead_letters(self) -> list[bytes]:
        found = list[bytes]()
        with self._server.connect() as connection:
            channel = connection.channel()
            while (got := channel.basic_get("orders.dead"))[0] is not None:
                # The quorum queue counts in a header of its own what came again.
                assert got[1].headers.keys() - {"x-delivery-count"} == {"msgpact"}
                assert json.loads(got[1].headers["msgpact"])["consumer"] == "shop"
                found.append(got[2])
        return found

    def left(self) -> int:
        found = 0
        with self._server.connect() as connection:
            channel = connection.channel()
            while channel.basic_get("orders")[0] is not None:
                found += 1
        return found

    def restart(self, seconds: float) -> None:
        # A quorum queue that is declared less than 2 s before has no leader afterwards, for ever.
        time.sleep(max(0, self._started + 3 - time.monotonic()))
        self._server.kill()
        time.sleep(seconds)
        self._server.start()

    @contextlib.contextmanager
    def without_dead_letters(self) -> Iterator[None]:
        """Their queue is full, and refuses them."""
        self._bind("full", "orders.dead")
        yield
        self._bind("orders.dead", "full")

    def _bind(self, queue: str, before: str) -> None:
        with self._server.connect() as connection:
            channel = connection.channel()
            channel.queue_bind(queue, "dead", "orders")
            channel.queue_unbind(before, "dead", "orders")

    def close(self) -> None:
        self.relay.close()
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SqsRig:
    """ElasticMQ, which keeps its messages in memory: a restart is that nobody reaches it for a while."""

    name, is_ordered, has_credentials = "sqs", False, True
    most_again = 11
    signs: tuple[str, ...] = ("consuming is paused: SQS", "in hand for longer than SQS knew", "and comes again")

    def __init__(self, folder: Path) -> None:
        url, self._process = start_elasticmq(folder)
        self._server, self._refuses_letters = RunningSqs(url, "elasticmq"), False
        self.have_expired = False
        self.relay = Relay(int(url.rpartition(":")[2]), answer=self._answered)
        self._client = self._server.client("sqs")
        self.url, self.dead = queue(self._server, fifo=self.is_ordered), queue(self._server, fifo=self.is_ordered)
        self._dead: list[bytes] = []

    def _answered(self, request: bytes) -> bytes | None:
        if self.have_expired:
            return _refusal(403, "ExpiredToken", "The security token included in the request is expired")
        if self._refuses_letters and b"SendMessageBatch" in request:
            return _refusal(503, "ServiceUnavailable", "not now")
        return None

    @property
    def settings(self) -> dict[str, Any]:
        return {"endpoint": f"http://127.0.0.1:{self.relay.port}", "queue": self.url, "dead_letter": self.dead}

    def send(self, messages: Sequence[Sent]) -> None:
        for start in range(0, len(messages), 10):
            entries = [self._entry(number, each) for number, each in enumerate(messages[start : start + 10])]
            answer = self._client.send_message_batch(QueueUrl=self.url, Entries=entries)
            assert not answer.get("Failed")

    def _entry(self, number: int, message: Sent) -> dict[str, Any]:
        call = sqs.to_send_message(Message(message.contents), self.url)
        del call["QueueUrl"]
        if self.is_ordered:
            call |= {"MessageGroupId": message.key.replace(" ", "-"), "MessageDeduplicationId": str(uuid.uuid4())}
        return {**call, "Id": str(number)}

    def dead_letters(self) -> list[bytes]:
        """Each is received once, and then no longer there."""
        while came := self._received(self.dead):
            for each in came:
                message = sqs.from_record(each)
                assert json.loads(str(message.metadata["msgpact"]))["consumer"] == "shop"
                self._dead.append(message.contents or b"")
                self._client.delete_message(QueueUrl=self.dead, ReceiptHandle=each["ReceiptHandle"])
        return list(self._dead)

    def left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._client.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def _received(self, url: str) -> list[dict[str, Any]]:
        names = {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
        answer = self._client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **names)
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def restart(self, seconds: float) -> None:
        self.relay.cut()
        time.sleep(seconds)
        self.relay.mend()

    @contextlib.contextmanager
    def without_dead_letters(self) -> Iterator[None]:
        self._refuses_letters = True
        yield
        self._refuses_letters = False

    def close(self) -> None:
        self.relay.close()
        stop(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SqsFifoRig(SqsRig):
    """A FIFO queue: a key is a message's group."""

    name, is_ordered = "sqs-fifo", True


def _refusal(status: int, code: str, words: str) -> bytes:
    """As SQS refuses a request."""
    body = json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": words}).encode()
    head = f"HTTP/1.1 {status} No\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


RIGS: dict[str, type[KafkaRig | RabbitMQRig | SqsRig]] = {
    each.name: each for each in (KafkaRig, RabbitMQRig, SqsRig, SqsFifoRig)
}
