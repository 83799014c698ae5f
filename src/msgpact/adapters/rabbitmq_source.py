"""RabbitMQ as what is consumed: deliveries, their acknowledgements, dead letters, connections that come and go."""

import queue
import time
from collections.abc import Hashable
from typing import Any

from msgpact.adapters.rabbitmq_connection import Connection, Delivery, Session, in_words
from msgpact.adapters.rabbitmq_letters import Address, Letter, letter_of, properties_class
from msgpact.consuming.control import LOG
from msgpact.consuming.loop import Loop
from msgpact.model import Message
from msgpact.receivers import Reason
from msgpact.records.amqp import from_record

__all__ = ["RabbitSource", "Tags"]

DELIVERED = 5.0
"""Seconds that the dead letters are waited for at a time."""


class Tags:
    """The delivery tags of a connection, of which each is to be acknowledged once: 1, 2, 3, …"""

    def __init__(self) -> None:
        self._settled, self._singly = set[int](), set[int]()
        self._behind = 1  # all before it are acknowledged

    def settled(self, tag: int) -> None:
        """Note that a message may be acknowledged."""
        self._settled.add(tag)

    def taken(self) -> list[tuple[int, bool]]:
        """What is to be acknowledged now: tags, and whether with all before it; the same ones are not taken again."""
        found, last = list[tuple[int, bool]](), 0
        while (tag := self._behind) in self._settled or tag in self._singly:
            if tag in self._settled:  # RabbitMQ does not know one any more that is acknowledged
                last = tag
            self._settled.discard(tag)
            self._singly.discard(tag)
            self._behind += 1
        if last:
            found.append((last, True))
        found += [(tag, False) for tag in sorted(self._settled)]
        self._singly |= self._settled
        self._settled.clear()
        return found


class RabbitSource:
    """Queues and what becomes of their messages, as `Source` asks for it.

    Args:
        client: aiormq, and
        record: `aio_pika.IncomingMessage`.
        connection: The connection.
        user: Who we are to RabbitMQ.
        dead_letter: Where dead letters go.
    """

    system = "rabbitmq"

    def __init__(self, client: Any, record: Any, connection: Connection, *, user: str, dead_letter: Address) -> None:
        self._client, self._record = client, record
        self._connection, self._user, self._dead_letter = connection, user, dead_letter
        self._properties = properties_class(client)
        self._loop: Loop[Delivery]
        self._session: Session | None = None
        self._tags, self._letters = Tags(), list[Letter]()

    def open(self, loop: Loop[Delivery]) -> None:
        """Connect. Raises what the client raises."""
        self._loop = loop
        self._connection.open()
        self._session = self._connection.session

    def close(self) -> None:
        """Disconnect: what is not acknowledged goes back to its queue."""
        self._connection.close()
        self._loop.control.waits_for("")

    # -- taking --

    def take_now(self) -> list[Delivery]:
        return self._good(self._come())

    def take(self, seconds: float) -> list[Delivery]:
        self._look()
        try:
            first = self._connection.inbox.get(timeout=seconds)
        except queue.Empty:
            self._look()
            return []
        return self._good([first, *self._come()])

    def idle(self, seconds: float) -> None:
        time.sleep(seconds)
        self._look()

    def _come(self) -> list[Delivery]:
        found = list[Delivery]()
        try:
            while True:
                found.append(self._connection.inbox.get_nowait())
        except queue.Empty:
            return found

    def _good(self, found: list[Delivery]) -> list[Delivery]:
        """Those that did not come by a connection that is lost by now."""
        self._look()
        return [each for each in found if each.session is self._session]

    def _look(self) -> None:
        """See whether the connection is another one: what came by the one before is nobody's, and comes again."""
        session = self._connection.session
        if session is not self._session:
            self._session, self._tags = session, Tags()
            self._letters.clear()
            self._loop.forget(lambda item: item.session is not session)
        if session is None:
            self._connection.refuse_ended()
        self._loop.control.waits_for("" if session else f"RabbitMQ cannot be reached: {self._connection.why}")

    # -- reading --

    def read(self, item: Delivery) -> Message:
        return from_record(self._record(item.message))

    def key(self, item: Delivery) -> Hashable:  # noqa: ARG002  (several consumers share a queue: it keeps no order)
        return None

    # -- dead letters --

    def bury(self, item: Delivery, reason: Reason) -> None:
        self._letters.append(
            letter_of(
                item.message,
                reason,
                item.queue,
                self._dead_letter,
                user=self._user,
                frame_max=item.session.frame_max,
                make=self._properties,
            )
        )

    def _deliver(self, session: Session) -> bool:
        """Whether all dead letters have arrived."""
        errors = self._connection.publish(session, self._letters, DELIVERED) if self._letters else []
        for words in dict.fromkeys(in_words(error) for error in errors if error is not None):
            LOG.error("dead letters were not delivered: %s", words)
        self._letters = [letter for letter, error in zip(self._letters, errors, strict=True) if error is not None]
        return not self._letters

    # -- acknowledging --

    def settled(self, item: Delivery) -> None:
        if item.session is not self._connection.session:
            self._look()
        if item.session is self._session:
            self._tags.settled(item.tag)

    def flush(self) -> bool:
        self._look()
        session = self._session
        if session is None:  # nothing that is settled is ours any more
            return True
        is_delivered = self._deliver(session)
        self._look()
        if self._session is session:
            if not is_delivered:
                return False
            if tags := self._tags.taken():
                self._connection.acknowledge(session, tags)
        return True
