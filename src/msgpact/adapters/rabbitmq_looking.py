"""Messages of RabbitMQ that are looked at, on an event loop in a thread of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from msgpact.adapters.links import restated
from msgpact.model import Message
from msgpact.records import amqp

__all__ = ["Looked", "LoopThread", "Place"]

T = TypeVar("T")

MOST = 10_000
"""Messages that wait to be looked at; while there are so many, others are passed over: it is a sample."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where messages go: an exchange and a routing key; of the default exchange the key is a queue."""

    exchange: str
    key: str

    def __str__(self) -> str:
        return f"the exchange {self.exchange!r} by {self.key!r}" if self.exchange else f"the queue {self.key!r}"

    @property
    def facts(self) -> dict[str, object]:
        return {"exchange": self.exchange, "routingKey": self.key}


class Looked:
    """Messages that are looked at, in the thread of the connection."""

    def __init__(
        self,
        connection: Any,
        bound: dict[Place, dict[str, object]],
        queues: dict[str, dict[str, object]],
    ) -> None:
        self._connection, self._bound, self._queues = connection, bound, queues
        self._came: asyncio.Queue[Message] = asyncio.Queue()
        self._channel: Any = None
        self._peeked: list[Any] = []

    async def opened(self) -> None:
        """Bind a queue of ours to the exchanges."""
        self._channel = await self._connection.channel()
        self._peeked = [await self._channel.get_queue(each) for each in self._queues]
        if self._bound:
            queue = await self._channel.declare_queue(exclusive=True, auto_delete=True)
            for place in self._bound:
                await queue.bind(await self._channel.get_exchange(place.exchange), place.key)
            await queue.consume(self._noted, no_ack=True)

    async def _noted(self, record: Any) -> None:
        if self._came.qsize() >= MOST:
            return
        found = amqp.from_record(record)
        place = Place(str(found.metadata["exchange"]), str(found.metadata["routingKey"]))
        self._came.put_nowait(restated(found, **self._stated(place)))

    def _stated(self, place: Place) -> dict[str, object]:
        """What contracts call it: of a key that only a pattern binds, nothing is said."""
        if place in self._bound:
            return self._bound[place]
        for each, stated in self._bound.items():
            if each.exchange == place.exchange and "exchange" in stated:
                return {"exchange": stated["exchange"]}
        return {}

    async def some(self, most: int, seconds: float) -> list[Message]:
        """What came by now, or comes in a moment. What is got from queues is not acknowledged."""
        found: list[Message] = []
        for queue in self._peeked:
            while len(found) < most and (record := await queue.get(fail=False)) is not None:
                found.append(restated(amqp.from_record(record), **self._queues[queue.name]))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0 if found else seconds):
                found.append(await self._came.get())
        while len(found) < most and not self._came.empty():
            found.append(self._came.get_nowait())
        return found[:most]

    async def closed(self) -> None:
        """Close the channel: what is not acknowledged is put back where it was."""
        if self._channel is not None:
            await self._channel.close()


class LoopThread:
    """An event loop in a thread of its own: callers may be inside another one, or have none."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="msgpact-rabbitmq", daemon=True)
        self._thread.start()

    def run(self, doing: Coroutine[Any, Any, T], seconds: float) -> T:
        """What a coroutine gives. Raises TimeoutError after so many seconds."""
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(doing, seconds), self._loop).result()

    def close(self) -> None:
        """End the thread, once what is still to be cancelled is."""

        async def cancelled() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for each in others:
                each.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(cancelled(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
