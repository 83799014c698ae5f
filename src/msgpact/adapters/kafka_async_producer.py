"""A Kafka producer for asyncio that captures: what `confluent_kafka.aio.AIOProducer` would send, with nothing sent."""

import asyncio
import functools
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Self

from msgpact.adapters.kafka_producer import CapturingProducer
from msgpact.captured import CapturingClient, Sink
from msgpact.extras import require
from msgpact.model import Message

if TYPE_CHECKING:
    from confluent_kafka.aio import AIOProducer
else:
    _client = require("confluent_kafka.aio", extra="kafka", feature="capturing what Kafka's asyncio producer sends")
    AIOProducer = _client.AIOProducer

__all__ = ["CapturingAIOProducer"]


class CapturingAIOProducer(CapturingClient, AIOProducer):
    """A `confluent_kafka.aio.AIOProducer` that sends nothing and keeps what it would have sent.

    What `produce` gives is done at once. Otherwise as `CapturingProducer`.
    """

    hint = "Hand the CapturingAIOProducer that it takes to the application's code that publishes."
    _into: Sink | None = None

    def __init__(self, producer_conf: Mapping[str, Any] | None = None, *_: object, **__: object) -> None:
        # Not the base's own: it would start librdkafka's threads, and its own.
        self._inner = self._new(producer_conf)

    def __del__(self) -> None:
        """There is nothing to stop."""

    @classmethod
    def capturing(cls, sink: Sink) -> Self:
        """One whose messages go to *sink*."""
        made = object.__new__(cls)  # theirs with serializers makes a coroutine
        made._inner = CapturingProducer.capturing(sink)
        return made

    @functools.cached_property
    def _inner(self) -> CapturingProducer:
        """Made here where a subclass calls the base's own `__init__` by its name."""
        return self._new()

    def _new(self, config: Mapping[str, Any] | None = None) -> CapturingProducer:
        return CapturingProducer(config) if self._into is None else CapturingProducer.capturing(self._into)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What would have been sent, in order."""
        return self._inner.messages

    async def produce(
        self,
        topic: str,
        value: Any = None,
        key: Any = None,
        *args: Any,  # noqa: ARG002  (which it does not look at)
        **kwargs: Any,
    ) -> "asyncio.Future[Any]":
        """As of `AIOProducer`."""
        if "headers" in kwargs:
            raise NotImplementedError(
                "Headers are not supported in AIOProducer batch mode. "
                "Use the synchronous Producer.produce() method if headers are required."
            )
        if "timestamp" in kwargs:
            raise NotImplementedError("Message timestamps are not currently supported in batch mode")
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        partition = kwargs.get("partition", -1)
        self._inner.produce(topic, value, key, partition, on_delivery=lambda _, record: done.set_result(record))
        self._inner.poll(0)
        return done

    def __len__(self) -> int:
        return len(self._inner)

    async def close(self) -> None:
        """As of `AIOProducer`."""
        self._inner.close()


def _of(name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def call(self: CapturingAIOProducer, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._inner, name)(*args, **kwargs)

    call.__name__ = name
    return call


for _name in dir(AIOProducer):  # what a later version of the client adds is refused by the other
    if not _name.startswith("_") and _name not in vars(CapturingAIOProducer):
        setattr(CapturingAIOProducer, _name, _of(_name))
