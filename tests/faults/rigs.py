"""The transports with what can be done to them: a real server behind a relay, its address, its dead letters."""

import contextlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from confluent_kafka import Consumer as Client
from confluent_kafka import Producer, TopicPartition
from kafka_servers import StartedKafka
from relay import Relay

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
        relay: What stands between the server and everybody.
    """

    name: str
    is_ordered: bool
    most_again: int
    signs: tuple[str, ...]
    relay: Relay

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
    """Apache Kafka, a topic of six partitions."""

    name, is_ordered = "kafka", True
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


RIGS = {"kafka": KafkaRig}
