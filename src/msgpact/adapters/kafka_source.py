"""Kafka as what is consumed: polling, offsets, partitions that come and go, the dead letters' producer."""

import time
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from msgpact.consuming.control import LOG
from msgpact.consuming.loop import Loop
from msgpact.errors import Unavailable
from msgpact.model import Headers, Message, is_content_type_key
from msgpact.receivers import HEADER, Reason
from msgpact.records import text
from msgpact.records.kafka import RESERVED, from_record

__all__ = ["KafkaSource", "message_of"]

BATCH = 500
UNSEEN = 3.0
"""Seconds that the group may wait for us to take part when partitions go to other members."""
LOOKED = 1.0
"""Seconds after which it is looked again whether Kafka can be reached and the topics are there, where they were not."""
DELIVERED = 5.0
"""Seconds that the dead letters are waited for at a time."""

_CONSUMERS_OWN = frozenset(
    (
        "auto.commit.interval.ms", "auto.offset.reset", "check.crcs", "enable.auto.commit", "enable.auto.offset.store",
        "enable.partition.eof", "group.id", "group.instance.id", "group.protocol", "group.protocol.type", "group.remote.assignor",
        "heartbeat.interval.ms", "isolation.level", "max.poll.interval.ms", "offset.store.method", "on_commit",
        "partition.assignment.strategy", "queued.max.messages.kbytes", "queued.min.messages", "session.timeout.ms",
    )
)  # fmt: skip


def _of_producer(config: Mapping[str, Any]) -> dict[str, Any]:
    """The connection that a consumer's config describes."""
    return {key: each for key, each in config.items() if key not in _CONSUMERS_OWN and not key.startswith("fetch.")}


Partition = tuple[str, int]


