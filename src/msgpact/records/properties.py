"""What AMQP's messages say beside their bodies, as metadata and back: properties, headers, where they were sent."""

import datetime
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from msgpact.errors import DeclarationError, UsageError, shown
from msgpact.model import Message, is_content_type_key
from msgpact.records import facts, tables
from msgpact.records.headers import headers_of

__all__ = [
    "RESERVED",
    "SECOND",
    "Delivered",
    "Properties",
    "body_of",
    "delivery_of",
    "exchange_of",
    "message_of",
    "of_delivery",
    "properties_of",
    "routing_key_of",
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
_NAMED = (*_TEXTS.items(), *_NUMBERS.items())

RESERVED = ("exchange", "routingKey", "redelivered", "deliveryTag", *_TEXTS, *_NUMBERS, "expiration", "timestamp")
"""The names in `Message.metadata` that are never a header's; nor is `contentType`."""

_NO_HEADERS = (*RESERVED, "contentType")
_AN_AMQP = "an AMQP"
SECOND = 1000
"""In milliseconds."""


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


# -- native facts to metadata ----------------------------------------------------------------------------------------


def message_of(body: object, properties: Properties | None, waits: object, known: dict[str, object]) -> Message:
    """The message of a body, its properties, the milliseconds it may wait, as a client says them, and what else is known.

    Raises:
        UsageError: the body is none, or a header is what AMQP does not have.
    """
    if not isinstance(body, bytes | str):
        raise UsageError(
            f"Cannot read an AMQP message with the body {shown(body)}: it is a {type(body).__name__}, not bytes. "
            "Give it as the client has it."
        )
    contents = body.encode() if isinstance(body, str) else body
    if properties is None:
        return Message(contents, metadata=known)
    named: Mapping[str, object] = properties.headers or {}
    known |= {name: getattr(properties, theirs) for name, theirs in _NAMED}
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


def of_delivery(method: Delivered) -> dict[str, object]:
    """What metadata say of a delivery."""
    return {
        "exchange": method.exchange,
        "routingKey": method.routing_key,
        "redelivered": method.redelivered,
        "deliveryTag": method.delivery_tag,
    }


def _milliseconds(timestamp: object) -> int | None:
    if isinstance(timestamp, datetime.datetime):
        return int(tables.utc(timestamp).timestamp()) * SECOND
    return int(timestamp) * SECOND if isinstance(timestamp, int | float) else None


# -- metadata to native facts ----------------------------------------------------------------------------------------


def body_of(message: Message) -> bytes:
    """The body of a message.

    Raises:
        DeclarationError: it is a tombstone.
    """
    if message.contents is None:
        raise DeclarationError(
            f"Cannot make an AMQP message of {message!r}: it is a tombstone, and a message of AMQP always has a body, which may "
            "be empty. Say what happened in the contents or the headers."
        )
    return message.contents


def properties_of(message: Message, of_bytes: Callable[[bytes], object]) -> dict[str, Any]:
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
        if milliseconds % SECOND:
            raise DeclarationError(
                f"Cannot make an AMQP message of timestamp {milliseconds!r}: it holds whole seconds. "
                f"State {milliseconds - milliseconds % SECOND}."
            )
        found["timestamp"] = milliseconds // SECOND
    headers = {
        each.name: _value(each.shown, each.exact, of_bytes) for each in headers_of(message, _NO_HEADERS, _AN_AMQP)
    }
    found["headers"] = headers or None
    return {name: value for name, value in found.items() if value is not None}


def _value(shown: object, exact: bytes | None, of_bytes: Callable[[bytes], object]) -> object:
    """A header's value: text that is shown as it is, is that text; the rest is as the view has it."""
    return shown if isinstance(shown, str) and exact == shown.encode() else tables.native(shown, of_bytes)


def delivery_of(message: Message) -> dict[str, Any]:
    """The arguments of `Basic.Deliver`, which the clients call alike."""
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
        "exchange": exchange_of(message),
        "routing_key": facts.stated_text(metadata, "routingKey", _AN_AMQP) or "",
    }


def exchange_of(message: Message) -> str:
    """The exchange that metadata state, else the default one."""
    return facts.stated_text(message.metadata, "exchange", _AN_AMQP) or ""


def routing_key_of(message: Message) -> str:
    """The routing key of a message that is to be sent.

    Raises:
        DeclarationError: it states neither that nor an exchange.
    """
    key = facts.stated_text(message.metadata, "routingKey", _AN_AMQP)
    if key is None and message.metadata.get("exchange") is None:
        raise DeclarationError(
            f"Cannot send {message!r} by AMQP: it states neither exchange nor routing key. "
            "Give it metadata={'exchange': 'orders', 'routingKey': 'order.placed'}."
        )
    return key or ""
