"""AMQP messages (RabbitMQ) to `Message` and back: those of aio-pika, and those of pika.

| in `Message.metadata` | is |
|---|---|
| `exchange` | the exchange; the default one is the empty text |
| `routingKey` | the routing key; with the default exchange, the queue |
| `redelivered` | whether it was delivered before |
| `deliveryTag` | what it is acknowledged by |
| `contentType`, `contentEncoding` | the properties of these names |
| `deliveryMode` | 2 where it outlives the broker's restart, else 1 |
| `priority` | its number |
| `correlationId`, `replyTo` | the properties of these names |
| `expiration` | how long it may wait, in milliseconds |
| `messageId` | the property of that name |
| `timestamp` | milliseconds since 1970; AMQP's are whole seconds |
| `type`, `userId`, `appId` | the properties of these names |
| any other name | the header of that name; one that has a name above is `header:NAME` |

Headers are values, not only text: how a contract sees them is in `msgpact.records.tables`. What is not known is not there. A
body of no bytes is an empty one: AMQP has no tombstones. A contract can promise all of it but `redelivered` and `deliveryTag`.
"""

import datetime
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from msgpact.errors import DeclarationError, UsageError, shown
from msgpact.extras import require
from msgpact.model import Message, is_content_type_key
from msgpact.records import facts, tables
from msgpact.records.headers import headers_of

if TYPE_CHECKING:
    import aio_pika

__all__ = [
    "RESERVED",
    "Delivered",
    "Properties",
    "from_basic_publish",
    "from_delivery",
    "from_publish",
    "from_record",
    "to_basic_publish",
    "to_delivery",
    "to_publish",
    "to_record",
]

_TEXTS = {
    "contentEncoding": "content_encoding",
    "correlationId": "correlation_id",
    "replyTo": "reply_to",
    "messageId": "message_id",
    "type": "type",
    "userId": "user_id",
    "appId": "app_id",
}
_NUMBERS = {"deliveryMode": "delivery_mode", "priority": "priority"}

RESERVED = ("exchange", "routingKey", "redelivered", "deliveryTag", *_TEXTS, *_NUMBERS, "expiration", "timestamp")
"""The names in `Message.metadata` that are never a header's; nor is `contentType`."""

_NO_HEADERS = (*RESERVED, "contentType")
_AN_AMQP = "an AMQP"
_SECOND = 1000


class Properties(Protocol):
    """What is read of a message's properties: aio-pika has them on the message, pika beside it."""

    content_type: Any
    content_encoding: Any
    headers: Any
    delivery_mode: Any
    priority: Any
    correlation_id: Any
    reply_to: Any
    message_id: Any
    timestamp: Any
    type: Any
    user_id: Any
    app_id: Any


class Delivered(Protocol):
    """What is read of a delivery: pika's `Basic.Deliver` or `Basic.GetOk`, an `IncomingMessage` of aio-pika."""

    exchange: Any
    routing_key: Any
    redelivered: Any
    delivery_tag: Any


# -- aio-pika --------------------------------------------------------------------------------------------------------


def from_record(message: "aio_pika.abc.AbstractIncomingMessage") -> Message:
    """The message that an `aio_pika.IncomingMessage` is."""
    seconds = message.expiration
    waits = round(seconds * _SECOND) if isinstance(seconds, int | float) else None
    return _message(message.body, message, waits, _of_delivery(message))


def to_record(message: Message) -> "aio_pika.IncomingMessage":
    """The message that aio-pika would hand to a consumer, for handlers that take it: `expects(…, via=amqp.to_record)`.

    It can be acknowledged and rejected, which nobody hears of. Where the message states none, exchange and routing key are
    empty and the delivery tag is 1.

    Raises:
        DeclarationError: its contents or metadata are what an AMQP message cannot hold.
        MissingExtra: aio-pika is not installed.
    """
    client, spec = _of_aio_pika("aio_pika"), _of_aio_pika("aiormq").spec
    body, known = _body(message), _properties(message, bytearray)
    waits, seconds = known.pop("expiration", None), known.pop("timestamp", None)
    properties = spec.Basic.Properties(
        **{"message_type" if name == "type" else name: value for name, value in known.items()},
        expiration=None if waits is None else str(waits),
        timestamp=None if seconds is None else datetime.datetime.fromtimestamp(seconds, datetime.UTC),
    )
    header = _of_aio_pika("pamqp.header").ContentHeader(properties=properties, body_size=len(body))
    delivered = _of_aio_pika("aiormq.abc").DeliveredMessage(
        delivery=spec.Basic.Deliver(**_delivery(message)), header=header, body=body, channel=_Unheard()
    )
    made: aio_pika.IncomingMessage = client.IncomingMessage(delivered)
    return made


