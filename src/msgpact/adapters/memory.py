"""A broker in memory, and its side of consuming: for tests of a service that are to run without a real one.

`Broker` keeps messages by name, in order. Consumers compete for them; what one of them has taken and not acknowledged when it
ends comes again, and of the messages with one key no two consumers have any at the same time. What is Kafka's, RabbitMQ's or
SQS's own it does not know: partitions, exchanges, visibility, an end without a farewell.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Required, Unpack

from msgpact.calls import refuse_running_loop
from msgpact.consumer import Consumer
from msgpact.consuming import options
from msgpact.consuming.control import Control, Counts, stopped_by_sigterm
from msgpact.consuming.loop import Loop
from msgpact.consuming.steps import arun, run
from msgpact.errors import DeclarationError, Unavailable
from msgpact.model import Message, is_content_type_key
from msgpact.receivers import HEADER, Reason
from msgpact.retries import Retries

__all__ = ["HEADER", "Broker", "Control", "Counts", "Options", "Retries", "aconsume", "consume"]

BATCH = 10

KEYS = ("key", "messageGroupId")
"""The entries of the metadata of which one says what is to be handled in order."""


# -- the broker ------------------------------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class _Sent:
    message: Message
    name: str
    key: Hashable
    number: int
    taker: object = None


class Broker:
    """Messages by the name of their topic or queue. Its methods may be called from any thread.

    Args:
        address: The entry of a message's metadata that says where it goes: `topic`, `queue`, …

    Attributes:
        away: Names at which nothing can be sent for now, as in an outage.
    """

    def __init__(self, address: str = "topic") -> None:
        self.address = address
        self.away: set[str] = set()
        self._changed = threading.Condition()
        self._waiting: dict[str, deque[_Sent]] = {}
        self._taken: dict[Hashable, list[_Sent]] = {}  # by their key
        self._count = 0

    def send(self, *messages: Message) -> None:
        """Put messages where their metadata say.

        Raises:
            DeclarationError: they do not say it.
            Unavailable: the name is *away*.
        """
        for each in messages:
            name = each.metadata.get(self.address)
            if not isinstance(name, str):
                raise DeclarationError(
                    f"Cannot send {each!r}: it states no {self.address}. Give it metadata={{{self.address!r}: 'orders.v1'}}."
                )
            if name in self.away:
                raise Unavailable(f"Cannot send a message to {name!r}: it is away. Take it out of Broker.away.")
            keys = [each.metadata[key] for key in KEYS if each.metadata.get(key) is not None]
            with self._changed:
                self._count += 1
                sent = _Sent(each, name, (name, str(keys[0])) if keys else None, self._count)
                self._waiting.setdefault(name, deque()).append(sent)
                self._changed.notify_all()

    def messages(self, name: str) -> tuple[Message, ...]:
        """What is there and not acknowledged, in the order in which it was sent."""
        with self._changed:
            taken = [each for several in self._taken.values() for each in several if each.name == name]
            found = sorted([*taken, *self._waiting.get(name, ())], key=lambda each: each.number)
        return tuple(each.message for each in found)

    def take(self, names: Sequence[str], taker: object, seconds: float) -> list[_Sent]:
        """Some messages for *taker*, as soon as there are any, within so many seconds."""
        found: list[_Sent] = []

        def is_found() -> bool:
            for name in names:
                found.extend(self._open(name, taker))
            return bool(found)

        with self._changed:
            self._changed.wait_for(is_found, seconds)
        return found

    def _open(self, name: str, taker: object) -> list[_Sent]:
        """The first of a name whose keys nobody else has in hand; they are in the taker's from now on."""
        queue, passed, found = self._waiting.get(name, deque()), deque[_Sent](), list[_Sent]()
        while queue and len(found) < BATCH:
            each = queue.popleft()
            in_hand = self._taken.get(each.key, ()) if each.key is not None else ()
            if in_hand and in_hand[0].taker is not taker:
                passed.append(each)
                continue
            each.taker = taker
            self._taken.setdefault(each.key, []).append(each)
            found.append(each)
        queue.extendleft(reversed(passed))
        return found

    def acknowledge(self, those: Iterable[_Sent]) -> None:
        """Forget messages."""
        with self._changed:
            for each in those:
                self._let_go(each)
            self._changed.notify_all()

    def give_back(self, taker: object) -> None:
        """Let what *taker* has not acknowledged come again, before all that was sent later."""
        with self._changed:
            for each in [each for several in self._taken.values() for each in several if each.taker is taker]:
                self._let_go(each)
                self._waiting[each.name].append(each)
            for name, queue in self._waiting.items():
                self._waiting[name] = deque(sorted(queue, key=lambda each: each.number))
            self._changed.notify_all()

    def _let_go(self, sent: _Sent) -> None:
        self._taken[sent.key].remove(sent)
        if not self._taken[sent.key]:
            del self._taken[sent.key]


