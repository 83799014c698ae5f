"""RabbitMQ at `amqp://host:port/vhost?exchange=…`.

Exchanges are looked at by a queue of ours, which gets what others get too; queues by getting messages and putting them back.
"""

import asyncio
import concurrent.futures
import contextlib
import logging
import time
import uuid
from collections.abc import Coroutine, Iterator
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from msgpact.adapters.link_url import LinkUrl
from msgpact.adapters.links import Sampling, restated
from msgpact.adapters.rabbitmq_connection import in_words
from msgpact.adapters.rabbitmq_looking import Looked, LoopThread, Place
from msgpact.errors import DeclarationError, Unavailable, UsageError
from msgpact.extras import require
from msgpact.model import Message
from msgpact.records import amqp

__all__ = ["RabbitMQLink"]

T = TypeVar("T")

MARK = "msgpact-via"
"""The header by which a message is known again; it is taken off before it is seen."""

_OURS = ("exchange", "queue", "routing_key")
_ANY_KEY = ("#", "")
"""What binds a queue to all that a topic exchange gets, and to a fanout or headers exchange."""
_LOST = (RuntimeError, concurrent.futures.CancelledError)
"""What the client says of a connection that is lost: whoever waits for an answer is cancelled, whoever comes later too late."""
_POLL = 0.1
_BATCH = 100