class KafkaSource:
    """A Kafka consumer and the producer of its dead letters, as `Source` asks for them.

    Its callbacks run within `take`, `take_now` and `idle`, so never beside a handler.
    """

    system = "kafka"

    def __init__(
        self,
        client: Any,
        config: Mapping[str, Any],
        dead_letter: str,
        more: Mapping[str, Any],
        needs: frozenset[str] | None = None,
    ) -> None:
        self._kafka = client
        self._glimpse = _message(b"", (), {}, None)
        self._is_glanced_at = needs is not None and needs <= {"topic", "key"}
        self._dead_letter = dead_letter
        self._tell, self._away, self._cause, self._lacking = config.get("error_cb"), "", "", ""
        self._looked, self._has_looked = 0.0, False
        ours = {"enable.auto.commit": False, "on_commit": self._on_commit, "error_cb": self._on_error}
        self._consumer = client.Consumer({"auto.offset.reset": "earliest", **config, **ours})
        # Each is acknowledged by all replicas, once.
        self._producer = client.Producer({**_of_producer(config), "enable.idempotence": True, "acks": "all", **more})
        self._loop: Loop[Any]
        self._topics: Sequence[str] = ()
        self._assigned = set[Partition]()
        self._changes = 0
        self._positions: dict[Partition, int] = {}
        self._changed = set[Partition]()
        self._kept: list[Any] = []
        self._is_committing = False
        self._is_paused, self._polled = False, time.monotonic()
        self._undelivered = 0
        self._failed: list[tuple[Any, bytes | None]] = []

    def subscribe(self, topics: Sequence[str], loop: Loop[Any]) -> None:
        """Join the group."""
        self._loop, self._topics = loop, topics
        self._consumer.subscribe(
            list(topics), on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )

    def close(self) -> None:
        """Leave the group, which commits what is settled."""
        try:
            self._consumer.close()
        finally:
            self._producer.flush(DELIVERED)
            self._loop.control.waits_for("")
            del self._consumer, self._producer  # their threads end now, not when the loop is collected

    # -- taking --

    def take_now(self) -> list[Any]:
        self._go_on()
        changes = self._changes
        return self._good(self._consumer.consume(BATCH, 0), changes)

    def take(self, seconds: float) -> list[Any]:
        self._go_on()
        if self._away or self._lacking or not (self._assigned or self._has_looked):
            self._look_again(seconds)
        changes, record = self._changes, self._consumer.poll(seconds)
        return self._good([] if record is None else [record], changes)

    def idle(self, seconds: float) -> None:
        if not self._is_paused and time.monotonic() - self._polled < UNSEEN:
            time.sleep(seconds)
            return
        # It throws away what was fetched ahead, so only where it takes long. Of a partition that comes one may come all the same.
        self._is_paused = True
        self._consumer.pause(self._consumer.assignment())
        record = self._consumer.poll(seconds)
        if record is not None:
            self._kept.append(record)

    def _go_on(self) -> None:
        self._polled = time.monotonic()
        if self._is_paused:
            self._is_paused = False
            self._consumer.resume(self._consumer.assignment())

    def _good(self, records: list[Any], changes: int) -> list[Any]:
        """The records among what came, which may be errors, or of partitions that meanwhile are somebody else's."""
        if self._kept:
            records, self._kept, changes = [*self._kept, *records], [], -1
        found = [each for each in records if each.error() is None]
        if len(found) != len(records):
            for each in records:
                if each.error() is not None:
                    self._look_at(each.error())
        if found and self._away:  # as long as more are there nobody looks again
            self._away = self._cause = ""
            self._says()
        if changes != self._changes:
            found = [each for each in found if (each.topic(), each.partition()) in self._assigned]
        return found

    def _look_at(self, error: Any) -> None:
        if error.fatal():
            raise Unavailable(f"Cannot go on consuming from Kafka: {error.str()}. Start the service again.")
        if error.code() != self._kafka.KafkaError._PARTITION_EOF:
            LOG.warning("Kafka says: %s", error.str(), extra={"code": error.name()})
        if error.code() == self._kafka.KafkaError.UNKNOWN_TOPIC_OR_PART:  # a group of the new protocol is not told
            self._look_again(LOOKED)

    # -- whether Kafka is there --

    def _on_error(self, error: Any) -> None:
        """What the client says of its connections; it goes on trying, of itself and for ever."""
        if self._tell is not None:
            self._tell(error)
        if error.code() == self._kafka.KafkaError._ALL_BROKERS_DOWN:
            self._away = f"Kafka cannot be reached: {self._cause or error.str()}"
            self._says()
        else:
            self._cause = error.str()

    def _look_again(self, seconds: float) -> None:
        """See whether Kafka and the topics are there: a topic without messages says nothing by itself."""
        now = time.monotonic()
        if now - self._looked < LOOKED:
            return
        self._looked = now
        try:
            there = self._consumer.list_topics(timeout=seconds).topics
        except self._kafka.KafkaException:
            return
        self._has_looked, self._away, self._cause = True, "", ""
        gone = [each for each in self._topics if each not in there and not each.startswith("^")]
        self._lacking = f"Kafka has no topic {gone[0]!r}" if gone else ""
        self._says()

    def _says(self) -> None:
        """What is waited for, as it is seen from outside."""
        self._loop.control.waits_for(self._away or self._lacking)

    # -- reading --

    def read(self, item: Any) -> Message:
        return message_of(item)

    def glance(self, item: Any) -> Message:
        """As `read`, for a look at what most contracts say: topic, key, contents. It is the same object each time."""
        if not self._is_glanced_at or item.headers():
            return message_of(item)
        key, glimpse = item.key(), self._glimpse
        metadata: dict[str, object] = glimpse.metadata  # type: ignore[assignment]  # this one's can be changed
        metadata["topic"], metadata["key"] = item.topic(), key if key is None else key.decode()
        _set_contents(glimpse, item.value())
        return glimpse

    def key(self, item: Any) -> Hashable:
        key = item.key()
        return None if key is None else (item.topic(), item.partition(), key)

    # -- dead letters --

    def bury(self, item: Any, reason: Reason) -> None:
        self._undelivered += 1
        self._produce(item, reason.header(topic=item.topic(), partition=item.partition(), offset=item.offset()))

    def _produce(self, record: Any, header: bytes | None) -> None:
        headers = [(name, value) for name, value in record.headers() or () if name != HEADER]
        if header is not None:
            headers.append((HEADER, header))

        def on_delivery(error: Any, _: object) -> None:
            if error is None:
                self._undelivered -= 1
            else:
                self._is_not_delivered(error, record, header)

        topic = self._dead_letter.replace("{topic}", record.topic())
        try:
            self._producer.produce(topic, record.value(), record.key(), headers=headers, on_delivery=on_delivery)
        except BufferError:  # its queue is full
            self._failed.append((record, header))
        except self._kafka.KafkaException as error:
            self._is_not_delivered(error.args[0], record, header)

    def _is_not_delivered(self, error: Any, record: Any, header: bytes | None) -> None:
        if error.code() == self._kafka.KafkaError.MSG_SIZE_TOO_LARGE:
            header = None  # the message itself counts for more
        LOG.error("a dead letter was not delivered: %s", error.str(), extra={"code": error.name()})
        self._failed.append((record, header))

    def _deliver(self) -> bool:
        """Whether all dead letters have arrived."""
        if self._undelivered:
            again, self._failed = self._failed, []
            for each in again:
                self._produce(*each)
            self._producer.flush(DELIVERED)
        return not self._undelivered

    # -- acknowledging --

    def settled(self, item: Any) -> None:
        partition, behind = (item.topic(), item.partition()), item.offset() + 1
        if behind > self._positions.get(partition, 0):  # one that was in trouble comes after later ones
            self._positions[partition] = behind
            self._changed.add(partition)

    def flush(self) -> bool:
        if not self._deliver():
            return False
        # Waited for is only the one before, so that never more than two are under way.
        self._commit(self._changed, is_waited_for=self._is_committing)
        return True

    def _commit(self, partitions: set[Partition], *, is_waited_for: bool) -> None:
        """Commit what is settled, in each partition up to the first message that is not."""
        limits: dict[Partition, int] = {}
        for each in self._loop.in_trouble:
            partition = each.topic(), each.partition()
            limits[partition] = min(each.offset(), limits.get(partition, each.offset()))
        offsets = [
            self._kafka.TopicPartition(*each, min(self._positions[each], limits.get(each, self._positions[each])))
            for each in partitions
            if each in self._positions
        ]
        if not offsets:
            return
        self._changed = {each for each in self._changed if each in limits or each not in partitions}
        self._is_committing = not is_waited_for
        try:
            self._consumer.commit(offsets=offsets, asynchronous=not is_waited_for)
        except self._kafka.KafkaException as error:
            self._on_commit(error.args[0], offsets)

    def _on_commit(self, error: Any, offsets: list[Any]) -> None:
        self._is_committing = False
        if error is not None:  # once more with the next one; or they are somebody else's by now
            self._changed |= {(each.topic, each.partition) for each in offsets} & self._positions.keys()
            LOG.warning("offsets were not committed: %s", error.str(), extra={"code": error.name()})

    # -- partitions that come and go --

    def _on_assign(self, _: Any, partitions: list[Any]) -> None:
        self._changes += 1
        self._assigned |= {(each.topic, each.partition) for each in partitions}
        LOG.info("partitions came: %s", _listed(partitions), extra={"partitions": _listed(partitions)})

    def _on_revoke(self, _: Any, partitions: list[Any]) -> None:
        gone = {(each.topic, each.partition) for each in partitions}
        if self._deliver():
            self._commit(gone, is_waited_for=True)
        self._drop(gone)
        LOG.info("partitions went: %s", _listed(partitions), extra={"partitions": _listed(partitions)})

    def _on_lost(self, _: Any, partitions: list[Any]) -> None:
        self._drop({(each.topic, each.partition) for each in partitions})
        LOG.warning("partitions were lost: %s", _listed(partitions), extra={"partitions": _listed(partitions)})

    def _drop(self, gone: set[Partition]) -> None:
        self._changes += 1
        if self._is_paused:  # they stay paused where they come again, when nothing would resume them
            self._consumer.resume([self._kafka.TopicPartition(*each) for each in gone])
        self._assigned -= gone
        for each in gone:
            self._positions.pop(each, None)
        self._changed -= gone
        self._loop.forget(lambda item: (item.topic(), item.partition()) in gone)


