"""What FastStream's brokers take from and send to, as the middleware sees it: raw records to `Message`, and dead letters."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from msgpact.errors import Unavailable, UsageError
from msgpact.model import Message
from msgpact.receivers import HEADER, Reason
from msgpact.records import amqp, kafka, text

__all__ = ["TRANSPORTS", "Letter", "Transport"]


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter.

    Attributes:
        where: The topic, or the queue.
        correlation_id: As FastStream read it, or made it.
    """

    where: str
    message: Message
    reason: Reason
    correlation_id: str | None


@dataclass(frozen=True, slots=True)
class Transport:
    """A kind of broker.

    Attributes:
        keys: The entries of the metadata by which it routes messages.
        read: The message that a raw record is.
        bury: Sends a dead letter by FastStream's broker, and waits until it has arrived.
    """

    keys: tuple[str, ...]
    read: Callable[[Any], Message]
    bury: Callable[[Any, Letter], Awaitable[None]]

    def where(self, pattern: str, message: Message) -> str:
        """Where a dead letter goes, by what the pattern takes of its metadata."""
        for key in self.keys:
            pattern = pattern.replace(f"{{{key}}}", str(message.metadata.get(key, "")))
        return pattern


# -- Kafka -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Record:
    """A record of aiokafka, with the methods of one of confluent-kafka."""

    raw: Any

    def topic(self) -> str | None:
        return self.raw.topic  # type: ignore[no-any-return]  # aiokafka's types are not ours to know

    def partition(self) -> int | None:
        return self.raw.partition  # type: ignore[no-any-return]  # as above

    def offset(self) -> int | None:
        return self.raw.offset  # type: ignore[no-any-return]  # as above

    def key(self) -> Any:
        return self.raw.key

    def value(self) -> Any:
        return self.raw.value

    def headers(self) -> Any:
        return self.raw.headers

    def timestamp(self) -> tuple[int, int]:
        return self.raw.timestamp_type + 1, self.raw.timestamp  # aiokafka counts from 0

    def error(self) -> object:
        return None


def _from_kafka(raw: Any) -> Message:
    try:
        is_confluent = callable(raw.topic)
    except AttributeError:
        raise UsageError(
            f"Cannot read {type(raw).__name__} as a Kafka record: it is none. Say what the broker is: transport='rabbitmq'."
        ) from None
    message = kafka.from_record(raw if is_confluent else _Record(raw))
    if message.content_type != "":
        return message
    # FastStream writes an empty header beside bytes, whose type it does not know.
    kept = [(name, value) for name, value in message.headers if value or name != "content-type"]
    metadata = {name: value for name, value in message.metadata.items() if name != "contentType"}
    return Message(message.contents, headers=kept, metadata=metadata)


async def _to_kafka(broker: Any, letter: Letter) -> None:
    """FastStream's headers are text, and of a name there is one."""
    message = letter.message
    place = {name: message.metadata.get(name) for name in ("topic", "partition", "offset")}
    headers = {name: text.from_bytes(value) for name, value in message.headers if value is not None}
    headers[HEADER] = letter.reason.header(**place).decode()
    key = message.metadata.get("key")
    await broker.publish(
        message.contents,
        topic=letter.where,
        key=text.to_bytes(key) if isinstance(key, str) else None,
        headers=headers,
        correlation_id=letter.correlation_id,
    )


# -- RabbitMQ --------------------------------------------------------------------------------------------------------


def _from_rabbitmq(raw: Any) -> Message:
    if not hasattr(raw, "routing_key"):
        raise UsageError(
            f"Cannot read {type(raw).__name__} as a message of RabbitMQ: it is none. Say what the broker is: transport='kafka'."
        )
    return amqp.from_record(raw)


async def _to_rabbitmq(broker: Any, letter: Letter) -> None:
    """To a queue: by the default exchange, with all properties but those that it could not have there."""
    place = {name: letter.message.metadata.get(name) for name in ("exchange", "routingKey")}
    native = amqp.to_publish(letter.message)["message"]
    native.expiration = native.user_id = None
    for copied_to in ("CC", "BCC"):
        native.headers.pop(copied_to, None)
    native.headers[HEADER] = letter.reason.header(**place).decode()
    answer = await broker.publish(native, queue=letter.where)
    if type(getattr(answer, "delivery", None)).__name__ == "Return":
        raise Unavailable(
            f"Cannot deliver a dead letter to {letter.where!r}: there is no queue of that name. Declare it."
        )


TRANSPORTS = {
    "kafka": Transport(("topic",), _from_kafka, _to_kafka),
    "rabbitmq": Transport(("exchange", "routingKey"), _from_rabbitmq, _to_rabbitmq),
}
"""By the word that says what the broker is: `kafka` is FastStream's `faststream.confluent` and `faststream.kafka`."""
