"""One message: decided whose it is, its handlers called, what came of it counted and told."""

import functools
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, Generic, TypeVar

from msgpact.calls import in_users_code, in_words, refuse_generators
from msgpact.consuming.control import Control, Settings
from msgpact.consuming.observing import UNOBSERVED, Observer, Seen
from msgpact.consuming.source import Source
from msgpact.consuming.steps import LEAVE, Await, Step, call_of
from msgpact.consuming.telling import Telling
from msgpact.deadlines import Watch
from msgpact.errors import MsgpactError, Unavailable, UsageError
from msgpact.guard import Accept, Guard, Reject, Unrouted
from msgpact.model import Message
from msgpact.receivers import Reason, Receiver
from msgpact.retries import Outcome

__all__ = ["Tries"]

T = TypeVar("T")


class Tries(Generic[T]):
    """What a loop does with each message.

    Args:
        source: The transport.
        guard: What decides whose a message is.
        settings: How the loop goes about it.
        control: As it is seen from outside.
        clock: Seconds.
        observer: Whom it tells what it does.
        ahead: Messages by their id that were taken ahead of others: it takes from them what is settled.

    Attributes:
        is_inside: Whether an event loop runs around the steps that plain handlers are not to run in.
        watch: What interrupts handlers that take too long.
        unacknowledged: How many messages are settled and not acknowledged.
        troubles: Of messages in trouble, by their id: how many of their handlers are done, what went wrong.
    """

    def __init__(
        self,
        source: Source[T],
        guard: Guard,
        settings: Settings,
        control: Control,
        clock: Callable[[], float],
        observer: Observer,
        ahead: dict[int, T],
    ) -> None:
        self.is_inside = False
        self.watch: Watch | None = None
        self.unacknowledged = 0
        self.troubles: dict[int, tuple[int, Reason]] = {}
        self.observer = observer
        self._source, self._guard, self._control, self._clock, self._ahead = source, guard, control, clock, ahead
        self._counts = control.counts
        self._glance = getattr(source, "glance", source.read)
        self._on_unrouted, self._payloads = settings.on_unrouted, settings.log_payloads
        self._telling = Telling(payloads=settings.log_payloads)

    @property
    def why(self) -> str:
        """What went wrong with those in trouble, without anything of the messages."""
        return ", ".join(sorted({each.description or each.kind for _, each in self.troubles.values()}))

    def ordinary(
        self, backlog: deque[T], most: int, until: float
    ) -> Generator[Step, Any, tuple[T, Outcome | None] | None]:
        """Handle messages as nearly all are, until one is not, or something else is to be done.

        Such a message is certainly as its only handler expects it, which is given nothing else of it. It is read once and nothing
        is made but what the handler is given: that took 9 µs of the 14 µs that `attempt` took, when a bare loop took 5.

        Args:
            backlog: The messages, from which they are taken.
            most: How many may be settled before they are acknowledged, and
            until: when they have to be, by the clock.

        Returns:
            One that was not handled, with what came of it: None if it is yet to be tried.
        """
        control, counts, watch, clock = self._control, self._counts, self.watch, self._clock
        glance, quick, settled = self._glance, self._guard.quick, self._source.settled
        awaited: Await | None = None
        while backlog and not control.stopping:
            item = backlog.popleft()
            try:
                found = None if self.troubles else quick(glance(item))
            except Exception:  # `attempt` says what becomes of it
                found = None
            if found is None:
                return item, None
            receiver, contents = found
            if self.is_inside and not receiver.is_async:
                yield LEAVE
            try:
                if receiver.is_async or watch is None:
                    value = receiver.call(contents)
                else:
                    value = watch.call(call_of(receiver), functools.partial(receiver.call, contents))
                if receiver.is_async or (value is not None and hasattr(type(value), "__await__")):
                    if awaited is None:
                        awaited = Await(value, receiver)
                    awaited.awaitable, awaited.receiver = value, receiver
                    yield awaited
                elif value is not None:
                    refuse_generators(value, call_of(receiver))
            except Exception as error:
                return item, self.failed(item, 0, error, receiver, UNOBSERVED)
            counts.handled += 1
            settled(item)
            self.unacknowledged += 1
            if self.unacknowledged >= most or clock() >= until:
                break
        return None

    def attempt(self, item: T) -> Generator[Step, Any, Outcome]:
        """Decide and handle; what the source is told, and what the trouble is."""
        message = self.message_of(item)
        if message is None:
            return Outcome.SETTLED
        seen = self.observer.begin(message)
        try:
            decision = self.decide(item, message, seen)
            return decision if isinstance(decision, Outcome) else (yield from self.handle(item, decision, seen))
        finally:
            seen.end()

    def message_of(self, item: T) -> Message | None:
        """None where it is none as the transport has them: it is among the dead then."""
        try:
            return self._source.read(item)
        except UsageError as error:
            reason = Reason("undecodable", error=in_words(error))
            self._not_handled(item, Reject((reason,)), self.observer.later(Message(None)))
            return None

    def decide(self, item: T, message: Message, seen: Seen) -> Accept | Outcome:
        """What is to be called, or what came of it without that."""
        try:
            decision = self._guard.decide(message, item)
        except Exception as error:
            if isinstance(error, MsgpactError) and not isinstance(error, Unavailable):
                raise
            return self.failed(item, self.done_of(item), error, None, seen)
        if not isinstance(decision, Accept):
            return self._not_handled(item, decision, seen)
        if decision.broken and id(item) not in self.troubles:
            self._broken(item, decision.broken, seen)
        return decision

    def handle(self, item: T, decision: Accept, seen: Seen) -> Generator[Step, Any, Outcome]:
        """Call what is to be called, one after another."""
        done = self.done_of(item)
        for handling in decision.handlings[done:] if done else decision.handlings:
            receiver = handling.receiver
            if self.is_inside and not receiver.is_async:
                yield LEAVE
            handler = seen.around(receiver.handler)
            try:
                if receiver.is_async or self.watch is None:
                    value = handler(handling.contents, **handling.names)
                else:
                    call = functools.partial(handler, handling.contents, **handling.names)
                    value = self.watch.call(call_of(receiver), call)
                if hasattr(type(value), "__await__"):
                    yield Await(value, receiver)
                else:
                    refuse_generators(value, call_of(receiver))
            except Exception as error:
                return self.failed(item, done, error, receiver, seen)
            done += 1
        seen.settled("handled")
        self.is_handled(item)
        return Outcome.HANDLED

    def is_handled(self, item: T) -> None:
        """Note that its handlers have handled it."""
        self._counts.handled += 1
        self.is_settled(item)

    def done_of(self, item: T) -> int:
        """How many of a message's handlers have handled it, of one that is tried again."""
        return self.troubles[id(item)][0] if id(item) in self.troubles else 0

    def is_settled(self, item: T) -> None:
        self._source.settled(item)
        self.unacknowledged += 1
        if self.troubles:
            self.troubles.pop(id(item), None)
        if self._ahead:
            self._ahead.pop(id(item), None)

    def _not_handled(self, item: T, decision: Reject | Unrouted, seen: Seen) -> Outcome:
        """Of what is rejected, or nobody's."""
        if isinstance(decision, Reject):
            if any(each.kind == "contract" for each in decision.reasons):
                self._broken(item, decision.reasons, seen)
            self.bury(item, decision.reasons[0], seen)
            return Outcome.SETTLED
        counts, policy = self._counts, self._on_unrouted
        counts.unrouted += 1
        where = decision.where
        self._telling.tell(
            "no handler expects a message at %s", (where,), {"address": decision.address}, message=self._shown(item)
        )
        if policy == "fail":
            raise UsageError(
                f"Cannot consume a message at {where}: no handler expects it. Let one expect it, or say on_unrouted='ack'."
            )
        if policy == "dead_letter":
            self.bury(item, Reason("unrouted"), seen)
        else:
            seen.settled("unrouted")
            self.is_settled(item)
        return Outcome.SETTLED

    def failed(self, item: T, done: int, error: Exception, receiver: Receiver | None, seen: Seen) -> Outcome:
        self._counts.failures += 1
        error = in_users_code(error)
        seen.failed(error)
        said = in_words(error)
        reason = (
            Reason("failed", error=said) if receiver is None else receiver.expected[0].reason("failed", error=error)
        )
        self.troubles[id(item)] = done, reason
        who = "" if receiver is None else f" by {receiver.place}"
        kind = type(error).__name__
        words = "a message was not handled%s: it raised %s"
        self._telling.tell(words, (who, kind), {"error": kind}, error, self._shown(item))
        return Outcome.OUTSIDE if isinstance(error, Unavailable) else Outcome.FAILED

    def give_up(self, item: T) -> None:
        """Put one in trouble among the dead."""
        self.bury(item, self.troubles[id(item)][1], self.observer.later(self._source.read(item)))

    def keep(self, ids: set[int]) -> None:
        """Forget what went wrong with other messages than these."""
        self.troubles = {key: each for key, each in self.troubles.items() if key in ids}

    def bury(self, item: T, reason: Reason, seen: Seen) -> None:
        self._counts.dead += 1
        self._telling.dead(reason, self._shown(item))
        seen.settled("dead", reason)
        self._source.bury(item, reason)
        self.is_settled(item)

    def _broken(self, item: T, reasons: Sequence[Reason], seen: Seen) -> None:
        self._counts.broken += 1
        self._telling.broken(reasons, self._shown(item))
        seen.broken(reasons)

    def _shown(self, item: T) -> Message | None:
        """The message, where what it holds is logged and it can be read."""
        try:
            return self._source.read(item) if self._payloads else None
        except UsageError:
            return None
