"""Messages that are handled side by side: which may be begun, which are under way, what came of them. No I/O, no clock."""

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from msgpact.calls import in_users_code
from msgpact.consuming.observing import Seen
from msgpact.consuming.steps import handled
from msgpact.receivers import Handling, Receiver

__all__ = ["Flight", "Flights"]

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Flight(Generic[T]):
    """A message whose handlers are called one after another, beside other messages'.

    Attributes:
        item: The message.
        key: What it has to be handled in order by.
        handlings: The calls that are left.
        done: How many of its handlers have handled it, those before these included.
        seen: Who is told of it.
        error: What one raised.
        receiver: Which one.
    """

    item: T
    key: Hashable
    handlings: Sequence[Handling]
    done: int
    seen: Seen
    error: Exception | None = None
    receiver: Receiver | None = None

    async def fly(self, landed: "list[Flight[T]]", timeout: float | None) -> None:
        """Call the handlers; afterwards it is among those that *landed*."""
        for handling in self.handlings:
            try:
                await handled(self.seen.around(handling.receiver.handler), handling, timeout)
            except Exception as error:
                self.error, self.receiver = error, handling.receiver
                break
            self.done += 1
        if self.error is None:
            self.seen.settled("handled")
        else:
            self.seen.failed(in_users_code(self.error))
        self.seen.end()
        landed.append(self)


@dataclass(slots=True)
class Flights(Generic[T]):
    """The messages that are under way, at most so many, and those that wait for one with the same key.

    Attributes:
        most: How many may be under way, and how many may wait; so many are taken ahead at most.
        key_of: What says which messages are handled in order; None is in no order with others.
        landed: Those that are done, until they are seen to.
        waiting: The messages that were passed over, in order.
        ahead: By their id, all messages that were taken before it was known that those before them can be acknowledged.
    """

    most: int
    key_of: Callable[[T], Hashable]
    landed: list[Flight[T]] = field(default_factory=list)
    waiting: deque[tuple[T, Hashable]] = field(default_factory=deque)
    ahead: dict[int, T] = field(default_factory=dict)
    _busy: set[Hashable] = field(default_factory=set)
    _count: int = 0

    @property
    def are_up(self) -> bool:
        """Whether any is under way."""
        return self._count > 0

    @property
    def are_full(self) -> bool:
        """Whether no further message can be begun before one is done."""
        return self._count >= self.most or len(self.waiting) >= self.most

    def next(self, backlog: deque[T]) -> tuple[T, Hashable] | None:
        """The first message that may be begun, with its key; None if there is none."""
        if self._count >= self.most:
            return None
        passed = set[Hashable]()
        for index, (item, key) in enumerate(self.waiting):
            if key not in self._busy and key not in passed:
                del self.waiting[index]
                return item, key
            passed.add(key)
        while backlog and len(self.waiting) < self.most:
            item = backlog.popleft()
            self.ahead[id(item)] = item
            key = self.key_of(item)
            if key is None or (key not in self._busy and key not in passed):
                return item, key
            self.waiting.append((item, key))
            passed.add(key)
        return None

    def begin(self, flight: Flight[T]) -> None:
        """Note that it is under way."""
        self._count += 1
        if flight.key is not None:
            self._busy.add(flight.key)

    def seen_to(self) -> Flight[T] | None:
        """One that landed, which counts no longer; None if none has."""
        if not self.landed:
            return None
        flight = self.landed.pop(0)
        self._count -= 1
        self._busy.discard(flight.key)
        return flight

    def drop(self, where: Callable[[T], bool]) -> None:
        """Forget messages that are somebody else's now; those under way go on, and nothing is made of it."""
        self.waiting = deque(each for each in self.waiting if not where(each[0]))
        for key in [key for key, each in self.ahead.items() if where(each)]:
            del self.ahead[key]
