"""A connection to RabbitMQ that lives in a thread of its own and comes back when it is lost.

Only the transport runs there, so heartbeats go on while a handler takes its time. What came by a connection that is lost
cannot be acknowledged any more: it comes again by the next one.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from msgpact.adapters.rabbitmq_letters import Letter
from msgpact.consuming.control import LOG

__all__ = ["Connection", "Delivery", "Session", "in_words", "rounds"]

PATIENCE = 10.0
"""Seconds that RabbitMQ may take to answer."""
GLANCE = 1.0
"""Seconds after which it is looked whether RabbitMQ still has us as consumers."""
FIRST, LONGEST = 0.2, 10.0
"""Seconds that are waited before it is tried to connect again; each further wait is twice as long, up to the longest."""
FAILURES = (Exception, asyncio.CancelledError)
"""What the client raises: what waits for an answer it cancels where the connection is lost; nobody else cancels anything here."""
BUFFER = 1000
"""Frames that are read ahead of a channel; there are at most three for a message that is not acknowledged."""


@dataclass(slots=True, eq=False)
class Delivery:
    """A message that came.

    Attributes:
        queue: The queue that it came from.
        session: The connection that it came by.
        tag: What it is acknowledged by, on that connection.
        message: As aiormq has it.
    """

    queue: str
    session: "Session"
    tag: int
    message: Any


class Session:
    """One connection, from its opening until it is lost. What is `async` runs in the connection's thread.

    Attributes:
        frame_max: The bytes that a frame may have, that of a message's properties too.
    """

    frame_max: int

    def __init__(self, client: Any) -> None:
        self._client = client
        self._connection: Any = None
        self._channel: Any = None
        self._outbox: Any = None
        self._tags: dict[str, str] = {}
        self._in_order = asyncio.Lock()
        self._under_way = set[asyncio.Task[None]]()

    async def open(self, url: str) -> None:
        """Connect."""
        self._connection = self._client.Connection(url, loop=asyncio.get_running_loop())
        await asyncio.wait_for(self._connection.connect(), PATIENCE)
        self.frame_max = self._connection.connection_tune.frame_max
        self._channel = await self._connection.channel(
            publisher_confirms=False, frame_buffer_size=BUFFER, timeout=PATIENCE
        )

    async def consume(self, queue: str, prefetch: int, inbox: SimpleQueue[Delivery]) -> None:
        """Let the messages of a queue come."""

        def on_message(message: Any) -> None:
            inbox.put(Delivery(queue, self, message.delivery.delivery_tag, message))

        await self._channel.basic_qos(prefetch_count=prefetch, timeout=PATIENCE)
        answer = await self._channel.basic_consume(queue, on_message, timeout=PATIENCE)
        self._tags[answer.consumer_tag] = queue

    async def until_lost(self, stopping: asyncio.Event) -> BaseException | None:
        """Wait until it is lost, or is to end; what it is lost by."""
        ends = [asyncio.ensure_future(stopping.wait()), self._connection.closing, self._channel.closing]
        try:
            while not any(each.done() for each in ends):
                await asyncio.wait(ends, timeout=GLANCE, return_when=asyncio.FIRST_COMPLETED)
                gone = [queue for tag, queue in self._tags.items() if tag not in self._channel.consumers]
                if gone and not any(each.done() for each in ends):
                    return ConnectionError(f"it sends no more messages of {gone[0]!r}, which may be deleted")
        finally:
            ends[0].cancel()
        for each in ends[1:]:
            if each.done() and not each.cancelled() and each.exception() is not None:
                error: BaseException = each.exception()
                return error
        return None if stopping.is_set() else ConnectionError("it closed the connection")

    async def close(self) -> None:
        """Disconnect, once what was acknowledged has arrived."""
        with contextlib.suppress(*FAILURES):
            async with asyncio.timeout(PATIENCE):
                if self._under_way:
                    await asyncio.wait(self._under_way)
                if self._channel is not None:
                    await self._channel.close()
        with contextlib.suppress(*FAILURES):
            if self._connection is not None:
                await asyncio.wait_for(self._connection.close(), PATIENCE)

    # -- acknowledging --

    def acknowledge(self, tags: Sequence[tuple[int, bool]]) -> None:
        """Acknowledge by tags; one that is said to be so with all before it. It is not waited for. In its thread."""
        task = asyncio.ensure_future(self._acknowledge(tags))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _acknowledge(self, tags: Sequence[tuple[int, bool]]) -> None:
        # If one of them overtook another, a tag would be acknowledged twice, for which RabbitMQ closes the channel.
        async with self._in_order:
            for tag, with_those_before in tags:
                try:
                    await self._channel.basic_ack(tag, multiple=with_those_before)
                except FAILURES as error:
                    LOG.debug("messages were not acknowledged: %s", error)  # the connection is lost: they come again
                    return

    # -- publishing --

    async def publish(self, letters: Sequence[Letter], seconds: float) -> list[BaseException | None]:
        """Publish and wait for the confirmations; of each why there is none, in so many seconds."""
        errors = dict[int, BaseException | None]()
        for each in rounds(letters):
            found = await asyncio.gather(*(self._published(letter, seconds) for letter in each), return_exceptions=True)
            errors.update(zip(map(id, each), found, strict=True))
        return [errors[id(each)] for each in letters]

    async def _published(self, letter: Letter, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            outbox = await self._open_outbox()
            await outbox.basic_publish(
                letter.body,
                exchange=letter.to.exchange,
                routing_key=letter.to.routing_key,
                properties=letter.properties,
                mandatory=True,
            )

    async def _open_outbox(self) -> Any:
        """A channel for what is published: an error of that closes it, and not the one by which messages come."""
        async with self._in_order:
            if self._outbox is None or self._outbox.is_closed:
                self._outbox = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
            return self._outbox


def rounds(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    """Parts in none of which two have the same message id: the client tells by it which of them cannot be routed."""
    left = list(letters)
    while left:
        now, later, ids = list[Letter](), list[Letter](), set[str]()
        for each in left:
            known = each.properties.message_id
            (later if known in ids else now).append(each)
            if known:
                ids.add(known)
        yield now
        left = later


class Connection:
    """A connection, or the next one.

    Args:
        client: aiormq.
        url: As aio-pika takes it.
        queues: The queues that are consumed.
        prefetch: Messages of a queue that may be here without being acknowledged.

    Attributes:
        inbox: What came.
        session: The connection; None where there is none.
        why: Why there is none.
    """

    def __init__(self, client: Any, url: str, queues: Sequence[str], prefetch: int) -> None:
        self.inbox = SimpleQueue[Delivery]()
        self.session: Session | None = None
        self.why = ""
        self._client, self._url, self._queues, self._prefetch = client, url, queues, prefetch
        self._thread = threading.Thread(target=self._run, name="msgpact-rabbitmq", daemon=True)
        self._is_tried, self._failure = threading.Event(), list[BaseException]()
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event

    # -- from other threads --

    def open(self) -> None:
        """Connect. Raises what the client raises."""
        self._thread.start()
        self._is_tried.wait()
        if self._failure:
            self._thread.join()
        self.refuse_ended()

    def refuse_ended(self) -> None:
        """Raise what ended the thread, if anything did: nobody would connect again."""
        if self._failure:
            raise self._failure[0]

    def close(self) -> None:
        """Disconnect; what is not acknowledged goes back to its queue."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def acknowledge(self, session: Session, tags: Sequence[tuple[int, bool]]) -> None:
        """As `Session.acknowledge`."""
        self._loop.call_soon_threadsafe(session.acknowledge, tags)

    def publish(self, session: Session, letters: Sequence[Letter], seconds: float) -> list[BaseException | None]:
        """As `Session.publish`."""
        return asyncio.run_coroutine_threadsafe(session.publish(letters, seconds), self._loop).result()

    # -- the thread --

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
                runner.run(self._serve())
        except Exception as error:  # a bug: who waits for a connection is to know that there will be none
            self._failure.append(error)
        finally:
            self._is_tried.set()

    async def _serve(self) -> None:
        """Be connected until `close`, again and again."""
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        wait = FIRST
        while not self._stopping.is_set():
            error, was_connected = await self._be_connected()
            if not self._is_tried.is_set():
                self._failure.append(error or ConnectionError("it was closed"))
                self._is_tried.set()
                return
            wait = FIRST if was_connected else min(wait * 2, LONGEST)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    async def _be_connected(self) -> tuple[BaseException | None, bool]:
        """A connection from its opening to its end: what ended it, and whether it ever was one."""
        session, error = Session(self._client), None
        try:
            await session.open(self._url)
            self.session = session  # before the first message comes
            for queue in self._queues:
                await session.consume(queue, self._prefetch, self.inbox)
            self._is_tried.set()
            self.why = ""
            error = await session.until_lost(self._stopping)
            return error, True
        except FAILURES as raised:
            error = raised
            return error, False
        finally:
            if error is not None and self._is_tried.is_set():
                before, self.why = self.why, in_words(error)
                if self.why != before:
                    LOG.warning("RabbitMQ cannot be reached: %s", self.why, extra={"error": type(error).__name__})
            self.session = None
            await session.close()


def in_words(error: BaseException) -> str:
    """What a client's error says."""
    if type(error).__name__ in _WORDS:
        return _WORDS[type(error).__name__]
    if "Connection.OpenOk" in str(error):
        return "it refuses to let us into the virtual host"
    return str(error.args[-1] if error.args and not isinstance(error, OSError) else error) or type(error).__name__


_WORDS = {
    "PublishError": "there is no queue for it",
    "DeliveryError": "its queue refuses it",
    "TimeoutError": "it did not answer in time",
}
"""What the client keeps to itself."""