class RabbitMQLink:
    """RabbitMQ. The URL's `exchange` and `routing_key`, or its `queue`, count before those that a message states.

    `{exchange}` and `{routingKey}` in them are what it states. Other settings are aio-pika's.
    """

    keys = ("exchange", "routingKey")

    def __init__(self, url: LinkUrl) -> None:
        self.url = url
        self._client: Any = require("aio_pika", extra="rabbitmq", feature="RabbitMQ by its URL")
        path = [each for each in url.path if each]
        said = url.settings
        if len(path) > 1 or not url.host or ("queue" in said and {"exchange", "routing_key"} & said.keys()):
            raise UsageError(
                f"Cannot reach RabbitMQ at '{url}': it is not of the form amqp://host:port/vhost, with ?exchange=…&routing_key=… "
                "or ?queue=…. Mend it."
            )
        self._vhost = path[0] if path else "/"
        # What goes wrong is raised: it need not be on stderr too, where nobody has set up logging.
        logging.getLogger("aiormq").addHandler(logging.NullHandler())
        self._queue = said.get("queue")

    @property
    def about(self) -> str:
        """As `Link.about`."""
        if self._queue is None:
            return ""
        return (
            f"Messages of the queue {self._queue!r} are got and put back: others do not get them meanwhile, and they are "
            "redelivered then, which counts towards a limit of deliveries. An exchange is looked at by a queue of its own: "
            "?exchange=…"
        )

    # -- connecting --

    @cached_property
    def _thread(self) -> "LoopThread":
        return LoopThread()

    @property
    def _address(self) -> str:
        """The URL as aio-pika takes it."""
        who = "" if self.url.user is None else f"{quote(self.url.user, '')}:{quote(self.url.password or '', '')}@"
        more = {name: value for name, value in self.url.settings.items() if name not in _OURS}
        query = f"?{urlencode(more)}" if more else ""
        return f"{self.url.scheme}://{who}{self.url.host}/{quote(self._vhost, '')}{query}"

    @cached_property
    def _connection(self) -> Any:
        connecting = self._client.connect(self._address, timeout=self.url.timeout)
        return self._done(f"Cannot reach RabbitMQ at '{self.url}'", connecting, self.url.timeout)

    def _done(self, what: str, doing: Coroutine[Any, Any, T], seconds: float) -> T:
        """What a coroutine gives, in the thread of the connection."""
        exceptions = self._client.exceptions
        try:
            return self._thread.run(doing, seconds + 5)
        except (exceptions.ChannelClosed, exceptions.DeliveryError) as error:
            why = "no queue gets it" if isinstance(error, exceptions.DeliveryError) else self._said(error)
            raise UsageError(f"{what}: {why}. Mend that, or name another.") from None
        except (exceptions.AMQPError, OSError, TimeoutError, ValueError, *_LOST) as error:
            why = self._said(error)
            raise Unavailable(f"{what}: {why}. See whether it runs, and who may use it.") from None

    def _said(self, error: BaseException) -> str:
        if isinstance(error, TimeoutError):
            return f"it did not answer within {self.url.timeout:g} s"
        if isinstance(error, _LOST):
            return "the connection is lost"
        return self.url.scrubbed(in_words(error).strip().rstrip("."))

    def close(self) -> None:
        """Let go of the broker."""
        if "_thread" not in vars(self):
            return
        if "_connection" in vars(self):
            with contextlib.suppress(Unavailable, UsageError):
                self._done("Cannot close", self._connection.close(), self.url.timeout)
        self._thread.close()

    # -- publishing --

    def send(self, message: Message) -> str:
        """As `Link.send`."""
        place, connection = self._place_for(message), self._connection
        self._done(
            f"Cannot publish on {place} at '{self.url}'", self._sent(connection, message, place), self.url.timeout
        )
        return str(place).removeprefix("the ")

    async def _sent(self, connection: Any, message: Message, place: Place) -> None:
        async with connection.channel(publisher_confirms=True, on_return_raises=True) as channel:
            await self._published(channel, message, place)

    async def _published(self, channel: Any, message: Message, place: Place, mark: str | None = None) -> None:
        """Publish, and wait until the broker has it and a queue gets it."""
        exchange = await channel.get_exchange(place.exchange) if place.exchange else channel.default_exchange
        arguments = amqp.to_publish(restated(message, **place.facts))
        if mark is not None:
            arguments["message"].headers[MARK] = mark
        await exchange.publish(**arguments, mandatory=True, timeout=self.url.timeout)

    def _place_for(self, message: Message) -> Place:
        """Where a message goes."""
        if self._queue is not None:
            return Place("", self._queue)
        exchange, key = self._named("exchange", message, "exchange"), self._named("routing_key", message, "routingKey")
        if exchange is None and key is None:
            raise DeclarationError(
                f"Cannot send {message!r} by AMQP: it states no exchange and no routing key, and the URL names none. "
                "Name them in it: ?exchange=…&routing_key=…"
            )
        return Place(exchange or "", key or "")

    def _named(self, setting: str, message: Message, entry: str) -> str | None:
        stated = message.metadata.get(entry)
        said = self.url.settings.get(setting)
        if said is None:
            return stated if isinstance(stated, str) else None
        return said.replace(f"{{{entry}}}", stated if isinstance(stated, str) else "")

    # -- looking --

    def sample(self, sampling: Sampling) -> Iterator[Message]:
        """As `Link.sample`: what is published meanwhile, by a queue of ours; of queues, what is there."""
        places = self._places(sampling)
        queues = {place.key: stated for place, stated in places.items() if not place.exchange}
        bound = {place: stated for place, stated in places.items() if place.exchange}
        what, connection = f"Cannot look at messages at '{self.url}'", self._connection
        until, left = time.monotonic() + sampling.seconds, sampling.most
        found = Looked(connection, bound, queues)
        try:
            self._done(what, found.opened(), self.url.timeout)
            while left and (seconds := until - time.monotonic()) > 0:
                some = self._done(what, found.some(min(left, _BATCH), min(seconds, _POLL)), self.url.timeout)
                left -= len(some)
                yield from some
        finally:
            self._done(what, found.closed(), self.url.timeout)

    def _places(self, sampling: Sampling) -> dict[Place, dict[str, object]]:
        """Where to look, and what contracts call it."""
        stated: list[dict[str, object]] = [dict(each) for each in sampling.addresses]
        if self._queue is not None:
            return {Place("", self._queue): dict(stated[0]) if len(stated) == 1 else {}}
        found: dict[Place, dict[str, object]] = {}
        for each in stated or ([{}] if self.url.settings.get("exchange") else []):
            place = self._place_for(Message(None, metadata=each))
            is_any = bool(place.exchange) and "routingKey" not in each and "routing_key" not in self.url.settings
            for key in _ANY_KEY if is_any else (place.key,):
                found[Place(place.exchange, key)] = each
        if not found:
            raise UsageError(
                f"Cannot look at messages at '{self.url}': it names no exchange and no queue. Write ?exchange=… or ?queue=…"
            )
        return found

    # -- there and back --

    def there_and_back(self, message: Message) -> Message:
        """As `Link.there_and_back`: read from a queue of ours, which is bound as the stated one may be, by a header of ours.

        What goes to the default exchange goes to that queue in place of the one that it names.
        """
        place, connection = self._place_for(message), self._connection
        what = f"Cannot read back what was published on {place} at '{self.url}'"
        going = self._there_and_back(connection, message, place)
        found = self._done(what, going, self.url.timeout)
        stated = {key: value for key in self.keys if (value := message.metadata.get(key)) is not None}
        return restated(found, **{**place.facts, **stated})

    async def _there_and_back(self, connection: Any, message: Message, place: Place) -> Message:
        mark = str(uuid.uuid4())
        async with connection.channel(publisher_confirms=True, on_return_raises=True) as channel:
            queue = await channel.declare_queue(exclusive=True, auto_delete=True, timeout=self.url.timeout)
            if place.exchange:
                await queue.bind(await channel.get_exchange(place.exchange), place.key)
            else:
                place = Place("", queue.name)
            await self._published(channel, message, place, mark)
            async with asyncio.timeout(self.url.timeout):
                async with queue.iterator(no_ack=True) as records:
                    async for record in records:
                        if record.headers.get(MARK) == mark:
                            del record.headers[MARK]
                            return amqp.from_record(record)
        raise TimeoutError