def from_publish(message: "aio_pika.abc.AbstractMessage", routing_key: str, *, exchange: str = "") -> Message:
    """The message that `Exchange.publish(message, routing_key)` of aio-pika sends; *exchange* is the exchange's name."""
    waits = message.properties.expiration
    return _message(message.body, message, waits, {"exchange": exchange, "routingKey": routing_key})


def to_publish(message: Message) -> dict[str, Any]:
    """The arguments with which aio-pika's `Exchange.publish` sends the message: an `aio_pika.Message` and the routing key.

    Raises:
        DeclarationError: it states no routing key, or what an AMQP message cannot hold.
        MissingExtra: aio-pika is not installed.
    """
    body, known = _body(message), _properties(message, bytearray)
    if "expiration" in known:
        known["expiration"] = _seconds(known["expiration"])
    return {"message": _of_aio_pika("aio_pika").Message(body, **known), "routing_key": _routing_key(message)}


def _of_aio_pika(module: str) -> Any:
    """aio-pika, or what it stands on."""
    return require(module, extra="rabbitmq", feature="messages of aio-pika")


def _seconds(milliseconds: int) -> float:
    """What aio-pika, which cuts off what is beyond a millisecond, makes these milliseconds of."""
    seconds = milliseconds / _SECOND
    return seconds if int(seconds * _SECOND) == milliseconds else math.nextafter(seconds, math.inf)


class _Unheard:
    """A channel on which a message can be acknowledged and rejected, and nobody hears of it."""

    is_closed = False

    @property
    def connection(self) -> "_Unheard":
        return self

    async def basic_ack(self, delivery_tag: int, **how: object) -> None:
        """Do nothing."""

    async def basic_nack(self, delivery_tag: int, **how: object) -> None:
        """Do nothing."""

    async def basic_reject(self, delivery_tag: int, **how: object) -> None:
        """Do nothing."""


# -- pika ------------------------------------------------------------------------------------------------------------


def from_delivery(method: Delivered, properties: Properties, body: bytes) -> Message:
    """The message that pika hands to a consumer's callback, behind the channel, or that `basic_get` returns."""
    return _message(body, properties, _expiration(properties), _of_delivery(method))


def to_delivery(message: Message) -> tuple[Any, Any, bytes]:
    """What pika hands to a consumer's callback behind the channel: method, properties and body.

    Raises:
        DeclarationError: its contents or metadata are what an AMQP message cannot hold.
        MissingExtra: pika is not installed.
    """
    spec = require("pika.spec", extra="pika", feature="messages of pika")
    return spec.Basic.Deliver(**_delivery(message)), _of_pika(message), _body(message)


def from_basic_publish(
    exchange: str,
    routing_key: str,
    body: bytes | str,
    properties: Properties | None = None,
    mandatory: bool = False,  # noqa: ARG001  (basic_publish takes it; a message does not hold it)
) -> Message:
    """The message that pika's `basic_publish` sends when it is called with these arguments."""
    routing: dict[str, object] = {"exchange": exchange, "routingKey": routing_key}
    return _message(body, properties, None if properties is None else _expiration(properties), routing)


def to_basic_publish(message: Message) -> dict[str, Any]:
    """The arguments with which pika's `basic_publish` sends the message.

    Raises:
        DeclarationError: it states no routing key, or what an AMQP message cannot hold.
        MissingExtra: pika is not installed.
    """
    return {
        "exchange": facts.stated_text(message.metadata, "exchange", _AN_AMQP) or "",
        "routing_key": _routing_key(message),
        "body": _body(message),
        "properties": _of_pika(message),
    }


def _of_pika(message: Message) -> Any:
    known = _properties(message, bytes)
    if "expiration" in known:
        known["expiration"] = str(known["expiration"])
    return require("pika", extra="pika", feature="messages of pika").BasicProperties(**known)


def _expiration(properties: Properties) -> str | None:
    found: str | None = getattr(properties, "expiration", None)
    return found


# -- native facts to metadata ----------------------------------------------------------------------------------------


