"""Kafka at `kafka://host:port/topic`: published, looked at outside any group, and read back from where it was written."""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

from msgpact.adapters.link_url import LinkUrl
from msgpact.adapters.links import Sampling, restated
from msgpact.errors import DeclarationError, Unavailable, UsageError
from msgpact.extras import require
from msgpact.model import Message
from msgpact.records.kafka import from_record, to_produce

__all__ = ["KafkaLink"]

_TOPIC = "{topic}"
_POLL = 0.25
_TO_BE_MENDED = (
    "UNKNOWN_TOPIC_OR_PART",
    "_UNKNOWN_TOPIC",
    "_UNKNOWN_PARTITION",
    "TOPIC_EXCEPTION",
    "MSG_SIZE_TOO_LARGE",
)
"""Errors that are not the broker's fault, and do not go away by waiting."""


class KafkaLink:
    """A Kafka cluster. `{topic}` in the URL's topic is the one that a message states; without a topic it is that one.

    The query's settings are `confluent_kafka`'s; user and password mean SASL, PLAIN over TLS if they do not say otherwise.
    """

    keys = ("topic",)
    about = ""

    def __init__(self, url: LinkUrl) -> None:
        self.url = url
        self._kafka: Any = require("confluent_kafka", extra="kafka", feature="Kafka by its URL")
        path = [each for each in url.path if each]
        if len(path) > 1 or not url.host:
            raise UsageError(f"Cannot reach Kafka at '{url}': it is not of the form kafka://host:port/topic. Mend it.")
        self._topic = path[0] if path else _TOPIC
        self._errors: list[str] = []

    # -- clients --

    @property
    def _config(self) -> dict[str, Any]:
        said = {"bootstrap.servers": self.url.host, "log_level": 0, "error_cb": self._noted}
        if self.url.user is not None:
            said |= {"sasl.username": self.url.user, "sasl.password": self.url.password or ""}
            said |= {"sasl.mechanism": "PLAIN", "security.protocol": "SASL_SSL"}
        return {**said, **self.url.settings}

    def _noted(self, error: Any) -> None:
        self._errors.append(error.str())

    def _made(self, kind: Callable[..., Any], more: dict[str, Any]) -> Any:
        """A client that has found the cluster."""
        try:
            client = kind({**more, **self._config})
        except self._kafka.KafkaException as error:
            why = self.url.scrubbed(error.args[0].str())
            raise UsageError(f"Cannot reach Kafka at '{self.url}': {why}. Mend its settings.") from None
        try:
            client.list_topics(timeout=self.url.timeout)
        except self._kafka.KafkaException as error:
            raise self._unavailable(f"Cannot reach Kafka at '{self.url}'", error.args[0]) from None
        return client

    @cached_property
    def _producer(self) -> Any:
        limit = int(self.url.timeout * 1000)
        own = {"message.timeout.ms": limit, "topic.metadata.propagation.max.ms": min(limit, 3000), "linger.ms": 0}
        return self._made(self._kafka.Producer, own)

    @cached_property
    def _consumer(self) -> Any:
        # No group is joined and nothing is committed: partitions are assigned by hand.
        own = {"group.id": "msgpact", "enable.auto.commit": False, "enable.auto.offset.store": False}
        return self._made(self._kafka.Consumer, {**own, "auto.offset.reset": "earliest"})

    def _unavailable(self, what: str, error: Any) -> Unavailable:
        why = self._errors[-1] if self._errors else error.str()  # the client's last words say more than its time-out
        return Unavailable(f"{what}: {self.url.scrubbed(why).rstrip('.')}. See whether it runs, and who may use it.")

    def close(self) -> None:
        """Let go of the broker."""
        if "_consumer" in vars(self):
            self._consumer.close()
            del self._consumer
        if "_producer" in vars(self):
            del self._producer

    # -- publishing --

    def send(self, message: Message) -> str:
        """As `Link.send`."""
        record = self._delivered(message)
        return f"{record.topic()}[{record.partition()}] at {record.offset()}"

    def _delivered(self, message: Message) -> Any:
        """The record that the broker has acknowledged."""
        arguments = to_produce(self._readdressed(message))
        reports: list[tuple[Any, Any]] = []
        try:
            self._producer.produce(**arguments, on_delivery=lambda error, record: reports.append((error, record)))
        except self._kafka.KafkaException as refused:  # by the client itself: it is too large for one
            reports.append((refused.args[0], None))
        self._producer.flush(self.url.timeout + 5)
        error, record = reports[0] if reports else (self._kafka.KafkaError(self._kafka.KafkaError._TIMED_OUT), None)
        if error is None:
            return record
        what = f"Cannot publish on the topic {arguments['topic']!r} of '{self.url}'"
        if error.name() in _TO_BE_MENDED:
            raise UsageError(f"{what}: {self.url.scrubbed(error.str()).rstrip('.')}. Mend that, or name another topic.")
        raise self._unavailable(what, error)

    def _readdressed(self, message: Message) -> Message:
        """The message, stating the topic that the URL says."""
        if self._topic == _TOPIC:
            return message
        stated = message.metadata.get("topic")
        if _TOPIC in self._topic and not isinstance(stated, str):
            raise DeclarationError(
                f"Cannot send {message!r} to Kafka: it states no topic, and the URL says {self._topic!r}. Name one in it."
            )
        return restated(message, topic=self._topic.replace(_TOPIC, str(stated)))

    # -- looking --

    def sample(self, sampling: Sampling) -> Iterator[Message]:
        """As `Link.sample`: the last messages that each topic holds, then those that come."""
        names = self._topics(sampling)
        self._consumer.assign(self._starts(names, sampling.most))
        until, seen = time.monotonic() + sampling.seconds, 0
        while seen < sampling.most and (left := until - time.monotonic()) > 0:
            record = self._polled(min(left, _POLL))
            if record is not None:
                seen += 1
                yield restated(from_record(record), topic=names[record.topic()])

    def _topics(self, sampling: Sampling) -> dict[str, str]:
        """The contracts' topics by their names here."""
        stated = {name for each in sampling.addresses if (name := each.get("topic"))}
        if _TOPIC not in self._topic:
            here = self._topic.split(",")
            if len(here) == len(stated) == 1:  # whatever it is called here
                return {here[0]: stated.pop()}
            return {each: each for each in here}
        found = {self._topic.replace(_TOPIC, name): name for name in sorted(stated)}
        if not found:
            raise UsageError(f"Cannot look at messages at '{self.url}': it names no topic. Write {self.url}/TOPIC.")
        return found

    def _starts(self, topics: Iterable[str], most: int) -> list[Any]:
        """The last of each partition, as many as it has of all that is there."""
        held = {(topic, each): self._held(topic, each) for topic in topics for each in self._partitions(topic)}
        there = sum(high - low for low, high in held.values())
        return [
            self._kafka.TopicPartition(*each, low if there <= most else high - -(-most * (high - low) // there))
            for each, (low, high) in held.items()
        ]

    def _partitions(self, topic: str) -> list[int]:
        known = self._asked(topic, self._consumer.list_topics, topic).topics[topic]
        if known.error is not None:
            why = known.error.str().rstrip(".")
            raise UsageError(f"Cannot look at the topic {topic!r} of '{self.url}': {why}. Name another.")
        return list(known.partitions)

    def _held(self, topic: str, partition: int) -> tuple[int, int]:
        """The offsets of a partition's first record, and of the one that will come."""
        at = self._kafka.TopicPartition(topic, partition)
        found: tuple[int, int] = self._asked(topic, self._consumer.get_watermark_offsets, at)
        return found

    def _asked(self, topic: str, function: Callable[..., Any], *arguments: object) -> Any:
        try:
            return function(*arguments, timeout=self.url.timeout)
        except self._kafka.KafkaException as error:
            raise self._unavailable(f"Cannot look at the topic {topic!r} of '{self.url}'", error.args[0]) from None

    def _polled(self, seconds: float) -> Any:
        record = self._consumer.poll(seconds)
        if record is None or record.error() is None:
            return record
        raise self._unavailable(f"Cannot look at messages at '{self.url}'", record.error())

    # -- there and back --

    def there_and_back(self, message: Message) -> Message:
        """As `Link.there_and_back`: read from the very place at which the broker wrote it, whoever else writes there."""
        sent = self._delivered(message)
        place = (sent.topic(), sent.partition(), sent.offset())
        self._consumer.assign([self._kafka.TopicPartition(*place)])
        until = time.monotonic() + self.url.timeout
        while (left := until - time.monotonic()) > 0:
            record = self._polled(min(left, _POLL))
            if record is not None and (record.topic(), record.partition(), record.offset()) == place:
                return restated(from_record(record), topic=message.metadata.get("topic", place[0]))
        raise Unavailable(
            f"Cannot read back what was published on the topic {place[0]!r} of '{self.url}': it did not come within "
            f"{self.url.timeout:g} s. See whether the broker is well."
        )