# -- consuming -------------------------------------------------------------------------------------------------------


class Options(options.Options, total=False):
    """What `consume` and `aconsume` can be told by keyword, beside what all transports can be.

    Attributes:
        dead_letter: The name of what cannot be handled; `{topic}` in it, or whatever `Broker.address` is, is the message's own.
            It must be told.
        topics: The deployed names of the topics that contracts name, where they differ.
        until_empty: Whether the loop ends when there is nothing more to take, or it would pause, as a test wants it.
    """

    dead_letter: Required[str]
    topics: Mapping[str, str]
    until_empty: bool


def consume(consumers: Consumer | Iterable[Consumer], broker: Broker, **said: Unpack[Options]) -> Control:
    """Call a consumer's handlers with the messages of their topics, until SIGTERM or `Control.stop`. At least once.

    Args:
        consumers: Whose handlers are called.
        broker: Where the messages are.
        said: As `Options` says.

    Returns:
        The control, with its counts.

    Raises:
        DeclarationError: a handler cannot be called, or nothing tells whose a message is.
        UsageError: a setting cannot be; or a message is nobody's and *on_unrouted* is `fail`.
        WrongDriver: an event loop is running: await `aconsume`.
    """
    refuse_running_loop("consume", "memory.aconsume(...)")
    with _prepared(consumers, broker, **said) as loop:
        run(loop)
    return loop.control


async def aconsume(consumers: Consumer | Iterable[Consumer], broker: Broker, **said: Unpack[Options]) -> Control:
    """As `consume`, on the caller's event loop; plain handlers run on it too."""
    with _prepared(consumers, broker, **said) as loop:
        await arun(loop)
    return loop.control


@contextlib.contextmanager
def _prepared(
    consumers: Consumer | Iterable[Consumer],
    broker: Broker,
    *,
    dead_letter: str | None = None,
    topics: Mapping[str, str] | None = None,
    until_empty: bool = False,
    **common: Unpack[options.Options],
) -> Iterator[Loop[_Sent]]:
    """The loop; in the end what is not acknowledged is anybody's again."""
    settings = options.settings_of(Options, every=1, after=1.0, **common)
    guard = options.guard_of(consumers, keys=(broker.address,), names=topics, native=None, **common)
    names, own = guard.deployed(broker.address), f"{{{broker.address}}}"
    dead_letter = options.checked_dead_letter(dead_letter, f"{own}.dead", (broker.address,))
    options.refuse_circle(dead_letter, [dead_letter.replace(own, each) for each in names], names)
    control = common.get("control") or Control()
    source = MemorySource(broker, names, dead_letter, control if until_empty else None)
    with stopped_by_sigterm(control):
        try:
            yield Loop(source, guard, settings, control)
        finally:
            broker.give_back(source)


class MemorySource:
    """One consumer of a broker; where *ends* is given it is stopped when there is nothing more to take, or it pauses."""

    system = "memory"

    def __init__(self, broker: Broker, names: Sequence[str], dead_letter: str, ends: Control | None) -> None:
        self._broker, self._names, self._dead_letter, self._ends = broker, names, dead_letter, ends
        self._settled: list[_Sent] = []
        self._dead: list[Message] = []

    def take_now(self) -> list[_Sent]:
        return self._broker.take(self._names, self, 0)

    def take(self, seconds: float) -> list[_Sent]:
        found = self._broker.take(self._names, self, 0 if self._ends is not None else seconds)
        if self._ends is not None and not found:
            self._ends.stop()
        return found

    def idle(self, seconds: float) -> None:
        if self._ends is not None and self._ends.state == "paused":
            self._ends.stop()  # nobody mends in a test what is away
        else:
            time.sleep(seconds)

    def read(self, item: _Sent) -> Message:
        return item.message

    def key(self, item: _Sent) -> Hashable:
        return item.key

    def settled(self, item: _Sent) -> None:
        self._settled.append(item)

    def bury(self, item: _Sent, reason: Reason) -> None:
        message, address = item.message, self._broker.address
        name = self._dead_letter.replace(f"{{{address}}}", item.name)
        headers = [each for each in message.headers if each[0] != HEADER]
        headers.append((HEADER, reason.header(**{address: item.name})))
        facts = {**_facts(message), address: name}
        self._dead.append(Message(message.contents, headers=headers, metadata=facts))

    def flush(self) -> bool:
        try:
            while self._dead:
                self._broker.send(self._dead[0])
                del self._dead[0]
        except Unavailable:
            return False
        self._broker.acknowledge(self._settled)
        self._settled = []
        return True


def _facts(message: Message) -> dict[str, object]:
    """What a message's metadata say beside its headers."""
    view, names = message.metadata, {name for name, _ in message.headers}
    shown = {f"header:{name}" if f"header:{name}" in view else name for name in names}
    if any(map(is_content_type_key, names)):
        shown.add("contentType")
    return {name: fact for name, fact in view.items() if name not in shown}