def _message(body: object, properties: Properties | None, waits: object, known: dict[str, object]) -> Message:
    if not isinstance(body, bytes | str):
        raise UsageError(
            f"Cannot read an AMQP message with the body {shown(body)}: it is a {type(body).__name__}, not bytes. "
            "Give it as the client has it."
        )
    contents = body.encode() if isinstance(body, str) else body
    if properties is None:
        return Message(contents, metadata=known)
    named: Mapping[str, object] = properties.headers or {}
    known |= {name: getattr(properties, theirs) for name, theirs in {**_TEXTS, **_NUMBERS}.items()}
    known["deliveryMode"] = None if properties.delivery_mode is None else int(properties.delivery_mode)
    known["expiration"] = int(waits) if isinstance(waits, str) and waits.isascii() and waits.isdigit() else waits
    known["timestamp"] = _milliseconds(properties.timestamp)
    known["contentType"] = properties.content_type
    metadata = facts.beside(named, known, _NO_HEADERS)
    if any(map(is_content_type_key, named)):  # a header that is called so is not the property
        metadata.setdefault("contentType", None)
    headers = [(name, tables.as_bytes(value)) for name, value in named.items()]
    shown_ = {name: tables.shown(value) for name, value in named.items()}
    return Message(contents, headers=headers, shown=shown_, metadata=metadata)


def _of_delivery(method: Delivered) -> dict[str, object]:
    return {
        "exchange": method.exchange,
        "routingKey": method.routing_key,
        "redelivered": method.redelivered,
        "deliveryTag": method.delivery_tag,
    }


def _milliseconds(timestamp: object) -> int | None:
    if isinstance(timestamp, datetime.datetime):
        return int(tables.utc(timestamp).timestamp()) * _SECOND
    return int(timestamp) * _SECOND if isinstance(timestamp, int | float) else None


# -- metadata to native facts ----------------------------------------------------------------------------------------


def _body(message: Message) -> bytes:
    if message.contents is None:
        raise DeclarationError(
            f"Cannot make an AMQP message of {message!r}: it is a tombstone, and a message of AMQP always has a body, which may "
            "be empty. Say what happened in the contents or the headers."
        )
    return message.contents


def _properties(message: Message, of_bytes: Callable[[bytes], object]) -> dict[str, Any]:
    """The properties by AMQP's names: expiration in milliseconds, timestamp in seconds."""
    metadata = message.metadata
    found: dict[str, Any] = {
        theirs: facts.stated_text(metadata, name, _AN_AMQP) for name, theirs in _TEXTS.items() if name in metadata
    }
    found |= {
        theirs: facts.stated_number(metadata, name, _AN_AMQP) for name, theirs in _NUMBERS.items() if name in metadata
    }
    found["content_type"] = message.content_type
    found["expiration"] = facts.stated_number(metadata, "expiration", _AN_AMQP)
    milliseconds = facts.stated_number(metadata, "timestamp", _AN_AMQP)
    if milliseconds is not None:
        if milliseconds % _SECOND:
            raise DeclarationError(
                f"Cannot make an AMQP message of timestamp {milliseconds!r}: it holds whole seconds. "
                f"State {milliseconds - milliseconds % _SECOND}."
            )
        found["timestamp"] = milliseconds // _SECOND
    headers = {
        each.name: _value(each.shown, each.exact, of_bytes) for each in headers_of(message, _NO_HEADERS, _AN_AMQP)
    }
    found["headers"] = headers or None
    return {name: value for name, value in found.items() if value is not None}


def _value(shown: object, exact: bytes | None, of_bytes: Callable[[bytes], object]) -> object:
    """A header's value: text that is shown as it is, is that text; the rest is as the view has it."""
    return shown if isinstance(shown, str) and exact == shown.encode() else tables.native(shown, of_bytes)


def _delivery(message: Message) -> dict[str, Any]:
    metadata = message.metadata
    redelivered = metadata.get("redelivered", False)
    if not isinstance(redelivered, bool | None):
        raise DeclarationError(
            f"Cannot make an AMQP message of redelivered {redelivered!r}: it is a {type(redelivered).__name__}. "
            "State True or False."
        )
    return {
        "consumer_tag": "msgpact",
        "delivery_tag": facts.stated_number(metadata, "deliveryTag", _AN_AMQP) or 1,
        "redelivered": bool(redelivered),
        "exchange": facts.stated_text(metadata, "exchange", _AN_AMQP) or "",
        "routing_key": facts.stated_text(metadata, "routingKey", _AN_AMQP) or "",
    }


def _routing_key(message: Message) -> str:
    key = facts.stated_text(message.metadata, "routingKey", _AN_AMQP)
    if key is None and message.metadata.get("exchange") is None:
        raise DeclarationError(
            f"Cannot send {message!r} by AMQP: it states neither exchange nor routing key. "
            "Give it metadata={'exchange': 'orders', 'routingKey': 'order.placed'}."
        )
    return key or ""
