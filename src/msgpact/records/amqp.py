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
from typing import TYPE_CHECKING, Any

from msgpact.extras import require
from msgpact.model import Message
from msgpact.records.properties import (
    RESERVED,
    SECOND,
    Delivered,
    Properties,
    body_of,
    delivery_of,
    exchange_of,
    message_of,
    of_delivery,
    properties_of,
    routing_key_of,
)

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


# -- aio-pika --------------------------------------------------------------------------------------------------------


def from_record(message: "aio_pika.abc.AbstractIncomingMessage") -> Message:
    """The message that an `aio_pika.IncomingMessage` is."""
    seconds = message.expiration
    waits = round(seconds * SECOND) if isinstance(seconds, int | float) else None
    return message_of(message.body, message, waits, of_delivery(message))


def to_record(message: Message) -> "aio_pika.IncomingMessage":
    """The message that aio-pika would hand to a consumer, for handlers that take it: `expects(…, via=amqp.to_record)`.

    It can be acknowledged and rejected, which nobody hears of. Where the message states none, exchange and routing key are
    empty and the delivery tag is 1.

    Raises:
        DeclarationError: its contents or metadata are what an AMQP message cannot hold.
        MissingExtra: aio-pika is not installed.
    """
    client, spec = _of_aio_pika("aio_pika"), _of_aio_pika("aiormq").spec
    body, known = body_of(message), properties_of(message, bytearray)
    waits, seconds = known.pop("expiration", None), known.pop("timestamp", None)
    properties = spec.Basic.Properties(
        **{"message_type" if name == "type" else name: value for name, value in known.items()},
        expiration=None if waits is None else str(waits),
        timestamp=None if seconds is None else datetime.datetime.fromtimestamp(seconds, datetime.UTC),
    )
    header = _of_aio_pika("pamqp.header").ContentHeader(properties=properties, body_size=len(body))
    delivered = _of_aio_pika("aiormq.abc").DeliveredMessage(
        delivery=spec.Basic.Deliver(**delivery_of(message)), header=header, body=body, channel=_Unheard()
    )
    made: aio_pika.IncomingMessage = client.IncomingMessage(delivered)
    return made


def from_publish(message: "aio_pika.abc.AbstractMessage", routing_key: str, *, exchange: str = "") -> Message:
    """The message that `Exchange.publish(message, routing_key)` of aio-pika sends; *exchange* is the exchange's name."""
    waits = message.properties.expiration
    return message_of(message.body, message, waits, {"exchange": exchange, "routingKey": routing_key})


def to_publish(message: Message) -> dict[str, Any]:
    """The arguments with which aio-pika's `Exchange.publish` sends the message: an `aio_pika.Message` and the routing key.

    Raises:
        DeclarationError: it states no routing key, or what an AMQP message cannot hold.
        MissingExtra: aio-pika is not installed.
    """
    body, known = body_of(message), properties_of(message, bytearray)
    if "expiration" in known:
        known["expiration"] = _seconds(known["expiration"])
    return {"message": _of_aio_pika("aio_pika").Message(body, **known), "routing_key": routing_key_of(message)}


def _of_aio_pika(module: str) -> Any:
    """aio-pika, or what it stands on."""
    return require(module, extra="rabbitmq", feature="messages of aio-pika")


def _seconds(milliseconds: int) -> float:
    """What aio-pika, which cuts off what is beyond a millisecond, makes these milliseconds of."""
    seconds = milliseconds / SECOND
    return seconds if int(seconds * SECOND) == milliseconds else math.nextafter(seconds, math.inf)


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
    return message_of(body, properties, _expiration(properties), of_delivery(method))


def to_delivery(message: Message) -> tuple[Any, Any, bytes]:
    """What pika hands to a consumer's callback behind the channel: method, properties and body.

    Raises:
        DeclarationError: its contents or metadata are what an AMQP message cannot hold.
        MissingExtra: pika is not installed.
    """
    spec = require("pika.spec", extra="pika", feature="messages of pika")
    return spec.Basic.Deliver(**delivery_of(message)), _of_pika(message), body_of(message)


def from_basic_publish(
    exchange: str,
    routing_key: str,
    body: bytes | str,
    properties: Properties | None = None,
    mandatory: bool = False,  # noqa: ARG001  (basic_publish takes it; a message does not hold it)
) -> Message:
    """The message that pika's `basic_publish` sends when it is called with these arguments."""
    routing: dict[str, object] = {"exchange": exchange, "routingKey": routing_key}
    return message_of(body, properties, None if properties is None else _expiration(properties), routing)


def to_basic_publish(message: Message) -> dict[str, Any]:
    """The arguments with which pika's `basic_publish` sends the message.

    Raises:
        DeclarationError: it states no routing key, or what an AMQP message cannot hold.
        MissingExtra: pika is not installed.
    """
    return {
        "exchange": exchange_of(message),
        "routing_key": routing_key_of(message),
        "body": body_of(message),
        "properties": _of_pika(message),
    }


def _of_pika(message: Message) -> Any:
    known = properties_of(message, bytes)
    if "expiration" in known:
        known["expiration"] = str(known["expiration"])
    return require("pika", extra="pika", feature="messages of pika").BasicProperties(**known)


def _expiration(properties: Properties) -> str | None:
    found: str | None = getattr(properties, "expiration", None)
    return found
