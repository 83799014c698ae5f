"""Dead letters of RabbitMQ: where they go, and the message as it goes there: its own bytes, properties and headers, and why."""

import datetime
import decimal
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgpact.errors import UsageError
from msgpact.receivers import HEADER, Reason, short

__all__ = ["Address", "Letter", "letter_of", "properties_class", "table"]

FRAME = 20
"""Bytes of the frame that properties are sent in, beside them."""
ID = 64
"""Bytes that the client may add: it gives a message that has no id one, to know it again if it is returned."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where dead letters go.

    Attributes:
        exchange: The exchange; empty for the default one.
        routing_key: The routing key; with the default exchange, the queue.
    """

    exchange: str
    routing_key: str

    @classmethod
    def of(cls, text: str) -> "Address":
        """What `dead_letter=` says: a queue, or exchange and routing key with a slash between them.

        Raises:
            UsageError: it says nothing.
        """
        exchange, slash, key = text.partition("/")
        if not text.strip("/"):
            raise UsageError(
                f"Cannot use dead_letter={text!r}: it names no queue. Say '{{queue}}.dead', a queue, or 'dead/{{queue}}', an "
                "exchange and a routing key."
            )
        return cls(exchange, key) if slash else cls("", text)

    def filled(self, **values: str) -> "Address":
        """With what stands in braces replaced: `{queue}`, `{exchange}`, `{routingKey}`."""

        def fill(text: str) -> str:
            for name, value in values.items():
                text = text.replace(f"{{{name}}}", value)
            return text

        return Address(fill(self.exchange), fill(self.routing_key))


@dataclass(slots=True)
class Letter:
    """What is to be published, and to arrive."""

    to: Address
    body: bytes
    properties: Any


def letter_of(message: Any, reason: Reason, queue: str, to: Address, *, user: str, frame_max: int, make: Any) -> Letter:
    """A message as it goes among the dead.

    Left out is what would keep it from arriving there, from staying, or from being the only one: a `userId` that is not ours,
    `expiration`, and the headers `CC` and `BCC`. Its header says what they were.

    Args:
        message: As aiormq has it.
        reason: Why it goes there.
        queue: The queue that it comes from.
        to: Where it goes.
        user: Who we are to RabbitMQ.
        frame_max: The bytes that a frame may have.
        make: The class of its properties.
    """
    delivery, properties = message.delivery, make()
    for name in properties.__slots__:
        setattr(properties, name, getattr(message.header.properties, name))
    headers = {name: value for name, value in (properties.headers or {}).items() if name != HEADER}
    said = {"queue": queue, "exchange": delivery.exchange, "routingKey": delivery.routing_key}
    said |= {"expiration": properties.expiration, "CC": headers.pop("CC", None)}
    headers.pop("BCC", None)
    properties.expiration = None
    if properties.user_id not in (None, "", user):
        said["userId"], properties.user_id = properties.user_id, None
    header = reason.header(**{name: short(str(each), 100) for name, each in said.items() if each is not None})
    properties.headers = {**headers, HEADER: header.decode()}
    if 0 < frame_max < len(properties.marshal()) + FRAME + ID:
        properties.headers = headers  # the message itself counts for more
    where = to.filled(queue=queue, exchange=delivery.exchange, routingKey=delivery.routing_key)
    return Letter(where, message.body, properties)


# -- properties ------------------------------------------------------------------------------------------------------


def properties_class(client: Any) -> Any:
    """The properties of aiormq, but with all values of headers as they are.

    The client's own ones send doubles as singles, and text that is no UTF-8 not at all.
    """

    class Properties(client.spec.Basic.Properties):  # type: ignore[misc]  # what is known when it is installed
        def encode_property(self, name: str, value: Any) -> bytes:
            if name == "headers":
                return table(value)
            encoded: bytes = super().encode_property(name, value)
            return encoded

    return Properties


def table(values: Mapping[str, object]) -> bytes:
    """Headers as AMQP has them: https://www.rabbitmq.com/amqp-0-9-1-errata#section_3"""
    return _sized(b"".join(_name(name) + _value(value) for name, value in values.items()))


def _value(value: object) -> bytes:
    match value:
        case None:
            return b"V"
        case bool():
            return b"t" + struct.pack(">?", value)
        case int():
            return b"I" + struct.pack(">l", value) if -(2**31) <= value < 2**31 else b"l" + struct.pack(">q", value)
        case float():
            return b"d" + struct.pack(">d", value)
        case str():
            return b"S" + _sized(value.encode())
        case bytes():  # text that is no UTF-8, as the client gives it
            return b"S" + _sized(value)
        case bytearray():
            return b"x" + _sized(value)
        case datetime.datetime():
            return b"T" + struct.pack(">Q", int(value.timestamp()))
        case decimal.Decimal():
            scale = -int(value.as_tuple().exponent)
            return b"D" + struct.pack(">Bl", scale, int(value.scaleb(scale)))
        case Mapping():
            return b"F" + table(value)
        case list():
            return b"A" + _sized(b"".join(map(_value, value)))
    raise TypeError(f"AMQP's tables hold no {type(value).__name__}")


def _name(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">B", len(data)) + data


def _sized(data: bytes | bytearray) -> bytes:
    return struct.pack(">I", len(data)) + data
