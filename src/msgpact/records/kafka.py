"""Kafka records to `Message` and back: those a consumer polls, and those a producer is told to send.

| in `Message.metadata` | is |
|---|---|
| `topic` | the topic |
| `key` | the key as text (`base64:…` where it is none), or None |
| `partition` | its number |
| `offset` | the record's place in the partition, once the broker gave it one |
| `timestamp` | milliseconds since 1970 |
| `timestampType` | `CREATE_TIME` or `LOG_APPEND_TIME` |
| `contentType` | the header of that name, however it is spelled |
| any other name | the header of that name; a header that has one of the names above is `header:NAME` |

What is not known is not there, but for the key: no key is a fact too. A null value is a tombstone: `Message.contents` is None.
A contract can promise topic, key and headers; partition, offset and timestamp are the broker's more often than not.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from msgpact.errors import DeclarationError, UsageError
from msgpact.extras import require
from msgpact.model import Message, is_content_type_key
from msgpact.records import text

if TYPE_CHECKING:
    import confluent_kafka  # an extra: only to_record needs it at run time

__all__ = ["RESERVED", "Record", "from_produce", "from_record", "to_produce", "to_record"]

RESERVED = ("topic", "key", "partition", "offset", "timestamp", "timestampType")
"""The names in `Message.metadata` that are never a header's."""

_HEADER = "header:"
TIMESTAMP_TYPES = {"CREATE_TIME": 1, "LOG_APPEND_TIME": 2}
"""As confluent_kafka numbers them: TIMESTAMP_CREATE_TIME, …"""

_ANY_PARTITION = -1
_NOW = 0

NativeHeaders = Mapping[str, str | bytes | None] | Iterable[tuple[str, str | bytes | None]]


class Record(Protocol):
    """What is read of a `confluent_kafka.Message`; anything with these methods will do."""

    # One method a fact: that is how confluent_kafka has them.
    def topic(self) -> str | None: ...
    def partition(self) -> int | None: ...
    def offset(self) -> int | None: ...
    def key(self) -> Any: ...
    def value(self) -> Any: ...
    def headers(self) -> Any: ...
    def timestamp(self) -> tuple[int, int]: ...
    def error(self) -> object: ...


# -- records as a consumer polls them --------------------------------------------------------------------------------


def from_record(record: Record) -> Message:
    """The message that a polled record is.

    Raises:
        UsageError: it is an error event, or its key or value is deserialized already.
    """
    if record.error() is not None:
        raise UsageError(
            f"Cannot read a Kafka record: it is an event, {record.error()!s}. Look at record.error() before its value."
        )
    kind, milliseconds = record.timestamp()
    named = {number: name for name, number in TIMESTAMP_TYPES.items()}.get(kind)
    return _message(
        record.value(),
        record.headers(),
        topic=record.topic(),
        key=_plain("key", record.key()),
        partition=record.partition(),
        offset=record.offset(),
        timestamp=milliseconds if named else None,
        timestampType=named,
    )


def to_record(message: Message) -> "confluent_kafka.Message":
    """The record that a consumer would poll, for handlers that take it: `expects(…, via=kafka.to_record)`.

    Headers are the message's own; metadata that they do not hold become headers too. Where it states none, partition and
    offset are 0 and the timestamp is not available: a record always has these, and a provider cannot promise them.

    Raises:
        DeclarationError: its metadata say what a Kafka record cannot hold.
        MissingExtra: confluent-kafka is not installed.
    """
    metadata = message.metadata
    milliseconds = _number(metadata, "timestamp", 0)
    kind = metadata.get("timestampType") or ("CREATE_TIME" if milliseconds else None)
    if kind is not None and kind not in TIMESTAMP_TYPES:
        raise DeclarationError(
            f"Cannot make a Kafka record of timestampType {kind!r}: there is no such type. Write {' or '.join(TIMESTAMP_TYPES)}."
        )
    given: dict[str, Any] = {} if metadata.get("topic") is None else {"topic": _topic(metadata)}
    record: confluent_kafka.Message = require("confluent_kafka", extra="kafka", feature="Kafka records").Message(
        **given,
        partition=_number(metadata, "partition", 0),
        offset=_number(metadata, "offset", 0),
        key=_key(metadata),
        value=message.contents,
        headers=_headers(message) or None,
        timestamp=(TIMESTAMP_TYPES[str(kind)] if kind else 0, milliseconds),
    )
    return record


