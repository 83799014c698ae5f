"""An exchange of RabbitMQ's that captures: what aio-pika's would publish, with nothing sent and nothing connected."""

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from msgpact.adapters.links import restated
from msgpact.captured import CapturingClient, Sink
from msgpact.extras import require
from msgpact.model import Message
from msgpact.records.amqp import from_publish

if TYPE_CHECKING:
    import aiormq
    from aio_pika import Exchange, RobustExchange
    from aio_pika.abc import AbstractMessage
    from pamqp.header import ContentHeader
else:
    _client = require("aio_pika", extra="rabbitmq", feature="capturing what is published to RabbitMQ")
    Exchange, RobustExchange = _client.Exchange, _client.RobustExchange
    aiormq = require("aiormq", extra="rabbitmq", feature="capturing what is published to RabbitMQ")
    ContentHeader = require(
        "pamqp.header", extra="rabbitmq", feature="capturing what is published to RabbitMQ"
    ).ContentHeader

__all__ = ["CapturingExchange", "Exchange", "published"]

_CONFIRMED = 1


class CapturingExchange(CapturingClient, RobustExchange):
    """An exchange of aio-pika that sends nothing and keeps what it would have published.

    Declaring, binding and deleting it does nothing.

    Args:
        name: Of the exchange; the default one has none.
    """

    hint = "Hand the CapturingExchange that it takes to the application's code that publishes."
    exchange: ClassVar[str] = ""
    """The name of those that a parameter's annotation asks for; a subclass may say it."""

    def __init__(self, name: str = "") -> None:
        self._begin(name, Sink("a CapturingExchange"))

    def _begin(self, name: str, sink: Sink) -> None:
        channel: Any = None  # there is none
        super().__init__(channel, name)
        self._capture = sink

    @classmethod
    def capturing(cls, sink: Sink) -> Self:
        """One whose messages go to *sink*."""
        made = cls.__new__(cls)
        made._begin(cls.exchange, sink)
        return made

    def named(self, name: str) -> "CapturingExchange":
        """The exchange of that name, whose messages go where this one's go."""
        made = CapturingExchange.capturing(self._capture)
        made.name = name
        return made

    @property
    def messages(self) -> tuple[Message, ...]:
        """What would have been published, in order."""
        return self._capture.messages

    async def publish(
        self,
        message: "AbstractMessage",
        routing_key: str,
        *,
        mandatory: bool = True,  # noqa: ARG002  (every message finds a queue)
        immediate: bool = False,  # noqa: ARG002
        timeout: Any = None,  # noqa: ARG002
    ) -> Any:
        """As of aio-pika, confirmed at once."""
        return published(self._capture, self, message, routing_key)


def published(sink: Sink, exchange: Any, message: "AbstractMessage", routing_key: str) -> Any:
    """Take a message in that is published on an exchange; gives the broker's confirmation. What has no bytes raises."""
    if exchange.internal:
        raise ValueError(f"Can not publish to internal exchange: '{exchange.name}'!")
    aiormq.spec.Basic.Publish(exchange=exchange.name, routing_key=routing_key).marshal()
    ContentHeader(properties=message.properties, body_size=len(message.body)).marshal()
    sent = from_publish(message, routing_key, exchange=exchange.name)
    # As aiormq does: a message without an id gets one.
    sink.take(sent if sent.metadata.get("messageId") else restated(sent, messageId=uuid.uuid4().hex))
    return aiormq.spec.Basic.Ack(delivery_tag=_CONFIRMED)


def _nothing(name: str, answer: str) -> Any:
    async def do(self: CapturingExchange, *args: object, **kwargs: object) -> Any:  # noqa: ARG001  (as it is called)
        return getattr(aiormq.spec.Exchange, answer)()

    do.__name__ = name
    return do


_ANSWERS: Mapping[str, str] = {
    "declare": "DeclareOk",
    "bind": "BindOk",
    "unbind": "UnbindOk",
    "delete": "DeleteOk",
}

for _name, _answer in _ANSWERS.items():
    setattr(CapturingExchange, _name, _nothing(_name, _answer))