def _listed(partitions: Iterable[Any]) -> str:
    return ", ".join(f"{each.topic}[{each.partition}]" for each in partitions)


# -- records ---------------------------------------------------------------------------------------------------------

# The class is frozen; this is twice as fast as `object.__setattr__`.
_set_contents, _set_headers, _set_metadata, _set_content_type = (
    getattr(Message, name).__set__ for name in ("contents", "headers", "metadata", "content_type")
)
_TYPES = {1: "CREATE_TIME", 2: "LOG_APPEND_TIME"}


def message_of(record: Any) -> Message:
    """As `from_record`, of a record that a plain consumer polled: in a third of the time, as it runs for each."""
    kind, milliseconds = record.timestamp()
    metadata = {
        "topic": record.topic(),
        "key": text.from_bytes(record.key()),
        "partition": record.partition(),
        "offset": record.offset(),
    }
    if kind in _TYPES:
        metadata["timestamp"] = milliseconds
        metadata["timestampType"] = _TYPES[kind]
    headers, content_type = record.headers(), None
    for name, value in headers or ():
        try:
            shown = None if value is None else value.decode()
        except UnicodeDecodeError:
            return from_record(record)
        if name in metadata or name in RESERVED:
            return from_record(record)
        if is_content_type_key(name):
            if content_type is not None or shown is None:
                return from_record(record)
            name, content_type = "contentType", shown
        metadata[name] = shown
    return _message(record.value(), tuple(headers) if headers else (), metadata, content_type)


def _message(
    contents: bytes | None, headers: Headers, metadata: dict[str, object], content_type: str | None
) -> Message:
    message = Message.__new__(Message)
    _set_contents(message, contents)
    _set_headers(message, headers)
    _set_metadata(message, metadata)
    _set_content_type(message, content_type)
    return message