# -- records as a producer is told to send them ----------------------------------------------------------------------


def from_produce(
    topic: str,
    value: str | bytes | None = None,
    key: str | bytes | None = None,
    partition: int = _ANY_PARTITION,
    callback: Callable[..., object] | None = None,  # noqa: ARG001  (produce takes it; a message does not hold it)
    on_delivery: Callable[..., object] | None = None,  # noqa: ARG001  (as above)
    timestamp: int = _NOW,
    headers: NativeHeaders | None = None,
) -> Message:
    """The message that `confluent_kafka.Producer.produce` sends when it is called with these arguments."""
    return _message(
        value,
        headers,
        topic=topic,
        key=_plain("key", key),
        partition=None if partition == _ANY_PARTITION else partition,
        timestamp=None if timestamp == _NOW else timestamp,
    )


def to_produce(message: Message) -> dict[str, Any]:
    """The arguments with which `confluent_kafka.Producer.produce` sends the message: `producer.produce(**to_produce(m))`.

    Partition and timestamp are among them only where the message states them.

    Raises:
        DeclarationError: it states no topic, or its metadata say what a Kafka record cannot hold.
    """
    metadata = message.metadata
    if metadata.get("topic") is None:
        raise DeclarationError(
            f"Cannot send {message!r} to Kafka: it states no topic. Give it metadata={{'topic': 'orders.v1'}}."
        )
    arguments: dict[str, Any] = {
        "topic": _topic(metadata),
        "value": message.contents,
        "key": _key(metadata),
        "headers": _headers(message),
    }
    for name in ("partition", "timestamp"):
        if metadata.get(name) is not None:
            arguments[name] = _number(metadata, name, 0)
    return arguments


# -- native facts to metadata ----------------------------------------------------------------------------------------


def _message(value: object, headers: NativeHeaders | None, *, key: bytes | None, **facts: object) -> Message:
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    exact = [(name, _plain(f"header {name!r}", each)) for name, each in pairs]
    stated: dict[str, object] = {name: fact for name, fact in facts.items() if fact is not None}
    stated["key"] = text.from_bytes(key)
    # A reserved name is never a header's, also where the transport has no such fact yet.
    stated.update((name, None) for name, _ in exact if name in RESERVED and name not in stated)
    return Message(_plain("value", value), headers=exact, metadata=stated)


def _plain(what: str, value: object) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, str):  # confluent_kafka takes text too, as UTF-8
        return value.encode()
    raise UsageError(
        f"Cannot read the {what} of a Kafka record {value!r}: it is a {type(value).__name__}, not bytes. "
        "Take it from a plain Consumer, before it is deserialized."
    )


# -- metadata to native facts ----------------------------------------------------------------------------------------


def _headers(message: Message) -> list[tuple[str, bytes | None]]:
    """The exact headers, then what only the metadata say."""
    headers = list(message.headers)
    shown = {f"{_HEADER}{name}" if name in RESERVED else name for name, _ in headers}
    for name, value in message.metadata.items():
        if name in RESERVED or name in shown:
            continue
        if name == "contentType":
            if any(map(is_content_type_key, shown)):
                continue
            name = "content-type"
        elif name.removeprefix(_HEADER) in RESERVED:
            name = name.removeprefix(_HEADER)
        each_value = value if isinstance(value, list | tuple) else [value]
        headers.extend((name, _bytes(f"header {name!r}", each)) for each in each_value)
    return headers


def _key(metadata: Mapping[str, object]) -> bytes | None:
    return _bytes("key", metadata.get("key"))


def _bytes(what: str, value: object) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return text.to_bytes(value)
    raise DeclarationError(
        f"Cannot make a Kafka {what} of {value!r}: it is a {type(value).__name__}, and Kafka holds bytes. "
        f"State it as text: {str(value)!r}."
    )


def _topic(metadata: Mapping[str, object]) -> str:
    topic = metadata["topic"]
    if not isinstance(topic, str):
        raise DeclarationError(
            f"Cannot make a Kafka topic of {topic!r}: it is a {type(topic).__name__}. State it as text."
        )
    return topic


def _number(metadata: Mapping[str, object], name: str, default: int) -> int:
    value = metadata.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise DeclarationError(
            f"Cannot make a Kafka {name} of {value!r}: it is a {type(value).__name__}. State a whole number."
        )
    return value
